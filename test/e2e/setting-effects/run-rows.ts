/** The effects of the settings that `bench` and `replay` share: seen by the endpoint, or in the run file. */
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { messageOf } from '../../../src/lib/errors.js';
import type { RunFile } from '../../../src/results/run-file.js';
import { temporaryFolder } from '../../support/cli.js';
import type { RecordedRequest } from './recording-target.js';
import { GUARD, perform, performAgainstTarget, target, type RunRequest, type RunSection } from './runs.js';
import { AtLeast, othersThan, type Context, type EffectRow } from './situations.js';
import { tlsRows } from './tls-rows.js';

const folder = temporaryFolder();
/** Deletes what `output` wrote; call at the top of a test file. */
export function useOutputs(): void {
  afterAll(folder.remove);
}

/** Half of the cores, one to eight. */
const AUTO_LOAD_THREADS = Math.max(1, Math.min(8, Math.floor(availableParallelism() / 2)));
const THREADS = othersThan(AUTO_LOAD_THREADS);

/** What the endpoint sees of the first request. */
const firstRequest =
  (section: RunSection, see: (request: RecordedRequest) => unknown, beside?: RunRequest['beside']) =>
  async (context: Context): Promise<unknown> => {
    await performAgainstTarget(context, { section, requests: 1, ...(beside && { beside }) });
    return see(target.requests[0]!);
  };

const promptsOf = (): string[] => target.requests.map(({ body }) => body.messages[0]!.content).sort();

const SEEDS = [0, 11, 12, 13];
/** What runs with each of the seeds send: the same in every situation. */
const promptsBySeed = new Map<string, string>();

/** Which of the seeds sends the same prompts. */
async function seedsLike(context: Context, section: RunSection): Promise<number[]> {
  await performAgainstTarget(context, { section });
  const prompts = promptsOf().join('\n');
  for (const seed of SEEDS) {
    if (promptsBySeed.has(`${section} ${seed}`)) continue;
    target.reset();
    await performAgainstTarget(context, { section, override: { seed } });
    promptsBySeed.set(`${section} ${seed}`, promptsOf().join('\n'));
  }
  return SEEDS.filter((seed) => promptsBySeed.get(`${section} ${seed}`) === prompts);
}

/** Whether the length of answers is forced: of any endpoint, and of the embedded simulator. */
async function forcesLength(context: Context, section: RunSection): Promise<boolean[]> {
  await performAgainstTarget(context, { section, requests: 1 });
  const [external] = target.requests;
  const run = await perform(context, { section, requests: 4 });
  // Answers end by themselves after some 100 tokens.
  return [external!.body.min_tokens === 400, run.targets[0]!.counters.outputTokens === 4 * 400];
}

async function endOfUnanswered(context: Context, request: RunRequest): Promise<string> {
  target.holdForever();
  const run = await performAgainstTarget(context, request);
  return run.targets[0]!.errors[0]!.example;
}

/** Whether a request that is answered a while after the last one was sent counts as completed. */
async function isWaitedFor(context: Context, section: RunSection): Promise<boolean> {
  target.answerWhen = () => sleep(200);
  // A closed loop knows that it has sent its last request when it would send another one.
  const beside = section === 'bench' ? { concurrency: 2 } : {};
  const run = await performAgainstTarget(context, { section, requests: 1, beside });
  const { completed, incomplete } = run.targets[0]!.counters;
  if (completed + incomplete !== 1) throw new Error('the request is lost');
  return completed === 1;
}

async function filesWritten(context: Context, section: RunSection): Promise<string[]> {
  const names = ['file', 'environment', 'flag'];
  for (const name of names) rmSync(folder.file(name), { force: true });
  await performAgainstTarget(context, { section, requests: 1 });
  return names.filter((name) => existsSync(folder.file(name)));
}

const key = ({ headers }: RecordedRequest): unknown => headers.authorization;
const fromHeaders = ({ headers }: RecordedRequest): string[] =>
  Object.keys(headers).filter((name) => name.startsWith('x-'));

