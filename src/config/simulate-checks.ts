/** What the load of a simulation may be made of: a trace and settings of synthetic load exclude each other. */
import { FakeaiError } from '../lib/errors.js';
import type { Origin } from './layers.js';
import { SYNTHETIC_KEYS, TRACE_KEYS } from './simulate-fields.js';

/**
 * Refuses flags without effect; variables and files serve several commands and are left alone.
 *
 * @param origins - where each setting came from, by path
 * @param hasTrace - whether a trace is simulated
 * @throws FakeaiError `FAKEAI_SETTING_INVALID`
 */
export function checkSimulatedLoad(origins: Readonly<Record<string, Origin>>, hasTrace: boolean): void {
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
