/** When the loads of a sweep begin that several machines run together: nobody tells them, so all must know beforehand. */
import { FakeaiError } from '../../lib/errors.js';
import type { Plan } from '../../workloads/plan.js';

/** From the end of a load to the start of the next: machines write down what they measured, and start their threads. */
const PAUSE_MS = 3000;

/**
 * The start of each load: when the one before must have ended on every machine, its last answers included.
 *
 * @param firstMs - milliseconds since 1970
 * @throws FakeaiError FAKEAI_SETTING_INVALID where answers decide how long a load takes
 */
export function pointStarts(plans: readonly Plan[], firstMs: number): number[] {
  const starts: number[] = [];
  let atMs = firstMs;
  for (const { warmupMs, stop, graceMs } of plans) {
    starts.push(atMs);
    if (stop.durationMs === undefined) {
      throw new FakeaiError('FAKEAI_SETTING_INVALID', {
        where: '--start-at',
        problem:
          'does not say when the second load of --sweep begins: only answers tell when --requests have ended',
        hint: 'Give each load a --duration (beside --requests, if need be), so that all machines begin each load together.',
      });
    }
    atMs += warmupMs + stop.durationMs + graceMs + PAUSE_MS;
  }
  return starts;
}
