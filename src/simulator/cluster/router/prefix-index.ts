/** Which replica holds which prefix, for all replicas at once. */

import type { UnitObserver } from '../kv/unit-observer.js';
import { OWN, RunTable } from '../kv/run-table.js';
import type { Overlaps } from './overlaps.js';

/**
 * One bit per (run of units, tier, replica); the units of a run are held by the same replicas. A lookup walks the request's
 * chain once, whatever the number of replicas: at each run the set of replicas that still match shrinks by one AND
 * per 32 replicas. Its size is bounded by the caches it mirrors.
 */
export class PrefixIndex {
  readonly #runs: RunTable;
  /** Words of bits per tier. */
  readonly #words: number;
  readonly #alive: Int32Array;

  constructor(
    readonly replicas: number,
    readonly tiers: number,
  ) {
    this.#words = Math.ceil(replicas / 32);
    this.#runs = new RunTable(this.#words * tiers);
    this.#alive = new Int32Array(this.#words);
  }

  /** What the caches of a replica report to; tier 0 is GPU memory. */
  observer(replica: number, tier: number): UnitObserver {
    const word = tier * this.#words + (replica >> 5);
    const bit = 1 << (replica & 31);
    return {
      added: (keys, from, to, runFrom) => this.#add(keys, from, to, runFrom, word, bit),
      removed: (keys, from, to) => this.#remove(keys, from, to, word, bit),
    };
  }

  /** Units known to some replica. */
  get size(): number {
    return this.#runs.units;
  }

  /**
   * Units of a chain that each replica holds without a gap from the start.
   *
   * @param credits - worth of a unit by tier, best first; not increasing
   * @param into - overwritten
   */
  overlap(keys: Int32Array, units: number, credits: readonly number[], into: Overlaps): void {
    into.clear();
    for (let tier = 0; tier < this.tiers; tier++) {
      // A unit counts for a tier if it is there or in a faster one, so each tier adds the difference of the credits.
      const credit = credits[tier]! - (tier + 1 < this.tiers ? credits[tier + 1]! : 0);
      if (credit > 0) this.#walk(keys, units, tier, credit, into);
    }
  }

  #walk(keys: Int32Array, units: number, tier: number, credit: number, into: Overlaps): void {
    const runs = this.#runs;
    const alive = this.#alive.fill(-1);
    let unit = 0;
    let last = -1;
    for (;;) {
      const run = unit < units ? runs.startingAt(keys, unit) : -1;
      let any = 0;
      let lost = 0;
      for (let word = 0; word < this.#words; word++) {
        const before = alive[word]!;
        const now = run < 0 ? 0 : before & this.#heldUpTo(tier, run, word);
        into.put(word, before);
        alive[word] = now;
        any |= now;
        lost |= before ^ now;
      }
      if (lost !== 0 && unit > 0) into.add(tier, unit * credit);
      if (any === 0) return;
      unit = runs.commonEnd(run, keys, units);
      if (unit < runs.to(run)) last = -1;
      else if (last >= 0 && this.#alike(last, run)) runs.join(last, run, keys);
      else {
        last = run;
        // So that a short prefix does not keep a long chain; not each time, as the garbage collector looks at all such places.
        if (keys.length < runs.keys(run).length) runs.adopt(run, keys);
      }
    }
  }

  /** Who of a word's replicas holds a run, in a tier or one before it. */
  #heldUpTo(tier: number, run: number, word: number): number {
    const { words } = this.#runs;
    const at = this.#at(run, word);
    let held = words[at]!;
    for (let t = 1; t <= tier; t++) held |= words[at + t * this.#words]!;
    return held;
  }

  #add(keys: Int32Array, from: number, to: number, runFrom: number, word: number, bit: number): void {
    if (runFrom >= 0 && runFrom < from && this.#extend(keys, from, to, runFrom, word, bit)) return;
    const runs = this.#runs;
    let follows = from === 0 || runFrom >= 0;
    for (let unit = from; unit < to; follows = true) {
      let run = follows ? runs.startingAt(keys, unit) : runs.holding(keys, unit);
      if (run >= 0 && runs.from(run) < unit) run = runs.split(run, unit);
      const end = run >= 0 ? runs.commonEnd(run, keys, to) : runs.gapEnd(keys, unit, to);
      if (run < 0) run = runs.add(keys, unit, end, !follows);
      else if (end < runs.to(run)) runs.split(run, end);
      this.#runs.words[this.#at(run, word)]! |= bit;
      unit = end;
    }
  }

  /** Makes a run longer that this replica alone holds: prompts in pieces, and answers. */
  #extend(keys: Int32Array, from: number, to: number, runFrom: number, word: number, bit: number): boolean {
    const runs = this.#runs;
    const run = runs.startingAt(keys, runFrom);
    if (run < 0 || runs.to(run) !== from || runs.keys(run) !== keys) return false;
    if (this.#runs.words[this.#at(run, word)] !== bit || !this.#heldOnlyIn(run, word)) return false;
    if (runs.startingAt(keys, from) >= 0 || runs.gapEnd(keys, from, to) < to) return false;
    runs.setEnd(run, to);
    return true;
  }

  /** Place of a word of a run's bits. */
  #at(run: number, word: number): number {
    return run * this.#runs.stride + OWN + word;
  }

  #heldOnlyIn(run: number, word: number): boolean {
    const { words, stride } = this.#runs;
    for (let w = 0; w < stride - OWN; w++) if (w !== word && words[this.#at(run, w)] !== 0) return false;
    return true;
  }

  /** Whether a run and the one that follows are held by the same replicas, so that they can be one. */
  #alike(run: number, next: number): boolean {
    const { words, stride } = this.#runs;
    for (let w = 0; w < stride - OWN; w++)
      if (words[this.#at(run, w)] !== words[this.#at(next, w)]) return false;
    return this.#runs.joinable(run, next);
  }

  #remove(keys: Int32Array, from: number, to: number, word: number, bit: number): void {
    const runs = this.#runs;
    for (let unit = from; unit < to;) {
      let run = runs.startingAt(keys, unit);
      if (run < 0) run = runs.holding(keys, unit);
      if (run < 0) throw new TypeError('units are removed that were added before');
      const end = runs.commonEnd(run, keys, to);
      if (end < runs.to(run)) runs.split(run, end);
      if (runs.from(run) < unit) run = this.#cutOrSplit(run, unit, word, bit);
      if (run >= 0) this.#clear(run, word, bit);
      unit = end;
    }
  }

  /** Takes the end off a run; it stays, as a run of its own, if another replica holds it too, and its slot is returned. */
  #cutOrSplit(run: number, unit: number, word: number, bit: number): number {
    if (this.#runs.words[this.#at(run, word)] !== bit || !this.#heldOnlyIn(run, word)) {
      return this.#runs.split(run, unit);
    }
    this.#runs.setEnd(run, unit);
    return -1;
  }

  #clear(run: number, word: number, bit: number): void {
    this.#runs.words[this.#at(run, word)]! &= ~bit;
    if (this.#runs.words[this.#at(run, word)] === 0 && this.#heldOnlyIn(run, word)) this.#runs.remove(run);
  }
}
