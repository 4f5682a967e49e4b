/** What happens when, but for the steps of the replicas. */

import type { Scheduling } from './kv/shared-link.js';

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
