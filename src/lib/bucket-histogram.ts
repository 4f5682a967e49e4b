/** Histograms with fixed bounds, as Prometheus has them: cheap to add to, exact to merge. */

/** A histogram as plain data: it survives a message to another thread. */
export interface HistogramData {
  /** Upper bounds, ascending; a value equal to a bound belongs to it. */
  readonly bounds: readonly number[];
  /** Values per bucket, not cumulative; the last place counts those above all bounds. */
  readonly counts: Float64Array;
  readonly sum: number;
}

/** Counts values by bucket. Bounded by its bounds, whatever is recorded. */
export class BucketHistogram implements HistogramData {
  readonly counts: Float64Array;
  sum = 0;

  constructor(readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** The bucket of a value. */
  bucketOf(value: number): number {
    return bucketOf(this.bounds, value);
  }

  /** Adds a value, `times` times. */
  observe(value: number, times = 1): void {
    this.counts[this.bucketOf(value)]! += times;
    this.sum += value * times;
  }

  /** Adds values that are known to lie in one bucket. */
  addTo(bucket: number, count: number, sum: number): void {
    this.counts[bucket]! += count;
    this.sum += sum;
  }

  /** Adds all of another histogram. @throws RangeError when its bounds differ */
  merge(other: HistogramData): void {
    if (other.counts.length !== this.counts.length) throw new RangeError('histograms of different bounds');
    for (let i = 0; i < this.counts.length; i++) this.counts[i]! += other.counts[i]!;
    this.sum += other.sum;
  }
}

/** The same over numbers that are kept elsewhere, as in memory that threads share: the counts, and the sum behind them. */
export class HistogramOver implements HistogramData {
  /** Numbers that a histogram takes. */
  static lengthOf(bounds: readonly number[]): number {
    return bounds.length + 2;
  }

  readonly counts: Float64Array;
  readonly #numbers: Float64Array;
  /** Where the latest value was, which the next one mostly is too. */
  #latest = 0;

  constructor(
    readonly bounds: readonly number[],
    numbers: Float64Array,
  ) {
    this.#numbers = numbers;
    this.counts = numbers.subarray(0, bounds.length + 1);
  }

  get sum(): number {
    return this.#numbers[this.bounds.length + 1]!;
  }

  /** Adds a value. */
  observe(value: number): void {
    const { bounds } = this;
    let bucket = this.#latest;
    const isThere = value <= bounds[bucket]! && (bucket === 0 || value > bounds[bucket - 1]!);
    if (!isThere) bucket = this.#latest = bucketOf(bounds, value);
    this.#numbers[bucket]!++;
    this.#numbers[bounds.length + 1]! += value;
  }
}

function bucketOf(bounds: readonly number[], value: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= bounds[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Histograms of the same bounds as one; empty with the given bounds when there are none. */
export function mergeHistograms(
  bounds: readonly number[],
  histograms: Iterable<HistogramData>,
): BucketHistogram {
  const all = new BucketHistogram(bounds);
  for (const histogram of histograms) all.merge(histogram);
  return all;
}

/** Histograms of the same bounds as one, always as they are now. */
export class HistogramSum implements HistogramData {
  readonly #parts: () => readonly HistogramData[];
  readonly #counts: Float64Array;

  constructor(
    readonly bounds: readonly number[],
    parts: () => readonly HistogramData[],
  ) {
    this.#parts = parts;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Added up when it is read. */
  get counts(): Float64Array {
    const all = this.#counts.fill(0);
    for (const { counts } of this.#parts()) for (let i = 0; i < all.length; i++) all[i]! += counts[i]!;
    return all;
  }

  get sum(): number {
    let all = 0;
    for (const { sum } of this.#parts()) all += sum;
    return all;
  }
}

/** Values in a histogram. */
export function countOf({ counts }: HistogramData): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}

/** Mean of the values; undefined without any. */
export function meanOf(histogram: HistogramData): number | undefined {
  const count = countOf(histogram);
  return count > 0 ? histogram.sum / count : undefined;
}

/**
 * A quantile as PromQL's `histogram_quantile` estimates it: linear within the bucket, the highest bound above it.
 *
 * @param share - 0 to 1
 * @returns undefined without values
 */
export function quantileOf(histogram: HistogramData, share: number): number | undefined {
  const { bounds, counts } = histogram;
  const rank = share * countOf(histogram);
  if (!(rank >= 0) || countOf(histogram) === 0) return undefined;
  let seen = 0;
  for (let i = 0; i < bounds.length; i++) {
    const count = counts[i]!;
    if (count > 0 && seen + count >= rank) {
      const from = i > 0 ? bounds[i - 1]! : Math.min(0, bounds[0]!);
      return from + ((bounds[i]! - from) * (rank - seen)) / count;
    }
    seen += count;
  }
  return bounds.at(-1);
}
