/**
 * How a run went over time: counts and latencies per second, from its common start on, warm-up included.
 *
 * Bounded: a run of more than {@link LONGEST_SERIES} buckets gets buckets of twice the width, as often as it takes. What
 * is added up (threads, shards) loses nothing: counts and the counts of latency histograms are sums.
 */
import * as z from 'zod';
import { LatencyCounts, latencyCountsSchema } from './latency-counts.js';
import { LIVE_DISTRIBUTIONS, type LiveDistribution } from './progress.js';

/** Ten minutes at one bucket a second. */
export const LONGEST_SERIES = 600;
export const FINEST_BUCKET_MS = 1000;

/** What is counted per bucket. */
export const SERIES_COUNTERS = [
  'offered',
  'sent',
  'completed',
  'failed',
  'outputTokens',
  'inputTokens',
  'cachedTokens',
  'inFlightMs',
] as const;
export type SeriesCounter = (typeof SERIES_COUNTERS)[number];

const column = (description: string) =>
  z.array(z.number().nonnegative()).max(LONGEST_SERIES).describe(description);
const latencyColumn = z.array(latencyCountsSchema.nullable()).max(LONGEST_SERIES);

/** As the run file keeps it: a column per figure, a row per bucket. */
export const timeSeriesSchema = z
  .object({
    bucketMs: z
      .number()
      .positive()
      .describe('Width of a bucket; the first begins with the run, warm-up included'),
    durationMs: z.number().nonnegative().describe('To the last event; the last bucket is not a whole one'),
    offered: column('Requests whose planned instant lies here; all 0 in closed loops, which have none'),
    sent: column('Requests written here'),
    completed: column('Requests that ended here in success'),
    failed: column('Requests that ended here in failure'),
    outputTokens: z
      .array(z.number())
      .max(LONGEST_SERIES)
      .describe(
        'Text events, corrected where the request ended by what usage said: below 0 where it said less than was counted before',
      ),
    inputTokens: column('Prompt tokens of requests that completed here'),
    cachedTokens: column('Those of them that the server reported as read from its cache'),
    inFlightMs: column(
      'Milliseconds in flight, summed over requests; divided by the width, the mean number in flight',
    ),
    ttft: latencyColumn,
    itl: latencyColumn,
    e2e: latencyColumn,
  })
  .describe('The run over time; latencies of warm-up requests included')
  .meta({ id: 'TimeSeries' });

export type EncodedTimeSeries = z.output<typeof timeSeriesSchema>;

type Columns = Record<SeriesCounter, number[]>;
type LatencyColumns = Record<LiveDistribution, (LatencyCounts | undefined)[]>;

/** The run over time, of one thread or of all. Instants are milliseconds since the run's start. */
export class TimeSeries {
  readonly #counts: Columns;
  readonly #latencies: LatencyColumns;
  #bucketMs = FINEST_BUCKET_MS;
  #length = 0;
  #durationMs = 0;

  constructor(encoded?: EncodedTimeSeries) {
    this.#counts = fromNames(SERIES_COUNTERS, (name) => [...(encoded?.[name] ?? [])]);
    this.#latencies = fromNames(LIVE_DISTRIBUTIONS, (name) =>
      (encoded?.[name] ?? []).map((counts) => (counts ? LatencyCounts.decode(counts) : undefined)),
    );
    if (!encoded) return;
    this.#bucketMs = encoded.bucketMs;
    this.#durationMs = encoded.durationMs;
    this.#length = Math.max(...SERIES_COUNTERS.map((name) => encoded[name].length));
    for (const name of SERIES_COUNTERS) fill(this.#counts[name], this.#length);
  }

  get bucketMs(): number {
    return this.#bucketMs;
  }

  /** Number of buckets. */
  get length(): number {
    return this.#length;
  }

  get durationMs(): number {
    return this.#durationMs;
  }

  add(name: SeriesCounter, amount: number, atMs: number): void {
    this.#counts[name][this.#bucketAt(atMs)]! += amount;
  }

  /**
   * Adds a latency.
   *
   * @param bucket - of the latency, see `liveBucketOf`
   */
  record(name: LiveDistribution, bucket: number, ms: number, atMs: number): void {
    (this.#latencies[name][this.#bucketAt(atMs)] ??= new LatencyCounts()).add(bucket, ms);
  }

