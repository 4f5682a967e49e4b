/** Runs of consecutive units of hash chains, found by the key of their first unit. */

import { KeyTable } from './key-table.js';

/** Words of a slot: first unit, the one after the last, the key of the last; then those of the owner. */
const FROM = 0;
const TO = 1;
const LAST_LOW = 2;
const LAST_HIGH = 3;
/** Where the owner's words begin. */
export const OWN = 4;
/** What a free slot holds. */
const NOTHING = new Int32Array(0);

/**
 * What has the same fate is kept as one run: a prompt of 750 units costs a few look-ups instead of 750, each of them a
 * miss of the processor's caches. A key stands for the whole chain before it, so two chains that agree in a unit agree in all
 * before it, and where they part is found by halving. No unit is in two runs.
 *
 * Nearly always a run is entered at its start, because whoever holds a unit holds those before it. Runs of which that
 * cannot be said are loose: they may outlive what is before them, so before new runs are made their places are looked up one by one.
 */
export class RunTable {
  readonly #table = new KeyTable();
  /** Words of each slot. */
  readonly stride: number;
  /** Of all slots, `stride` each; everything about a run is in one or two lines of the processor's cache. */
  words: Int32Array;
  /** A chain that has the run in it, from its unit 0 on. */
  readonly #keys: Int32Array[] = [];
  readonly #free: number[] = [];
  #highWater = 0;
  readonly #loose = new Set<number>();
  #units = 0;

  /** @param ownWords - that the owner keeps of each run; an even number if doubles are among them */
  constructor(ownWords: number) {
    this.stride = OWN + ownWords;
    this.words = new Int32Array(32 * this.stride);
  }

  /** Units in all runs. */
  get units(): number {
    return this.#units;
  }

  /** Whether there are loose runs. */
  get anyLoose(): boolean {
    return this.#loose.size > 0;
  }

  from(slot: number): number {
    return this.words[slot * this.stride + FROM]!;
  }

  to(slot: number): number {
    return this.words[slot * this.stride + TO]!;
  }

  keys(slot: number): Int32Array {
    return this.#keys[slot]!;
  }

  /** Holds on to a newer chain with the run in it, so that the older one can be forgotten. */
  adopt(slot: number, keys: Int32Array): void {
    this.#keys[slot] = keys;
  }

  /** The run that starts with a unit of a chain, or -1. */
  startingAt(keys: Int32Array, unit: number): number {
    return this.#table.get(keys[2 * unit]!, keys[2 * unit + 1]!);
  }

  /** Whether a slot, which may be free by now, is that of a run that starts with a unit of a chain and whose units up to `limit` at most all are the chain's. */
  isIn(slot: number, keys: Int32Array, unit: number, limit: number): boolean {
    const { words } = this;
    const at = slot * this.stride;
    const to = words[at + TO]!;
    return (
      words[at + FROM] === unit &&
      to <= limit &&
      words[at + LAST_LOW] === keys[2 * to - 2] &&
      words[at + LAST_HIGH] === keys[2 * to - 1]
    );
  }

  /** The run that has a unit of a chain in it, wherever it starts, or -1; walks the chain. */
  holding(keys: Int32Array, unit: number): number {
    let at = 0;
    while (at <= unit) {
      const slot = this.startingAt(keys, at);
      if (slot < 0) at++;
      else {
        at = this.commonEnd(slot, keys, unit + 1);
        if (at > unit) return slot;
      }
    }
    return -1;
  }

  /** The unit, at most `limit`, up to which a run and a chain agree that agree in the run's first unit. */
  commonEnd(slot: number, keys: Int32Array, limit: number): number {
    const { words } = this;
    const at = slot * this.stride;
    const to = words[at + TO]!;
    if (
      to <= limit &&
      words[at + LAST_LOW] === keys[2 * to - 2] &&
      words[at + LAST_HIGH] === keys[2 * to - 1]
    ) {
      return to;
    }
    return this.#divergence(slot, keys, Math.min(to, limit));
  }

