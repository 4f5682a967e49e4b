/**
 * Byte-pair encoding of one piece: merge the adjacent pair of lowest rank, leftmost first, until no pair is a token.
 *
 * Short pieces rescan all pairs for each merge, which is quickest for them. Long pieces keep the pairs in a heap over a
 * linked list, so that a megabyte without a space costs n log n and not n².
 */
import { NO_RANK, type Ranks } from './ranks.js';

/** Longest piece, in bytes, that is merged by rescanning. */
const SHORT = 128;
/** Pairs that are no token wait here: above every rank, below 2^31 - 1. */
const NEVER = 0x7ffffffe;
/** A heap key is rank × POSITIONS + position; ranks stay below 2^20, so the key is exact. */
const POSITIONS = 2 ** 32;

/** Merges pieces; keeps its scratch memory for short pieces only. */
export class Merger {
  readonly #ranks: Ranks;
  readonly #starts = new Int32Array(SHORT + 1);
  readonly #pairs = new Int32Array(SHORT + 1);
  /** Ranks of the pairs of bytes that a long piece has shown, plus 1; made when the first comes. */
  #twoBytes: Int32Array | undefined;

  constructor(ranks: Ranks) {
    this.#ranks = ranks;
  }

  /**
   * @param bytes - holds the piece at `[0, length)`
   * @param length - 1 or more
   * @param into - receives the ranks, if given
   * @returns the number of tokens
   */
  merge(bytes: Uint8Array, length: number, into?: number[]): number {
    return length <= SHORT ? this.#mergeShort(bytes, length, into) : this.#mergeLong(bytes, length, into);
  }

  #pair(bytes: Uint8Array, start: number, end: number): number {
    const rank = this.#ranks.ofBytes(bytes, start, end);
    return rank === NO_RANK ? NEVER : rank;
  }

  get #ofTwoBytes(): Int32Array {
    return (this.#twoBytes ??= new Int32Array(256 * 256));
  }

  #mergeShort(bytes: Uint8Array, length: number, into?: number[]): number {
    const starts = this.#starts;
    const pairs = this.#pairs;
    for (let i = 0; i <= length; i++) starts[i] = i;
    for (let i = 0; i + 1 < length; i++) pairs[i] = this.#pair(bytes, i, i + 2);
    let parts = length;
    while (parts > 1) {
      let best = 0;
      for (let i = 1; i + 1 < parts; i++) if (pairs[i]! < pairs[best]!) best = i;
      if (pairs[best] === NEVER) break;
      starts.copyWithin(best + 1, best + 2, parts + 1);
      pairs.copyWithin(best + 1, best + 2, parts);
      parts--;
      if (best + 1 < parts) pairs[best] = this.#pair(bytes, starts[best]!, starts[best + 2]!);
      if (best > 0) pairs[best - 1] = this.#pair(bytes, starts[best - 1]!, starts[best + 1]!);
    }
    if (into)
      for (let i = 0; i < parts; i++) into.push(this.#ranks.ofBytes(bytes, starts[i]!, starts[i + 1]!));
    return parts;
  }

  #mergeLong(bytes: Uint8Array, length: number, into?: number[]): number {
    // Parts are named by their first byte; `next[length]` is never read as a part.
    const next = new Int32Array(length + 1);
    const previous = new Int32Array(length + 1);
    const pairs = new Int32Array(length).fill(NEVER);
    const heap = new PairHeap(length);
    const known = this.#ofTwoBytes;
    for (let i = 0; i <= length; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
      if (i + 1 >= length) continue;
      const two = (bytes[i]! << 8) | bytes[i + 1]!;
      let rank = known[two]!;
      if (rank === 0) known[two] = rank = this.#pair(bytes, i, i + 2) + 1;
      pairs[i] = --rank;
      if (rank !== NEVER) heap.append(rank, i);
    }
    heap.order();
    let parts = length;
    const refresh = (at: number): void => {
      const second = next[at]!;
      const rank = second < length ? this.#pair(bytes, at, next[second]!) : NEVER;
      pairs[at] = rank;
      if (rank !== NEVER) heap.push(rank, at);
    };
    while (heap.pop()) {
      const at = heap.position;
      if (pairs[at] !== heap.rank) continue; // the pair has changed since it was queued
      const second = next[at]!;
      const after = next[second]!;
      next[at] = after;
      previous[after] = at;
      pairs[second] = NEVER;
      parts--;
      refresh(at);
      if (at > 0) refresh(previous[at]!);
    }
    if (into)
      for (let at = 0; at < length; at = next[at]!) into.push(this.#ranks.ofBytes(bytes, at, next[at]!));
    return parts;
  }
}

/** A binary min-heap of pairs by rank, then position. Grows by doubling; a piece of n bytes pushes fewer than 3n. */
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

  order(): void {
    for (let i = (this.#size >> 1) - 1; i >= 0; i--) this.#sink(i, this.#keys[i]!);
  }

  push(rank: number, position: number): void {
    if (this.#size === this.#keys.length) {
      const larger = new Float64Array(this.#size * 2);
      larger.set(this.#keys);
      this.#keys = larger;
    }
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