  /** Adds several latencies of one bucket, whose sum is given, at one instant. */
  recordMany(name: LiveDistribution, bucket: number, count: number, sumMs: number, atMs: number): void {
    (this.#latencies[name][this.#bucketAt(atMs)] ??= new LatencyCounts()).addMany(bucket, count, sumMs);
  }

  /** So many requests were in flight between two instants. */
  inFlight(requests: number, fromMs: number, toMs: number): void {
    if (requests === 0 || toMs <= fromMs) return;
    this.#bucketAt(toMs);
    for (let at = Math.max(0, fromMs); at < toMs;) {
      const index = Math.floor(at / this.#bucketMs);
      const end = Math.min(toMs, (index + 1) * this.#bucketMs);
      this.#counts.inFlightMs[Math.min(index, this.#length - 1)]! += requests * (end - at);
      at = end;
    }
  }

  /**
   * Adds everything that another series has.
   *
   * @param shiftMs - how much later than this one it began; rounded to whole buckets
   */
  merge(other: TimeSeries, shiftMs = 0): void {
    const added = new TimeSeries(other.encode());
    this.#bucketAt(Math.max(0, added.#durationMs + shiftMs));
    while (added.#bucketMs < this.#bucketMs) added.#coarsen();
    while (this.#bucketMs < added.#bucketMs) this.#coarsen();
    const shift = Math.max(0, Math.round(shiftMs / this.#bucketMs));
    this.#grow(Math.min(LONGEST_SERIES, shift + added.#length));
    const last = this.#length - 1;
    for (let i = 0; i < added.#length; i++) {
      const index = Math.min(last, i + shift);
      for (const name of SERIES_COUNTERS) this.#counts[name][index]! += added.#counts[name][i]!;
      for (const name of LIVE_DISTRIBUTIONS) {
        const counts = added.#latencies[name][i];
        if (counts) (this.#latencies[name][index] ??= new LatencyCounts()).merge(counts);
      }
    }
  }

  /** A counter of a bucket. */
  count(name: SeriesCounter, index: number): number {
    return this.#counts[name][index] ?? 0;
  }

  latency(name: LiveDistribution, index: number): LatencyCounts | undefined {
    return this.#latencies[name][index];
  }

  /** The latencies of several buckets together. */
  latencyOver(name: LiveDistribution, buckets: readonly number[]): LatencyCounts {
    const sum = new LatencyCounts();
    for (const bucket of buckets) {
      const counts = this.#latencies[name][bucket];
      if (counts) sum.merge(counts);
    }
    return sum;
  }

  /** How much of a bucket the run covers, milliseconds. */
  coveredMs(index: number): number {
    return Math.min(this.#bucketMs, Math.max(0, this.#durationMs - index * this.#bucketMs));
  }

  /** Events per second in a bucket, `NaN` where the run does not reach into it. */
  rate(name: Exclude<SeriesCounter, 'inFlightMs'>, index: number): number {
    const coveredMs = this.coveredMs(index);
    return coveredMs > 0 ? (this.count(name, index) / coveredMs) * 1000 : Number.NaN;
  }

  /** Mean number in flight in a bucket. */
  meanInFlight(index: number): number {
    const coveredMs = this.coveredMs(index);
    return coveredMs > 0 ? this.count('inFlightMs', index) / coveredMs : Number.NaN;
  }

  encode(): EncodedTimeSeries {
    return {
      bucketMs: this.#bucketMs,
      durationMs: toMicroseconds(this.#durationMs),
      ...fromNames(SERIES_COUNTERS, (name) => this.#counts[name].map(toMicroseconds)),
      ...fromNames(LIVE_DISTRIBUTIONS, (name) =>
        Array.from({ length: this.#length }, (_, i) => this.#latencies[name][i]?.encode() ?? null),
      ),
    };
  }

  /** The bucket of an instant, which is there from now on. */
  #bucketAt(atMs: number): number {
    if (atMs > this.#durationMs) this.#durationMs = atMs;
    let index = Math.floor(atMs / this.#bucketMs);
    while (index >= LONGEST_SERIES) {
      this.#coarsen();
      index = Math.floor(atMs / this.#bucketMs);
    }
    if (index < 0) index = 0;
    if (index >= this.#length) this.#grow(index + 1);
    return index;
  }

  #grow(length: number): void {
    if (length <= this.#length) return;
    this.#length = length;
    for (const name of SERIES_COUNTERS) fill(this.#counts[name], length);
  }

  /** Makes one bucket of each two. */
  #coarsen(): void {
    this.#bucketMs *= 2;
    const length = Math.ceil(this.#length / 2);
    for (const name of SERIES_COUNTERS) {
      const counts = this.#counts[name];
      for (let i = 0; i < length; i++) counts[i] = counts[2 * i]! + (counts[2 * i + 1] ?? 0);
      counts.length = length;
    }
    for (const name of LIVE_DISTRIBUTIONS) {
      const latencies = this.#latencies[name];
      for (let i = 0; i < length; i++) latencies[i] = together(latencies[2 * i], latencies[2 * i + 1]);
      latencies.length = Math.min(latencies.length, length);
    }
    this.#length = length;
  }
}

function together(a: LatencyCounts | undefined, b: LatencyCounts | undefined): LatencyCounts | undefined {
  if (a && b) a.merge(b);
  return a ?? b;
}

/** Microseconds are what is measured: more digits would only make files longer. Whole numbers stay as they are. */
const toMicroseconds = (ms: number): number => Math.round(ms * 1000) / 1000;

function fill(counts: number[], length: number): void {
  while (counts.length < length) counts.push(0);
}

const fromNames = <N extends string, T>(names: readonly N[], map: (name: N) => T): Record<N, T> =>
  Object.fromEntries(names.map((name) => [name, map(name)])) as Record<N, T>;
