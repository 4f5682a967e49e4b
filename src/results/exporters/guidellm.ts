/**
 * Results in the shape of GuideLLM's `benchmarks.json` (report version 2, as GuideLLM 0.7 and 0.8 write and read it):
 * `benchmarks[].metrics.<name>.<status>` with `mean`, `median`, `std_dev`, `percentiles` and so on, one benchmark per target.
 *
 * Only what was measured is filled: distributions of successful requests, and rates and concurrency over time in steps of
 * the run's time series, weighted by time as GuideLLM does. Figures that only single requests would give have no status
 * (`{}`), and there are no single requests. As in GuideLLM, `request_latency` is in seconds, and `inter_token_latency_ms`
 * is the mean gap of a request (our `tpot`; GuideLLM weights it by tokens, we do not).
 */
import type { Distribution } from '../distribution.js';
import type { DistributionName } from '../metrics.js';
import { decodeHistograms } from '../read-run-file.js';
import type { RunFile, RunTarget } from '../run-file.js';
import {
  profileOf,
  schedulerMetrics,
  schedulerState,
  strategyOf,
  type Measured,
} from './guidellm-scheduler.js';
import { seriesSummaries } from './guidellm-series.js';
import { percentilesOf, type Summary } from './guidellm-summary.js';

const DISTRIBUTIONS = {
  request_latency: { metric: 'e2e', factor: 1e-3 },
  prompt_token_count: { metric: 'input_tokens', factor: 1 },
  output_token_count: { metric: 'output_tokens', factor: 1 },
  time_to_first_token_ms: { metric: 'ttft', factor: 1 },
  time_to_first_output_token_ms: { metric: 'ttfo', factor: 1 },
  inter_token_latency_ms: { metric: 'tpot', factor: 1 },
  output_tokens_per_iteration: { metric: 'tokens_per_chunk', factor: 1 },
} as const satisfies Record<string, { metric: DistributionName; factor: number }>;

/** Nobody here keeps what these are made of. */
const UNKNOWN = {
  request_streaming_iterations_count: {},
  total_token_count: {},
  time_per_output_token_ms: {},
  time_to_last_round_trip_ms: {},
  avg_round_trip_time_ms: {},
  iter_tokens_per_iteration: {},
  text: { tokens: null, words: null, characters: null },
  image: { tokens: null, images: null, pixels: null, bytes: null },
  video: { tokens: null, frames: null, seconds: null, bytes: null },
  audio: { tokens: null, samples: null, seconds: null, bytes: null },
  tool_call: { tokens: null, mixed_tokens: null, count: null },
};

/** Its readers want a source of prompts, of the kinds that it has itself; where ours are from stands with each benchmark. */
const NO_DATA = [{ kind: 'in_memory_item_list', data: [] }];

/** All targets, one benchmark each; of a sweep or a search, one for each load and target, as GuideLLM's own sweeps have. */
export function toGuidellm(run: RunFile): string {
  const { model } = run.plan;
  const target = run.targets.map(({ url }) => url).join(',');
  const measured = (run.points ?? [run]).flatMap((load) => load.targets.map((own) => ({ load, own })));
  const document = {
    metadata: {
      version: 2,
      guidellm_version: `${run.tool.name} ${run.tool.version}`,
      python_version: 'none',
      platform: 'node',
    },
    config: {
      metadata: { labels: {} },
      spec: { backend: { kind: 'openai_http', target, model }, profile: profileOf(run.plan), data: NO_DATA },
    },
    // Where older versions have these.
    args: { model, target },
    benchmarks: measured.map(({ load, own }, index) => benchmarkOf(load, own, { run, index })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function benchmarkOf(load: Measured, target: RunTarget, { run, index }: { run: RunFile; index: number }) {
  const { completed, failed } = target.counters;
  // GuideLLM has one word for requests that were cut at the end and those that were cancelled.
  const incomplete = target.counters.incomplete + (target.counters.cancelled ?? 0);
  const startSeconds = (Date.parse(load.startedAt) + load.plan.warmupMs) / 1000;
  const seconds = target.measuredMs / 1000;
  const totals = {
    successful: completed,
    errored: failed,
    incomplete,
    total: completed + incomplete + failed,
  };
  return {
    type_: 'generative_benchmark',
    config: {
      id_: `${run.startedAt}/${index}`,
      run_id: run.startedAt,
      run_index: index,
      strategy: strategyOf(load.plan),
      constraints: {},
      profile: load.plan.arrivals,
      requests: { workload: load.plan.workload },
      backend: { target: target.url, model: load.plan.model },
      environment: {},
      name: target.name,
    },
    scheduler_state: schedulerState(load, target, totals),
    scheduler_metrics: schedulerMetrics(load, target, totals),
    start_time: startSeconds,
    end_time: startSeconds + seconds,
    duration: seconds,
    warmup_duration: load.plan.warmupMs / 1000,
    cooldown_duration: 0,
    metrics: {
      request_totals: totals,
      ...distributionsOf(target),
      ...seriesSummaries(load, target),
      ...UNKNOWN,
    },
    requests: { successful: [], errored: [], incomplete: [], total: null },
  };
}

function distributionsOf(target: RunTarget): Record<string, { successful?: Summary }> {
  const decoded = decodeHistograms(target.histograms);
  return Object.fromEntries(
    Object.entries(DISTRIBUTIONS).map(([name, { metric, factor }]) => {
      const distribution = decoded[metric];
      return [name, distribution ? { successful: summaryOf(distribution, factor) } : {}];
    }),
  );
}

/** GuideLLM's readers want every percentile as a number, however few values there are. */
function summaryOf(distribution: Distribution, factor: number): Summary {
  const { count } = distribution;
  const at = (share: number): number => distribution.valueAtShare(share) * factor;
  const mean = distribution.statistic('mean')! * factor;
  // Its variance is that of the values themselves, not of a population that they are a sample of.
  const variance = ((distribution.statistic('stddev') ?? 0) * factor) ** 2 * ((count - 1) / count);
  return {
    mean,
    median: at(0.5),
    mode: modeOf(distribution) * factor,
    variance,
    std_dev: Math.sqrt(variance),
    min: distribution.statistic('min')! * factor,
    max: distribution.statistic('max')! * factor,
    count,
    total_sum: mean * count,
    percentiles: percentilesOf(at),
    pdf: null,
  };
}

function modeOf(distribution: Distribution): number {
  let most = { from: 0, to: 0, count: 0 };
  for (const bucket of distribution.buckets()) if (bucket.count > most.count) most = bucket;
  return (most.from + most.to) / 2;
}
