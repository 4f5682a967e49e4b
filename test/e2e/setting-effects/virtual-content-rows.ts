/** The effects of the settings of `simulate` that say what requests share, who sends them, and how they follow each other. */
import type { RunFile } from '../../../src/results/run-file.js';
import { writeLines } from './runs.js';
import type { Context, EffectRow } from './situations.js';
import { figuresRow, simulate, type VirtualLoad } from './virtual-runs.js';

/** A few requests one after the other; what is asked for is said by each row. */
const load = (beside: Record<string, unknown>): VirtualLoad => ({
  beside: { concurrency: 2, requests: 12, inputTokens: 64, outputTokens: 4, ...beside },
});
const run = (context: Context, beside: Record<string, unknown>): Promise<RunFile> =>
  simulate(context, load(beside));

/** Prompt tokens that were found in the cache, and all of them. */
async function tokensOf(context: Context, beside: Record<string, unknown>): Promise<[number, number]> {
  const { metrics, counters } = (await run(context, beside)).targets[0]!;
  return [Math.round((metrics.cached_tokens?.mean ?? 0) * counters.completed), counters.inputTokens];
}

const ONE_BY_ONE = { concurrency: 1, requests: 4 };

const sharedRows: EffectRow[] = [
  {
    path: 'simulate.systemTokens',
    given: [32, '64', 96],
    // All but the first of four requests find the system prompt.
    seen: [
      [0, 256],
      [96, 384],
      [192, 512],
      [288, 640],
    ],
    observe: (context) => tokensOf(context, ONE_BY_ONE),
  },
  {
    path: 'simulate.prefixPool',
    given: ['1,64', '1,128', '4,64'],
    seen: [
      [0, 256],
      [192, 512],
      [384, 768],
      [64, 512],
    ],
    observe: (context) => tokensOf(context, ONE_BY_ONE),
  },
  {
    path: 'simulate.prefixHitRatio',
    given: [0, '0.6', 1],
    seen: ['all', 'none', 'some', 'all'],
    observe: async (context) => {
      const [cached] = await tokensOf(context, { concurrency: 1, prefixPool: '1,64' });
      if (cached === 0) return 'none';
      return cached === 11 * 64 ? 'all' : 'some';
    },
  },
  {
    path: 'simulate.cacheBust',
    given: ['start', 'end', 'start'],
    seen: [
      [144, 256],
      [0, 288],
      [192, 288],
      [0, 288],
    ],
    observe: (context) => tokensOf(context, { ...ONE_BY_ONE, promptPool: 1 }),
  },
  {
    path: 'simulate.promptPool',
    given: [1, '2', 5],
    // Each different prompt is computed once; of a prompt found whole, the last block is computed again.
    seen: [0, 11, 10, 7],
    observe: async (context) => (await tokensOf(context, { concurrency: 1 }))[0] / 48,
  },
  {
    path: 'simulate.warmPrefixes',
    given: [1, '2', 4],
    // Four prefixes of 64 tokens for twelve requests: each that is not there before is computed by the first that has it.
    seen: [8 * 64, 9 * 64, 10 * 64, 12 * 64],
    observe: async (context) =>
      (await tokensOf(context, { concurrency: 1, prefixPool: '4,64', prefixHitRatio: 1 }))[0],
  },
];

const CONVERSATIONS = (rows: number): string =>
  writeLines(
    `conversations-${rows}.jsonl`,
    Array.from({ length: rows }, (_, i) => ({
      conversations: [
        { from: 'human', value: `Question ${i}: ${'why '.repeat(40 + i)}` },
        { from: 'gpt', value: 'Because.' },
        { from: 'human', value: `And then? ${'how '.repeat(20)}` },
        { from: 'gpt', value: 'So.' },
      ],
    })),
  );

/** One row that can be read in several ways, of different lengths. */
const AMBIGUOUS = {
  conversations: [{ from: 'human', value: 'one' }],
  messages: [{ role: 'user', content: 'one two three four five' }],
  turns: [{ text: 'one two three four five six seven eight nine ten' }],
};

const inputOf = async (context: Context, beside: Record<string, unknown>): Promise<number> =>
  (await run(context, { inputTokens: undefined, requests: 1, ...beside })).targets[0]!.counters.inputTokens;

