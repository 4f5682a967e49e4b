/** A small histogram over the live buckets (progress.ts), which holds only the stretch of them that has values. */
import * as z from 'zod';
import { LIVE_BUCKETS, liveQuantileMs } from './progress.js';

/** As the run file keeps it. */
export const latencyCountsSchema = z
  .object({
    sumMs: z.number(),
    from: z
      .int()
      .nonnegative()
      .max(LIVE_BUCKETS - 1)
      .describe('Number of the first bucket'),
    counts: z.array(z.int().nonnegative()).max(LIVE_BUCKETS),
  })
  .describe('Bucket i holds latencies from 0.01 · 10^(i/64) ms to 0.01 · 10^((i+1)/64) ms')
  .meta({ id: 'LatencyCounts' });

export type EncodedLatencyCounts = z.output<typeof latencyCountsSchema>;

/** Buckets that are added beside a new one, so that a growing range is not copied with each value. */
const SLACK = 8;

/** Counts by live bucket, and the sum of the values. */
export class LatencyCounts {
  #from = 0;
  #counts = new Uint32Array(0);
  sumMs = 0;

  static decode({ sumMs, from, counts }: EncodedLatencyCounts): LatencyCounts {
    const decoded = new LatencyCounts();
    decoded.sumMs = sumMs;
    decoded.#from = from;
    decoded.#counts = Uint32Array.from(counts.slice(0, LIVE_BUCKETS - from));
    return decoded;
  }

  /**
   * Adds one value.
   *
   * @param bucket - of the value, see `liveBucketOf`
   */
  add(bucket: number, ms: number): void {
    this.addMany(bucket, 1, ms);
  }

  /** Adds several values of one bucket, whose sum is given. */
  addMany(bucket: number, count: number, sumMs: number): void {
    if (bucket < this.#from || bucket >= this.#from + this.#counts.length)
      this.#cover(bucket - SLACK, bucket + SLACK + 1);
    this.#counts[bucket - this.#from]! += count;
    this.sumMs += sumMs;
  }

  merge(other: LatencyCounts): void {
    this.#cover(other.#from, other.#from + other.#counts.length);
    const shift = other.#from - this.#from;
    for (let i = 0; i < other.#counts.length; i++) this.#counts[i + shift]! += other.#counts[i]!;
    this.sumMs += other.sumMs;
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** Milliseconds; undefined while empty. */
  get meanMs(): number | undefined {
    const { count } = this;
    return count === 0 ? undefined : this.sumMs / count;
  }

  /** A quantile to the width of a bucket (3.7 %), milliseconds; undefined while empty. */
  quantileMs(share: number): number | undefined {
    return liveQuantileMs(this.#counts, share, this.#from);
  }

  encode(): EncodedLatencyCounts {
    const first = this.#counts.findIndex((count) => count > 0);
    const last = this.#counts.findLastIndex((count) => count > 0);
    return {
      sumMs: Math.round(this.sumMs * 1000) / 1000,
      from: this.#from + Math.max(0, first),
      counts: first < 0 ? [] : [...this.#counts.subarray(first, last + 1)],
    };
  }

  /** Widens the range so that it holds the given one. */
  #cover(from: number, to: number): void {
    const empty = this.#counts.length === 0;
    const low = Math.max(0, empty ? from : Math.min(this.#from, from));
    const high = Math.min(LIVE_BUCKETS, empty ? to : Math.max(this.#from + this.#counts.length, to));
    if (!empty && low === this.#from && high === this.#from + this.#counts.length) return;
    const wider = new Uint32Array(high - low);
    if (!empty) wider.set(this.#counts, this.#from - low);
    this.#from = low;
    this.#counts = wider;
  }
}
