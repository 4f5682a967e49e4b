/** The server's state as JSON. */
import {
  type BucketHistogram,
  countOf,
  type HistogramData,
  meanOf,
  mergeHistograms,
  quantileOf,
} from '../../lib/bucket-histogram.js';
import { packageInfo } from '../../lib/package-info.js';
import { COUNTED_FINELY } from '../../simulator/telemetry/bounds.js';
import { allReplicas, shareOf, sumOf } from '../../simulator/telemetry/model-cluster.js';
import { splitSummary } from '../../simulator/telemetry/cache-summary.js';
import { overview } from '../../simulator/telemetry/summary.js';
import { mergeThreads, total, type ServerReport } from './report.js';
import type { ModelTotals } from './model-meter.js';
import type { RouteTotals } from './route-meter.js';
import type { ThreadMeters } from './thread-meters.js';

/** Milliseconds; quantiles are estimated from buckets. Null without values. */
interface Durations {
  count: number;
  avg: number | null;
  p50: number | null;
  p90: number | null;
  p99: number | null;
}

const ms = (seconds: number | undefined): number | null =>
  seconds === undefined ? null : Number((seconds * 1000).toFixed(3));

const durations = (histogram: HistogramData): Durations => ({
  count: countOf(histogram),
  avg: ms(meanOf(histogram)),
  p50: ms(quantileOf(histogram, 0.5)),
  p90: ms(quantileOf(histogram, 0.9)),
  p99: ms(quantileOf(histogram, 0.99)),
});

/** Everything at `/metrics/json`. */
export function serverJson(report: ServerReport): object {
  const meters = mergeThreads(report);
  return {
    version: packageInfo().version,
    latency: report.latency,
    uptime_seconds: report.uptimeMs / 1000,
    threads: report.threads.length,
    requests: total(report, ({ requests }) => requests),
    errors: total(report, ({ errors }) => errors),
    active_streams: total(report, ({ activeStreams }) => activeStreams),
    open_connections: total(report, ({ connections }) => connections),
    cpu_seconds: report.cpuMs / 1000,
    resident_bytes: report.residentBytes,
    models: modelsJson(meters),
    routes: [...meters.routes].map(([name, totals]) => ({ route: name, ...routeJson(totals) })),
    pacing_ms: {
      p99: Math.max(0, ...report.threads.map(({ pacing }) => pacing.p99Ms)),
      max: Math.max(0, ...report.threads.map(({ pacing }) => pacing.maxMs)),
    },
    event_loops: report.threads.map(({ loop }) => ({
      utilization: loop.utilization,
      delay_p99_ms: loop.delayP99Ms,
      delay_max_ms: loop.delayMaxMs,
    })),
    replicas: report.clusters.length > 0 ? overview(report.clusters) : null,
    splits: splitSummary(report.clusters),
  };
}

const routeJson = ({ statuses, durationS }: RouteTotals): object => ({
  statuses,
  duration_ms: durations(durationS),
});

/** By model, as `/metrics/by-model` has it. */
export const modelsJson = (meters: ThreadMeters): Record<string, object> =>
  Object.fromEntries([...meters.models].map(([model, totals]) => [model, modelJson(totals)]));

export const modelJson = (totals: ModelTotals): object => ({
  active: totals.active,
  queued: totals.queued,
  outcomes: totals.outcomes,
  answers: totals.answers,
  prompt_tokens: totals.promptTokens,
  cached_prompt_tokens: totals.cachedTokens,
  completion_tokens: totals.completionTokens,
  reasoning_tokens: totals.reasoningTokens,
  ttft_ms: durations(totals.ttftS),
  itl_ms: durations(totals.itlS),
  duration_ms: durations(totals.durationS),
});

/** A few figures by plain names, for screens that show what happens now. */
export type LiveValues = Record<string, number | null>;

/** What {@link liveValues} needs of the moment before. */
export interface LiveTotals {
  readonly uptimeMs: number;
  readonly requests: number;
  readonly errors: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly ttftS: BucketHistogram;
  readonly itlS: BucketHistogram;
  readonly durationS: BucketHistogram;
}

export function liveTotals(report: ServerReport): LiveTotals {
  const models = [...mergeThreads(report).models.values()];
  const sum = (key: 'promptTokens' | 'completionTokens'): number =>
    models.reduce((all, totals) => all + totals[key], 0);
  const merged = (key: 'ttftS' | 'itlS' | 'durationS', bounds: readonly number[]): BucketHistogram =>
    mergeHistograms(
      bounds,
      models.map((totals) => totals[key]),
    );
  return {
    uptimeMs: report.uptimeMs,
    requests: total(report, ({ requests }) => requests),
    errors: total(report, ({ errors }) => errors),
    promptTokens: sum('promptTokens'),
    completionTokens: sum('completionTokens'),
    ttftS: merged('ttftS', COUNTED_FINELY.ttftS),
    itlS: merged('itlS', COUNTED_FINELY.itlS),
    durationS: merged('durationS', COUNTED_FINELY.e2eS),
  };
}

/** Rates and latencies since an earlier moment; null where nothing happened since. */
export function liveValues(report: ServerReport, before: LiveTotals | undefined): LiveValues {
  const now = liveTotals(report);
  const seconds = (now.uptimeMs - (before?.uptimeMs ?? 0)) / 1000;
  const rate = (key: 'requests' | 'errors' | 'promptTokens' | 'completionTokens'): number =>
    seconds > 0 ? (now[key] - (before?.[key] ?? 0)) / seconds : 0;
  const since = (key: 'ttftS' | 'itlS' | 'durationS'): HistogramData => ({
    bounds: now[key].bounds,
    counts: now[key].counts.map((count, i) => count - (before?.[key].counts[i] ?? 0)),
    sum: now[key].sum - (before?.[key].sum ?? 0),
  });
  const latency = since('durationS');
  const ttft = since('ttftS');
  const itl = since('itlS');
  const requests = rate('requests');
  return {
    requests_per_second: requests,
    errors_per_second: rate('errors'),
    error_rate: requests > 0 ? rate('errors') / requests : null,
    prompt_tokens_per_second: rate('promptTokens'),
    tokens_per_second: rate('completionTokens'),
    latency_p50: ms(quantileOf(latency, 0.5)),
    latency_p95: ms(quantileOf(latency, 0.95)),
    latency_p99: ms(quantileOf(latency, 0.99)),
    ttft_p50: ms(quantileOf(ttft, 0.5)),
    ttft_p95: ms(quantileOf(ttft, 0.95)),
    itl_p50: ms(quantileOf(itl, 0.5)),
    itl_p95: ms(quantileOf(itl, 0.95)),
    active_streams: total(report, ({ activeStreams }) => activeStreams),
    open_connections: total(report, ({ connections }) => connections),
    ...clusterValues(report),
  };
}

function clusterValues({ clusters }: ServerReport): LiveValues {
  if (clusters.length === 0) return {};
  const replicas = allReplicas(clusters).map(({ replica }) => replica);
  return {
    running: sumOf(replicas, ({ running }) => running),
    queue_depth: sumOf(replicas, ({ waiting }) => waiting),
    kv_cache_usage: shareOf(
      sumOf(replicas, ({ usedBlocks }) => usedBlocks),
      sumOf(replicas, ({ totalBlocks }) => totalBlocks),
    ),
    power_watts: sumOf(overview(clusters), ({ power_watts: watts }) => watts ?? 0),
  };
}