  #divergence(slot: number, keys: Int32Array, end: number): number {
    const own = this.#keys[slot]!;
    if (own === keys) return end;
    let low = this.from(slot) + 1;
    let high = end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (own[2 * middle] === keys[2 * middle] && own[2 * middle + 1] === keys[2 * middle + 1])
        low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The unit, at most `limit`, up to which no unit of a chain is known, if that at `unit` is not. */
  gapEnd(keys: Int32Array, unit: number, limit: number): number {
    if (this.#loose.size === 0) return limit;
    let end = unit + 1;
    while (end < limit && this.startingAt(keys, end) < 0) end++;
    return end;
  }

  /** Adds a run of units that are not known; the owner's words are zero. */
  add(keys: Int32Array, from: number, to: number, loose: boolean): number {
    const slot = this.#free.pop() ?? this.#highWater++;
    const at = slot * this.stride;
    if (at >= this.words.length) this.#grow();
    else this.words.fill(0, at + OWN, at + this.stride);
    this.#table.set(keys[2 * from]!, keys[2 * from + 1]!, slot);
    this.words[at + FROM] = from;
    this.words[at + TO] = from;
    this.#keys[slot] = keys;
    if (loose) this.#loose.add(slot);
    this.setEnd(slot, to);
    return slot;
  }

  /** Moves the end of a run, forward over units of the chain it holds that are not known, or back. */
  setEnd(slot: number, to: number): void {
    const { words } = this;
    const at = slot * this.stride;
    const keys = this.#keys[slot]!;
    this.#units += to - words[at + TO]!;
    words[at + TO] = to;
    words[at + LAST_LOW] = keys[2 * to - 2]!;
    words[at + LAST_HIGH] = keys[2 * to - 1]!;
  }

  /** Divides a run; returns the slot of the part from `unit` on, to which the owner's words are copied. */
  split(slot: number, unit: number): number {
    const to = this.to(slot);
    const keys = this.#keys[slot]!;
    this.setEnd(slot, unit);
    const rest = this.add(keys, unit, to, false);
    this.words.copyWithin(rest * this.stride + OWN, slot * this.stride + OWN, (slot + 1) * this.stride);
    return rest;
  }

  /** Whether whoever holds `next`, which starts where `slot` ends, holds `slot` too. */
  joinable(slot: number, next: number): boolean {
    return this.to(slot) === this.from(next) && !this.#loose.has(next);
  }

  /** Undoes {@link split}. */
  join(slot: number, next: number, keys: Int32Array): void {
    const to = this.to(next);
    this.remove(next);
    this.#keys[slot] = keys;
    this.setEnd(slot, to);
  }

  /** Divides a run, of which the slot keeps the part from `unit` on; returns that of the part before, to which the owner's words are copied. */
  splitFront(slot: number, unit: number): number {
    const keys = this.#keys[slot]!;
    const front = this.add(keys, this.from(slot), unit, false);
    this.words.copyWithin(front * this.stride + OWN, slot * this.stride + OWN, (slot + 1) * this.stride);
    this.words[slot * this.stride + FROM] = unit;
    this.#units -= unit - this.from(front);
    this.#table.set(keys[2 * unit]!, keys[2 * unit + 1]!, slot);
    return front;
  }

  /** Undoes {@link splitFront}. */
  joinFront(slot: number, front: number): void {
    const keys = this.#keys[slot]!;
    const unit = this.from(slot);
    const from = this.from(front);
    this.remove(front);
    this.#table.delete(keys[2 * unit]!, keys[2 * unit + 1]!);
    this.#table.set(keys[2 * from]!, keys[2 * from + 1]!, slot);
    this.words[slot * this.stride + FROM] = from;
    this.#units += unit - from;
  }

  remove(slot: number): void {
    const keys = this.#keys[slot]!;
    const from = this.from(slot);
    this.#table.delete(keys[2 * from]!, keys[2 * from + 1]!);
    this.#units -= this.to(slot) - from;
    if (this.#loose.size > 0) this.#loose.delete(slot);
    this.#keys[slot] = NOTHING;
    this.words[slot * this.stride + FROM] = -1;
    this.#free.push(slot);
  }

  clear(): void {
    this.#table.clear();
    this.words.fill(-1);
    this.#keys.length = 0;
    this.#free.length = 0;
    this.#highWater = 0;
    this.#loose.clear();
    this.#units = 0;
  }

  /** Slots in use, ascending. */
  forEach(visit: (slot: number) => void): void {
    for (let slot = 0; slot < this.#highWater; slot++) if (this.#keys[slot] !== NOTHING) visit(slot);
  }

  #grow(): void {
    const words = new Int32Array(this.words.length * 2);
    words.set(this.words);
    this.words = words;
  }
}
