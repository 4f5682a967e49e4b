/** What a run tells of single requests, as columns; and which quantiles so many of them can tell. */
import { sampleFloor } from '../../results/sample-floor.js';
import type { Quantiles } from '../../simulator/profile/profile.js';

/** Completed, measured, streamed requests; column i of each array is request i. */
export interface Observations {
  /** As in usage where it was reported. */
  promptTokens: number[];
  /** Requests of the run that were in flight when it was sent, itself among them. */
  inFlight: number[];
  ttftMs: number[];
  /** Mean time per token after the first; NaN for answers of one chunk. */
  itlMs: number[];
  /** Gaps per token of single chunks, as a share of their stream's mean: a sample of all of them. */
  gapShares: number[];
  /** Means over all requests. */
  tokensPerChunk: number;
  gapsPerStream: number;
}

const SHARES = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999] as const;
/** Quantiles must ascend; equal ones are moved apart by this share. */
const APART = 1e-4;

/** The value at a share of sorted ones, between neighbours where it falls between. */
export function valueAt(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const from = sorted[low]!;
  return from + ((sorted[Math.min(low + 1, sorted.length - 1)] ?? from) - from) * (place - low);
}

export const median = (values: readonly number[]): number =>
  valueAt(
    values.toSorted((a, b) => a - b),
    0.5,
  );

/** The quantiles that the number of values allows, of a function that gives them. */
export function quantilesOf(count: number, at: (share: number) => number): Quantiles {
  const shares = SHARES.filter((share) => share === 0.5 || sampleFloor(share) <= count);
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
