/** The effects of the settings of `bench` that put one load after another into a run. */
import { setTimeout as sleep } from 'node:timers/promises';
import { performAgainstTarget, target } from './runs.js';
import type { EffectRow } from './situations.js';

const section = 'bench';

/** More at once than this are never answered; longer than the pause, so that those of one moment are seen together. */
const MOST_ANSWERED = 5;
const TOGETHER_MS = 50;

const answerFew = async (): Promise<void> => {
  const crowded = target.inFlight > MOST_ANSWERED;
  await (crowded ? new Promise(() => {}) : sleep(TOGETHER_MS));
};

export const LOAD_SERIES_ROWS: EffectRow[] = [
  {
    path: 'bench.sweep',
    given: ['concurrency=1,2', 'concurrency=3', 'concurrency=2,4'],
    seen: [undefined, ['1 in flight', '2 in flight'], ['3 in flight'], ['2 in flight', '4 in flight']],
    observe: async (context) => {
      const beside = { concurrency: undefined };
      const run = await performAgainstTarget(context, { section, beside });
      return run.points?.map(({ name }) => name);
    },
  },
  {
    path: 'bench.sweepPoints',
    given: [3, '4', 5],
    seen: [10, 3, 4, 5],
    defaultUnobserved: 'ten loads take long',
    observe: async (context) => {
      // Many at once are answered sooner than one after the other, so that there are rates in between.
      target.answerWhen = () => sleep(60);
      const beside = { sweep: 'auto', concurrency: undefined, arrivals: 'constant' };
      const run = await performAgainstTarget(context, { section, requests: 6, beside });
      return run.points!.length;
    },
  },
  {
    path: 'bench.search',
    given: [
      'max concurrency where e2e.mean < 1000s',
      'max concurrency where e2e.mean < 1us',
      'max concurrency where e2e.mean < 999s',
    ],
    seen: [
      undefined,
      ['max concurrency where e2e.mean < 1000s', 4],
      ['max concurrency where e2e.mean < 1us', null],
      ['max concurrency where e2e.mean < 999s', 4],
    ],
    observe: async (context) => {
      const beside = { concurrency: undefined, maxInFlight: 4 };
      const { search } = await performAgainstTarget(context, { section, beside });
      return search && [search.expression, search.answer];
    },
  },
  {
    path: 'bench.searchPrecision',
    given: [0.5, '0.4', 0.5],
    seen: [
      [5, 6],
      [4, 8],
      [4, 6],
      [4, 8],
    ],
    observe: async (context) => {
      target.answerWhen = answerFew;
      const beside = {
        search: 'max concurrency where e2e.count > 0',
        concurrency: undefined,
        timeout: '250ms',
      };
      const { search } = await performAgainstTarget(context, { section, requests: 8, beside });
      return [search!.answer, search!.nextFailing];
    },
  },
];