const datasetRows: EffectRow[] = [
  {
    path: 'simulate.dataset',
    given: () => [
      writeLines('file.jsonl', [{ text: 'one' }]),
      writeLines('environment.jsonl', [{ text: 'one two' }]),
      writeLines('flag.jsonl', [{ text: 'one two three' }]),
    ],
    seen: [550, 1, 2, 3],
    observe: (context) => inputOf(context, {}),
  },
  {
    path: 'simulate.datasetFormat',
    given: ['chat', 'multi-turn', 'sharegpt'],
    seen: [1, 5, 10, 1],
    observe: (context) => inputOf(context, { dataset: writeLines('ambiguous.jsonl', [AMBIGUOUS]) }),
  },
  {
    path: 'simulate.datasetTurns',
    given: ['first', 'all', 'first'],
    seen: [2, undefined, 2, undefined],
    observe: async (context) => {
      const { targets } = await run(context, { inputTokens: undefined, dataset: CONVERSATIONS(4) });
      return targets[0]!.turns?.length;
    },
  },
  {
    path: 'simulate.datasetOrder',
    given: ['random', 'shuffled', 'sequential'],
    seen: [['sequential'], ['random'], ['shuffled'], ['sequential']],
    observe: (context) =>
      figuresRow('datasetOrder', ['sequential', 'random', 'shuffled', 'sequential'], {
        beside: { dataset: CONVERSATIONS(40), datasetTurns: 'first', requests: 12, concurrency: 1 },
      }).observe(context),
  },
  {
    path: 'simulate.datasetLimit',
    given: [1, '2', 3],
    seen: [0, 3, 2, 1],
    // Rows that come again are found in the cache.
    observe: async (context) => {
      const beside = { ...ONE_BY_ONE, dataset: CONVERSATIONS(4), datasetTurns: 'first' };
      const { targets } = await run(context, { inputTokens: undefined, ...beside });
      const { metrics } = targets[0]!;
      return Math.round(((metrics.cached_tokens?.mean ?? 0) * 4) / 32);
    },
  },
];

const followRows: EffectRow[] = [
  figuresRow('users', [undefined, 2, 3, 5], {
    beside: { requests: 20, outputTokens: 10, inputTokens: 64 },
  }),
  figuresRow('thinkTime', ['0', '1s', '2s', 'normal(1s,500ms)'], {
    beside: { users: 3, requests: 20, outputTokens: 10 },
  }),
  {
    path: 'simulate.turns',
    given: [2, '3', 4],
    seen: [undefined, 2, 3, 4],
    observe: async (context) => (await run(context, {})).targets[0]!.turns?.length,
  },
  // Answers of different lengths, so that sessions do not take their turns at the same moments whatever the delay.
  figuresRow(
    'turnDelay',
    ['0', '10ms', '1s', 'normal(2s,500ms)'],
    load({ turns: 3, outputTokens: 'normal(8,3)' }),
  ),
  {
    path: 'simulate.sessionAffinity',
    given: ['1m', '0', '10m'],
    // In turn to three replicas, each turn finds nothing; on one replica it finds the turns before.
    seen: [false, true, false, true],
    observe: async (context) => {
      const beside = { concurrency: 1, requests: 8, replicas: 3, turns: 2 };
      return (await tokensOf(context, beside))[0] > 0;
    },
  },
];

const senderRows: EffectRow[] = [
  {
    path: 'simulate.tenants',
    given: [2, '5', 1000],
    seen: [11, 10, 8, 0],
    observe: async (context) => {
      const [cached] = await tokensOf(context, { concurrency: 1, systemTokens: 64 });
      return cached / 64;
    },
  },
  figuresRow('priorities', [undefined, '0=1,1=1', '0=9,-1=1', '0=1,1=1,2=1'], {
    beside: { concurrency: 30, requests: 60, maxNumSeqs: 4, schedulingPolicy: 'priority', outputTokens: 9 },
  }),
  figuresRow('schedulingPolicy', ['fcfs', 'priority', 'fcfs', 'priority'], {
    beside: { concurrency: 30, requests: 60, maxNumSeqs: 4, priorities: '0=9,-1=1', outputTokens: 9 },
  }),
  {
    path: 'simulate.cancelShare',
    given: [0.5, '1', 0],
    seen: [0, 'some', 12, 0],
    observe: async (context) => {
      const { cancelled = 0 } = (await run(context, { cancelAfter: '20ms', outputTokens: 50 })).targets[0]!
        .counters;
      return cancelled > 0 && cancelled < 12 ? 'some' : cancelled;
    },
  },
  figuresRow(
    'cancelAfter',
    [500, 30, 60, 90],
    load({ cancelShare: 0.5, outputTokens: 60 }),
    'simulate',
    (ms) => `${String(ms)}ms`,
  ),
];

const seriesRows: EffectRow[] = [
  {
    path: 'simulate.sweep',
    given: ['concurrency=1,2', 'rate=3', 'concurrency=2,4'],
    seen: [undefined, ['1 in flight', '2 in flight'], ['3 req/s'], ['2 in flight', '4 in flight']],
    observe: async (context) =>
      (await run(context, { concurrency: undefined })).points?.map(({ name }) => name),
  },
  {
    path: 'simulate.sweepPoints',
    given: [3, '4', 5],
    seen: [10, 3, 4, 5],
    observe: async (context) =>
      (await run(context, { concurrency: undefined, sweep: 'auto', requests: 600 })).points?.length,
  },
];

export const VIRTUAL_CONTENT_ROWS: EffectRow[] = [
  ...sharedRows,
  ...datasetRows,
  ...followRows,
  ...senderRows,
  ...seriesRows,
];
