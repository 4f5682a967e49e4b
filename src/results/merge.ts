/**
 * Run files of shards, which ran one plan together, as the run file of the whole. Histograms, moments and counters add up
 * without loss, so quantiles are those of one run. Rates are over the time from the first shard's start to the last one's
 * end. The verdict is that of the whole, and not better than that of any shard.
 */
import { formatDurationMs } from '../lib/duration.js';
import { buildRunFile } from './build-run-file.js';
import { hasPassed, pointOf, runOfPoint, sweepRun } from './load-points.js';
import {
  refuseDifferent,
  refuseMixedParts,
  refuseSeriesUnfit,
  refuseTooFewOrTwice,
  type Shard,
} from './merge-checks.js';
import { healthOf, mergeSeries, mergeServerMetrics, mergeTarget, probeOf } from './merge-targets.js';
import type { RunOutcome } from './outcome.js';
import type { LoadPoint, RunFile, Verdict } from './run-file.js';
import { busyShards } from './shard-plan.js';
import { parseSlo } from './slo.js';

export type { Shard } from './merge-checks.js';

type Tool = { name: 'fakeai'; version: string };

/**
 * Merges shards.
 *
 * @param tool - who merges
 * @throws {FakeaiError} FAKEAI_PLANS_DIFFER when shards are of different plans; FAKEAI_SHARDS_UNFIT when their targets
 *   differ, when one is given twice, when there are fewer than two, or for searches
 */
export function mergeShards(shards: readonly Shard[], tool: Tool): RunFile {
  refuseTooFewOrTwice(shards);
  const series = shards.filter(({ run }) => run.points);
  if (series.length === 0) return mergeLoads(shards, tool);
  refuseSeriesUnfit(shards, series);
  refuseMixedParts(shards);
  return mergeSweeps(shards, tool);
}

/** A whole sweep: each of its loads as the parts of it make it, and the load that stands for all chosen again. */
function mergeSweeps(shards: readonly Shard[], tool: Tool): RunFile {
  const parts = shards.flatMap(({ path, run }) =>
    run.points!.map((point, i) => ({ path, point, run: runOfPoint(run, point), index: point.index ?? i })),
  );
  const indexes = [...new Set(parts.map(({ index }) => index))].toSorted((a, b) => a - b);
  const runs: RunFile[] = [];
  const points: LoadPoint[] = [];
  for (const index of indexes) {
    const own = parts.filter((part) => part.index === index);
    const run = mergeLoads(own, tool);
    // Gates that hold under a part of a load say nothing about the load.
    const passed = hasPassed(run) && missingParts(own.map((part) => part.run)).length === 0;
    runs.push(run);
    points.push(pointOf(own[0]!.point.name, passed, run, index));
  }
  return sweepRun(shards[0]!.run.sweep!.expression, runs, points);
}

/** One load. */
function mergeLoads(shards: readonly Shard[], tool: Tool): RunFile {
  refuseMixedParts(shards);
  refuseDifferent(shards);
  const runs = shards.map(({ run }) => run);
  const [first] = runs;
  const startsMs = runs.map(({ startedAt }) => Date.parse(startedAt));
  const earliestMs = Math.min(...startsMs);
  const outcome = {
    startedAt: new Date(earliestMs).toISOString(),
    interrupted: runs.some(({ interrupted }) => interrupted),
    ...stoppedOf(runs),
    targets: first!.targets.map(({ name }) => {
      const parts = runs.map((run) => run.targets.find((target) => target.name === name)!);
      const measuredMs = Math.max(...parts.map((part, i) => startsMs[i]! - earliestMs + part.measuredMs));
      const shiftsMs = startsMs.map((startMs) => startMs - earliestMs);
      return { ...mergeTarget(parts, measuredMs), series: mergeSeries(parts, shiftsMs) };
    }),
    ...probeOf(runs),
    threads: runs.flatMap(({ threads }) => threads.map(healthOf)),
    clockStepMs: runs
      .map(({ clockStepMs }) => clockStepMs)
      .reduce((a, b) => (Math.abs(b ?? 0) > Math.abs(a ?? 0) ? b : a)),
  };
  const expressions = [...new Set(runs.flatMap(({ slo }) => slo.map(({ expression }) => expression)))];
  const merged = buildRunFile({
    outcome,
    plan: first!.plan,
    sloExpressions: expressions.map(parseSlo),
    tool,
    serverMetrics: mergeServerMetrics(
      runs,
      startsMs.map((startMs) => startMs - earliestMs),
    ),
  });
  const concerns = [apartReason(runs, startsMs), missingReason(runs)].filter(
    (reason) => reason !== undefined,
  );
  return { ...merged, verdict: combineVerdicts(merged.verdict, shards, concerns) };
}

