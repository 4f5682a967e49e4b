/** The effects of the settings of `simulate` that describe the load, and of what becomes of the results. */
import { existsSync, rmSync } from 'node:fs';
import { afterAll } from 'vitest';
import type { RunFile } from '../../../src/results/run-file.js';
import { temporaryFolder } from '../../support/cli.js';
import { writeLines } from './runs.js';
import type { Context, EffectRow } from './situations.js';
import { figuresRow, simulate } from './virtual-runs.js';

const folder = temporaryFolder();
/** Deletes what `output` wrote; call at the top of a test file. */
export function useVirtualOutputs(): void {
  afterAll(folder.remove);
}

/** One request a second. */
const STEADY = { rate: 1, arrivals: 'constant', outputTokens: 2 };
const steady = (context: Context, beside: Record<string, unknown> = {}): Promise<RunFile> =>
  simulate(context, { beside: { ...STEADY, ...beside } });
const targetOf = (run: RunFile) => run.targets[0]!;

const arrivalRows: EffectRow[] = [
  figuresRow('concurrency', [8, 2, 3, 5], { beside: { requests: 20, outputTokens: 10 } }),
  {
    path: 'simulate.rate',
    given: [2, '3', 4],
    seen: ['closed loop', 6, 9, 12],
    observe: async (context) => {
      const run = await steady(context, { rate: undefined, duration: '3s' });
      return targetOf(run).metrics.response_time ? targetOf(run).counters.sent : 'closed loop';
    },
  },
  {
    path: 'simulate.arrivals',
    given: ['constant', 'poisson', 'constant'],
    seen: ['random', 'even', 'random', 'even'],
    observe: async (context) => {
      const run = await steady(context, { arrivals: undefined, duration: '40s' });
      return targetOf(run).counters.sent === 40 ? 'even' : 'random';
    },
  },
  {
    path: 'simulate.burstiness',
    given: [0.05, '0.2', 50],
    seen: [[1], [0.05], [0.2], [50]],
    observe: (context) =>
      figuresRow('burstiness', [1, 0.05, 0.2, 50], {
        beside: { rate: 10, arrivals: 'gamma', requests: 50, outputTokens: 10 },
      }).observe(context),
  },
  {
    path: 'simulate.requests',
    given: [3, '4', 5],
    seen: [10, 3, 4, 5],
    observe: async (context) => targetOf(await steady(context)).counters.sent,
  },
  {
    path: 'simulate.duration',
    given: ['2s', '3s', '4s'],
    seen: [10, 2, 3, 4],
    observe: async (context) => targetOf(await steady(context)).counters.sent,
  },
  {
    path: 'simulate.warmup',
    given: ['3s', '5s', '7s'],
    seen: [
      [0, 2],
      [3, 2],
      [5, 2],
      [7, 2],
    ],
    observe: async (context) => {
      const { warmup, sent } = targetOf(await steady(context, { duration: '2s' })).counters;
      return [warmup, sent];
    },
  },
];

const shapeRows: EffectRow[] = [
  {
    path: 'simulate.stages',
    given: ['5s@1rps', '10s@1rps', '5s@1rps,5s@2rps'],
    // Without stages all the requests are sent; stages end before that.
    seen: [100, 5, 10, 15],
    observe: async (context) =>
      targetOf(await steady(context, { rate: undefined, requests: 100 })).counters.sent,
  },
  {
    path: 'simulate.burst',
    given: [2, '3', 4],
    seen: [12, 2, 3, 4],
    observe: async (context) =>
      targetOf(await steady(context, { rate: undefined, requests: 12 })).counters.sent,
  },
];

const lengthRows: EffectRow[] = [
  {
    path: 'simulate.lengths',
    given: () => [
      writeLines('file.csv', ['10,3']),
      writeLines('environment.csv', ['20,4']),
      writeLines('flag.csv', ['30,5']),
    ],
    seen: [
      [550, 128],
      [10, 3],
      [20, 4],
      [30, 5],
    ],
    observe: async (context) => {
      const { counters } = targetOf(await steady(context, { requests: 1, outputTokens: undefined }));
      return [counters.inputTokens, counters.outputTokens];
    },
  },
  {
    path: 'simulate.inputTokens',
    given: [10, '20', '30'],
    seen: [550, 10, 20, 30],
    observe: async (context) => targetOf(await steady(context, { requests: 1 })).counters.inputTokens,
  },
  {
    path: 'simulate.outputTokens',
    given: [3, '4', '5'],
    seen: [128, 3, 4, 5],
    observe: async (context) =>
      targetOf(await steady(context, { requests: 1, outputTokens: undefined })).counters.outputTokens,
  },
  figuresRow('seed', [0, 11, 12, 13], { beside: { rate: 20, requests: 20, outputTokens: 10 } }),
];

/** An answer that takes some 40 seconds, and one that takes some minutes. */
const LONG_TOKENS = 3000;
const VERY_LONG_TOKENS = 20_000;

const endRows: EffectRow[] = [
  {
    path: 'simulate.timeout',
    given: ['30ms', '40ms', '50ms'],
    seen: ['2 min', '30 ms', '40 ms', '50 ms'].map(
      (text) => `no complete answer within ${text}`,
    ) as unknown as EffectRow['seen'],
    observe: async (context) =>
      targetOf(await steady(context, { requests: 1, outputTokens: VERY_LONG_TOKENS, grace: '1h' })).errors[0]
        ?.example,
  },
  {
    path: 'simulate.grace',
    given: ['2m', '1s', '90s'],
    seen: ['incomplete', 'completed', 'incomplete', 'completed'],
    observe: async (context) => {
      const { completed } = targetOf(
        await steady(context, { requests: 1, outputTokens: LONG_TOKENS }),
      ).counters;
      return completed === 1 ? 'completed' : 'incomplete';
    },
  },
];

const NAMES = ['file', 'environment', 'flag'];

const resultRows: EffectRow[] = [
  {
    path: 'simulate.slo',
    given: [['ttft.mean < 3600s'], 'e2e.mean < 3600s,e2e.mean < 1us', ['e2e.mean < 2us']],
    seen: [[], [true], [true, false], [false]],
    observe: async (context) => (await steady(context)).slo.map(({ passed }) => passed),
  },
  {
    path: 'simulate.goodput',
    given: ['ttft < 3600s', 'ttft < 3600s and e2e > 3600s', 'e2e < 3600s'],
    seen: [null, 100, 0, 100],
    observe: async (context) => (await steady(context)).targets[0]!.rates.goodput_share.value,
  },
  {
    path: 'simulate.output',
    given: [
      [`json=${folder.file('file')}`],
      `json=${folder.file('environment')}`,
      [`json=${folder.file('flag')}`],
    ],
    seen: [[], ['file'], ['environment'], ['flag']],
    observe: async (context) => {
      for (const name of NAMES) rmSync(folder.file(name), { force: true });
      await steady(context, { requests: 1 });
      return NAMES.filter((name) => existsSync(folder.file(name)));
    },
  },
];

export const VIRTUAL_LOAD_ROWS: EffectRow[] = [
  ...arrivalRows,
  ...shapeRows,
  ...lengthRows,
  ...endRows,
  ...resultRows,
];
