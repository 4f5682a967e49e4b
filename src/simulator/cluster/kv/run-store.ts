/** Cached units (runs of KV blocks with one key): use counts and the order of eviction. */

import { OWN, RunTable } from './run-table.js';

export type EvictionPolicy = 'lru' | 'lfu' | 'ttl';

/** Lists of LFU. */
const LEVELS = 24;

/** The words of a run; the last two are the instant of its last use, a double. */
const REFERENCES = OWN;
const USES = OWN + 1;
const PREVIOUS = OWN + 2;
const NEXT = OWN + 3;
const OWN_WORDS = 6;
const WIDTH = OWN + OWN_WORDS;
/** In doubles. */
const LAST_USE = (OWN + 4) / 2;

/**
 * Runs of units with equal references and uses, by slot number. Unreferenced ones stand in linked lists, the next victim
 * at the head, of which the last unit goes first: one list for LRU and TTL, one per power of two of the use count for LFU.
 * Releasing the tail of a sequence first keeps eviction prefix-aware: within a list leaves stand before their parents,
 * and a parent is used at least as often as its children. Work is per run, not per unit.
 */
export class RunStore {
  readonly runs = new RunTable(OWN_WORDS);
  /** The memory of their words. */
  #doubles = new Float64Array(this.runs.words.buffer);
  /** Of each list the head, and behind it the tail; -1 for none. */
  readonly #ends: number[];
  #evictable = 0;

  constructor(readonly policy: EvictionPolicy) {
    this.#ends = Array.from({ length: policy === 'lfu' ? 2 * LEVELS : 2 }, () => -1);
  }

  /** Units stored. */
  get size(): number {
    return this.runs.units;
  }

  /** Units without references. */
  get evictable(): number {
    return this.#evictable;
  }

  references(slot: number): number {
    return this.runs.words[slot * WIDTH + REFERENCES]!;
  }

  lastUseMs(slot: number): number {
    return this.#doubles[(slot * WIDTH) / 2 + LAST_USE]!;
  }

