/** The effects of `server`: seen by clients of a server that the resolved settings started. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { BUILT_IN_MODELS } from '../../../src/simulator/models/catalogue/index.js';
import { systemClock } from '../../../src/lib/clock.js';
import { startServer, type RunningServer, type ServerOptions } from '../../../src/server/index.js';
import { chatBytes, RawClient } from '../../support/raw-client.js';
import { postChat } from '../../support/server.js';
import { fixtureFile, modelFile, promptFile } from './models-rows.js';
import { DeadlineWheel } from '../../../src/lib/deadline-wheel.js';
import { createGenerator } from '../../../src/server/generation/create.js';
import { generationRequest } from '../../support/scripted-generator.js';
import { writeLines } from './runs.js';
import { AtLeast, othersThan, type Context, type EffectRow } from './situations.js';

/** The ids that a server lists. */
async function modelsOf(url: string): Promise<string[]> {
  const { data } = (await (await fetch(`${url}/v1/models`)).json()) as { data: { id: string }[] };
  return data.map(({ id }) => id);
}

const QUICK = { port: 0, threads: 1, latency: 'instant' };
const ASK = {
  model: 'fakeai-1',
  messages: [{ role: 'user', content: 'Hello' }],
  max_tokens: 1,
  min_tokens: 1,
};

async function withServer<T>(
  settings: ServerOptions,
  use: (server: RunningServer) => Promise<T>,
): Promise<T> {
  const server = await startServer(settings);
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}

/** Starts what the settings say, beside those that keep a test small. */
const observing =
  (beside: Record<string, unknown>, use: (server: RunningServer, context: Context) => Promise<unknown>) =>
  async (context: Context): Promise<unknown> =>
    withServer(await context.server({ server: { ...QUICK, ...beside } }), (server) => use(server, context));

/** The choices of an answer. */
async function answerOf(url: string, body: object): Promise<string> {
  const response = await postChat(url, { ...ASK, ...body });
  const { choices } = (await response.json()) as { choices: unknown[] };
  if (choices.length === 0) throw new Error('an answer without choices');
  return JSON.stringify(choices);
}

/** Milliseconds from asking to the last byte. */
async function msOf(url: string, body: object): Promise<number> {
  const startMs = systemClock.nowMs();
  await answerOf(url, body);
  return systemClock.nowMs() - startMs;
}

/** Which prompts a response can be made with. */
async function promptsKnown({ url }: RunningServer): Promise<string> {
  const statusOf = async (id: string): Promise<number> => {
    const body = JSON.stringify({ prompt: { id }, input: 'Hi' });
    return (await fetch(`${url}/v1/responses`, { method: 'POST', body })).status;
  };
  const known: string[] = [];
  for (const id of ['one', 'two', 'three']) if ((await statusOf(id)) === 200) known.push(id);
  return known.join();
}

const timed = (beside: Record<string, unknown>, body: object = {}) =>
  observing({ latency: 'fixed', ...beside }, ({ url }) => msOf(url, body));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const answersAt = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host);
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

const SEEDS = [0, 11, 12, 13];
const wordsOf = (url: string): Promise<string> => answerOf(url, { max_tokens: 20, min_tokens: 20 });
/** What servers say that were started with each of the seeds. */
let wordsBySeed: Promise<string[]> | undefined;

/** Which of the seeds gives the same answer as the server that the settings start. */
async function seedsLike(settings: ServerOptions): Promise<number[]> {
  const words = await withServer(settings, ({ url }) => wordsOf(url));
  wordsBySeed ??= Promise.all(
    SEEDS.map((seed) => withServer({ ...settings, seed }, ({ url }) => wordsOf(url))),
  );
  const all = await wordsBySeed;
  return SEEDS.filter((_, i) => all[i] === words);
}

