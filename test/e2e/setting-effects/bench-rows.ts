/** The effects of the settings that only `bench` has. */
import { Tokenizer } from '../../../src/lib/tokens/tokenizer.js';
import { loadVocabulary } from '../../../src/lib/tokens/vocabulary.js';
import type { RunFile } from '../../../src/results/run-file.js';
import { GUARD, performAgainstTarget, planOf, target, writeConversation } from './runs.js';
import { AtLeast, type Context, type EffectRow } from './situations.js';

const section = 'bench';

/** A constant rate for a time sends an exact number of requests, however slow the machine is. */
const STEADY = { rate: 100, arrivals: 'constant', concurrency: undefined, requests: undefined };
const bench = (context: Context, beside: Record<string, unknown>): Promise<RunFile> =>
  performAgainstTarget(context, { section, beside });
const countersOf = (run: RunFile) => run.targets[0]!.counters;

export const BENCH_ROWS: EffectRow[] = [
  {
    path: 'bench.concurrency',
    given: [2, '3', 5],
    seen: [8, 2, 3, 5],
    observe: async (context) => {
      target.holdUntil(context.expected as number);
      await bench(context, { concurrency: undefined, requests: 12, threads: 1, timeout: GUARD });
      return target.mostInFlight;
    },
  },
  {
    path: 'bench.rate',
    given: [30, '50', 70],
    seen: ['closed loop', 3, 5, 7],
    observe: async (context) => {
      const run = await bench(context, { ...STEADY, rate: undefined, duration: '100ms' });
      return run.targets[0]!.metrics.lateness ? target.requests.length : 'closed loop';
    },
  },
  {
    path: 'bench.arrivals',
    given: ['constant', 'poisson', 'constant'],
    seen: ['random', 'even', 'random', 'even'],
    observe: async (context) => {
      await bench(context, { ...STEADY, arrivals: undefined, duration: '200ms' });
      return target.requests.length === 20 ? 'even' : 'random';
    },
  },
  {
    path: 'bench.requests',
    given: [3, '4', 5],
    seen: [10, 3, 4, 5],
    observe: async (context) => {
      await bench(context, { ...STEADY, duration: '100ms' });
      return target.requests.length;
    },
  },
  {
    path: 'bench.duration',
    given: ['40ms', '80ms', '120ms'],
    seen: [{ durationMs: 10_000 }, 4, 8, 12],
    observe: async (context) => {
      // Nobody should wait for ten seconds: without a duration only the plan is looked at.
      if (context.situation === 'nothing') return (await planOf(context, { section, beside: STEADY })).stop;
      await bench(context, STEADY);
      return target.requests.length;
    },
  },
  {
    path: 'bench.warmup',
    given: ['30ms', '50ms', '70ms'],
    seen: [
      [0, 2],
      [3, 2],
      [5, 2],
      [7, 2],
    ],
    observe: async (context) => {
      const { warmup, sent } = countersOf(await bench(context, { ...STEADY, duration: '20ms' }));
      return [warmup, sent];
    },
  },
  {
    path: 'bench.inputTokens',
    given: [10, '20', '30'],
    seen: [550, 10, 20, 30],
    observe: async (context) => {
      await bench(context, { inputTokens: undefined });
      return new Tokenizer(loadVocabulary('o200k_base')).count(target.requests[0]!.body.messages[0]!.content);
    },
  },
  {
    path: 'bench.outputTokens',
    given: [3, '4', '5'],
    seen: [128, 3, 4, 5],
    observe: async (context) => {
      await bench(context, { outputTokens: undefined });
      return target.requests[0]!.body.max_tokens;
    },
  },
  {
    path: 'bench.turns',
    given: [2, '3', '4'],
    // One session; its longest request holds all turns of the user and the answers between them.
    seen: [1, 3, 5, 7],
    observe: async (context) => {
      await bench(context, { requests: 4, concurrency: 1 });
      return Math.max(...target.requests.map(({ body }) => body.messages.length));
    },
  },
  {
    path: 'bench.turnDelay',
    given: ['60ms', '120ms', '180'],
    seen: [new AtLeast(0), new AtLeast(60), new AtLeast(120), new AtLeast(180)],
    observe: async (context) => {
      // One session of two turns; the run ends with the second.
      const run = await bench(context, { turns: 2, requests: 2, concurrency: 1 });
      return run.targets[0]!.measuredMs;
    },
  },
  {
    path: 'bench.datasetTurns',
    given: ['first', 'all', 'first'],
    seen: [3, 1, 3, 1],
    observe: async (context) => {
      const dataset = writeConversation();
      const beside = { dataset, inputTokens: undefined, requests: 2, concurrency: 1 };
      await bench(context, beside);
      return Math.max(...target.requests.map(({ body }) => body.messages.length));
    },
  },
  {
    path: 'bench.cancelShare',
    given: [1, '0', 1],
    seen: [0, 2, 0, 2],
    observe: async (context) => {
      if (context.expected === 2) target.holdForever();
      const run = await bench(context, context.expected === 2 ? { cancelAfter: '1ms', timeout: GUARD } : {});
      return countersOf(run).cancelled;
    },
  },
  {
    path: 'bench.cancelAfter',
    given: ['20ms', '60ms', '100'],
    // Two requests that are never answered, one after the other.
    seen: [new AtLeast(1000), new AtLeast(40), new AtLeast(120), new AtLeast(200)],
    observe: async (context) => {
      target.holdForever();
      let elapsedMs = 0;
      await performAgainstTarget(context, {
        section,
        beside: { cancelShare: 1, concurrency: 1, timeout: GUARD },
        hooks: { onProgress: (progress) => (elapsedMs = progress.elapsedMs) },
      });
      return elapsedMs;
    },
  },
];
