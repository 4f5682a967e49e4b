/** Memory of one call of a cache or of two that follow each other, which all caches of a thread share. */
import { IntStack } from './int-stack.js';
import type { KvCache } from './kv-cache.js';

/** Runs on the way back from the end of a chain; of use within a call only. */
export const walked = new IntStack();

/**
 * Slot of each run matched last and the unit after the last that agreed, which need not be looked up again; and in which cache, for whose keys.
 * One list for all caches, as hundreds of lists would not stay in those of the processor.
 */
export const matched: { readonly runs: IntStack; cache?: KvCache; keys?: Int32Array } = {
  runs: new IntStack(),
};
