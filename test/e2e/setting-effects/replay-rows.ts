/** The effects of the settings that only `replay` has. */
import type { RunFile } from '../../../src/results/run-file.js';
import { runReplaySettings } from '../../../src/runs/run.js';
import { FakeaiError } from '../../../src/lib/errors.js';
import { target, writeAzureTrace, writeLines, writeTrace } from './runs.js';
import { AtLeast, type Context, type EffectRow } from './situations.js';

async function replay(context: Context, tracePath: string): Promise<RunFile> {
  const { settings, server } = await context.replay({ replay: { url: target.url, model: 'm' } });
  return runReplaySettings(tracePath, settings, server, {});
}

/** Whether a trace is understood. */
const isRead = (context: Context, tracePath: string): Promise<boolean> =>
  replay(context, tracePath).then(
    () => true,
    (error: unknown) => {
      if (error instanceof FakeaiError && error.code === 'FAKEAI_TRACE_INVALID') return false;
      throw error;
    },
  );

/** Which rows of a trace are sent; the nth of them at 10(n-1) ms, with 10n tokens, asking for n. */
async function rowsSent(context: Context): Promise<number[]> {
  const rows = [1, 2, 3, 4].map((n) => ({
    timestamp: 10 * (n - 1),
    input_length: 10 * n,
    output_length: n,
  }));
  await replay(context, writeLines('rows.jsonl', rows));
  return target.requests.map(({ body }) => body.max_tokens).sort((a, b) => a - b);
}

const ALL = [1, 2, 3, 4];
const FROM_SECOND = [[2, 3, 4], [3, 4], [4]] as const;
const UP_TO_THIRD = [[1, 2, 3], [1, 2], [1]] as const;

const selectionRow = (path: string, given: EffectRow['given'], seen: readonly [unknown, unknown, unknown]) =>
  ({ path, given, seen: [ALL, ...seen], observe: rowsSent }) satisfies EffectRow;

const DEQUANTIZED_ROWS = 20;

export const REPLAY_ROWS: EffectRow[] = [
  selectionRow('replay.from', ['10ms', '20ms', '30ms'], FROM_SECOND),
  selectionRow('replay.to', ['30ms', '20ms', '10ms'], UP_TO_THIRD),
  selectionRow('replay.minInputTokens', [20, '30', 40], FROM_SECOND),
  selectionRow('replay.maxInputTokens', [30, '20', 10], UP_TO_THIRD),
  selectionRow('replay.minOutputTokens', [2, '3', 4], FROM_SECOND),
  selectionRow('replay.maxOutputTokens', [3, '2', 1], UP_TO_THIRD),
  {
    path: 'replay.dequantize',
    given: ['100ms', '200ms', '400ms'],
    seen: [0, 100, 200, 400],
    // Of so many rows the last one is in the second half of its step.
    observe: async (context) => {
      const run = await replay(context, writeTrace(Array<number>(DEQUANTIZED_ROWS).fill(0)));
      const { workload } = run.plan;
      const lastMs = workload.kind === 'trace' ? workload.durationMs : Number.NaN;
      // The plan is kept: a run cannot end before its last row has left.
      if (run.targets[0]!.measuredMs < lastMs) return 'sent too early';
      return [0, 100, 200, 400].find((stepMs) => lastMs <= stepMs && lastMs >= stepMs / 2);
    },
  },
  {
    path: 'replay.format',
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
    path: 'replay.speed',
    given: [0.5, '0.25', '0.2'],
    seen: [new AtLeast(100), new AtLeast(200), new AtLeast(400), new AtLeast(500)],
    // The last row leaves when its time has come; how much later depends on the machine.
    observe: async (context) => (await replay(context, writeTrace([0, 100]))).targets[0]!.measuredMs,
  },
  {
    path: 'replay.limit',
    given: [2, '3', 4],
    seen: [5, 2, 3, 4],
    observe: async (context) => {
      await replay(context, writeTrace([0, 0, 0, 0, 0]));
      return target.requests.length;
    },
  },
];
