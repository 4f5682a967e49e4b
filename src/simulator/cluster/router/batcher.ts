/** Holds arrivals for a moment and places them together. */

import type { Scheduling } from '../kv/shared-link.js';
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
  /** Number of the batch being collected. */
  #generation = 0;
  batches = 0;
  requests = 0;

  /** @param place - what becomes of the requests of a batch */
  constructor(
    readonly options: BatchingOptions,
    readonly timeline: Scheduling,
    readonly place: (sequence: Sequence, nowMs: number) => void,
  ) {}

  /** Holds a request; the first of a batch opens its window. */
  hold(sequence: Sequence, nowMs: number): void {
    const generation = this.#generation;
    if (this.#held.length === 0) {
      this.timeline.at(nowMs + this.options.windowMs, (atMs) => {
        if (this.#generation === generation) this.#flush(atMs);
      });
    }
    if (this.#held.push(sequence) >= this.options.maxRequests) this.#flush(nowMs);
  }

  #flush(nowMs: number): void {
    for (const sequence of this.#take()) this.place(sequence, nowMs);
  }

  /** Ends the batch and returns the requests still wanted. */
  #take(): Sequence[] {
    const batch = this.#held.filter((sequence) => sequence.state !== 'done');
    this.#held = [];
    this.#generation++;
    if (batch.length > 0) this.batches++;
    this.requests += batch.length;
    const first = (sequence: Sequence, word: number): number => sequence.keys[word] ?? 0;
    return batch.sort((a, b) => first(a, 0) - first(b, 0) || first(a, 1) - first(b, 1) || a.order - b.order);
  }
}
