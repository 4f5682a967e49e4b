/** How late things ran: a small histogram that costs nanoseconds per value and never grows. */

import type { HistogramData } from './bucket-histogram.js';

const BUCKETS_PER_OCTAVE = 16;
const SMALLEST_MS = 1e-3;
const OCTAVES = 26;
const LAST_BUCKET = BUCKETS_PER_OCTAVE * OCTAVES;
/** Upper edge of each bucket, in milliseconds. */
const EDGES_MS = Float64Array.from(
  { length: LAST_BUCKET + 1 },
  (_, bucket) => SMALLEST_MS * 2 ** (bucket / BUCKETS_PER_OCTAVE),
);

/** What a {@link LatenessHistogram} says; all in milliseconds. */
export interface LatenessReport {
  count: number;
  meanMs: number;
  maxMs: number;
  p50Ms: number;
  p99Ms: number;
}

/**
 * Counts of lateness in logarithmic buckets, 16 per octave (4.5 % wide) from 1 µs to about 67 s. What is earlier than
 * 1 µs counts as the first bucket, what is later than 67 s as the last; the maximum is kept exactly.
 */
export class LatenessHistogram {
  readonly #buckets = new Uint32Array(LAST_BUCKET + 1);
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  /** Adds one value. */
  record(lateMs: number): void {
    const value = lateMs > 0 ? lateMs : 0;
    this.#count++;
    this.#sumMs += value;
    if (value > this.#maxMs) this.#maxMs = value;
    const bucket = value > SMALLEST_MS ? Math.ceil(Math.log2(value / SMALLEST_MS) * BUCKETS_PER_OCTAVE) : 0;
    this.#buckets[Math.min(bucket, LAST_BUCKET)]!++;
  }

  /**
   * The value below or at which a share of all values lie.
   *
   * @param share - 0 to 1
   * @returns the upper edge of the bucket, in milliseconds, never above the maximum; 0 without values
   */
  quantileMs(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket <= LAST_BUCKET; bucket++) {
      seen += this.#buckets[bucket]!;
      if (seen >= rank) return Math.min(this.#maxMs, EDGES_MS[bucket]!);
    }
    return this.#maxMs;
  }

  /**
   * The values by coarser bounds; one within 4.5 % of a bound may be counted above it.
   *
   * @param boundsS - ascending, in seconds
   */
  histogram(boundsS: readonly number[]): HistogramData {
    const counts = new Float64Array(boundsS.length + 1);
    let at = 0;
    for (let bucket = 0; bucket <= LAST_BUCKET; bucket++) {
      const edgeS = EDGES_MS[bucket]! / 1000;
      while (at < boundsS.length && edgeS > boundsS[at]!) at++;
      counts[at]! += this.#buckets[bucket]!;
    }
    return { bounds: boundsS, counts, sum: this.#sumMs / 1000 };
  }

  /** A summary of everything recorded. */
  report(): LatenessReport {
    return {
      count: this.#count,
      meanMs: this.#count === 0 ? 0 : this.#sumMs / this.#count,
      maxMs: this.#maxMs,
      p50Ms: this.quantileMs(0.5),
      p99Ms: this.quantileMs(0.99),
    };
  }
}
