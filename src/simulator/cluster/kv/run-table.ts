/** Runs of consecutive units of hash chains, found by the key of their first unit. */

import { KeyTable } from './key-table.js';

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
  /** First unit and the one after the last, by slot. */
  #bounds = new Int32Array(2 * 64);
  /** A chain that has the run in it, from its unit 0 on. */
  readonly #keys: Int32Array[] = [];
  readonly #free: number[] = [];
  #highWater = 0;
  readonly #loose = new Set<number>();
  #units = 0;

  /** Units in all runs. */
  get units(): number {
    return this.#units;
  }

  /** Slots are below it. */
  get slots(): number {
    return this.#highWater;
  }

  from(slot: number): number {
    return this.#bounds[2 * slot]!;
  }

  to(slot: number): number {
    return this.#bounds[2 * slot + 1]!;
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
    const own = this.#keys[slot]!;
    const end = Math.min(this.#bounds[2 * slot + 1]!, limit);
    if (own === keys) return end;
    const agree = (unit: number): boolean =>
      own[2 * unit] === keys[2 * unit] && own[2 * unit + 1] === keys[2 * unit + 1];
    let low = this.#bounds[2 * slot]! + 1;
    let high = end;
    if (high <= low || agree(high - 1)) return end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (agree(middle)) low = middle + 1;
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

  /** Adds a run of units that are not known. */
  add(keys: Int32Array, from: number, to: number, loose: boolean): number {
    const slot = this.#free.pop() ?? this.#highWater++;
    if (2 * slot >= this.#bounds.length) this.#grow();
    this.#table.set(keys[2 * from]!, keys[2 * from + 1]!, slot);
    this.#bounds[2 * slot] = from;
    this.#bounds[2 * slot + 1] = to;
    this.#keys[slot] = keys;
    if (loose) this.#loose.add(slot);
    this.#units += to - from;
    return slot;
  }

  /** Moves the end of a run, forward over units of the chain it holds that are not known, or back. */
  setEnd(slot: number, to: number): void {
    this.#units += to - this.to(slot);
    this.#bounds[2 * slot + 1] = to;
  }

  /** Divides a run; returns the slot of the part from `unit` on. */
  split(slot: number, unit: number): number {
    const to = this.to(slot);
    this.setEnd(slot, unit);
    return this.add(this.#keys[slot]!, unit, to, false);
  }

  remove(slot: number): void {
    const keys = this.#keys[slot]!;
    const from = this.from(slot);
    this.#table.delete(keys[2 * from]!, keys[2 * from + 1]!);
    this.#units -= this.to(slot) - from;
    if (this.#loose.size > 0) this.#loose.delete(slot);
    this.#keys[slot] = NOTHING;
    this.#free.push(slot);
  }

  clear(): void {
    this.#table.clear();
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
    const bounds = new Int32Array(this.#bounds.length * 2);
    bounds.set(this.#bounds);
    this.#bounds = bounds;
  }
}

/** What a free slot holds. */
const NOTHING = new Int32Array(0);
