/**
 * How much later than a step ends it is early enough to compute what follows from it, where its tokens were told of before: the threads
 * that write them have the processors for themselves until then. When steps of several replicas end together, that takes milliseconds.
 */

/** So long at most, in milliseconds of the clock. */
const LONGEST_MS = 3;
/** The same as a share of the steps: the next ones must be told of early enough. */
const SHARE = 0.25;
/** After whatever steps, the next is taken to be no longer than this, or than twice as long: a prompt may be followed by short ones. */
const CAUTION_MS = 4;

/** See the file's head. */
export class Rest {
  #stepMs = 0;

  /** @param stepMs - the shortest step in progress, in milliseconds of the clock; 0 where not all of it could be told, infinite for none */
  after(stepMs: number): number {
    this.#stepMs = Math.min(stepMs, Math.max(2 * this.#stepMs, CAUTION_MS));
    return Math.min(LONGEST_MS, SHARE * this.#stepMs);
  }
}
