/** Requests that wait for admission on one replica. */

import type { Sequence } from './sequence.js';

export type QueuePolicy = 'fcfs' | 'priority';

/** Order of vLLM's priority policy: lower priority value first, then arrival. */
export const isBefore = (a: Sequence, b: Sequence): boolean =>
  a.priority !== b.priority
    ? a.priority < b.priority
    : a.request.arrivalMs !== b.request.arrivalMs
      ? a.request.arrivalMs < b.request.arrivalMs
      : a.order < b.order;

/**
 * First come first served, or a binary heap by priority. A sequence that ended while waiting stays inside until it
 * reaches the front or is swept; `size` does not count it. The replica bounds the size.
 */
export class WaitingQueue {
  #items: Sequence[] = [];
  #front = 0;
  /** Put back by preemption, last in first out; before everything else under fcfs. */
  readonly #returned: Sequence[] = [];
  size = 0;

  constructor(readonly policy: QueuePolicy) {}

  push(sequence: Sequence): void {
    this.size++;
    if (this.policy === 'fcfs') this.#items.push(sequence);
    else this.#rise(this.#items.push(sequence) - 1, sequence);
  }

  /** Puts a sequence before all others (fcfs), or back to its place (priority). */
  putBack(sequence: Sequence): void {
    if (this.policy === 'priority') this.push(sequence);
    else {
      this.size++;
      this.#returned.push(sequence);
    }
  }

  peek(): Sequence | undefined {
    for (;;) {
      const head = this.#returned.at(-1) ?? this.#items[this.#front];
      if (head?.state !== 'done') return head;
      this.#drop();
    }
  }

  /** Removes what {@link peek} returned. */
  shift(): void {
    this.size--;
    this.#drop();
  }

  /** Counts a sequence out that ended while waiting. */
  forget(): void {
    this.size--;
    if (this.#items.length - this.#front > 2 * this.size + 256) this.#compact();
  }

  /** Empties the queue, in order. */
  drain(): Sequence[] {
    const all: Sequence[] = [];
    for (let head = this.peek(); head; head = this.peek()) {
      all.push(head);
      this.shift();
    }
    return all;
  }

  /** Ended sequences behind a blocked head must not pile up. A filtered heap is rebuilt by sorting: sorted is a heap. */
  #compact(): void {
    this.#items = this.#items.slice(this.#front).filter((sequence) => sequence.state !== 'done');
    this.#front = 0;
    if (this.policy === 'priority') this.#items.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  #drop(): void {
    if (this.#returned.length > 0) {
      this.#returned.pop();
    } else if (this.policy === 'fcfs') {
      this.#front++;
      if (this.#front > 64 && this.#front * 2 > this.#items.length) {
        this.#items = this.#items.slice(this.#front);
        this.#front = 0;
      }
    } else {
      const last = this.#items.pop()!;
      if (this.#items.length > 0) this.#sink(last);
    }
  }

  #rise(from: number, sequence: Sequence): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(sequence, this.#items[parent]!)) break;
      this.#items[at] = this.#items[parent]!;
      at = parent;
    }
    this.#items[at] = sequence;
  }

  #sink(sequence: Sequence): void {
    const items = this.#items;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && isBefore(items[child + 1]!, items[child]!)) child++;
      if (!isBefore(items[child]!, sequence)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = sequence;
  }
}
