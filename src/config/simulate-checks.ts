/** What the load of a simulation may be made of: a trace and settings of synthetic load exclude each other. */
import { FakeaiError } from '../lib/errors.js';
import type { Origin } from './layers.js';
import { isSwitchValue, SWITCH_HINT } from './switch-value.js';
import { SYNTHETIC_KEYS, TRACE_KEYS } from './simulate-fields.js';

/**
 * Refuses flags without effect; variables and files serve several commands and are left alone.
 *
 * @param origins - where each setting came from, by path
 * @param trace - the file that is simulated, if one is
 * @throws FakeaiError `FAKEAI_SETTING_INVALID`
 */
export function checkSimulatedLoad(
  origins: Readonly<Record<string, Origin>>,
  trace: string | undefined,
): void {
  if (trace !== undefined && isSwitchValue(trace)) {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: 'TRACE',
      problem: `"${trace}" is not a trace file`,
      hint: SWITCH_HINT,
    });
  }
  const hasTrace = trace !== undefined;
  for (const key of hasTrace ? SYNTHETIC_KEYS : TRACE_KEYS) {
    const origin = origins[`simulate.${key}`];
    if (origin?.layer !== 'flag') continue;
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: origin.where,
      problem: hasTrace ? 'has no effect with a trace' : 'has no effect without a trace',
      hint: hasTrace
        ? 'A trace decides by itself what is sent, and when. Use --speed and --limit.'
        : 'Name a trace, or leave it out.',
    });
  }
}
