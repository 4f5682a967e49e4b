/** The effects of `status`, `metrics` and `cache-stats`: seen in what a server is asked, and in what is printed. */
import { afterAll } from 'vitest';
import { showMetrics } from '../../../src/commands/base/metrics-views.js';
import { showCacheStats, showStatus } from '../../../src/commands/base/server-views.js';
import { FakeaiError } from '../../../src/lib/errors.js';
import type { Output } from '../../../src/commands/base/print-lines.js';
import { runCli } from '../../support/cli.js';
import { startObservedServer, startOutput, type ObservedServer } from '../../support/observed-server.js';
import { AtLeast, type Beside, type Context, type EffectRow } from './situations.js';

let shared: Promise<ObservedServer> | undefined;
const server = (): Promise<ObservedServer> => (shared ??= startObservedServer());

/** Closes the server of these rows; call at the top of a test file. */
export const useObservedServer = (): void => afterAll(async () => (await shared)?.close());

const at = async (): Promise<Beside> => ({ metrics: { url: (await server()).url } });

/** A port of this machine that nobody has: where a command says that it asked. */
const nobody = (port: number): string => `http://127.0.0.1:${port}`;

async function askedOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
    return 'somebody';
  } catch (error) {
    if (error instanceof FakeaiError && error.code === 'FAKEAI_SERVER_UNREACHABLE')
      return /cannot ask (\S+):/.exec(error.message)![1]!;
    throw error;
  }
}

const URLS: Pick<EffectRow, 'given' | 'seen' | 'defaultUnobserved'> = {
  given: [nobody(1), nobody(2), nobody(3)],
  seen: ['http://127.0.0.1:8000', nobody(1), nobody(2), nobody(3)],
  defaultUnobserved: 'somebody may listen there',
};

/** What of the output of a command is JSON, asked with the environment rather than with a flag of its own. */
async function printedJson(
  print: (out: ReturnType<typeof startOutput>) => Promise<unknown>,
): Promise<boolean> {
  const out = startOutput();
  await print(out);
  return out.text().startsWith('{');
}

const ON: Pick<EffectRow, 'given' | 'seen'> = {
  given: [true, 'false', true],
  seen: [false, true, false, true],
};

/** The last page that was asked for. */
async function pageAsked(context: Context, beside: Record<string, unknown> = {}): Promise<string> {
  const { asked } = await server();
  const { metrics } = await at();
  await showMetrics(await context.metrics({ metrics: { ...metrics, ...beside } }), startOutput());
  return asked.at(-1)!;
}

/** Instants of the looks that a command takes, two at most. */
async function looks(show: (out: Output) => Promise<unknown>): Promise<number[]> {
  const instants: number[] = [];
  const enough = new Error('seen enough');
  const write = (): boolean => {
    if (instants.push(performance.now()) === 2) throw enough;
    return true;
  };
  await show({ write }).catch((error: unknown) => {
    if (error !== enough) throw error;
  });
  return instants;
}

/** Time between the first two. */
async function pauseMs(show: (out: Output) => Promise<unknown>): Promise<number> {
  const [first, second] = await looks(show);
  return second! - first!;
}

const INTERVALS: Pick<EffectRow, 'given' | 'seen' | 'defaultUnobserved'> = {
  given: ['300ms', '150ms', '200ms'],
  seen: [1000, new AtLeast(299), new AtLeast(149), new AtLeast(199)],
  defaultUnobserved: 'a second is long',
};

/** Beside what a row is about: one write for each look, and the next one soon. */
const ONE_LINE = { json: true, interval: 100 };

export const OPERATE_ROWS: EffectRow[] = [
  {
    path: 'status.url',
    ...URLS,
    observe: (context) => askedOf(async () => showStatus(await context.status(), startOutput())),
  },
  {
    path: 'cacheStats.url',
    ...URLS,
    observe: (context) => askedOf(async () => showCacheStats(await context.cacheStats(), startOutput())),
  },
  {
    path: 'metrics.url',
    ...URLS,
    observe: (context) => askedOf(async () => showMetrics(await context.metrics({}), startOutput())),
  },
  {
    path: 'status.json',
    ...ON,
    observe: (context) =>
      printedJson(async (out) => showStatus({ ...(await context.status()), url: (await server()).url }, out)),
  },
  {
    path: 'cacheStats.json',
    ...ON,
    observe: (context) =>
      printedJson(async (out) =>
        showCacheStats({ ...(await context.cacheStats()), url: (await server()).url }, out),
      ),
  },
  {
    path: 'metrics.format',
    given: ['prometheus', 'csv', 'json'],
    seen: ['/metrics/json', '/metrics', '/metrics/csv', '/metrics/json'],
    observe: (context) => pageAsked(context),
  },
  {
    path: 'metrics.dialect',
    given: [['vllm'], 'dcgm', ['dynamo', 'fakeai']],
    seen: ['/metrics', '/metrics?dialect=vllm', '/metrics?dialect=dcgm', '/metrics?dialect=dynamo,fakeai'],
    observe: (context) => pageAsked(context, { format: 'prometheus' }),
  },
  {
    path: 'metrics.interval',
    ...INTERVALS,
    observe: (context) =>
      pauseMs(async (out) => {
        const metrics = { ...(await at()).metrics, format: 'csv', watch: true };
        await showMetrics(await context.metrics({ metrics }), out);
      }),
  },
  {
    path: 'status.interval',
    ...INTERVALS,
    observe: (context) =>
      pauseMs(async (out) => {
        const { url } = await server();
        await showStatus({ ...(await context.status()), url, json: true, watch: true }, out);
      }),
  },
  {
    path: 'cacheStats.interval',
    ...INTERVALS,
    observe: (context) =>
      pauseMs(async (out) => {
        const { url } = await server();
        await showCacheStats({ ...(await context.cacheStats()), url, json: true, watch: true }, out);
      }),
  },
  {
    path: 'status.watch',
    ...ON,
    observe: async (context) => {
      const settings = { ...(await context.status()), ...ONE_LINE, url: (await server()).url };
      return (await looks((out) => showStatus(settings, out))).length > 1;
    },
  },
  {
    path: 'cacheStats.watch',
    ...ON,
    observe: async (context) => {
      const settings = { ...(await context.cacheStats()), ...ONE_LINE, url: (await server()).url };
      return (await looks((out) => showCacheStats(settings, out))).length > 1;
    },
  },
  {
    path: 'metrics.watch',
    ...ON,
    observe: async (context) => {
      const metrics = { ...(await at()).metrics, format: 'csv', interval: '100ms' };
      const settings = await context.metrics({ metrics });
      return (await looks((out) => showMetrics(settings, out))).length > 1;
    },
  },
  {
    path: 'metrics.dashboard',
    ...ON,
    observe: async (context) => {
      const { args, env } = context.commandLine(await at());
      // Without a terminal it says what it lacks.
      const { stderr } = await runCli(['metrics', ...args], { env });
      return stderr.includes('--dashboard: needs a terminal');
    },
  },
];
