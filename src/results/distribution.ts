/**
 * One measured distribution: an HDR histogram (quantiles, mergeable without loss) beside exact moments.
 *
 * Histograms hold whole numbers, so values are scaled: latencies are stored in microseconds, token counts as they are, and
 * what has other steps (metrics.ts) in those.
 * Three significant digits: a quantile is within 0.1 % of the sample's.
 */
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type JsHistogram,
} from 'hdr-histogram-js';
import { FastCounts } from './fast-counts.js';
import { sampleFloor } from './sample-floor.js';
import { descriptorOf, PERCENTILES, type DistributionName, type Statistic } from './metrics.js';

/** Exact sums that a histogram cannot give. In the metric's unit. */
export interface Moments {
  count: number;
  mean: number;
  /** Sum of squared differences from the mean (Welford's M2). */
  m2: number;
  min: number;
  max: number;
}

/** A distribution as plain data: what crosses threads and what the run file stores. */
export interface EncodedDistribution {
  moments: Moments;
  /** HdrHistogram V2, compressed, base64; values in 1/{@link scaleOf} of the metric's unit. */
  hdr: string;
}

/** Histogram units per unit of the metric. */
export const scaleOf = (name: DistributionName): number => {
  const { unit, steps } = descriptorOf(name);
  return steps ?? (unit === 'ms' ? 1000 : 1);
};

/** Places of the moments. */
const COUNT = 0;
const MEAN = 1;
const M2 = 2;
const MIN = 3;
const MAX = 4;

export class Distribution {
  readonly #scale: number;
  readonly #settled: JsHistogram;
  /** What was recorded since the histogram was last looked at; the histogram itself takes ten times as long per value. */
  #recent: FastCounts | undefined;
  /** In an array of numbers: as properties each of them would be a new piece of memory whenever it changes. */
  readonly #moments: Float64Array;

  constructor(name: DistributionName, from?: EncodedDistribution) {
    this.#scale = scaleOf(name);
    // Without WebAssembly both calls give the plain JavaScript histogram, whose type the package hides.
    this.#settled = (
      from
        ? decodeFromCompressedBase64(from.hdr, 64, false)
        : build({ bitBucketSize: 64, numberOfSignificantValueDigits: 3, highestTrackableValue: 2 ** 20 })
    ) as JsHistogram;
    this.#settled.autoResize = true;
    const { count = 0, mean = 0, m2 = 0, min = Infinity, max = -Infinity } = from?.moments ?? {};
    this.#moments = Float64Array.of(count, mean, m2, min, max);
  }

  /** Adds one value in the metric's unit; a negative one counts as 0. */
  record(value: number): void {
    const v = Math.max(0, value);
    const m = this.#moments;
    const count = ++m[COUNT]!;
    const delta = v - m[MEAN]!;
    const mean = (m[MEAN]! += delta / count);
    m[M2]! += delta * (v - mean);
    if (v < m[MIN]!) m[MIN] = v;
    if (v > m[MAX]!) m[MAX] = v;
    const units = Math.round(v * this.#scale);
    this.#recent ??= new FastCounts();
    if (!this.#recent.add(units)) this.#settled.recordValue(units);
  }

  /** Adds the same value several times. */
  recordMany(value: number, times: number): void {
    if (times <= 0) return;
    const v = Math.max(0, value);
    const m = this.#moments;
    const count = (m[COUNT]! += times);
    const delta = v - m[MEAN]!;
    const mean = (m[MEAN]! += (delta * times) / count);
    m[M2]! += delta * (v - mean) * times;
    if (v < m[MIN]!) m[MIN] = v;
    if (v > m[MAX]!) m[MAX] = v;
    const units = Math.round(v * this.#scale);
    this.#recent ??= new FastCounts();
    if (!this.#recent.add(units, times)) this.#settled.recordValueWithCount(units, times);
  }

  /** Adds all values of another distribution of the same metric; quantiles are as if all had been recorded here. */
  merge(other: Distribution): void {
    const a = this.moments;
    const b = other.moments;
    if (b.count === 0) return;
    const count = a.count + b.count;
    const delta = b.mean - a.mean;
    this.#moments[COUNT] = count;
    this.#moments[MEAN] = a.mean + (delta * b.count) / count;
    this.#moments[M2] = a.m2 + b.m2 + (delta * delta * a.count * b.count) / count;
    this.#moments[MIN] = Math.min(a.min, b.min);
    this.#moments[MAX] = Math.max(a.max, b.max);
    this.#histogram.add(other.#histogram);
  }

  get #histogram(): JsHistogram {
    this.#recent?.drain((value, count) => this.#settled.recordValueWithCount(value, count));
    return this.#settled;
  }

  /** A copy. */
  get moments(): Moments {
    const [count = 0, mean = 0, m2 = 0, min = Infinity, max = -Infinity] = this.#moments;
    return { count, mean, m2, min, max };
  }

  get count(): number {
    return this.#moments[COUNT]!;
  }

  /** The value of a statistic in the metric's unit, or null where there are too few values for it. */
  statistic(name: Statistic): number | null {
    const { count, mean, m2, min, max } = this.moments;
    if (count === 0) return null;
    switch (name) {
      case 'mean':
        return mean;
      case 'stddev':
        return count > 1 ? Math.sqrt(m2 / (count - 1)) : null;
      case 'min':
        return min;
      case 'max':
        return max;
      default:
        return this.quantile(PERCENTILES[name]);
    }
  }

  /**
   * A quantile in the metric's unit, or null below the sample floor ({@link sampleFloor}).
   *
   * @param share - between 0 and 1 exclusive, e.g. 0.99
   */
  quantile(share: number): number | null {
    return this.count < sampleFloor(share) ? null : this.valueAtShare(share);
  }

  /** The value of the order statistic at a share of the count (above 0, up to 1), whatever the sample floor says. */
  valueAtShare(share: number): number {
    const value = this.#histogram.getValueAtPercentile(share * 100) / this.#scale;
    return Math.min(Math.max(value, this.#moments[MIN]!), this.#moments[MAX]!);
  }

  /** The filled buckets in rising order, for drawing: values in the metric's unit, both ends inclusive. */
  *buckets(): Generator<{ from: number; to: number; count: number }> {
    const h = this.#histogram;
    let left = h.totalCount;
    for (let index = 0; left > 0; index++) {
      const count = h.getCountAtIndex(index);
      if (count === 0) continue;
      left -= count;
      const from = h.valueFromIndex(index);
      yield { from: from / this.#scale, to: h.highestEquivalentValue(from) / this.#scale, count };
    }
  }

  encode(): EncodedDistribution {
    return { moments: this.moments, hdr: encodeIntoCompressedBase64(this.#histogram) };
  }
}
