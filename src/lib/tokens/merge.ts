/**
 * Byte-pair encoding of one piece: merge the adjacent pair of lowest rank, leftmost first, until no pair is a token.
 *
 * Short pieces rescan all pairs for each merge, which is quickest for them. Long pieces keep the pairs in a heap over a
 * linked list, so that a megabyte without a space costs n log n and not n². Of long pieces of a few bytes that repeat, the runs are merged.
 */
import { LongMerge, NEVER } from './long-merge.js';
import { NO_RANK, type Ranks } from './ranks.js';
import { mergeRuns, type Run } from './run-merge.js';

/** Longest piece, in bytes, that is merged by rescanning. */
const SHORT = 128;
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
    const runs = this.runMerge(bytes, length);
    if (runs) {
      if (into) for (const _ of this.collectRuns(bytes, runs, into));
      return runs.reduce((sum, { count }) => sum + count, 0);
    }
    const merge = this.longMerge(bytes, length);
    merge.advance(Number.POSITIVE_INFINITY);
    if (into) merge.collect(into, Number.POSITIVE_INFINITY);
    return merge.parts;
  }

  /** See {@link mergeRuns}. */
  runMerge(bytes: Uint8Array, length: number): Run[] | undefined {
    return mergeRuns(this.#ranks, bytes, length);
  }

  /** Adds the ranks of merged runs to a list, in portions. */
  *collectRuns(
    bytes: Uint8Array,
    runs: readonly Run[],
    into: number[],
    portion = Number.POSITIVE_INFINITY,
  ): Generator<undefined, void> {
    let work = 0;
    for (const { start, size, count } of runs) {
      const rank = this.#ranks.ofBytes(bytes, start, start + size);
      for (let i = 0; i < count; i++) {
        into.push(rank);
        if (++work % portion === 0) yield;
      }
    }
  }

  /** The merge of a long piece, to be done in portions. */
  longMerge(bytes: Uint8Array, length: number): LongMerge {
    return new LongMerge(this.#ranks, bytes, length, this.#ofTwoBytes);
  }
}
