/**
 * Byte-pair encoding of one long piece, in portions: the pairs wait in a heap over a linked list, so that a megabyte without a
 * space costs n log n and not n², and whoever has other things to do can do them in between.
 */
import { NO_RANK, type Ranks } from './ranks.js';

/** Pairs that are no token wait here: above every rank, below 2^31 - 1. */
export const NEVER = 0x7ffffffe;
/** A heap key is rank × POSITIONS + position; ranks stay below 2^20, so the key is exact. */
const POSITIONS = 2 ** 32;

/** See the file's head. */
export class LongMerge {
  /** Tokens so far: all of them once {@link advance} was true. */
  parts: number;
  readonly #ranks: Ranks;
  readonly #bytes: Uint8Array;
  readonly #length: number;
  // Parts are named by their first byte; `next[length]` is never read as a part.
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #pairs: Int32Array;
  readonly #heap: PairHeap;
  /** Ranks of the pairs of bytes that were seen, plus 1. */
  readonly #known: Int32Array;
  #scanned = 0;
  /** Indexes of the heap that are to be ordered; -1 when all are. */
  #unordered: number | undefined;
  #collected = 0;

  /**
   * @param bytes - holds the piece at `[0, length)`, and must not change
   * @param known - 65,536 numbers that all merges share, 0 at first
   */
  constructor(ranks: Ranks, bytes: Uint8Array, length: number, known: Int32Array) {
    this.#ranks = ranks;
    this.#bytes = bytes;
    this.#length = length;
    this.#known = known;
    this.parts = length;
    this.#next = new Int32Array(length + 1);
    this.#previous = new Int32Array(length + 1);
    this.#pairs = new Int32Array(length).fill(NEVER);
    this.#heap = new PairHeap(3 * length);
  }

  /**
   * Goes on.
   *
   * @param steps - about how many: each looks at a pair
   * @returns whether it is over
   */
  advance(steps: number): boolean {
    if (this.#scanned <= this.#length) return this.#scan(steps);
    this.#unordered ??= (this.#heap.size >> 1) - 1;
    if (this.#unordered >= 0) {
      const to = Math.max(0, this.#unordered - steps);
      this.#heap.order(this.#unordered, to);
      this.#unordered = to - 1;
      if (steps !== Number.POSITIVE_INFINITY) return false;
    }
    return this.#merge(steps);
  }

  /**
   * Adds the ranks of the tokens to a list; only after {@link advance} was true.
   *
   * @param count - most of them
   * @returns whether all were added
   */
  collect(into: number[], count: number): boolean {
    const next = this.#next;
    let at = this.#collected;
    for (let i = 0; i < count && at < this.#length; i++) {
      into.push(this.#ranks.ofBytes(this.#bytes, at, next[at]!));
      at = next[at]!;
    }
    this.#collected = at;
    return at >= this.#length;
  }

  #pair(start: number, end: number): number {
    const rank = this.#ranks.ofBytes(this.#bytes, start, end);
    return rank === NO_RANK ? NEVER : rank;
  }

  #scan(steps: number): boolean {
    const bytes = this.#bytes;
    const length = this.#length;
    const known = this.#known;
    const end = Math.min(this.#scanned + steps, length + 1);
    for (let i = this.#scanned; i < end; i++) {
      this.#next[i] = i + 1;
      this.#previous[i] = i - 1;
      if (i + 1 >= length) continue;
      const two = (bytes[i]! << 8) | bytes[i + 1]!;
      let rank = known[two]!;
      if (rank === 0) known[two] = rank = this.#pair(i, i + 2) + 1;
      this.#pairs[i] = --rank;
      if (rank !== NEVER) this.#heap.append(rank, i);
    }
    this.#scanned = end;
    return steps === Number.POSITIVE_INFINITY && this.advance(steps);
  }

  #merge(steps: number): boolean {
    const next = this.#next;
    const previous = this.#previous;
    const pairs = this.#pairs;
    const heap = this.#heap;
    for (let i = 0; i < steps; i++) {
      if (!heap.pop()) return true;
      const at = heap.position;
      if (pairs[at] !== heap.rank) continue; // the pair has changed since it was queued
      const second = next[at]!;
      const after = next[second]!;
      next[at] = after;
      previous[after] = at;
      pairs[second] = NEVER;
      this.parts--;
      this.#refresh(at);
      if (at > 0) this.#refresh(previous[at]!);
    }
    return false;
  }

  #refresh(at: number): void {
    const second = this.#next[at]!;
    const rank = second < this.#length ? this.#pair(at, this.#next[second]!) : NEVER;
    this.#pairs[at] = rank;
    if (rank !== NEVER) this.#heap.push(rank, at);
  }
}

/**
 * A binary min-heap of pairs by rank, then position. A piece of n bytes pushes fewer than 3n: there is room for all of them from the
 * start, as pages that nobody writes to cost nothing, and to copy what has grown would take long in one go.
 */
class PairHeap {
  /** Of the pair that was popped last. */
  rank = 0;
  position = 0;
  #keys: Float64Array;
  #size = 0;

  constructor(capacity: number) {
    this.#keys = new Float64Array(capacity);
  }

  /** Adds a pair without ordering; call {@link order} before popping. */
  append(rank: number, position: number): void {
    this.#keys[this.#size++] = rank * POSITIONS + position;
  }

  get size(): number {
    return this.#size;
  }

  /** Orders the pairs from an index down to another: all of them when all indexes below half the size are done. */
  order(from: number, to: number): void {
    for (let i = from; i >= to; i--) this.#sink(i, this.#keys[i]!);
  }

  push(rank: number, position: number): void {
    const keys = this.#keys;
    const key = rank * POSITIONS + position;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[at] = keys[parent]!;
      at = parent;
    }
    keys[at] = key;
  }

  /** Takes the lowest pair into {@link rank} and {@link position}; false when there is none. */
  pop(): boolean {
    if (this.#size === 0) return false;
    const key = this.#keys[0]!;
    this.rank = Math.floor(key / POSITIONS);
    this.position = key - this.rank * POSITIONS;
    const last = this.#keys[--this.#size]!;
    if (this.#size > 0) this.#sink(0, last);
    return true;
  }

  #sink(from: number, key: number): void {
    const keys = this.#keys;
    const size = this.#size;
    let at = from;
    for (let child = at * 2 + 1; child < size; child = at * 2 + 1) {
      if (child + 1 < size && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      keys[at] = keys[child]!;
      at = child;
    }
    keys[at] = key;
  }
}
