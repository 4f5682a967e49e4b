/** Which replica holds which prefix, for all replicas at once. */

import { KeyTable } from '../kv/key-table.js';
import type { UnitObserver } from '../kv/kv-cache.js';

/**
 * One bit per (unit, tier, replica). A lookup walks the request's chain once, whatever the number of replicas: at each
 * unit the set of replicas that still match shrinks by one AND per 32 replicas. Its size is bounded by the caches it
 * mirrors.
 */
export class PrefixIndex {
  readonly #table = new KeyTable();
  readonly #words: number;
  readonly #stride: number;
  #bits: Int32Array;
  #free: number[] = [];
  #used = 0;

  constructor(
    readonly replicas: number,
    readonly tiers: number,
  ) {
    this.#words = Math.ceil(replicas / 32);
    this.#stride = this.#words * tiers;
    this.#bits = new Int32Array(64 * this.#stride);
  }

  /** What the caches of a replica report to; tier 0 is GPU memory. */
  observer(replica: number, tier: number): UnitObserver {
    const word = tier * this.#words + (replica >> 5);
    const bit = 1 << (replica & 31);
    return {
      added: (low, high) => {
        const entry = this.#entry(low, high);
        this.#bits[entry * this.#stride + word]! |= bit;
      },
      removed: (low, high) => this.#clear(low, high, word, bit),
    };
  }

  /** Units known to some replica. */
  get size(): number {
    return this.#table.size;
  }

  /**
   * Blocks of a chain that each replica holds without a gap from the start.
   *
   * @param credits - worth of a unit by tier, best first; not increasing
   * @param into - one number per replica, overwritten
   */
  overlap(keys: Int32Array, units: number, credits: readonly number[], into: Float64Array): void {
    into.fill(0);
    for (let tier = 0; tier < this.tiers; tier++) {
      // A unit counts for a tier if it is there or in a faster one, so each tier adds the difference of the credits.
      const credit = credits[tier]! - (tier + 1 < this.tiers ? credits[tier + 1]! : 0);
      if (credit > 0) this.#walk(keys, units, tier, credit, into);
    }
  }

  #walk(keys: Int32Array, units: number, tier: number, credit: number, into: Float64Array): void {
    const alive = new Int32Array(this.#words).fill(-1);
    for (let unit = 0; unit <= units; unit++) {
      const entry = unit < units ? this.#table.get(keys[2 * unit]!, keys[2 * unit + 1]!) : -1;
      let any = 0;
      for (let word = 0; word < this.#words; word++) {
        const before = alive[word]!;
        if (before === 0) continue;
        let held = 0;
        if (entry >= 0) {
          for (let t = 0; t <= tier; t++) held |= this.#bits[entry * this.#stride + t * this.#words + word]!;
        }
        alive[word] = before & held;
        any |= alive[word]!;
        if (unit > 0) this.#credit(before & ~held, word, unit * credit, into);
      }
      if (any === 0) return;
    }
  }

  #credit(bits: number, word: number, value: number, into: Float64Array): void {
    for (let left = bits; left !== 0; left &= left - 1) {
      into[word * 32 + 31 - Math.clz32(left & -left)]! += value;
    }
  }

  #entry(low: number, high: number): number {
    const known = this.#table.get(low, high);
    if (known >= 0) return known;
    const entry = this.#free.pop() ?? this.#used++;
    if ((entry + 1) * this.#stride > this.#bits.length) {
      const bits = new Int32Array(this.#bits.length * 2);
      bits.set(this.#bits);
      this.#bits = bits;
    }
    this.#table.set(low, high, entry);
    return entry;
  }

  #clear(low: number, high: number, word: number, bit: number): void {
    const entry = this.#table.get(low, high);
    if (entry < 0) return;
    const start = entry * this.#stride;
    this.#bits[start + word]! &= ~bit;
    for (let i = start; i < start + this.#stride; i++) if (this.#bits[i] !== 0) return;
    this.#table.delete(low, high);
    this.#free.push(entry);
  }
}
