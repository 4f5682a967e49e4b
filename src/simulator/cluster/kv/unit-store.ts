/** Cached units (runs of KV blocks with one key): storage, use counts and the order of eviction. */

import { KeyTable } from './key-table.js';

export type EvictionPolicy = 'lru' | 'lfu' | 'ttl';

const LEVELS = 24;

const grown = <T extends Int32Array | Float64Array>(from: T, to: T): T => {
  to.set(from);
  return to;
};

/**
 * Units by slot number. Unreferenced ones stand in linked lists (typed arrays), the next victim at the head: one list
 * for LRU and TTL, one per power of two of the use count for LFU. All operations are O(1). Releasing the tail of a
 * sequence first keeps eviction prefix-aware: within a list leaves stand before their parents, and a parent is used at
 * least as often as its children.
 */
export class UnitStore {
  readonly table = new KeyTable();
  low = new Int32Array(64);
  high = new Int32Array(64);
  references = new Int32Array(64);
  lastUseMs = new Float64Array(64);
  #uses = new Int32Array(64);
  #previous = new Int32Array(64);
  #next = new Int32Array(64);
  readonly #heads = new Int32Array(LEVELS).fill(-1);
  readonly #tails = new Int32Array(LEVELS).fill(-1);
  #freeSlots: number[] = [];
  #highWater = 0;
  #evictable = 0;

  constructor(readonly policy: EvictionPolicy) {}

  /** Units stored. */
  get size(): number {
    return this.table.size;
  }

  /** Units without references. */
  get evictable(): number {
    return this.#evictable;
  }

  /** Stores a new unit with one reference and returns its slot. */
  insert(low: number, high: number, nowMs: number): number {
    const slot = this.#freeSlots.pop() ?? this.#highWater++;
    if (slot >= this.low.length) this.#grow();
    this.low[slot] = low;
    this.high[slot] = high;
    this.references[slot] = 1;
    this.#uses[slot] = 1;
    this.lastUseMs[slot] = nowMs;
    this.table.set(low, high, slot);
    return slot;
  }

  /** Adds a reference. */
  reference(slot: number, nowMs: number): void {
    if (this.references[slot] === 0) this.#unlink(slot);
    this.references[slot]!++;
    this.#uses[slot]!++;
    this.lastUseMs[slot] = nowMs;
  }

  /** Drops a reference; without any the unit joins the end of its eviction list. */
  release(slot: number, nowMs: number): void {
    this.lastUseMs[slot] = nowMs;
    if (--this.references[slot]! === 0) this.#append(slot);
  }

  /** The slot that goes next, or -1. */
  victim(): number {
    for (let level = 0; level < LEVELS; level++) if (this.#heads[level] !== -1) return this.#heads[level]!;
    return -1;
  }

  /** Forgets an unreferenced unit. */
  remove(slot: number): void {
    this.#unlink(slot);
    this.table.delete(this.low[slot]!, this.high[slot]!);
    this.#freeSlots.push(slot);
  }

  clear(): void {
    this.table.clear();
    this.#heads.fill(-1);
    this.#tails.fill(-1);
    this.#freeSlots = [];
    this.#highWater = 0;
    this.#evictable = 0;
  }

  /** Calls back for every unit stored. */
  forEach(visit: (low: number, high: number, slot: number) => void): void {
    for (let slot = 0; slot < this.#highWater; slot++) {
      if (this.table.get(this.low[slot]!, this.high[slot]!) === slot)
        visit(this.low[slot]!, this.high[slot]!, slot);
    }
  }

  #level(slot: number): number {
    return this.policy === 'lfu' ? Math.min(LEVELS - 1, 31 - Math.clz32(this.#uses[slot]!)) : 0;
  }

  #append(slot: number): void {
    const level = this.#level(slot);
    const tail = this.#tails[level]!;
    this.#previous[slot] = tail;
    this.#next[slot] = -1;
    if (tail === -1) this.#heads[level] = slot;
    else this.#next[tail] = slot;
    this.#tails[level] = slot;
    this.#evictable++;
  }

  #unlink(slot: number): void {
    const level = this.#level(slot);
    const previous = this.#previous[slot]!;
    const next = this.#next[slot]!;
    if (previous === -1) this.#heads[level] = next;
    else this.#next[previous] = next;
    if (next === -1) this.#tails[level] = previous;
    else this.#previous[next] = previous;
    this.#evictable--;
  }

  #grow(): void {
    const size = this.low.length * 2;
    this.low = grown(this.low, new Int32Array(size));
    this.high = grown(this.high, new Int32Array(size));
    this.references = grown(this.references, new Int32Array(size));
    this.lastUseMs = grown(this.lastUseMs, new Float64Array(size));
    this.#uses = grown(this.#uses, new Int32Array(size));
    this.#previous = grown(this.#previous, new Int32Array(size));
    this.#next = grown(this.#next, new Int32Array(size));
  }
}
