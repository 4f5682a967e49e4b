/** What a sequence notes of the cached runs that it holds. */
import type { Sequence } from '../sequence.js';

/** In place of a run's slot: another sequence cached these units first, and this one has blocks of its own for them. */
export const PRIVATE = -1;

/** Adds units of a run to the end of what a sequence holds. */
export const hold = (sequence: Sequence, slot: number, to: number): void => {
  const { held, heldCount: count } = sequence;
  if (count === 0 || sequence.heldSlot !== slot) {
    if (count > 0) held[count - 1] = sequence.heldUnits;
    held[count] = slot;
    held[count + 1] = to;
    sequence.heldCount = count + 2;
    sequence.heldSlot = slot;
  }
  sequence.heldUnits = to;
};
