/** One of the loads of a sweep or a search, and the plan that has it. */
import { formatCount, formatFigure } from '../../results/format.js';
import type { LoadPoint, RunFile } from '../../results/run-file.js';
import { hash32 } from '../../lib/random.js';
import type { Plan } from '../../workloads/plan.js';
import { loadArrivals, type LoadSettings } from '../plans.js';
import type { RunHooks } from '../run.js';

/** What is varied: requests per second, or requests in flight, per target. */
export interface Load {
  kind: 'rate' | 'concurrency';
  value: number;
}

/** Runs a plan to its run file; nothing is written. `gates` come before those of `--slo`. */
export type Measure = (plan: Plan, hooks: MeasureHooks) => Promise<RunFile>;

/** Hooks of one point. */
export interface MeasureHooks extends RunHooks {
  /** See `LoadOptions.stopWhen`. */
  stopWhen?: (progress: Parameters<NonNullable<RunHooks['onProgress']>>[0]) => string | undefined;
}

export const nameOf = ({ kind, value }: Load): string =>
  kind === 'rate' ? `${formatRate(value)} req/s` : `${formatCount(value)} in flight`;

/** Rates keep all of their digits, which three significant ones would not from 1,000 on. */
const formatRate = (value: number): string =>
  Number.isInteger(value) ? formatCount(value) : formatFigure(value);

/**
 * The plan with another load. Each point has a seed of its own, made of the plan's: a server that caches prefixes must
 * not find those of the point before.
 *
 * @param index - the point's place in its series
 */
export const planWith = (plan: Plan, settings: LoadSettings, load: Load, index: number): Plan => ({
  ...plan,
  arrivals: loadArrivals({
    ...settings,
    stages: undefined,
    rate: load.kind === 'rate' ? load.value : undefined,
    concurrency: load.kind === 'concurrency' ? load.value : undefined,
  }),
  seed: hash32(plan.seed, 'point', index),
});

/** What of a point's run its series keeps. */
export function pointOf(name: string, passed: boolean, run: RunFile): LoadPoint {
  const { startedAt, interrupted, stopped, plan, verdict, targets, probe, slo, serverMetrics, threads } = run;
  return {
    name,
    passed,
    startedAt,
    interrupted,
    ...(stopped && { stopped }),
    plan,
    verdict,
    targets,
    ...(probe && { probe }),
    slo,
    ...(serverMetrics && { serverMetrics }),
    threads,
  };
}

/**
 * Hooks of one point of a series: who watches hears of the plan once, and of progress with the point's name.
 *
 * @param name - of the point, with its number
 */
export const hooksFor = (hooks: RunHooks, name: string, first: boolean): RunHooks => ({
  ...(hooks.signal && { signal: hooks.signal }),
  ...(first && hooks.onPlan && { onPlan: hooks.onPlan }),
  ...(hooks.onProgress && {
    onProgress: (progress) => hooks.onProgress!({ ...progress, point: name }),
  }),
});
