/** The effects of the settings of `simulate` that decide what of a trace is played. */
import { FakeaiError } from '../../../src/lib/errors.js';
import type { RunFile } from '../../../src/results/run-file.js';
import { writeAzureTrace, writeLines, writeTrace } from './runs.js';
import type { Context, EffectRow } from './situations.js';
import { simulate, type VirtualLoad } from './virtual-runs.js';

const targetOf = (run: RunFile) => run.targets[0]!;

const isRead = (context: Context, trace: string): Promise<boolean> =>
  simulate(context, { trace: () => trace }).then(
    () => true,
    (error: unknown) => {
      if (error instanceof FakeaiError && error.code === 'FAKEAI_TRACE_INVALID') return false;
      throw error;
    },
  );

const played = (instantsMs: number[]): VirtualLoad => ({ trace: () => writeTrace(instantsMs) });

/** Which rows of a trace are played: the sum of their answers' lengths, each of which is a power of two. */
async function rowsPlayed(context: Context): Promise<number> {
  const rows = [1, 2, 3, 4].map((n) => ({
    timestamp: 10 * (n - 1),
    input_length: 10 * n,
    output_length: 2 ** (n - 1),
  }));
  const run = await simulate(context, { trace: () => writeLines('rows.jsonl', rows) });
  return targetOf(run).counters.outputTokens;
}

const selectionRow = (path: string, given: EffectRow['given'], seen: readonly [number, number, number]) =>
  ({ path, given, seen: [15, ...seen], observe: rowsPlayed }) satisfies EffectRow;

const FROM_SECOND = [14, 12, 8] as const;
const UP_TO_THIRD = [7, 3, 1] as const;

export const VIRTUAL_TRACE_ROWS: EffectRow[] = [
  selectionRow('simulate.from', ['10ms', '20ms', '30ms'], FROM_SECOND),
  selectionRow('simulate.to', ['30ms', '20ms', '10ms'], UP_TO_THIRD),
  selectionRow('simulate.minInputTokens', [20, '30', 40], FROM_SECOND),
  selectionRow('simulate.maxInputTokens', [30, '20', 10], UP_TO_THIRD),
  selectionRow('simulate.minOutputTokens', [2, '4', 8], FROM_SECOND),
  selectionRow('simulate.maxOutputTokens', [4, '2', 1], UP_TO_THIRD),
  {
    path: 'simulate.dequantize',
    given: ['10m', '20m', '40m'],
    seen: [0, 10, 20, 40],
    // Of so many rows the last one is in the second half of its step, and answered soon.
    observe: async (context) => {
      const run = await simulate(context, played(Array<number>(20).fill(0)));
      const minutes = targetOf(run).measuredMs / 60_000;
      return [0, 10, 20, 40].find((step) => minutes >= step / 2 && minutes <= step + 0.5);
    },
  },
  {
    path: 'simulate.format',
    given: ['mooncake', 'azure', 'auto'],
    seen: [
      [true, true],
      [true, false],
      [false, true],
      [true, true],
    ],
    observe: async (context) => [
      await isRead(context, writeTrace([0])),
      await isRead(context, writeAzureTrace()),
    ],
  },
  {
    path: 'simulate.speed',
    given: [0.5, '0.25', '0.2'],
    // Minutes until the last row has its answer, which takes some seconds.
    seen: [10, 20, 40, 50],
    observe: async (context) =>
      Math.floor(targetOf(await simulate(context, played([0, 600_000]))).measuredMs / 60_000),
  },
  {
    path: 'simulate.limit',
    given: [2, '3', 4],
    seen: [5, 2, 3, 4],
    observe: async (context) => targetOf(await simulate(context, played([0, 0, 0, 0, 0]))).counters.completed,
  },
];
