/** Replicas in the order of a number that each of them has. */

import { IntStack } from './kv/int-stack.js';

/**
 * An indexed binary heap: changing a number costs O(log replicas), looking at the lowest nothing. Ties go to the lower replica
 * number, so that the order never depends on history.
 */
export class ReplicaHeap {
  readonly #keys: Float64Array;
  readonly #heap: Int32Array;
  readonly #place: Int32Array;
  /** Places that {@link next} has yet to look at. */
  readonly #open = new IntStack();

  /** @param key - that all have at first */
  constructor(replicas: number, key: number) {
    this.#keys = new Float64Array(replicas).fill(key);
    this.#heap = Int32Array.from({ length: replicas }, (_, i) => i);
    this.#place = Int32Array.from({ length: replicas }, (_, i) => i);
  }

  /** The replica with the lowest number. */
  get first(): number {
    return this.#heap[0]!;
  }

  /** That number. */
  get lowest(): number {
    return this.#keys[this.#heap[0]!]!;
  }

  keyOf(replica: number): number {
    return this.#keys[replica]!;
  }

  set(replica: number, key: number): void {
    if (this.#keys[replica] === key) return;
    this.#keys[replica] = key;
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

  /** Begins to go through the replicas by {@link next}; meanwhile nothing may change. */
  begin(): void {
    this.#open.clear();
    this.#open.push(0);
  }

  /**
   * One more replica whose number is not above a bound, or -1. Who looks for the lowest of something that is never below the
   * number hands in the lowest found so far, and so sees little more than those it may be among.
   */
  next(bound: number): number {
    while (this.#open.length > 0) {
      const place = this.#open.pop();
      const replica = this.#heap[place]!;
      if (this.#keys[replica]! > bound) continue;
      const child = 2 * place + 1;
      if (child + 1 < this.#heap.length) this.#open.push(child + 1);
      if (child < this.#heap.length) this.#open.push(child);
      return replica;
    }
    return -1;
  }

  #before(a: number, b: number): boolean {
    return this.#keys[a]! < this.#keys[b]! || (this.#keys[a] === this.#keys[b] && a < b);
  }

  #put(replica: number, place: number): void {
    this.#heap[place] = replica;
    this.#place[replica] = place;
  }
}
