/** One figure of one run with its confidence interval. */
import type { Distribution } from '../distribution.js';
import { METRICS, type DistributionName, type RateName } from '../metrics.js';
import type { RunTarget } from '../run-file.js';
import type { SloExpression } from '../slo.js';
import { quantileRanks, wilsonInterval } from './order-statistics.js';

/** In the metric's unit. `null` bounds: so few values bound it on one side only. */
export interface Estimate {
  value: number;
  low: number | null;
  high: number | null;
}

/** What of a run is estimated: as in gates, but without what has no interval (stddev, min, max, count). */
export type Figure = SloExpression['gated'];

/**
 * Each of two runs gets 97.5 %, so that a difference made of both intervals holds with at least 95 % (Bonferroni),
 * whether or not the runs are independent.
 */
export const RUN_CONFIDENCE = 0.975;
/** The standard normal quantile at (1 + RUN_CONFIDENCE) / 2. */
const Z = 2.2414027276;

/** Fewer values than this have no trustworthy normal interval of the mean. */
const SMALLEST_FOR_MEAN = 30;

/**
 * Estimates a figure of a target.
 *
 * Values of the same request are not independent, so metrics with one value per token or chunk count as one value per request:
 * the widest interval that any dependence within requests can ask for.
 *
 * @returns undefined when the metric is absent or has too few samples
 */
export function estimate(
  figure: Figure,
  target: RunTarget,
  distributions: Partial<Record<DistributionName, Distribution>>,
): Estimate | undefined {
  if (!('statistic' in figure)) return estimateRate(figure.metric, target, distributions);
  const distribution = distributions[figure.metric];
  if (!distribution || distribution.count === 0) return undefined;
  const { per } = METRICS[figure.metric];
  const perChunk = per === 'chunk' || per === 'token';
  const independent = Math.min(distribution.count, perChunk ? target.counters.completed : Infinity);
  const { statistic } = figure;
  if (statistic.kind === 'quantile')
    return estimateQuantile(distribution, statistic.percent / 100, independent);
  if (statistic.kind === 'moment' && statistic.name === 'mean')
    return estimateMean(distribution, independent);
  return undefined;
}

function estimateQuantile(
  distribution: Distribution,
  share: number,
  independent: number,
): Estimate | undefined {
  const value = distribution.quantile(share);
  if (value === null) return undefined;
  const { lower, upper } = quantileRanks(independent, share, RUN_CONFIDENCE);
  const at = (rank: number | undefined): number | null =>
    rank === undefined ? null : distribution.valueAtShare(rank / independent);
  return { value, low: at(lower), high: at(upper) };
}

function estimateMean(distribution: Distribution, independent: number): Estimate | undefined {
  const value = distribution.statistic('mean')!;
  const deviation = distribution.statistic('stddev');
  if (deviation === null || independent < SMALLEST_FOR_MEAN) return undefined;
  return around(value, (Z * deviation) / Math.sqrt(independent));
}

/**
 * Error rate: Wilson. Rates of requests and tokens: the number of requests as a Poisson count, which is wider than the
 * truth for paced and closed loads; for tokens a compound one, whose variance is n·E[tokens²].
 */
function estimateRate(
  metric: RateName,
  { rates, counters, measuredMs }: RunTarget,
  distributions: Partial<Record<DistributionName, Distribution>>,
): Estimate | undefined {
  const { value } = rates[metric];
  if (value === null) return undefined;
  const perSecond = 1000 / measuredMs;
  const tokens = (name: 'input_tokens' | 'output_tokens'): Estimate | undefined => {
    const mean = distributions[name]?.statistic('mean');
    if (mean == null) return undefined;
    const deviation = distributions[name]!.statistic('stddev') ?? 0;
    return around(value, Z * Math.sqrt(counters.completed * (deviation ** 2 + mean ** 2)) * perSecond);
  };
  switch (metric) {
    case 'request_rate':
      return around(value, Z * Math.sqrt(counters.completed) * perSecond);
    case 'input_token_rate':
      return tokens('input_tokens');
    case 'output_token_rate':
      return tokens('output_tokens');
    case 'goodput':
      return around(value, Z * Math.sqrt(counters.good ?? 0) * perSecond);
    case 'item_rate':
      // Requests of a plan have the same number of items, or nearly so.
      return around(value, (Z * value) / Math.sqrt(Math.max(1, counters.completed)));
    case 'goodput_share': {
      const [low, high] = wilsonInterval(counters.good ?? 0, counters.completed + counters.failed, Z);
      return { value, low: low * 100, high: high * 100 };
    }
    case 'error_rate': {
      const [low, high] = wilsonInterval(counters.failed, counters.completed + counters.failed, Z);
      return { value, low: low * 100, high: high * 100 };
    }
  }
}

const around = (value: number, half: number): Estimate => ({
  value,
  low: Math.max(0, value - half),
  high: value + half,
});
