/** Holds arrivals for a moment and places them together. */

import type { Sequence } from '../sequence.js';

export interface BatchingOptions {
  /** Longest time that a request is held. */
  readonly windowMs: number;
  /** A batch this large is placed at once. */
  readonly maxRequests: number;
}

/**
 * Requests of one batch are placed in the order of their first blocks, so that those with a common prefix follow each
 * other and find it where the first of them went.
 */
export class Batcher {
  #held: Sequence[] = [];
  #generation = 0;
  batches = 0;
  requests = 0;

  constructor(readonly options: BatchingOptions) {}

  /** Number of the batch being collected. */
  get generation(): number {
    return this.#generation;
  }

  get size(): number {
    return this.#held.length;
  }

  /** Holds a request; true when the batch is full. */
  add(sequence: Sequence): boolean {
    return this.#held.push(sequence) >= this.options.maxRequests;
  }

  /** Ends the batch and returns the requests still wanted. */
  take(): Sequence[] {
    const batch = this.#held.filter((sequence) => sequence.state !== 'done');
    this.#held = [];
    this.#generation++;
    if (batch.length > 0) this.batches++;
    this.requests += batch.length;
    const first = (sequence: Sequence, word: number): number => sequence.keys[word] ?? 0;
    return batch.sort((a, b) => first(a, 0) - first(b, 0) || first(a, 1) - first(b, 1) || a.order - b.order);
  }
}
