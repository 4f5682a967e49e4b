/** One of the loads of a sweep or a search, and the plan that has it. */
import { formatCount, formatFigure } from '../../results/format.js';
import type { RunFile } from '../../results/run-file.js';
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
  /** When the point begins, milliseconds since 1970, or as soon as possible after it; see {@link Schedule}. */
  startAtWallMs?: number;
  /** The point's number in `--output requests`; by default those before it are counted. */
  load?: number;
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
