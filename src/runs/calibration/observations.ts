/** What a run tells of single requests, as columns; and which quantiles so many of them can tell. */
import { sampleFloor } from '../../results/sample-floor.js';
import type { Quantiles } from '../../simulator/profile/profile.js';

/** Completed, measured, streamed requests; column i of each array is request i. */
export interface Observations {
  /** As in usage where it was reported. */
  promptTokens: number[];
  /** Requests of the run that were in flight while it waited for its first token, on average, itself among them. */
  inFlight: number[];
  /** And after that: an instant's would be high whenever a prompt has just come, which is when gaps are long for another reason. */
  inFlightAfter: number[];
  ttftMs: number[];
  /** Mean time per token after the first; NaN for answers of one chunk. */
  itlMs: number[];
  gaps: Gaps;
  /** Mean over all chunks after the first ones. */
  tokensPerChunk: number;
  /** Mean over all requests. */
  gapsPerStream: number;
}

/** Times between chunks: a sample of all of them. */
export interface Gaps {
  /** The request of each. */
  rows: number[];
  /** Per token. */
  ms: number[];
}

const SHARES = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999] as const;
/** Of gaps there are many, and those that a prompt of somebody else lengthens are a lump of their own at the upper end. */
// prettier-ignore
const GAP_SHARES = [
  0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.84, 0.87, 0.9,
  0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.975, 0.98, 0.985, 0.99, 0.995, 0.999,
] as const;
/** Quantiles must ascend; equal ones are moved apart by this share. */
const APART = 1e-4;

/** The value at a share of sorted ones, between neighbours where it falls between. */
export function valueAt(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const from = sorted[low]!;
  return from + ((sorted[Math.min(low + 1, sorted.length - 1)] ?? from) - from) * (place - low);
}

export const ascending = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();

export const median = (values: readonly number[]): number => valueAt(ascending(values), 0.5);

/** The quantiles that the number of values allows, of a function that gives them. */
export const quantilesOf = (count: number, at: (share: number) => number): Quantiles =>
  quantilesAt(SHARES, count, at);

/** The same of gaps, more closely. */
export const gapQuantilesOf = (count: number, at: (share: number) => number): Quantiles =>
  quantilesAt(GAP_SHARES, count, at);

function quantilesAt(wanted: readonly number[], count: number, at: (share: number) => number): Quantiles {
  const shares = wanted.filter((share) => share === 0.5 || sampleFloor(share) <= count);
  const ms: number[] = [];
  for (const share of shares) {
    const least = (ms.at(-1) ?? 0.001) * (1 + APART);
    ms.push(rounded(Math.max(at(share), least)));
  }
  if (ms.length > 1) return { at: shares, ms };
  return { at: [0.5, 0.9], ms: [ms[0]!, rounded(ms[0]! * (1 + APART))] };
}

/** Six significant digits: more would be noise, less would make neighbours equal. */
export const rounded = (value: number): number => Number(value.toPrecision(6));
