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
  p999Ms: number;
}

/** Where a histogram's numbers are: how many values, their sum, the largest; then the buckets. */
const COUNT = 0;
const SUM = 1;
const MAX = 2;
const BUCKETS = 3;

/**
 * Counts of lateness in logarithmic buckets, 16 per octave (4.5 % wide) from 1 µs to about 67 s. What is earlier than
 * 1 µs counts as the first bucket, what is later than 67 s as the last; the maximum is kept exactly.
 */
export class LatenessHistogram {
  /** Numbers that one consists of. */
  static readonly length = BUCKETS + LAST_BUCKET + 1;
  readonly #numbers: Float64Array;

  /** @param numbers - where it counts, as memory that threads share, or what was counted elsewhere; own memory by default */
  constructor(numbers: Float64Array = new Float64Array(LatenessHistogram.length)) {
    this.#numbers = numbers;
  }

  /** Adds one value. */
  record(lateMs: number): void {
    const value = lateMs > 0 ? lateMs : 0;
    const numbers = this.#numbers;
    numbers[COUNT]!++;
    numbers[SUM]! += value;
    if (value > numbers[MAX]!) numbers[MAX] = value;
    const bucket = value > SMALLEST_MS ? Math.ceil(Math.log2(value / SMALLEST_MS) * BUCKETS_PER_OCTAVE) : 0;
    numbers[BUCKETS + Math.min(bucket, LAST_BUCKET)]!++;
  }

  /** Adds what another one has recorded. */
  merge(other: LatenessHistogram): void {
    const maxMs = Math.max(this.#numbers[MAX]!, other.#numbers[MAX]!);
    for (const [at, number] of other.#numbers.entries()) this.#numbers[at]! += number;
    this.#numbers[MAX] = maxMs;
  }

  /** The numbers as they are now, for {@link since}. */
  counts(): Float64Array {
    return this.#numbers.slice();
  }

  /**
   * What was recorded since.
   *
   * @param earlier - from {@link counts}
   */
  since(earlier: Float64Array): LatenessHistogram {
    const numbers = this.#numbers.map((number, at) => number - earlier[at]!);
    let last = LAST_BUCKET;
    while (last > 0 && numbers[BUCKETS + last] === 0) last--;
    // The largest of all is exact, that of a part as exact as its bucket.
    numbers[MAX] = numbers[COUNT] === 0 ? 0 : Math.min(this.#numbers[MAX]!, EDGES_MS[last]!);
    return new LatenessHistogram(numbers);
  }

  /**
   * The value below or at which a share of all values lie.
   *
   * @param share - 0 to 1
   * @returns the upper edge of the bucket, in milliseconds, never above the maximum; 0 without values
   */
  quantileMs(share: number): number {
    const numbers = this.#numbers;
    const maxMs = numbers[MAX]!;
    const rank = Math.max(1, Math.ceil(share * numbers[COUNT]!));
    let seen = 0;
    for (let bucket = 0; bucket <= LAST_BUCKET; bucket++) {
      seen += numbers[BUCKETS + bucket]!;
      if (seen >= rank) return Math.min(maxMs, EDGES_MS[bucket]!);
    }
    return maxMs;
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
      counts[at]! += this.#numbers[BUCKETS + bucket]!;
    }
    return { bounds: boundsS, counts, sum: this.#numbers[SUM]! / 1000 };
  }

  /** A summary of everything recorded. */
  report(): LatenessReport {
    const count = this.#numbers[COUNT]!;
    return {
      count,
      meanMs: count === 0 ? 0 : this.#numbers[SUM]! / count,
      maxMs: this.#numbers[MAX]!,
      p50Ms: this.quantileMs(0.5),
      p99Ms: this.quantileMs(0.99),
      p999Ms: this.quantileMs(0.999),
    };
  }
}
