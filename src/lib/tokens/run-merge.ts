/**
 * Byte-pair encoding of a long piece that is made of a few bytes which repeat, such as megabytes of spaces: what repeats is merged as
 * often as it does in one step. So it takes a few hundred steps, however long the piece is, and gives the same tokens as any other way.
 */
import { NO_RANK, type Ranks } from './ranks.js';
import { NEVER } from './long-merge.js';

/** Tokens of the same bytes, one after the other. */
export interface Run {
  /** Where the first of them begins. */
  start: number;
  /** Bytes of each. */
  size: number;
  count: number;
}

/** Most bytes that repeat, one after the other. */
const MOST_RUNS = 64;
/** With fewer bytes of the piece for each run the other ways are as quick. */
const BYTES_PER_RUN = 256;
/** With more steps, too: pairs that have to be merged one by one. */
const MOST_STEPS = 4096;

/** What is merged next: two neighbours of one run, or the last of it and the first of the run behind it. */
interface Pair {
  at: number;
  inner: boolean;
  rank: number;
}

/**
 * @param bytes - holds the piece at `[0, length)`
 * @returns its tokens, or undefined when too little of it repeats
 */
export function mergeRuns(ranks: Ranks, bytes: Uint8Array, length: number): Run[] | undefined {
  const runs = runsOf(bytes, length, Math.min(MOST_RUNS, 1 + Math.floor(length / BYTES_PER_RUN)));
  if (!runs) return undefined;
  const rankOf = (start: number, end: number): number => {
    const rank = end > length ? NO_RANK : ranks.ofBytes(bytes, start, end);
    return rank === NO_RANK ? NEVER : rank;
  };
  for (let step = 0; step < MOST_STEPS; step++) {
    const pair = lowestPair(runs, rankOf);
    if (!pair) return runs;
    if (pair.inner) mergeInner(runs, pair, rankOf);
    else mergeBoundary(runs, pair.at);
    joinAlike(runs, bytes, pair.at);
  }
  return undefined;
}

/** The bytes that repeat; undefined if there are more runs than `most`. */
function runsOf(bytes: Uint8Array, length: number, most: number): Run[] | undefined {
  const runs: Run[] = [];
  for (let start = 0; start < length;) {
    if (runs.length === most) return undefined;
    const byte = bytes[start]!;
    let end = start + 1;
    while (end < length && bytes[end] === byte) end++;
    runs.push({ start, size: 1, count: end - start });
    start = end;
  }
  return runs;
}

/** The pair of lowest rank, of those the leftmost. */
function lowestPair(runs: readonly Run[], rankOf: (start: number, end: number) => number): Pair | undefined {
  let lowest: Pair | undefined;
  const offer = (at: number, inner: boolean, rank: number): void => {
    if (rank < (lowest?.rank ?? NEVER)) lowest = { at, inner, rank };
  };
  for (const [at, { start, size, count }] of runs.entries()) {
    if (count > 1) offer(at, true, rankOf(start, start + 2 * size));
    const next = runs[at + 1];
    if (next) offer(at, false, rankOf(next.start - size, next.start + next.size));
  }
  return lowest;
}

/** Merges neighbours of a run: all of them, unless what comes of the first is to be merged before the second. */
function mergeInner(runs: Run[], { at, rank }: Pair, rankOf: (start: number, end: number) => number): void {
  const { start, size, count } = runs[at]!;
  const before = runs[at - 1];
  const comesFirst =
    rankOf(start, start + 3 * size) < rank ||
    rankOf(start, start + 4 * size) < rank ||
    (before !== undefined && rankOf(start - before.size, start + 2 * size) < rank);
  const pairs = comesFirst ? 1 : count >> 1;
  const left = count - 2 * pairs;
  const merged = { start, size: 2 * size, count: pairs };
  if (left === 0) runs[at] = merged;
  else runs.splice(at, 1, merged, { start: start + 2 * size * pairs, size, count: left });
}

/** Merges the last of a run with the first of the next one. */
function mergeBoundary(runs: Run[], at: number): void {
  const first = runs[at]!;
  const second = runs[at + 1]!;
  const parts = [
    { ...first, count: first.count - 1 },
    { start: second.start - first.size, size: first.size + second.size, count: 1 },
    { start: second.start + second.size, size: second.size, count: second.count - 1 },
  ];
  runs.splice(at, 2, ...parts.filter(({ count }) => count > 0));
}

/** Makes one run of neighbours with the same bytes, near where something was merged. */
function joinAlike(runs: Run[], bytes: Uint8Array, near: number): void {
  for (let at = Math.min(near + 2, runs.length - 1); at > 0 && at >= near; at--) {
    const first = runs[at - 1]!;
    const second = runs[at]!;
    if (first.size !== second.size || !alike(bytes, first.start, second.start, first.size)) continue;
    first.count += second.count;
    runs.splice(at, 1);
  }
}

function alike(bytes: Uint8Array, one: number, other: number, size: number): boolean {
  for (let i = 0; i < size; i++) if (bytes[one + i] !== bytes[other + i]) return false;
  return true;
}
