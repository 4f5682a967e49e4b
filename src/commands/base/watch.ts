/** Commands that look at a server once, or again and again until Ctrl-C. */
import { setTimeout } from 'node:timers/promises';

const SHORTEST_PAUSE_MS = 100;

/** The settings of such a command. */
interface Watching {
  readonly watch: boolean;
  /** Between two looks, milliseconds. */
  readonly interval: number;
}

/** Between two looks, milliseconds. */
export const pauseMs = ({ interval }: Pick<Watching, 'interval'>): number =>
  Math.max(SHORTEST_PAUSE_MS, interval);

/**
 * Looks once, or again and again until Ctrl-C.
 *
 * @param look - rejects when there is nothing to be seen, which ends it
 * @returns what was seen, where it looked once
 */
export async function onceOrAgain<T>(
  settings: Watching,
  look: (signal?: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  if (!settings.watch) return look();
  await untilInterrupted(async (signal) => {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one look after the other
      await look(signal);
      // oxlint-disable-next-line no-await-in-loop -- the pause between two
      await setTimeout(pauseMs(settings), undefined, { signal });
    }
  });
  return undefined;
}

/** Runs until Ctrl-C, or until nobody reads what it prints any more (`| head`): so it is meant to end. */
export async function untilInterrupted(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.stdout.on('error', onSignal);
  try {
    await run(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    process.stdout.off('error', onSignal);
  }
}
