/** The effects of `status`, `metrics` and `cache-stats`: seen in what a server is asked, and in what is printed. */
import { afterAll } from 'vitest';
import { printMetrics, printRepeatedly } from '../../../src/commands/base/metrics-views.js';
import { printCacheStats, printStatus } from '../../../src/commands/base/server-views.js';
import { FakeaiError } from '../../../src/lib/errors.js';
import { runCli, startCli } from '../../support/cli.js';
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

const JSON_ON: Pick<EffectRow, 'given' | 'seen'> = {
  given: [true, 'false', true],
  seen: [false, true, false, true],
};

/** The last page that was asked for. */
async function pageAsked(context: Context, beside: Record<string, unknown> = {}): Promise<string> {
  const { asked } = await server();
  const { metrics } = await at();
  await printMetrics(await context.metrics({ metrics: { ...metrics, ...beside } }), startOutput());
  return asked.at(-1)!;
}

/** Time between the first two looks. */
async function pauseMs(context: Context): Promise<number> {
  const settings = await context.metrics({ metrics: { ...(await at()).metrics, format: 'csv' } });
  const stop = new AbortController();
  const instants: number[] = [];
  const out = {
    write: () => {
      instants.push(performance.now());
      if (instants.length === 2) stop.abort();
      return true;
    },
  };
  await printRepeatedly(settings, out, stop.signal).catch(() => {});
  return instants[1]! - instants[0]!;
}

export const OPERATE_ROWS: EffectRow[] = [
  {
    path: 'status.url',
    ...URLS,
    observe: (context) => askedOf(async () => printStatus(await context.status(), startOutput())),
  },
  {
    path: 'cacheStats.url',
    ...URLS,
    observe: (context) => askedOf(async () => printCacheStats(await context.cacheStats(), startOutput())),
  },
  {
    path: 'metrics.url',
    ...URLS,
    observe: (context) => askedOf(async () => printMetrics(await context.metrics({}), startOutput())),
  },
  {
    path: 'status.json',
    ...JSON_ON,
    observe: (context) =>
      printedJson(async (out) =>
        printStatus({ ...(await context.status()), url: (await server()).url }, out),
      ),
  },
  {
    path: 'cacheStats.json',
    ...JSON_ON,
    observe: (context) =>
      printedJson(async (out) =>
        printCacheStats({ ...(await context.cacheStats()), url: (await server()).url }, out),
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
    given: ['300ms', '150ms', '200ms'],
    seen: [1000, new AtLeast(299), new AtLeast(149), new AtLeast(199)],
    defaultUnobserved: 'a second is long',
    observe: pauseMs,
  },
  {
    path: 'metrics.watch',
    given: [true, 'false', true],
    seen: [false, true, false, true],
    observe: async (context) => {
      const { metrics } = await at();
      const { args, env } = context.commandLine({
        metrics: { ...metrics, format: 'csv', interval: '100ms' },
      });
      const cli = startCli(['metrics', ...args], { env });
      const again = cli.seen('stdout', /page[^]*page/).then(
        () => true,
        () => false,
      );
      const watched = await again;
      cli.process.kill('SIGINT');
      await cli.done;
      return watched;
    },
  },
  {
    path: 'metrics.dashboard',
    given: [true, 'false', true],
    seen: [false, true, false, true],
    observe: async (context) => {
      const { args, env } = context.commandLine(await at());
      // Without a terminal it says what it lacks.
      const { stderr } = await runCli(['metrics', ...args], { env });
      return stderr.includes('--dashboard: needs a terminal');
    },
  },
];