/** Three ports that nobody has. */
let ports: number[] = [];
async function freePorts(): Promise<number[]> {
  const servers = await Promise.all([0, 1, 2].map(() => listening()));
  ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
async function listening(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** A server that answers every request in the same way. */
const tinyServer = (port: number): string[] => {
  const answer = { choices: [{ index: 0, message: { content: 'a' } }], usage: {} };
  const script = `require('http').createServer((_, response) => response.end('${JSON.stringify(answer)}')).listen(${port}, '127.0.0.1')`;
  return [process.execPath, '-e', script];
};

/** A server that is started for the run. */
const serverCommandRows = (section: RunSection): EffectRow[] => [
  {
    path: `${section}.onPort`,
    given: async () => {
      const [a, b, c] = await freePorts();
      return [a, String(b), c];
    },
    seen: ['simulator', 0, 1, 2],
    observe: async (context) => {
      const index = context.expected;
      const serverCommand = typeof index === 'number' ? tinyServer(ports[index]!) : [];
      const beside = { model: 'm' };
      const run = await perform(context, { section, requests: 1, beside, hooks: { serverCommand } });
      const [{ name, url }] = run.targets as [RunFile['targets'][0]];
      return name === 'simulator' ? name : ports.indexOf(Number(new URL(url).port));
    },
  },
  {
    path: `${section}.readyTimeout`,
    given: ['100ms', '200ms', '300ms'],
    seen: [300_000, '0.1 s', '0.2 s', '0.3 s'],
    defaultUnobserved: 'it is five minutes',
    observe: async (context) => {
      const [onPort] = await freePorts();
      const hooks = { serverCommand: [process.execPath, '-e', 'setTimeout(() => {}, 60_000)'] };
      const failure = await perform(context, { section, beside: { onPort, model: 'm' }, hooks }).catch(
        (error: unknown) => messageOf(error),
      );
      return /within (\d\.\d s)/.exec(failure as string)?.[1];
    },
  },
];

/** Who is measured, and how it is asked. */
const targetRows = (section: RunSection): EffectRow[] => [
  {
    path: `${section}.url`,
    given: () => [`${target.url}/file`, `${target.url}/environment`, `${target.url}/flag`],
    seen: [undefined, '/file', '/environment', '/flag'].map(
      (path) => path && `${path}/v1/chat/completions`,
    ) as unknown as EffectRow['seen'],
    observe: async (context) => {
      await perform(context, { section, requests: 1, beside: { model: 'm' } });
      return target.requests[0]?.path;
    },
  },
  {
    path: `${section}.target`,
    given: () => [
      [`file=${target.url}/a`],
      `one=${target.url}/a,two=${target.url}/b`,
      [`flag=${target.url}/a`],
    ],
    seen: [['simulator'], ['file'], ['one', 'two'], ['flag']],
    observe: async (context) => {
      const run = await perform(context, { section, requests: 1, beside: { model: 'm' } });
      return run.targets.map(({ name }) => name);
    },
  },
  ...serverCommandRows(section),
  {
    path: `${section}.model`,
    given: ['file', 'environment', 'flag'],
    seen: ['listed', 'file', 'environment', 'flag'],
    observe: firstRequest(section, ({ body }) => body.model, { model: undefined }),
  },
  {
    path: `${section}.apiKey`,
    given: ['file', 'environment', 'flag'],
    seen: [undefined, 'Bearer file', 'Bearer environment', 'Bearer flag'],
    observe: firstRequest(section, key),
  },
  {
    path: `${section}.apiKeyEnv`,
    given: ['KEY_A', 'KEY_B', 'KEY_C'],
    variables: { KEY_A: 'a', KEY_B: 'b', KEY_C: 'c' },
    seen: [undefined, 'Bearer a', 'Bearer b', 'Bearer c'],
    observe: firstRequest(section, key),
  },
  {
    path: `${section}.header`,
    given: [['X-File: 1'], 'X-One: 1,X-Two: 2', ['X-Flag: 1']],
    seen: [[], ['x-file'], ['x-one', 'x-two'], ['x-flag']],
    observe: firstRequest(section, fromHeaders),
  },
];

/** What is sent. */
const workloadRows = (section: RunSection): EffectRow[] => [
  {
    path: `${section}.streaming`,
    given: [false, 'true', false],
    seen: [true, false, true, false],
    observe: firstRequest(section, ({ body }) => body.stream === true),
  },
  {
    path: `${section}.ignoreEos`,
    given: [true, 'false', 'auto'],
    seen: [
      [false, true],
      [true, true],
      [false, false],
      [false, true],
    ],
    observe: (context) => forcesLength(context, section),
  },
  {
    path: `${section}.tokenizer`,
    given: ['none', 'cl100k_base', 'o200k_base'],
    seen: [
      [undefined, 1, 0],
      [undefined, 0, 1],
      ['cl100k_base', 1, 0],
      ['o200k_base', 1, 0],
    ],
    observe: (context) => tokenCounts(context, section),
  },
  {
    path: `${section}.seed`,
    given: [11, '12', 13],
    seen: [[0], [11], [12], [13]],
    observe: (context) => seedsLike(context, section),
  },
];

/** Instants far enough ahead never to come while a test looks. */
const startAts = (): Record<'file' | 'environment' | 'flag', number> => {
  const minute = Math.floor(systemClock.wallMs() / 60_000);
  return { file: (minute + 10) * 60_000, environment: (minute + 20) * 60_000, flag: (minute + 30) * 60_000 };
};

/** Which of the instants the run waits for; it is ended before. */
async function startOf(context: Context, section: RunSection): Promise<string> {
  const stop = new AbortController();
  const hooks = { signal: stop.signal, onPlan: () => stop.abort() };
  const run = await performAgainstTarget(context, { section, hooks });
  const startedMs = Date.parse(run.startedAt);
  const near = Object.entries(startAts()).find(([, atMs]) => Math.abs(startedMs - atMs) < 150_000);
  return near?.[0] ?? 'at once';
}

/** Which tokenizer counted what: that of prompts (by its name in the plan), and the sources of the answers' tokens. */
async function tokenCounts(context: Context, section: RunSection): Promise<unknown> {
  target.usage = false;
  const { plan, targets } = await performAgainstTarget(context, { section, requests: 1 });
  return [plan.tokenizer, targets[0]!.counters.tokenized, targets[0]!.counters.chunkCounted];
}

const RAW_TEMPLATE = (own: number): string =>
  JSON.stringify({ own, prompt: '{{prompt}}', stream: false, model: '{{model}}' });
/** Templates of a raw endpoint; written when they are needed. */
const rawBodies = (): [string, string, string] =>
  [1, 2, 3].map((own) => rawBody(own)) as [string, string, string];
const rawBody = (own: number): string => {
  const path = folder.file(`raw-${own}.json`);
  writeFileSync(path, RAW_TEMPLATE(own));
  return path;
};
const RAW = { endpoint: 'raw', rawBody: folder.file('raw-1.json') };

/** What kind of endpoint is asked, and for what. */
const endpointRows = (section: RunSection): EffectRow[] => [
  {
    path: `${section}.endpoint`,
    given: ['completions', 'embeddings', 'responses'],
    seen: ['/v1/chat/completions', '/v1/completions', '/v1/embeddings', '/v1/responses'],
    observe: firstRequest(section, ({ path }) => path),
  },
  {
    path: `${section}.items`,
    given: [2, '3', 4],
    seen: [1, 2, 3, 4],
    observe: firstRequest(section, ({ body: { input } }) => (Array.isArray(input) ? input.length : 1), {
      endpoint: 'embeddings',
    }),
  },
  {
    path: `${section}.rerankShape`,
    given: ['nim', 'cohere', 'nim'],
    seen: ['/v1/rerank', '/v1/ranking', '/v1/rerank', '/v1/ranking'],
    observe: firstRequest(section, ({ path }) => path, { endpoint: 'rerank' }),
  },
  {
    path: `${section}.proxy`,
    given: () => [target.url, 'none', target.url],
    // A proxy is told whole URLs.
    seen: [false, true, false, true],
    observe: firstRequest(section, ({ path }) => path.startsWith('http://')),
  },
  {
    path: `${section}.speechEvents`,
    given: [true, 'false', true],
    seen: [undefined, 'sse', undefined, 'sse'],
    observe: firstRequest(section, ({ body }) => body.stream_format, { endpoint: 'speech' }),
  },
  {
    path: `${section}.extraBody`,
    given: ['{"temperature":1}', '{"temperature":2}', '{"temperature":3}'],
    seen: [undefined, 1, 2, 3],
    observe: firstRequest(section, ({ body }) => body.temperature),
  },
  {
    path: `${section}.rawBody`,
    given: rawBodies,
    seen: [undefined, 1, 2, 3],
    defaultUnobserved: 'a raw endpoint needs one',
    observe: firstRequest(section, ({ body }) => body.own, { endpoint: 'raw' }),
  },
  {
    path: `${section}.rawText`,
    given: ['choices[0].message.content', 'nowhere', 'object'],
    seen: [0, 1, 0, 'chat.completion'.length],
    observe: async (context) => {
      rawBody(1);
      target.usage = false;
      const { targets } = await performAgainstTarget(context, { section, requests: 1, beside: RAW });
      // 'a' is one token, and the name of an object three.
      const tokens = targets[0]!.counters.outputTokens;
      return tokens === 3 ? 'chat.completion'.length : tokens;
    },
  },
  {
    path: `${section}.rawUsage`,
    given: ['usage.total_tokens,usage.total_tokens', 'usage.completion_tokens,created', 'created,no'],
    seen: [
      [true, 0],
      [false, 2],
      [false, 1],
      [true, 0],
    ],
    observe: async (context) => {
      rawBody(1);
      const { targets } = await performAgainstTarget(context, { section, requests: 1, beside: RAW });
      const { withoutUsage, outputTokens } = targets[0]!.counters;
      return [withoutUsage === 1, outputTokens];
    },
  },
];

/** How much load there is, and when it ends. */
const loadRows = (section: RunSection): EffectRow[] => [
  {
    path: `${section}.threads`,
    given: [THREADS[0], String(THREADS[1]), THREADS[2]],
    seen: [AUTO_LOAD_THREADS, ...THREADS],
    observe: async (context) =>
      (await performAgainstTarget(context, { section, requests: 8 })).threads.length,
  },
  {
    path: `${section}.shard`,
    given: ['1/6', '1/3', '2/2'],
    seen: [6, 1, 2, 3],
    observe: async (context) => {
      await performAgainstTarget(context, { section, requests: 6 });
      return target.requests.length;
    },
  },
  {
    path: `${section}.startAt`,
    given: () => {
      const { file, environment, flag } = startAts();
      return [String(file / 1000), String(environment / 1000), new Date(flag).toISOString()];
    },
    seen: ['at once', 'file', 'environment', 'flag'],
    observe: (context) => startOf(context, section),
  },
  {
    path: `${section}.maxInFlight`,
    given: [2, '3', 4],
    // Far above what a test can open, the default lets all of them through.
    seen: [6, 2, 3, 4],
    observe: async (context) => {
      target.holdUntil(context.expected as number);
      await performAgainstTarget(context, { section, requests: 6, beside: { threads: 1, timeout: GUARD } });
      return target.mostInFlight;
    },
  },
  {
    path: `${section}.timeout`,
    given: ['30ms', '40ms', '50ms'],
    seen: [120_000, ...[30, 40, 50].map((ms) => `no answer within ${ms} ms`)] as unknown as EffectRow['seen'],
    defaultUnobserved: 'it is two minutes',
    observe: (context) => endOfUnanswered(context, { section, requests: 1 }),
  },
  {
    path: `${section}.probe`,
    given: [200, '300', 400],
    seen: [undefined, [200, true], [300, true], [400, true]],
    observe: async (context) => {
      target.answerWhen = () => sleep(100);
      const { plan, probe } = await performAgainstTarget(context, { section });
      const probes = target.requests.filter(({ body }) => body.max_tokens === 16).length;
      return plan.probe && [plan.probe.ratePerSecond, probes > 0 && probe![0]!.counters.sent === probes];
    },
  },
  {
    path: `${section}.retries`,
    given: [1, '2', 3],
    seen: [1, 2, 3, 4],
    // Every answer is a refusal: as many attempts as there may be.
    observe: async (context) => {
      target.refusals = Infinity;
      await performAgainstTarget(context, { section, requests: 1, beside: { retryBackoff: '5ms' } });
      return target.requests.length;
    },
  },
  {
    path: `${section}.retryBackoff`,
    given: ['40ms', '80ms', '160'],
    // Shortened by a quarter at most.
    seen: [new AtLeast(375), new AtLeast(30), new AtLeast(60), new AtLeast(120)],
    observe: async (context) => {
      target.refusals = 1;
      const run = await performAgainstTarget(context, { section, requests: 1, beside: { retries: 1 } });
      const { total_time: total, e2e } = run.targets[0]!.metrics;
      return total!.max! - e2e!.max!;
    },
  },
  {
    path: `${section}.grace`,
    given: ['0s', '60s', '1ms'],
    seen: [true, false, true, false],
    observe: (context) => isWaitedFor(context, section),
  },
];

/** What is read of servers meanwhile. */
const serverMetricsRows = (section: RunSection): EffectRow[] => [
  {
    path: `${section}.serverMetrics`,
    given: () => [
      [`${target.url}/metrics`],
      `${target.url}/metrics,${target.url}/x`,
      [`${target.url}/metrics`],
    ],
    seen: [undefined, 1, 2, 1],
    observe: async (context) =>
      (await performAgainstTarget(context, { section, requests: 1 })).serverMetrics?.length,
  },
  {
    path: `${section}.serverMetricsInterval`,
    given: ['10ms', '1h', '10ms'],
    // Before and after the run, or also while it waits.
    seen: ['seldom', 'often', 'seldom', 'often'],
    observe: async (context) => {
      if (context.expected === 'often') target.holdUntilRead(5);
      const beside = { serverMetrics: [`${target.url}/metrics`], timeout: GUARD };
      await performAgainstTarget(context, { section, requests: 1, beside });
      return target.metricsRead > 4 ? 'often' : 'seldom';
    },
  },
  {
    path: `${section}.serverMetricsSelect`,
    given: [['own_metric'], 'own_*,vllm:*', ['none']],
    seen: [['vllm:num_requests_running'], ['own_metric'], ['vllm:num_requests_running', 'own_metric'], []],
    observe: async (context) => {
      const beside = { serverMetrics: [`${target.url}/metrics`] };
      const run = await performAgainstTarget(context, { section, requests: 1, beside });
      return run.serverMetrics![0]!.series.map(({ name }) => name);
    },
  },
];

/** What becomes of the results. */
const resultRows = (section: RunSection): EffectRow[] => [
  {
    path: `${section}.slo`,
    given: [['ttft.mean < 3600s'], 'e2e.mean < 3600s,e2e.mean < 1us', ['e2e.mean < 2us']],
    seen: [
      [],
      [['ttft.mean < 3600s', true]],
      [
        ['e2e.mean < 3600s', true],
        ['e2e.mean < 1us', false],
      ],
      [['e2e.mean < 2us', false]],
    ],
    observe: async (context) => {
      const { slo } = await performAgainstTarget(context, { section });
      return slo.map(({ expression, passed }) => [expression, passed]);
    },
  },
  {
    path: `${section}.abort`,
    given: [['error_rate > 50%'], 'error_rate > 60%', ['error_rate >= 70%']],
    seen: [undefined, 'error_rate > 50%', 'error_rate > 60%', 'error_rate >= 70%'],
    observe: async (context) => {
      target.holdForever();
      const beside = { timeout: '30ms', maxInFlight: 10 };
      const { stopped } = await performAgainstTarget(context, { section, requests: 200, beside });
      return /'(.*)'/.exec(stopped?.reason ?? '')?.[1];
    },
  },
  {
    path: `${section}.goodput`,
    given: ['ttft < 3600s', 'ttft < 3600s and e2e > 3600s', 'e2e < 3600s'],
    seen: [null, 100, 0, 100],
    observe: async (context) => {
      const { targets } = await performAgainstTarget(context, { section });
      return targets[0]!.rates.goodput_share.value;
    },
  },
  {
    path: `${section}.output`,
    given: [
      [`json=${folder.file('file')}`],
      `json=${folder.file('environment')}`,
      [`json=${folder.file('flag')}`],
    ],
    seen: [[], ['file'], ['environment'], ['flag']],
    observe: (context) => filesWritten(context, section),
  },
  {
    path: `${section}.clientFloor`,
    given: [true, 'false', true],
    seen: [false, true, false, true],
    observe: async (context) =>
      (await performAgainstTarget(context, { section, requests: 1 })).clientFloor !== undefined,
  },
  ...serverMetricsRows(section),
];

/** All that can be seen without a process of its own; the rest is in `printed-rows.ts`. */
export const runRows = (section: RunSection): EffectRow[] => [
  ...targetRows(section),
  ...endpointRows(section),
  ...tlsRows(section, () => folder.file('other.pem')),
  ...workloadRows(section),
  ...loadRows(section),
  ...resultRows(section),
];
