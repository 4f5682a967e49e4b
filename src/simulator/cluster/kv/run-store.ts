/** Cached units (runs of KV blocks with one key): use counts and the order of eviction. */

import { RunTable } from './run-table.js';

export type EvictionPolicy = 'lru' | 'lfu' | 'ttl';

const LEVELS = 24;

/** A slot in six words of 32 bits; the last two are the instant of its last use, a double. */
const WIDTH = 6;
const REFERENCES = 0;
const USES = 1;
const PREVIOUS = 2;
const NEXT = 3;
/** In doubles. */
const LAST_USE = 2;

/**
 * Runs of units with equal references and uses, by slot number. Unreferenced ones stand in linked lists, the next victim
 * at the head, of which the last unit goes first: one list for LRU and TTL, one per power of two of the use count for LFU.
 * Releasing the tail of a sequence first keeps eviction prefix-aware: within a list leaves stand before their parents,
 * and a parent is used at least as often as its children. Work is per run, not per unit.
 */
export class RunStore {
  readonly runs = new RunTable();
  #words = new Int32Array(64 * WIDTH);
  /** The same memory. */
  #doubles = new Float64Array(this.#words.buffer);
  readonly #heads = new Int32Array(LEVELS).fill(-1);
  readonly #tails = new Int32Array(LEVELS).fill(-1);
  #evictable = 0;

  constructor(readonly policy: EvictionPolicy) {}

  /** Units stored. */
  get size(): number {
    return this.runs.units;
  }

  /** Units without references. */
  get evictable(): number {
    return this.#evictable;
  }

  references(slot: number): number {
    return this.#words[slot * WIDTH + REFERENCES]!;
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
    this.#write(slot, 1, 1, nowMs);
    return slot;
  }

  /** Makes a run longer by new units, if they share its state: only the one that made it holds it. */
  extend(slot: number, keys: Int32Array, to: number): boolean {
    const words = this.#words;
    const at = slot * WIDTH;
    if (words[at + REFERENCES] !== 1 || words[at + USES] !== 1 || this.runs.keys(slot) !== keys) return false;
    this.runs.setEnd(slot, to);
    return true;
  }

  /** Divides a run; the part from `unit` on gets a slot of its own. */
  split(slot: number, unit: number): void {
    const words = this.#words;
    const at = slot * WIDTH;
    const rest = this.runs.split(slot, unit);
    this.#write(rest, words[at + REFERENCES]!, words[at + USES]!, this.lastUseMs(slot));
    if (this.#words[at + REFERENCES] === 0) this.#linkBefore(rest, slot);
  }

  /** Adds a reference. */
  reference(slot: number, nowMs: number): void {
    const at = slot * WIDTH;
    if (this.#words[at + REFERENCES] === 0) this.#unlink(slot);
    this.#words[at + REFERENCES]!++;
    this.#words[at + USES]!++;
    this.#doubles[at / 2 + LAST_USE] = nowMs;
  }

  /** Drops a reference; without any the run joins the end of its eviction list. */
  release(slot: number, nowMs: number): void {
    const at = slot * WIDTH;
    this.#doubles[at / 2 + LAST_USE] = nowMs;
    if (--this.#words[at + REFERENCES]! === 0) this.#append(slot);
  }

  /** The run whose last unit goes next, or -1. */
  victim(): number {
    for (let level = 0; level < LEVELS; level++) if (this.#heads[level] !== -1) return this.#heads[level]!;
    return -1;
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
    this.#heads.fill(-1);
    this.#tails.fill(-1);
    this.#evictable = 0;
  }

  #write(slot: number, references: number, uses: number, lastUseMs: number): void {
    const at = slot * WIDTH;
    if (at >= this.#words.length) this.#grow();
    this.#words[at + REFERENCES] = references;
    this.#words[at + USES] = uses;
    this.#doubles[at / 2 + LAST_USE] = lastUseMs;
  }

  #level(slot: number): number {
    return this.policy === 'lfu'
      ? Math.min(LEVELS - 1, 31 - Math.clz32(this.#words[slot * WIDTH + USES]!))
      : 0;
  }

  #length(slot: number): number {
    return this.runs.to(slot) - this.runs.from(slot);
  }

  #append(slot: number): void {
    const level = this.#level(slot);
    this.#link(slot, this.#tails[level]!, -1, level);
    this.#evictable += this.#length(slot);
  }

  /** The rest of a run that was divided goes before its start. */
  #linkBefore(rest: number, slot: number): void {
    this.#link(rest, this.#words[slot * WIDTH + PREVIOUS]!, slot, this.#level(slot));
  }

  #link(slot: number, previous: number, next: number, level: number): void {
    const words = this.#words;
    words[slot * WIDTH + PREVIOUS] = previous;
    words[slot * WIDTH + NEXT] = next;
    if (previous === -1) this.#heads[level] = slot;
    else words[previous * WIDTH + NEXT] = slot;
    if (next === -1) this.#tails[level] = slot;
    else words[next * WIDTH + PREVIOUS] = slot;
  }

  #unlink(slot: number): void {
    const words = this.#words;
    const level = this.#level(slot);
    const previous = words[slot * WIDTH + PREVIOUS]!;
    const next = words[slot * WIDTH + NEXT]!;
    if (previous === -1) this.#heads[level] = next;
    else words[previous * WIDTH + NEXT] = next;
    if (next === -1) this.#tails[level] = previous;
    else words[next * WIDTH + PREVIOUS] = previous;
    this.#evictable -= this.#length(slot);
  }

  #grow(): void {
    const words = new Int32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
    this.#doubles = new Float64Array(words.buffer);
  }
}
