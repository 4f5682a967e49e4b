/** Rates and concurrency over the measured time, as GuideLLM sums them up. */
import type { RunTarget } from '../run-file.js';
import { TimeSeries, type SeriesCounter } from '../time-series.js';
import type { Measured } from './guidellm-scheduler.js';
import { weightedSummary, type Summary, type Weighted } from './guidellm-summary.js';

type Statuses = { successful?: Summary; total?: Summary };

/** Without a series, a figure has no status. */
export function seriesSummaries(load: Measured, target: RunTarget): Record<string, Statuses> {
  const { rates, counters, timeSeries } = target;
  const series = timeSeries && new TimeSeries(timeSeries);
  const buckets = series && timeSeries ? measuredBuckets(series, timeSeries.bucketMs, load, target) : [];
  const over = (value: (bucket: number) => number): Weighted[] =>
    buckets.map((bucket) => ({ value: value(bucket), weight: series!.coveredMs(bucket) }));
  const rate = (names: Exclude<SeriesCounter, 'inFlightMs'>[], mean: number | null): Statuses => {
    const values = over((bucket) => names.reduce((sum, name) => sum + series!.rate(name, bucket), 0));
    const summary = weightedSummary(values, mean ?? 0, counters.completed);
    return summary ? { successful: summary } : {};
  };
  const tokens = (rates.input_token_rate.value ?? 0) + (rates.output_token_rate.value ?? 0);
  return {
    requests_per_second: rate(['completed'], rates.request_rate.value),
    request_concurrency: concurrency(
      over((bucket) => series!.meanInFlight(bucket)),
      counters.completed,
    ),
    prompt_tokens_per_second: rate(['inputTokens'], rates.input_token_rate.value),
    output_tokens_per_second: rate(['outputTokens'], rates.output_token_rate.value),
    tokens_per_second: rate(['inputTokens', 'outputTokens'], tokens),
  };
}

/** Whatever becomes of them, requests are in flight together. */
function concurrency(values: readonly Weighted[], count: number): Statuses {
  const time = values.reduce((sum, { weight }) => sum + weight, 0);
  const mean = values.reduce((sum, { value, weight }) => sum + value * weight, 0) / (time || 1);
  const summary = weightedSummary(values, mean, count);
  return summary ? { total: summary } : {};
}

/** Buckets that lie in the measured time, of which the run has covered something. */
function measuredBuckets(
  series: TimeSeries,
  bucketMs: number,
  { plan }: Measured,
  { measuredMs }: RunTarget,
): number[] {
  const first = Math.ceil(plan.warmupMs / bucketMs);
  const end = Math.ceil((plan.warmupMs + measuredMs) / bucketMs);
  return Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i).filter(
    (bucket) => series.coveredMs(bucket) > 0,
  );
}
