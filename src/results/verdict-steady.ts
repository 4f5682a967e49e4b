/**
 * Whether a run was in a steady state, from its series: figures of a run that was not depend on how long it took.
 * `docs/validity.md` explains every rule to users.
 */
import { formatDurationMs } from '../lib/duration.js';
import { formatFigure, formatShare } from './format.js';
import type { TargetOutcome } from './outcome.js';
import type { PlanSummary } from './plan-summary.js';
import type { TimeSeries } from './time-series.js';
import { trendOf } from './trend.js';

/** Where each rule begins to bite; all of them degrade. */
export const STEADY_LIMITS = {
  /** Change over the steady part of the run over its median, and how certain it has to be (two-sided: 1 in 1,000). */
  trendShare: 0.25,
  trendSigmas: 3.29,
  /**
   * Fewer stretches than this show no trend. Each is as long as a bucket and a mean request: what is in flight at one
   * moment still is a moment later, and looks like a trend.
   */
  trendStretches: 8,
  /** Differences of this many requests, or milliseconds, or less do not matter. */
  smallest: 1,
  /** Mean number in flight against completion rate × mean latency, beyond what begins and ends of requests explain. */
  littleShare: 0.1,
  /** Where more requests than this failed or were cut, the law says nothing: they were in flight and have no latency. */
  littleLostShare: 0.01,
  /** Cached share of the prompt tokens in the second half of the run against the first, percentage points. */
  cacheDriftPoints: 10,
} as const;

/** Buckets from `from`, up to and without `to`. */
interface Window {
  from: number;
  to: number;
}

/** Reasons why the figures of a target are not those of a steady state; none where nothing speaks against it. */
export function judgeSteadiness(target: TargetOutcome, plan: PlanSummary): string[] {
  const { series } = target;
  if (!series || !isConstant(plan)) return [];
  const latencyMs = calmLatencyMs(series, target.distributions.e2e?.statistic('mean') ?? 0);
  const window = steadyWindow(series, plan, latencyMs);
  const stretches = stretchesOf(window, Math.ceil(latencyMs / series.bucketMs));
  if (stretches.length < STEADY_LIMITS.trendStretches) return [];
  return [
    ...(trendReason(series, stretches, plan) ?? littleReason(target, series, window) ?? []),
    ...cacheReason(series, window),
  ];
}

/** Loads that are meant to be the same from beginning to end. */
const isConstant = ({ arrivals }: PlanSummary): boolean =>
  arrivals.kind === 'constant' ||
  arrivals.kind === 'poisson' ||
  arrivals.kind === 'gamma' ||
  (arrivals.kind === 'closed' && !arrivals.stages);

/** Enough requests for a mean to go by. */
const FEW = 5;

/** How long a request takes while nothing has gone wrong yet: its mean over the first quarter of sending, or over all. */
function calmLatencyMs(series: TimeSeries, meanMs: number): number {
  const quarter = bucketsOf({ from: 0, to: Math.ceil(sendingBuckets(series) / 4) });
  const early = series.latencyOver('e2e', quarter);
  return early.count < FEW ? meanMs : Math.min(meanMs, early.meanMs!);
}

/** How many buckets there are until nothing more was sent. */
function sendingBuckets(series: TimeSeries): number {
  let to = series.length;
  while (to > 0 && series.count('sent', to - 1) === 0) to--;
  return to;
}

/** From when the first requests have ended to when sending did: whole buckets only, which the last one is not. */
function steadyWindow(series: TimeSeries, plan: PlanSummary, latencyMs: number): Window {
  const fromMs = Math.max(plan.warmupMs, latencyMs);
  return { from: Math.ceil(fromMs / series.bucketMs), to: Math.max(0, sendingBuckets(series) - 1) };
}

const bucketsOf = ({ from, to }: Window): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

/** The window in pieces of so many buckets; what is left over at its end is in none. */
function stretchesOf(window: Window, buckets: number): number[][] {
  const all = bucketsOf(window);
  const length = Math.max(1, buckets);
  return Array.from({ length: Math.floor(all.length / length) }, (_, i) =>
    all.slice(i * length, (i + 1) * length),
  );
}