/** The first line of the answer to a request that announces a body of so many bytes and waits with sending it. */
async function announce(url: string, bytes: number): Promise<string> {
  const client = await RawClient.to(url);
  client.socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: test\r\nContent-Length: ${bytes}\r\nExpect: 100-continue\r\n\r\n`,
  );
  const received = await client.until((text) => text.includes('\r\n'));
  client.socket.destroy();
  return /^HTTP\/1\.1 (\d+)/.exec(received)![1]!;
}

/** The sizes that are the largest ones: accepted, and refused with one byte more. */
async function limitsAmong(url: string, sizes: number[]): Promise<number[]> {
  const limits: number[] = [];
  for (const size of sizes) {
    if ((await announce(url, size)) === '100' && (await announce(url, size + 1)) === '413') limits.push(size);
  }
  return limits;
}

/** How many connections are served at the same time, of those that come one after the other. */
async function servedConnections(url: string, atMost: number): Promise<number> {
  const clients: RawClient[] = [];
  const isServed = async (): Promise<boolean> => {
    const client = await RawClient.to(url);
    clients.push(client);
    client.socket.write('GET /v1/models HTTP/1.1\r\nHost: test\r\n\r\n');
    return client
      .until((text) => text.includes('fakeai-1'))
      .then(
        () => true,
        () => false,
      );
  };
  let served = 0;
  while (served < atMost && (await isServed())) served++;
  for (const { socket } of clients) socket.destroy();
  return served;
}

/**
 * Whether an answer waits, on a server with one thread that would let an answer wait for ever: by the time when many
 * later requests have been answered, one that need not wait has been, too.
 */
async function waits(url: string): Promise<boolean> {
  const client = await RawClient.to(url);
  client.socket.write(chatBytes(ASK));
  for (let i = 0; i < 30; i++) await (await fetch(`${url}/v1/models`)).text();
  const answered = client.received.includes('choices');
  client.socket.destroy();
  return !answered;
}

/** Whether an answer that is half-way when the server closes is let finish. */
async function finishes(settings: ServerOptions): Promise<boolean> {
  const server = await startServer(settings);
  const client = await RawClient.to(server.url);
  client.socket.write(chatBytes({ ...ASK, max_tokens: 2, min_tokens: 2, stream: true }));
  await client.until((text) => text.includes('"content":"'));
  await server.close();
  return (await client.untilClosed()).includes('[DONE]');
}

const MEAN_MS = 150;
/** Of 128 choices the slowest takes at least two standard deviations longer than the mean. */
const slowest = (jitter: number): AtLeast => new AtLeast(Math.floor(MEAN_MS * (1 + 2 * jitter)));
/** Numbers that this machine would not choose by itself. */
const THREADS = othersThan(availableParallelism());
const allOf = (a: number, b: number, c: number) => [a, String(b), c] as const;

/** When the first token of a request is ready, by the generator that a server with these settings has. */
function firstTokenMs(options: ServerOptions): number {
  let armedMs = Number.NaN;
  const ticks = { onTick: () => {}, arm: (instantMs: number) => void (armedMs = instantMs), close: () => {} };
  const clock = { nowMs: () => 0, wallMs: () => 0 };
  const wheel = new DeadlineWheel({ clock, ticks });
  const generator = createGenerator({ options, custom: [], clock, wheel, link: undefined });
  const nobody = { onAccepted: () => {}, onTokens: () => {}, onFinished: () => {}, onFailed: () => {} };
  generator.start(generationRequest(), nobody);
  return armedMs;
}

/** A profile whose first tokens all take about as long. */
const profileFile = (ms: number): string =>
  writeLines(`profile-${ms}.json`, [
    {
      format: 'fakeai-profile-1',
      name: `${ms}`,
      source: 'a test',
      ttft: { at: [0.1, 0.9], ms: [ms, ms + 0.001] },
    },
  ]);

export const SERVER_ROWS: EffectRow[] = [
  {
    path: 'server.host',
    given: ['127.0.0.2', '0.0.0.0', '127.0.0.3'],
    seen: [
      [true, false, false],
      [false, true, false],
      [true, true, true],
      [false, false, true],
    ],
    // Elsewhere 127.0.0.1 is the only address of the loopback interface.
    platform: 'linux',
    observe: observing({}, ({ port }) =>
      Promise.all(['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((host) => answersAt(host, port))),
    ),
  },
  {
    path: 'server.port',
    given: async () => {
      ports = [await freePort(), await freePort(), await freePort()];
      return allOf(...ports);
    },
    seen: [8000, [true, false, false], [false, true, false], [false, false, true]],
    defaultUnobserved: 'another program may have port 8000',
    observe: async (context) =>
      withServer(await context.server({ server: { threads: 1 } }), () =>
        Promise.all(ports.map((port) => answersAt('127.0.0.1', port))),
      ),
  },
  {
    path: 'server.threads',
    given: allOf(...THREADS),
    seen: [availableParallelism(), ...THREADS],
    observe: async (context) =>
      withServer(
        await context.server({ server: { port: 0 } }),
        async (server) => (await server.stats()).length,
      ),
  },
  {
    path: 'server.model',
    given: [['file'], 'one,two', ['flag']],
    seen: [BUILT_IN_MODELS.map(({ id }) => id), ['file'], ['one', 'two'], ['flag']],
    observe: observing({}, ({ url }) => modelsOf(url)),
  },
  {
    path: 'server.models',
    given: () => [[modelFile('file')], modelFile('variable'), [modelFile('flag')]],
    seen: [['one'], ['one', 'from-file'], ['one', 'from-variable'], ['one', 'from-flag']],
    observe: observing({ model: ['one'] }, ({ url }) => modelsOf(url)),
  },
  {
    path: 'server.fixtures',
    given: () => [[fixtureFile('one')], fixtureFile('two'), [fixtureFile('three')]],
    seen: ['', 'one', 'two', 'three'],
    observe: observing(
      {},
      async ({ url }) => /one|two|three/.exec(await (await postChat(url, ASK)).text())?.[0] ?? '',
    ),
  },
  {
    path: 'server.fixturesStrict',
    given: [true, 'false', true],
    seen: [200, 404, 200, 404],
    observe: observing({}, async ({ url }) => (await postChat(url, ASK)).status),
  },
  {
    path: 'server.prompts',
    given: () => [[promptFile('one')], promptFile('two'), [promptFile('three')]],
    seen: ['', 'one', 'two', 'three'],
    observe: observing({}, promptsKnown),
  },
  {
    path: 'server.unknownModels',
    given: ['accept', 'refuse', 'accept'],
    seen: [404, 200, 404, 200],
    observe: observing(
      {},
      async ({ url }) => (await postChat(url, { ...ASK, model: 'never-heard-of' })).status,
    ),
  },
  {
    path: 'server.streamObfuscation',
    given: ['on', 'off', 'on'],
    seen: [
      [true, false],
      [true, true],
      [false, false],
      [true, true],
    ],
    observe: observing({ model: ['gpt-4o', 'qwen3-8b'] }, async ({ url }) => {
      const streams = ['gpt-4o', 'qwen3-8b'].map((model) => postChat(url, { ...ASK, model, stream: true }));
      const texts = await Promise.all(streams.map(async (stream) => (await stream).text()));
      return texts.map((text) => text.includes('"obfuscation":"'));
    }),
  },
  {
    path: 'server.latency',
    given: ['instant', 'fixed', 'instant'],
    seen: [true, false, true, false],
    observe: async (context) =>
      withServer(await context.server({ server: { port: 0, threads: 1, ttft: '1h', drain: 0 } }), ({ url }) =>
        waits(url),
      ),
  },
  {
    path: 'server.ttft',
    given: ['350ms', '500ms', '650ms'],
    seen: [200, 350, 500, 650].map((ms) => new AtLeast(ms - 1)) as unknown as EffectRow['seen'],
    observe: timed({ jitter: 0 }),
  },
  {
    path: 'server.itl',
    given: ['40ms', '60ms', '80ms'],
    seen: [20, 40, 60, 80].map((ms) => new AtLeast(3 * ms - 1)) as unknown as EffectRow['seen'],
    observe: timed({ ttft: 0, jitter: 0 }, { max_tokens: 4, min_tokens: 4 }),
  },
  {
    path: 'server.jitter',
    given: ['0.4', '0.7', '1'],
    seen: [slowest(0.1), slowest(0.4), slowest(0.7), slowest(1)],
    observe: timed({ ttft: MEAN_MS }, { n: 128 }),
  },
  {
    path: 'server.jitterKind',
    given: ['lognormal', 'gamma', 'normal'],
    seen: [['normal'], ['lognormal'], ['gamma'], ['normal']],
    // With the same seed: which of them gives the instant that the settings give.
    observe: async (context) => {
      const settings = await context.server({ server: { ...QUICK, latency: 'fixed', jitter: 0.5 } });
      const chosen = firstTokenMs(settings);
      const kinds = ['normal', 'lognormal', 'gamma'] as const;
      return kinds.filter((jitterKind) => firstTokenMs({ ...settings, jitterKind }) === chosen);
    },
  },
  {
    path: 'server.profile',
    given: () => [profileFile(100), profileFile(150), profileFile(200)],
    // Without one the model has that of its vendor, whose fastest answers take longer than this.
    seen: [50, 100, 150, 200].map((ms) => new AtLeast(ms - 1)) as unknown as EffectRow['seen'],
    observe: observing({ latency: 'profile', itl: 0 }, ({ url }) => msOf(url, {})),
  },
  {
    path: 'server.timeScale',
    given: ['0.5', '0.4', '0.25'],
    seen: [100, 200, 250, 400].map((ms) => new AtLeast(ms - 1)) as unknown as EffectRow['seen'],
    observe: timed({ ttft: 100, jitter: 0 }),
  },
  {
    path: 'server.seed',
    given: allOf(11, 12, 13),
    seen: [[0], [11], [12], [13]],
    observe: async (context) => seedsLike(await context.server({ server: QUICK })),
  },
  {
    path: 'server.bodyLimit',
    given: allOf(1000, 2000, 3000),
    seen: [[80 * 2 ** 20], [1000], [2000], [3000]],
    observe: observing({}, ({ url }) => limitsAmong(url, [1000, 2000, 3000, 80 * 2 ** 20])),
  },
  {
    path: 'server.maxConnections',
    given: allOf(2, 3, 4),
    seen: [20_000, 2, 3, 4],
    defaultUnobserved: 'a process may not be allowed 20,000 sockets',
    observe: observing({}, ({ url }) => servedConnections(url, 6)),
  },
  {
    path: 'server.drain',
    given: ['0s', '60s', '1ms'],
    seen: [true, false, true, false],
    observe: async (context) =>
      finishes(
        await context.server({
          server: { port: 0, threads: 1, ttft: 0, itl: '500ms', jitter: 0 },
        }),
      ),
  },
];

/** What `server.port` was given; free when the test asked for them. */
let ports: [number, number, number];
