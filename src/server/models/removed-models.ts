/** Fine-tuned models that were deleted, in memory that all threads of a server share: what one removes is gone at once for all. */
import { hash32 } from '../../lib/random.js';

/** Deleted models that are remembered; the oldest is forgotten first. */
const MOST = 10_000;
/** In front of the hashes: how many places were ever taken, and how many of them were written. */
const TAKEN = 0;
const WRITTEN = 1;
const HEAD = 2;

/** Memory for a server's {@link RemovedModels}. */
export const shareRemovedModels = (): SharedArrayBuffer =>
  new SharedArrayBuffer((HEAD + MOST) * BigInt64Array.BYTES_PER_ELEMENT);

/** 64 bits of an id; never 0, which is a place that is not written yet. */
const hashOf = (id: string): bigint =>
  (BigInt(hash32('removed', id)) << 31n) | BigInt(hash32(id, 'removed') >>> 1) | 1n;

/** See the file's head. Ids are known by a hash of 61 bits. */
export class RemovedModels {
  readonly #memory: BigInt64Array;
  /** The same, in words of 32 bits. */
  readonly #words: Int32Array;

  /** @param memory - of {@link shareRemovedModels}; only this thread's without it */
  constructor(memory: SharedArrayBuffer = shareRemovedModels()) {
    this.#memory = new BigInt64Array(memory);
    this.#words = new Int32Array(memory);
  }

  /**
   * How many were ever added; a change means that what was found out about ids may be out of date. Every request asks: a BigInt would
   * be made each time.
   */
  get additions(): number {
    // Its high half stays 0, whichever that is on this machine.
    return Atomics.load(this.#words, 2 * WRITTEN) | Atomics.load(this.#words, 2 * WRITTEN + 1);
  }

  add(id: string): void {
    if (this.has(id)) return;
    // Threads that add at once get different places.
    const at = Number(Atomics.add(this.#memory, TAKEN, 1n) % BigInt(MOST));
    Atomics.store(this.#memory, HEAD + at, hashOf(id));
    Atomics.add(this.#memory, WRITTEN, 1n);
  }

  has(id: string): boolean {
    const count = Math.min(MOST, Number(Atomics.load(this.#memory, TAKEN)));
    if (count === 0) return false;
    const hash = hashOf(id);
    for (let i = 0; i < count; i++) if (Atomics.load(this.#memory, HEAD + i) === hash) return true;
    return false;
  }
}