/** Why the first part that ended early did. */
function stoppedOf(runs: readonly RunFile[]): Pick<RunOutcome, 'stopped'> {
  const stops = runs.flatMap(({ stopped }) => stopped ?? []);
  return stops.length === 0 ? {} : { stopped: stops.toSorted((a, b) => a.atMs - b.atMs)[0]! };
}

const MOST_NAMED = 10;

/** The parts that had something to do and are not there. */
function missingParts(runs: readonly RunFile[]): number[] {
  const { shard, plan } = runs[0]!;
  if (!shard) return [];
  const there = new Set(runs.map((run) => run.shard?.k));
  return Array.from({ length: busyShards(plan, shard.of) }, (_, i) => i + 1).filter((k) => !there.has(k));
}

/** What is wrong when parts are absent: their requests are in no figure, and the targets may have had them all the same. */
function missingReason(runs: readonly RunFile[]): string | undefined {
  const missing = missingParts(runs);
  if (missing.length === 0) return undefined;
  const of = busyShards(runs[0]!.plan, runs[0]!.shard!.of);
  const named = missing.slice(0, MOST_NAMED).join(', ');
  const rest = missing.length > MOST_NAMED ? ` and ${missing.length - MOST_NAMED} more` : '';
  return `Of ${of} parts, ${missing.length} are missing (${named}${rest}): rates and counts are those of the others alone. Merge all parts.`;
}

/** Starts of shards this share of their time apart leave much of it to a part of the load. */
const MOST_APART = 0.1;

/** What is wrong when shards did not load the targets together: their sum never was the load of the plan. */
function apartReason(runs: readonly RunFile[], startsMs: readonly number[]): string | undefined {
  const endsMs = runs.map(({ plan, targets }, i) => {
    return startsMs[i]! + plan.warmupMs + Math.max(...targets.map(({ measuredMs }) => measuredMs));
  });
  const lastMs = Math.max(...startsMs);
  const firstEndMs = Math.min(...endsMs);
  if (lastMs >= firstEndMs)
    return 'The shards did not run at the same time, so the targets never had the whole load. Start shards together (--start-at).';
  const firstMs = Math.min(...startsMs);
  if (lastMs - firstMs <= MOST_APART * (firstEndMs - firstMs)) return undefined;
  return `The shards started up to ${formatDurationMs(lastMs - firstMs)} apart, so for a part of the time the targets had a part of the load. Start shards together (--start-at).`;
}

const RANK: Record<Verdict['state'], number> = { valid: 0, degraded: 1, invalid: 2 };

function combineVerdicts(whole: Verdict, shards: readonly Shard[], concerns: readonly string[]): Verdict {
  const verdicts: Verdict[] = [
    whole,
    ...concerns.map((reason) => ({ state: 'degraded' as const, reasons: [reason] })),
    ...shards.map(({ path, run: { verdict } }) => ({
      state: verdict.state,
      reasons: verdict.reasons.map((reason) => `${path}: ${reason}`),
    })),
  ].toSorted((a, b) => RANK[b.state] - RANK[a.state]);
  return { state: verdicts[0]!.state, reasons: verdicts.flatMap(({ reasons }) => reasons) };
}
