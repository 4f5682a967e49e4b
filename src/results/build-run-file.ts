/** From measurements to the run file: statistics, rates, gates and the verdict. */
import { Distribution, type EncodedDistribution } from './distribution.js';
import {
  DISTRIBUTION_NAMES,
  METRICS,
  RATE_NAMES,
  STATISTICS,
  type DistributionName,
  type RateName,
} from './metrics.js';
import type { ErrorCount, RunOutcome, TargetOutcome } from './outcome.js';
import type { PlanSummary } from './plan-summary.js';
import { redactUrl, withoutSecretsOf } from './redact.js';
import { RUN_FILE_VERSION, type RunFile, type RunTarget, type Simulation } from './run-file.js';
import type { ServerMetrics } from './server-metrics.js';
import type { Shard } from '../workloads/plan.js';
import { planOfShard } from './shard-plan.js';
import { evaluateSlos } from './gates.js';
import { type SloExpression } from './slo.js';
import { judge } from './verdict.js';

/** What a run file is made of. */
export interface RunFileParts {
  outcome: RunOutcome;
  plan: PlanSummary;
  sloExpressions: readonly SloExpression[];
  tool: { name: 'fakeai'; version: string };
  /** Which part of the plan was run; all of it without. */
  shard?: Shard;
  /** Of runs in virtual time. */
  simulation?: Simulation;
  /** What servers said about themselves meanwhile. */
  serverMetrics?: readonly ServerMetrics[] | undefined;
}

/** Builds the run file. It holds no secrets: credentials in URLs are masked. */
export function buildRunFile(parts: RunFileParts): RunFile {
  const { outcome, plan, sloExpressions, tool, simulation, serverMetrics, shard } = parts;
  const rates = outcome.targets.map(ratesOf);
  const subjects = outcome.targets.map(({ name, distributions, turns }, i) => ({
    name,
    distributions,
    turns,
    rates: rates[i]!,
  }));
  return {
    schemaVersion: RUN_FILE_VERSION,
    tool: { ...tool },
    startedAt: outcome.startedAt,
    interrupted: outcome.interrupted,
    ...(outcome.stopped && { stopped: { ...outcome.stopped } }),
    plan,
    ...(shard && { shard: { k: shard.index + 1, of: shard.count } }),
    verdict: judge(outcome, shard ? planOfShard(plan, shard) : plan),
    targets: outcome.targets.map((target, i) => buildTarget(target, rates[i]!)),
    ...(outcome.probe && { probe: outcome.probe.map((target) => buildTarget(target, ratesOf(target))) }),
    ...(simulation && { simulation: { ...simulation } }),
    ...(serverMetrics && { serverMetrics: [...serverMetrics] }),
    slo: evaluateSlos(sloExpressions, subjects),
    histograms: encodeAll(mergeTargets(outcome.targets)),
    threads: outcome.threads.map((thread) => ({ ...thread })),
    ...(outcome.clockStepMs !== undefined && { clockStepMs: outcome.clockStepMs }),
  };
}

type Distributions = Partial<Record<DistributionName, Distribution>>;

function buildTarget(target: TargetOutcome, rates: Record<RateName, number | null>): RunTarget {
  const { name, url, proxy, measuredMs, counters, distributions, errors, retried, series, turns } = target;
  return {
    name,
    url: redactUrl(url),
    ...(proxy !== undefined && { proxy: redactUrl(proxy) }),
    measuredMs,
    metrics: metricsOf(distributions),
    rates: fromNames(RATE_NAMES, (metric) => ({ unit: METRICS[metric].unit, value: rates[metric] })),
    counters: { ...counters },
    errors: errorsOf(errors, url),
    ...(turns && {
      turns: turns.map(({ turn, distributions: own }) => ({
        turn,
        metrics: metricsOf(own),
        histograms: encodeAll(own),
      })),
    }),
    ...(retried && { retried: errorsOf(retried, url) }),
    histograms: encodeAll(distributions),
    ...(series && { timeSeries: series.encode() }),
  };
}

const errorsOf = (errors: readonly ErrorCount[], url: string): ErrorCount[] =>
  errors
    .filter((error) => error.count > 0)
    .map((error) => ({ ...error, example: withoutSecretsOf(url, error.example) }))
    .toSorted((a, b) => b.count - a.count || a.kind.localeCompare(b.kind));

const metricsOf = (distributions: Distributions): RunTarget['metrics'] =>
  mapDistributions(distributions, (distribution, metric) => ({
    unit: METRICS[metric].unit,
    count: distribution.count,
    ...statisticsOf(distribution),
  }));

const statisticsOf = (distribution: Distribution) =>
  fromNames(STATISTICS, (name) => distribution.statistic(name));

/** The rates of a target, as the metrics table defines them; null where there is nothing to divide by. */
function ratesOf({ counters, measuredMs }: TargetOutcome): Record<RateName, number | null> {
  const perSecond = (count: number): number | null => (measuredMs > 0 ? (count / measuredMs) * 1000 : null);
  const ended = counters.completed + counters.failed;
  const { good, items } = counters;
  return {
    request_rate: perSecond(counters.completed),
    output_token_rate: perSecond(counters.outputTokens),
    input_token_rate: perSecond(counters.inputTokens),
    error_rate: ended > 0 ? (counters.failed / ended) * 100 : null,
    goodput: good === undefined ? null : perSecond(good),
    goodput_share: good === undefined || ended === 0 ? null : (good / ended) * 100,
    item_rate: items === undefined ? null : perSecond(items),
  };
}

function mergeTargets(targets: readonly TargetOutcome[]): Distributions {
  const merged: Distributions = {};
  for (const { distributions } of targets) {
    for (const name of DISTRIBUTION_NAMES) {
      const distribution = distributions[name];
      if (distribution) (merged[name] ??= new Distribution(name)).merge(distribution);
    }
  }
  return merged;
}

const encodeAll = (distributions: Distributions): Partial<Record<DistributionName, EncodedDistribution>> =>
  mapDistributions(distributions, (distribution) => distribution.encode());

/** Applies a function to each distribution that has values, in the order of the metrics table. */
function mapDistributions<T>(
  distributions: Distributions,
  map: (distribution: Distribution, name: DistributionName) => T,
): Partial<Record<DistributionName, T>> {
  const mapped: Partial<Record<DistributionName, T>> = {};
  for (const name of DISTRIBUTION_NAMES) {
    const distribution = distributions[name];
    if (distribution && distribution.count > 0) mapped[name] = map(distribution, name);
  }
  return mapped;
}

const fromNames = <N extends string, T>(names: readonly N[], value: (name: N) => T): Record<N, T> =>
  Object.fromEntries(names.map((name) => [name, value(name)])) as Record<N, T>;
