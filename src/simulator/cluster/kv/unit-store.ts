/** Cached units (runs of KV blocks with one key): storage, use counts and the order of eviction. */

import { KeyTable } from './key-table.js';

export type EvictionPolicy = 'lru' | 'lfu' | 'ttl';

const LEVELS = 24;

/**
 * A slot in eight words of 32 bits: everything about a unit is in one line of the processor's cache, which a fleet of many
 * replicas has to fetch from memory for each look. The last two are the instant of its last use, a double.
 */
const WIDTH = 8;
const LOW = 0;
const HIGH = 1;
const REFERENCES = 2;
const USES = 3;
const PREVIOUS = 4;
const NEXT = 5;
/** In doubles. */
const LAST_USE = 3;

/**
 * Units by slot number. Unreferenced ones stand in linked lists, the next victim at the head: one list
 * for LRU and TTL, one per power of two of the use count for LFU. All operations are O(1). Releasing the tail of a
 * sequence first keeps eviction prefix-aware: within a list leaves stand before their parents, and a parent is used at
 * least as often as its children.
 */
export class UnitStore {
  readonly table = new KeyTable();
  #words = new Int32Array(64 * WIDTH);
  /** The same memory. */
  #doubles = new Float64Array(this.#words.buffer);
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

  /** First word of a unit's key. */
  low(slot: number): number {
    return this.#words[slot * WIDTH + LOW]!;
  }

  /** Second word of a unit's key. */
  high(slot: number): number {
    return this.#words[slot * WIDTH + HIGH]!;
  }

  references(slot: number): number {
    return this.#words[slot * WIDTH + REFERENCES]!;
  }

  lastUseMs(slot: number): number {
    return this.#doubles[(slot * WIDTH) / 2 + LAST_USE]!;
  }

  /** Stores a new unit with one reference and returns its slot; -1 for a key that is there, which is left as it is. */
  insert(low: number, high: number, nowMs: number): number {
    const slot = this.#freeSlots.at(-1) ?? this.#highWater;
    if (!this.table.add(low, high, slot)) return -1;
    if (this.#freeSlots.length > 0) this.#freeSlots.pop();
    else this.#highWater++;
    if (slot * WIDTH >= this.#words.length) this.#grow();
    const at = slot * WIDTH;
    const words = this.#words;
    words[at + LOW] = low;
    words[at + HIGH] = high;
    words[at + REFERENCES] = 1;
    words[at + USES] = 1;
    this.#doubles[at / 2 + LAST_USE] = nowMs;
    return slot;
  }

  /** Adds a reference. */
  reference(slot: number, nowMs: number): void {
    const at = slot * WIDTH;
    if (this.#words[at + REFERENCES] === 0) this.#unlink(slot);
    this.#words[at + REFERENCES]!++;
    this.#words[at + USES]!++;
    this.#doubles[at / 2 + LAST_USE] = nowMs;
  }

  /** Drops a reference; without any the unit joins the end of its eviction list. */
  release(slot: number, nowMs: number): void {
    const at = slot * WIDTH;
    this.#doubles[at / 2 + LAST_USE] = nowMs;
    if (--this.#words[at + REFERENCES]! === 0) this.#append(slot);
  }

  /** The slot that goes next, or -1. */
  victim(): number {
    for (let level = 0; level < LEVELS; level++) if (this.#heads[level] !== -1) return this.#heads[level]!;
    return -1;
  }

  /** Forgets an unreferenced unit. */
  remove(slot: number): void {
    this.#unlink(slot);
    this.table.delete(this.low(slot), this.high(slot));
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
      if (this.table.get(this.low(slot), this.high(slot)) === slot)
        visit(this.low(slot), this.high(slot), slot);
    }
  }

  #level(slot: number): number {
    return this.policy === 'lfu'
      ? Math.min(LEVELS - 1, 31 - Math.clz32(this.#words[slot * WIDTH + USES]!))
      : 0;
  }

  #append(slot: number): void {
    const level = this.#level(slot);
    const tail = this.#tails[level]!;
    this.#words[slot * WIDTH + PREVIOUS] = tail;
    this.#words[slot * WIDTH + NEXT] = -1;
    if (tail === -1) this.#heads[level] = slot;
    else this.#words[tail * WIDTH + NEXT] = slot;
    this.#tails[level] = slot;
    this.#evictable++;
  }

  #unlink(slot: number): void {
    const level = this.#level(slot);
    const previous = this.#words[slot * WIDTH + PREVIOUS]!;
    const next = this.#words[slot * WIDTH + NEXT]!;
    if (previous === -1) this.#heads[level] = next;
    else this.#words[previous * WIDTH + NEXT] = next;
    if (next === -1) this.#tails[level] = previous;
    else this.#words[next * WIDTH + PREVIOUS] = previous;
    this.#evictable--;
  }

  #grow(): void {
    const words = new Int32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
    this.#doubles = new Float64Array(words.buffer);
  }
}
