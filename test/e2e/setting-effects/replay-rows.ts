/** The effects of the settings that only `replay` has. */
import type { RunFile } from '../../../src/results/run-file.js';
import { runReplaySettings } from '../../../src/runs/run.js';
import { FakeaiError } from '../../../src/lib/errors.js';
import { target, writeAzureTrace, writeTrace } from './runs.js';
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

export const REPLAY_ROWS: EffectRow[] = [
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
