/** What has to pass before threads that are idle may be ended. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';

/** V8 takes some milliseconds for what it optimizes at a time. */
const SETTLE_MS = 20;
/** On a machine that is short of processors it takes longer; but a thread that works for ever must not keep a process from ending. */
const LONGEST_MS = 1000;
const LOOK_EVERY_MS = 5;

const isOfNode20 = Number.parseInt(process.versions.node, 10) < 22;

/** Threads of this process, the main one apart, that run or wait for a processor; none where the system does not say. */
export function busyThreads(): number {
  const folder = '/proc/self/task';
  const isBusy = (thread: string): boolean => {
    try {
      const line = readFileSync(`${folder}/${thread}/stat`, 'latin1');
      return line[line.lastIndexOf(')') + 2] === 'R';
    } catch {
      return false; // It has ended.
    }
  };
  try {
    return readdirSync(folder).filter((thread) => Number(thread) !== process.pid && isBusy(thread)).length;
  } catch {
    return 0;
  }
}

/**
 * Resolves when V8 has finished what it optimizes in the background for threads that have nothing to do any more.
 * Node 20 aborts the whole process when a thread ends meanwhile ("Assertion failed: (data.first) != nullptr" in
 * node_platform.cc), with everything that has not been written yet; later ones do not, and nothing is waited for.
 *
 * @param busy - how many threads of the process are at work
 * @param longestMs - waits no longer, about
 */
export async function codeSettled(
  busy = busyThreads,
  needed = isOfNode20,
  longestMs = LONGEST_MS,
): Promise<void> {
  if (!needed) return;
  await after(SETTLE_MS);
  for (let ms = SETTLE_MS; ms < longestMs && busy() > 0; ms += LOOK_EVERY_MS) await after(LOOK_EVERY_MS);
}
