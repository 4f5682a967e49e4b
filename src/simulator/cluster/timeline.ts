/** What happens when: one event per replica, and rare other events. */

import type { Scheduling } from './kv/shared-link.js';

/**
 * The next instant of each replica, in an indexed binary heap: changing one costs O(log replicas), looking at the
 * earliest nothing. Ties go to the lower replica number, so that the order never depends on history.
 */
export class ReplicaHeap {
  readonly #at: Float64Array;
  readonly #heap: Int32Array;
  readonly #place: Int32Array;

  constructor(replicas: number) {
    this.#at = new Float64Array(replicas).fill(Infinity);
    this.#heap = Int32Array.from({ length: replicas }, (_, i) => i);
    this.#place = Int32Array.from({ length: replicas }, (_, i) => i);
  }

  get first(): number {
    return this.#heap[0]!;
  }

  get firstMs(): number {
    return this.#at[this.#heap[0]!]!;
  }

  /** Sets the next instant of a replica; Infinity for none. */
  set(replica: number, atMs: number): void {
    if (this.#at[replica] === atMs) return;
    this.#at[replica] = atMs;
    let place = this.#place[replica]!;
    while (place > 0 && this.#before(replica, this.#heap[(place - 1) >> 1]!)) {
      this.#put(this.#heap[(place - 1) >> 1]!, place);
      place = (place - 1) >> 1;
    }
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#heap.length) break;
      if (child + 1 < this.#heap.length && this.#before(this.#heap[child + 1]!, this.#heap[child]!)) child++;
      if (!this.#before(this.#heap[child]!, replica)) break;
      this.#put(this.#heap[child]!, place);
      place = child;
    }
    this.#put(replica, place);
  }

  #before(a: number, b: number): boolean {
    return this.#at[a]! < this.#at[b]! || (this.#at[a] === this.#at[b] && a < b);
  }

  #put(replica: number, place: number): void {
    this.#heap[place] = replica;
    this.#place[replica] = place;
  }
}

interface Entry {
  atMs: number;
  order: number;
  action: (nowMs: number) => void;
}

/** Failures, transfers, flushes: a heap ordered by instant, then by order of insertion. */
export class Timeline implements Scheduling {
  readonly #entries: Entry[] = [];
  #order = 0;

  get firstMs(): number {
    return this.#entries[0]?.atMs ?? Infinity;
  }

  /** Plans an event; one at Infinity never happens. */
  at(atMs: number, action: (nowMs: number) => void): void {
    if (atMs === Infinity) return;
    const entry = { atMs, order: this.#order++, action };
    let place = this.#entries.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#before(entry, this.#entries[parent]!)) break;
      this.#entries[place] = this.#entries[parent]!;
      place = parent;
    }
    this.#entries[place] = entry;
  }

  /** Removes the first event and runs it. */
  runFirst(): void {
    const entries = this.#entries;
    const first = entries[0]!;
    const last = entries.pop()!;
    if (entries.length > 0) {
      let place = 0;
      for (;;) {
        let child = 2 * place + 1;
        if (child >= entries.length) break;
        if (child + 1 < entries.length && this.#before(entries[child + 1]!, entries[child]!)) child++;
        if (!this.#before(entries[child]!, last)) break;
        entries[place] = entries[child]!;
        place = child;
      }
      entries[place] = last;
    }
    first.action(first.atMs);
  }

  #before(a: Entry, b: Entry): boolean {
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  }
}
