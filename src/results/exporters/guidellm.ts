/**
 * Results in the shape of GuideLLM's `benchmarks.json`: `benchmarks[].metrics.<name>.<status>` with `mean`, `median`,
 * `std_dev`, `percentiles` and so on, one benchmark per target. Only what was measured is filled: distributions of
 * successful requests, and the means of rates. What GuideLLM computes from single requests (concurrency, rates over
 * time, the requests themselves) is absent or null. As in GuideLLM, `request_latency` is in seconds, and
 * `inter_token_latency_ms` is the mean gap of a request (our `tpot`; GuideLLM weights it by tokens, we do not).
 */
import type { Distribution } from '../distribution.js';
import type { DistributionName, RateName } from '../metrics.js';
import { decodeHistograms } from '../read-run-file.js';
import type { RunFile, RunTarget } from '../run-file.js';

const DISTRIBUTIONS = {
  request_latency: { metric: 'e2e', factor: 1e-3 },
  prompt_token_count: { metric: 'input_tokens', factor: 1 },
  output_token_count: { metric: 'output_tokens', factor: 1 },
  time_to_first_token_ms: { metric: 'ttft', factor: 1 },
  inter_token_latency_ms: { metric: 'tpot', factor: 1 },
} as const satisfies Record<string, { metric: DistributionName; factor: number }>;

const RATES = {
  requests_per_second: 'request_rate',
  prompt_tokens_per_second: 'input_token_rate',
  output_tokens_per_second: 'output_token_rate',
} as const satisfies Record<string, RateName>;

const PERCENTILES = {
  p001: 0.001,
  p01: 0.01,
  p05: 0.05,
  p10: 0.1,
  p25: 0.25,
  p50: 0.5,
  p75: 0.75,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  p999: 0.999,
} as const;

type Measured = Pick<RunFile, 'plan' | 'startedAt'>;

/** All targets, one benchmark each; of a sweep or a search, one for each load and target, as GuideLLM's own sweeps have. */
export function toGuidellm(run: RunFile): string {
  const document = {
    args: { model: run.plan.model, target: run.targets.map(({ url }) => url).join(',') },
    benchmarks: (run.points ?? [run]).flatMap((measured) =>
      measured.targets.map((target) => benchmarkOf(measured, target)),
    ),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function benchmarkOf(run: Measured, target: RunTarget) {
  const { completed, failed } = target.counters;
  // GuideLLM has one word for requests that were cut at the end and those that were cancelled.
  const incomplete = target.counters.incomplete + (target.counters.cancelled ?? 0);
  const startSeconds = (Date.parse(run.startedAt) + run.plan.warmupMs) / 1000;
  const seconds = target.measuredMs / 1000;
  const totals = {
    successful: completed,
    incomplete,
    errored: failed,
    total: completed + incomplete + failed,
  };
  return {
    type_: 'generative_benchmark',
    config: { profile: run.plan.arrivals, model: run.plan.model, target: target.url, name: target.name },
    scheduler_metrics: {
      measure_start_time: startSeconds,
      measure_end_time: startSeconds + seconds,
      requests_made: totals,
    },
    start_time: startSeconds,
    end_time: startSeconds + seconds,
    duration: seconds,
    warmup_duration: run.plan.warmupMs / 1000,
    metrics: { request_totals: totals, ...distributionsOf(target), ...ratesOf(target) },
  };
}

function distributionsOf(target: RunTarget) {
  const decoded = decodeHistograms(target.histograms);
  return Object.fromEntries(
    Object.entries(DISTRIBUTIONS).flatMap(([name, { metric, factor }]) => {
      const distribution = decoded[metric];
      return distribution ? [[name, { successful: summaryOf(distribution, factor) }] as const] : [];
    }),
  );
}

const ratesOf = ({ rates, counters }: RunTarget) =>
  Object.fromEntries(
    Object.entries(RATES).map(([name, rate]) => [
      name,
      { successful: { mean: rates[rate].value, count: counters.completed } },
    ]),
  );

function summaryOf(distribution: Distribution, factor: number) {
  const scaled = (value: number | null): number | null => (value === null ? null : value * factor);
  const mean = scaled(distribution.statistic('mean'))!;
  const deviation = scaled(distribution.statistic('stddev'));
  return {
    mean,
    median: scaled(distribution.quantile(0.5)),
    variance: deviation === null ? null : deviation ** 2,
    std_dev: deviation,
    min: scaled(distribution.statistic('min')),
    max: scaled(distribution.statistic('max')),
    count: distribution.count,
    total_sum: mean * distribution.count,
    percentiles: Object.fromEntries(
      Object.entries(PERCENTILES).map(([name, share]) => [name, scaled(distribution.quantile(share))]),
    ),
  };
}