function trendReason(
  series: TimeSeries,
  stretches: readonly (readonly number[])[],
  plan: PlanSummary,
): string[] | undefined {
  const watched = plan.streaming ? 'ttft' : 'e2e';
  const latencies = stretches.map((buckets) => series.latencyOver(watched, buckets).quantileMs(0.5));
  const figures = [
    ...(plan.arrivals.kind === 'closed'
      ? []
      : [
          {
            name: 'The number of requests in flight',
            unit: '',
            values: stretches.map(
              (buckets) =>
                buckets.reduce((sum, bucket) => sum + series.meanInFlight(bucket), 0) / buckets.length,
            ),
          },
        ]),
    {
      name: plan.streaming ? 'The median TTFT' : 'The median latency',
      unit: ' ms',
      values: latencies.filter((value) => value !== undefined),
    },
  ];
  for (const { name, unit, values } of figures) {
    const trend = values.length < STEADY_LIMITS.trendStretches ? undefined : trendOf(values);
    if (!trend || Math.abs(trend.sigmas) < STEADY_LIMITS.trendSigmas) continue;
    const size = Math.abs(trend.change);
    if (size <= STEADY_LIMITS.smallest || size <= STEADY_LIMITS.trendShare * trend.median) continue;
    const [start, end] = [trend.median - trend.change / 2, trend.median + trend.change / 2];
    const span = formatDurationMs(stretches.flat().length * series.bucketMs);
    return [
      `${name} ${trend.change > 0 ? 'rose' : 'fell'} from about ${formatFigure(Math.max(0, start))} to ${formatFigure(end)}${unit} in ${span} of constant load: there was no steady state, and the figures depend on the length of the run. ${trend.change > 0 ? 'Lower the load, or measure for longer.' : 'Use a longer --warmup.'}`,
    ];
  }
  return undefined;
}

/** Little's law: mean number in flight = completion rate × mean latency, if as many requests come as go. */
function littleReason({ counters }: TargetOutcome, series: TimeSeries, window: Window): string[] | undefined {
  const lost = counters.failed + counters.incomplete + (counters.cancelled ?? 0);
  if (lost > STEADY_LIMITS.littleLostShare * counters.sent) return undefined;
  const buckets = bucketsOf(window);
  const spanMs = buckets.length * series.bucketMs;
  const sum = (value: (bucket: number) => number): number =>
    buckets.reduce((total, bucket) => total + value(bucket), 0);
  const inFlight = sum((bucket) => series.count('inFlightMs', bucket)) / spanMs;
  const latencyMs = sum((bucket) => series.latency('e2e', bucket)?.sumMs ?? 0);
  const completed = sum((bucket) => series.count('completed', bucket));
  const byLaw = latencyMs / spanMs;
  if (completed === 0) return undefined;
  // Requests that began before the window count whole, those that end after it not at all.
  const edgeShare = latencyMs / completed / spanMs;
  const allowed = Math.max(
    STEADY_LIMITS.smallest,
    (STEADY_LIMITS.littleShare + edgeShare) * Math.max(inFlight, byLaw),
  );
  if (Math.abs(inFlight - byLaw) <= allowed) return undefined;
  return [
    `${formatFigure(inFlight)} requests were in flight on average, but completion rate × mean latency is ${formatFigure(byLaw)} (Little's law): requests came and went at different rates, so that rates and latencies do not belong together. Lower the load, or measure for longer.`,
  ];
}

/** Prompts that are ever more (or less) often in the server's cache make later requests faster (or slower) ones. */
function cacheReason(series: TimeSeries, window: Window): string[] {
  const buckets = bucketsOf(window);
  const half = Math.floor(buckets.length / 2);
  const share = (part: readonly number[]): number => {
    const total = (name: 'inputTokens' | 'cachedTokens'): number =>
      part.reduce((sum, bucket) => sum + series.count(name, bucket), 0);
    return total('inputTokens') > 0 ? total('cachedTokens') / total('inputTokens') : Number.NaN;
  };
  const [first, second] = [share(buckets.slice(0, half)), share(buckets.slice(-half))];
  const points = (second - first) * 100;
  if (!(Math.abs(points) > STEADY_LIMITS.cacheDriftPoints)) return [];
  return [
    `The server's cache was not in a steady state: it held ${formatShare(first)} of the prompt tokens in the first half and ${formatShare(second)} in the second. Use a longer --warmup, or prompts that do not repeat.`,
  ];
}
