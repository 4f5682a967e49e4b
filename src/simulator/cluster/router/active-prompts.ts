/** Which prompts the replicas of a pool are at work on, by their router's books. */
import { KeyTable } from '../kv/key-table.js';
import { OWN, RunTable } from '../kv/run-table.js';
import type { Overlaps } from './overlaps.js';

/** The words of a run: the slot of the run before it, or -1; how many second reasons there are for it; a bit for each replica. */
const BEFORE = OWN;
const SECOND = OWN + 1;
const BITS = OWN + 2;

/** Spreads consecutive numbers over a table; odd, so that they stay different. */
const SPREAD = 0x9e3779b1 | 0;

/**
 * Units of prompts that were placed and have not ended, each once for each replica however many of its requests share them: so much
 * memory they take there, and so Dynamo counts a worker's load.
 *
 * They are a tree of runs, one for all replicas; whoever has a run has those before it. A replica has a run for the prompts that end
 * with it, and for the runs behind it that it has. Where that is more than one reason, the others are counted: so when a prompt ends,
 * its runs go from the last one up to the first for which there is a second reason, and nobody looks at those before.
 */
export class ActivePrompts {
  readonly #runs: RunTable;
  /** Words of bits. */
  readonly #words: number;
  /** By run and replica: second reasons, where there are any. */
  readonly #second = new KeyTable();

  constructor(readonly replicas: number) {
    this.#words = Math.ceil(replicas / 32);
    this.#runs = new RunTable(2 + this.#words);
  }

  /** Units of a chain, from its start, that prompts at each replica have; overwrites `into`. */
  overlap(keys: Int32Array, units: number, into: Overlaps): void {
    const runs = this.#runs;
    into.clear();
    let last = -1;
    let unit = 0;
    while (unit < units) {
      const run = runs.startingAt(keys, unit);
      if (run < 0) break;
      if (last >= 0 && !this.#tell(last, run, unit, into)) this.#join(last, run);
      last = run;
      unit = runs.commonEnd(run, keys, units);
      if (unit < runs.to(run)) break;
    }
    if (last >= 0) this.#tell(last, -1, unit, into);
  }

  /** Says of the replicas that have a run that they have so many units, unless all have the next one of the chain too: then false. */
  #tell(run: number, next: number, units: number, into: Overlaps): boolean {
    const { words, stride } = this.#runs;
    const bits = run * stride + BITS;
    const nextBits = next * stride + BITS;
    let lost = 0;
    for (let word = 0; word < this.#words; word++) {
      const have = words[bits + word]!;
      into.put(word, have);
      lost |= next < 0 ? have : have & ~words[nextBits + word]!;
    }
    if (lost !== 0) into.add(0, units);
    return lost !== 0;
  }

  /** Makes one of two runs that the same replicas have, if nothing else follows the first and no prompt ends there. */
  #join(run: number, next: number): void {
    const { words, stride } = this.#runs;
    if (words[run * stride + SECOND] !== 0) return;
    words[next * stride + BEFORE] = words[run * stride + BEFORE]!;
    this.#runs.joinFront(next, run);
  }

  /**
   * A prompt was placed.
   *
   * @returns what {@link remove} wants to be told
   */
  add(replica: number, keys: Int32Array, units: number): number {
    const runs = this.#runs;
    const word = BITS + (replica >> 5);
    const bit = 1 << (replica & 31);
    let last = -1;
    let parted = false;
    for (let unit = 0; unit < units;) {
      const run = this.#runAt(keys, unit, units, last);
      const at = run * runs.stride + word;
      if ((runs.words[at]! & bit) === 0) {
        runs.words[at]! |= bit;
        if (!parted && last >= 0) this.#count(last, replica, 1);
        parted = true;
      }
      last = run;
      unit = runs.to(run);
    }
    if (!parted && last >= 0) this.#count(last, replica, 1);
    return last;
  }

  /** The run that starts with a unit of a chain and has nothing but its units, made or divided for it. */
  #runAt(keys: Int32Array, unit: number, units: number, before: number): number {
    const runs = this.#runs;
    const { stride } = runs;
    const run = runs.startingAt(keys, unit);
    if (run < 0) {
      const fresh = runs.add(keys, unit, units, false);
      runs.words[fresh * stride + BEFORE] = before;
      return fresh;
    }
    const end = runs.commonEnd(run, keys, units);
    if (end === runs.to(run)) return run;
    const front = runs.splitFront(run, end);
    runs.words[front * stride + SECOND] = 0;
    runs.words[run * stride + BEFORE] = front;
    return front;
  }

  /**
   * A prompt that was placed has ended.
   *
   * @param last - what {@link add} returned
   * @returns units that no prompt there has any more
   */
  remove(replica: number, last: number): number {
    const runs = this.#runs;
    const word = BITS + (replica >> 5);
    let gone = 0;
    for (let run = last; run >= 0;) {
      if (this.#count(run, replica, -1)) break;
      const before = runs.words[run * runs.stride + BEFORE]!;
      gone += runs.to(run) - runs.from(run);
      runs.words[run * runs.stride + word]! &= ~(1 << (replica & 31));
      if (this.#isNobodys(run)) runs.remove(run);
      run = before;
    }
    return gone;
  }

  #isNobodys(run: number): boolean {
    const { words, stride } = this.#runs;
    for (let word = 0; word < this.#words; word++) if (words[run * stride + BITS + word] !== 0) return false;
    return true;
  }

  /** Counts a second reason of a replica for a run in or out; false, changing nothing, when there is none to count out. */
  #count(run: number, replica: number, more: 1 | -1): boolean {
    const key = Math.imul(run * this.replicas + replica, SPREAD);
    const counted = Math.max(0, this.#second.get(key, 0));
    if (counted + more < 0) return false;
    if (counted + more === 0) this.#second.delete(key, 0);
    else this.#second.set(key, 0, counted + more);
    this.#runs.words[run * this.#runs.stride + SECOND]! += more;
    return true;
  }
}