  /**
   * Stores new units with one reference.
   *
   * @param loose - the holder does not hold what is before them
   * @returns their slot
   */
  insert(keys: Int32Array, from: number, to: number, nowMs: number, loose: boolean): number {
    const slot = this.runs.add(keys, from, to, loose);
    const { words } = this.runs;
    if (words.buffer !== this.#doubles.buffer) this.#doubles = new Float64Array(words.buffer);
    words[slot * WIDTH + REFERENCES] = 1;
    words[slot * WIDTH + USES] = 1;
    this.#doubles[(slot * WIDTH) / 2 + LAST_USE] = nowMs;
    return slot;
  }

  /**
   * Makes a run longer by new units of a sequence, if they share its state: the sequence made it and alone holds it.
   *
   * @param slot - which was the sequence's; meanwhile it may be anything
   */
  extend(slot: number, keys: Int32Array, from: number, to: number): boolean {
    const { runs } = this;
    const at = slot * WIDTH;
    if (runs.keys(slot) !== keys || runs.to(slot) !== from) return false;
    if (runs.words[at + REFERENCES] !== 1 || runs.words[at + USES] !== 1) return false;
    runs.setEnd(slot, to);
    return true;
  }

  /** Divides a run; the part from `unit` on gets a slot of its own. */
  split(slot: number, unit: number): void {
    const rest = this.runs.split(slot, unit);
    const { words } = this.runs;
    if (words.buffer !== this.#doubles.buffer) this.#doubles = new Float64Array(words.buffer);
    // The rest of an idle run goes before its start.
    if (words[slot * WIDTH + REFERENCES] === 0)
      this.#link(rest, words[slot * WIDTH + PREVIOUS]!, slot, this.#level(slot));
  }

  /**
   * Makes one run of two that follow each other in a chain if nothing tells them apart any more: without it, the places where
   * prompts of the past parted would divide a common prefix for ever.
   */
  join(slot: number, next: number, keys: Int32Array): boolean {
    const { words } = this.runs;
    const [a, b] = [slot * WIDTH, next * WIDTH];
    const references = words[a + REFERENCES]!;
    if (references !== words[b + REFERENCES]! || !this.runs.joinable(slot, next)) return false;
    if (this.policy === 'lfu' && words[a + USES] !== words[b + USES]) return false;
    if (references === 0) {
      if (words[b + NEXT] !== slot || this.lastUseMs(slot) !== this.lastUseMs(next)) return false;
      this.#detach(next);
    }
    this.runs.join(slot, next, keys);
    return true;
  }

  /** Adds a reference. */
  reference(slot: number, nowMs: number): void {
    const at = slot * WIDTH;
    if (this.runs.words[at + REFERENCES] === 0) this.#unlink(slot);
    this.runs.words[at + REFERENCES]!++;
    this.runs.words[at + USES]!++;
    this.#doubles[at / 2 + LAST_USE] = nowMs;
  }

  /** Drops a reference; without any the run joins the end of its eviction list. */
  release(slot: number, nowMs: number): void {
    const at = slot * WIDTH;
    this.#doubles[at / 2 + LAST_USE] = nowMs;
    if (--this.runs.words[at + REFERENCES]! === 0) this.#append(slot);
  }

  /** The run whose last unit goes next, or -1. */
  victim(): number {
    const ends = this.#ends;
    for (let at = 0; at < ends.length; at += 2) if (ends[at] !== -1) return ends[at]!;
    return -1;
  }

  /** Units of the runs at the head of the first list that were not used since an instant. */
  idleSince(beforeMs: number): number {
    let units = 0;
    for (
      let slot = this.#ends[0]!;
      slot !== -1 && this.lastUseMs(slot) < beforeMs;
      slot = this.runs.words[slot * WIDTH + NEXT]!
    ) {
      units += this.#length(slot);
    }
    return units;
  }

  /** Forgets the units of an unreferenced run from `from` on. */
  cut(slot: number, from: number): void {
    if (from <= this.runs.from(slot)) {
      this.#unlink(slot);
      this.runs.remove(slot);
      return;
    }
    this.#evictable -= this.runs.to(slot) - from;
    this.runs.setEnd(slot, from);
  }

  clear(): void {
    this.runs.clear();
    this.#ends.fill(-1);
    this.#evictable = 0;
  }

  #level(slot: number): number {
    return this.policy === 'lfu'
      ? Math.min(LEVELS - 1, 31 - Math.clz32(this.runs.words[slot * WIDTH + USES]!))
      : 0;
  }

  #length(slot: number): number {
    return this.runs.to(slot) - this.runs.from(slot);
  }

  #append(slot: number): void {
    const level = this.#level(slot);
    this.#link(slot, this.#ends[2 * level + 1]!, -1, level);
    this.#evictable += this.#length(slot);
  }

  #link(slot: number, previous: number, next: number, level: number): void {
    const { words } = this.runs;
    words[slot * WIDTH + PREVIOUS] = previous;
    words[slot * WIDTH + NEXT] = next;
    if (previous === -1) this.#ends[2 * level] = slot;
    else words[previous * WIDTH + NEXT] = slot;
    if (next === -1) this.#ends[2 * level + 1] = slot;
    else words[next * WIDTH + PREVIOUS] = slot;
  }

  #unlink(slot: number): void {
    this.#detach(slot);
    this.#evictable -= this.#length(slot);
  }

  /** Takes a run out of its list. */
  #detach(slot: number): void {
    const { words } = this.runs;
    const level = this.#level(slot);
    const previous = words[slot * WIDTH + PREVIOUS]!;
    const next = words[slot * WIDTH + NEXT]!;
    if (previous === -1) this.#ends[2 * level] = next;
    else words[previous * WIDTH + NEXT] = next;
    if (next === -1) this.#ends[2 * level + 1] = previous;
    else words[next * WIDTH + PREVIOUS] = previous;
  }
}
