/** A planned engine step, described for the cost model. */

import type { PrefillChunk, StepBatch } from './cost.js';
import type { KvCache } from './kv/kv-cache.js';
import type { Sequence } from './sequence.js';
import type { Speculator } from './speculation.js';

/** A run longer than this is planned in parts, so that linear interpolation of the cost stays exact enough. */
const LONGEST_RUN = 256;

/** The prompts of a step that only decodes, as most do. */
const NONE: PrefillChunk[] = [];

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What the running sequences compute in the next step; one object per replica, written anew for each step. */
export class StepPlan {
  readonly batch: Writable<Omit<StepBatch, 'prefills'>> & { prefills: PrefillChunk[] } = {
    prefills: NONE,
    decodeSequences: 0,
    decodeContextTokens: 0,
    decodeTokens: 0,
    microbatches: undefined,
  };
  /** True for a run of decode steps of one token per sequence. */
  pure = false;
  /** True when drafts of a draft model are verified. */
  drafted = false;

  /**
   * @param running - with `stepTokens` and `stepDrafts` set
   * @returns how often the step can be repeated before planning again; 0 if nothing is computed
   */
  describe(running: readonly Sequence[], speculator: Speculator, kv: KvCache): number {
    this.#clear();
    let steps = LONGEST_RUN;
    let planned = false;
    for (const sequence of running) {
      if (sequence.stepTokens > 0) {
        planned = true;
        if (this.#add(sequence) && !speculator.applies(sequence)) steps = Math.min(steps, sequence.remaining);
        else this.pure = false;
      } else this.pure = false;
    }
    if (!planned) return 0;
    if (!this.pure) return 1;
    // After the first step each sequence needs at most one block per blockTokens steps.
    const more = Math.floor(kv.available / this.batch.decodeSequences) * kv.options.blockTokens;
    return Math.min(steps, 1 + more);
  }

  #clear(): void {
    const { batch } = this;
    if (batch.prefills.length > 0) batch.prefills = NONE;
    batch.decodeSequences = 0;
    batch.decodeContextTokens = 0;
    batch.decodeTokens = 0;
    this.pure = true;
    this.drafted = false;
  }

  /** Adds one sequence; true when it decodes. */
  #add(sequence: Sequence): boolean {
    const { batch } = this;
    const tokens = sequence.stepTokens;
    if (!sequence.decoding) {
      const chunk = { newTokens: tokens, contextTokens: sequence.computed };
      if (batch.prefills === NONE) batch.prefills = [chunk];
      else batch.prefills.push(chunk);
      return false;
    }
    batch.decodeSequences++;
    batch.decodeContextTokens += sequence.computed + 1;
    batch.decodeTokens += tokens;
    if (sequence.stepDrafts > 0 && !sequence.request.prediction) this.drafted = true;
    return true;
  }
}
