/**
 * Run files of shards, which ran one plan together, as the run file of the whole. Histograms, moments and counters add up
 * without loss, so quantiles are those of one run. Rates are over the time from the first shard's start to the last one's
 * end. The verdict is that of the whole, and not better than that of any shard.
 */
import { FakeaiError } from '../lib/errors.js';
import { buildRunFile } from './build-run-file.js';
import { planDifferences } from './compare/plan-differences.js';
import { Distribution } from './distribution.js';
import { DISTRIBUTION_NAMES } from './metrics.js';
import type { Counters, ErrorCount, TargetOutcome } from './outcome.js';
import { decodeHistograms } from './read-run-file.js';
import type { RunFile, RunTarget, Verdict } from './run-file.js';
import type { ServerMetrics } from './server-metrics.js';
import type { TurnOutcome } from './turns.js';
import { parseSlo } from './slo.js';
import { TimeSeries } from './time-series.js';

/** A shard and what to call it in messages. */
export interface Shard {
  path: string;
  run: RunFile;
}

/**
 * Merges shards.
 *
 * @param tool - who merges
 * @throws {FakeaiError} FAKEAI_PLANS_DIFFER when shards are of different plans; FAKEAI_SHARDS_UNFIT when their targets
 *   differ, when one is given twice, or when there are fewer than two
 */
export function mergeShards(shards: readonly Shard[], tool: { name: 'fakeai'; version: string }): RunFile {
  refuseUnfit(shards);
  const runs = shards.map(({ run }) => run);
  const [first] = runs;
  const startsMs = runs.map(({ startedAt }) => Date.parse(startedAt));
  const earliestMs = Math.min(...startsMs);
  const outcome = {
    startedAt: new Date(earliestMs).toISOString(),
    interrupted: runs.some(({ interrupted }) => interrupted),
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

function refuseUnfit(shards: readonly Shard[]): void {
  const [first, ...others] = shards;
  if (!first || others.length === 0) {
    throw new FakeaiError('FAKEAI_SHARDS_UNFIT', {
      problem: 'there are fewer than two',
      hint: 'Give all shards of a run.',
    });
  }
  const seen = new Map<string, string>();
  for (const { path, run } of shards) {
    const text = JSON.stringify(run);
    const twin = seen.get(text);
    if (twin !== undefined) {
      throw new FakeaiError('FAKEAI_SHARDS_UNFIT', {
        problem: `${path} is the same run as ${twin}`,
        hint: 'Give each shard once: its requests would count twice.',
      });
    }
    seen.set(text, path);
  }
  refuseSeries(shards);
  refuseMixedParts(first, others);
  for (const { path, run } of others) {
    const keys = planDifferences(first.run, run).filter((key) => key !== 'targets');
    if (keys.length > 0) {
      const hint = 'Only runs of one plan have figures in common; compare others with: fakeai report compare';
      throw new FakeaiError('FAKEAI_PLANS_DIFFER', { base: first.path, other: path, keys, hint });
    }
    if (targetsOf(first.run) !== targetsOf(run)) {
      throw new FakeaiError('FAKEAI_SHARDS_UNFIT', {
        problem: `${first.path} and ${path} have different targets`,
        hint: 'Give shards that measured the same targets under the same names.',
      });
    }
  }
}

/** Of a sweep or a search, each run chose its loads by itself. */
function refuseSeries(shards: readonly Shard[]): void {
  const series = shards.find(({ run }) => run.points);
  if (!series) return;
  throw new FakeaiError('FAKEAI_SHARDS_UNFIT', {
    problem: `${series.path} is a sweep or a search of several loads`,
    hint: 'Merge runs of one load.',
  });
}

/** Runs that say which part they are: each part of one whole, and each once. */
function refuseMixedParts(first: Shard, others: readonly Shard[]): void {
  const seen = new Map<number, string>();
  for (const { path, run } of [first, ...others]) {
    if (run.shard?.of !== first.run.shard?.of) {
      const part = ({ shard }: RunFile): string => (shard ? `part ${shard.k} of ${shard.of}` : 'no part');
      throw new FakeaiError('FAKEAI_SHARDS_UNFIT', {
        problem: `${first.path} is ${part(first.run)}, and ${path} is ${part(run)}`,
        hint: 'Give the run files of one plan, all run with the same N of --shard K/N.',
      });
    }
    if (!run.shard) continue;
    const twin = seen.get(run.shard.k);
    if (twin !== undefined) {
      throw new FakeaiError('FAKEAI_SHARDS_UNFIT', {
        problem: `${twin} and ${path} are both part ${run.shard.k} of ${run.shard.of}`,
        hint: 'Give each part once: its requests would count twice.',
      });
    }
    seen.set(run.shard.k, path);
  }
}

const MOST_NAMED = 10;

/** What is wrong when parts are absent: their requests are in no figure, and the targets may have had them all the same. */
function missingReason(runs: readonly RunFile[]): string | undefined {
  const of = runs[0]!.shard?.of;
  if (of === undefined) return undefined;
  const there = new Set(runs.map(({ shard }) => shard!.k));
  const missing = Array.from({ length: of }, (_, i) => i + 1).filter((k) => !there.has(k));
  if (missing.length === 0) return undefined;
  const named = missing.slice(0, MOST_NAMED).join(', ');
  const rest = missing.length > MOST_NAMED ? ` and ${missing.length - MOST_NAMED} more` : '';
  return `Of ${of} parts, ${missing.length} are missing (${named}${rest}): rates and counts are those of the others alone. Merge all parts.`;
}

const targetsOf = ({ targets }: RunFile): string =>
  JSON.stringify(targets.map(({ name, url }) => `${name}=${url}`).toSorted());

/** The distributions of several files, as one. */
function mergeHistograms(all: readonly RunTarget['histograms'][]): TargetOutcome['distributions'] {
  const decoded = all.map(decodeHistograms);
  const distributions: TargetOutcome['distributions'] = {};
  for (const metric of DISTRIBUTION_NAMES) {
    const found = decoded.flatMap((distribution) => distribution[metric] ?? []);
    if (found.length === 0) continue;
    const sum = new Distribution(metric);
    for (const distribution of found) sum.merge(distribution);
    distributions[metric] = sum;
  }
  return distributions;
}

function mergeTurns(parts: readonly RunTarget[]): TurnOutcome[] {
  const all = parts.flatMap(({ turns = [] }) => turns);
  const numbers = [...new Set(all.map(({ turn }) => turn))].toSorted((a, b) => a - b);
  return numbers.map((turn) => ({
    turn,
    distributions: mergeHistograms(
      all.filter((one) => one.turn === turn).map(({ histograms }) => histograms),
    ),
  }));
}

function mergeTarget(parts: readonly RunTarget[], measuredMs: number): TargetOutcome {
  const { name, url } = parts[0]!;
  const turns = mergeTurns(parts);
  return {
    name,
    url,
    measuredMs,
    distributions: mergeHistograms(parts.map(({ histograms }) => histograms)),
    ...(turns.length > 0 && { turns }),
    counters: parts.map(({ counters }) => counters).reduce(addCounters),
    errors: mergeErrors(parts.flatMap(({ errors }) => errors)),
    ...(parts[0]!.retried && { retried: mergeErrors(parts.flatMap(({ retried }) => retried ?? [])) }),
  };
}

/** Only the first part has a probe. */
function probeOf(runs: readonly RunFile[]): { probe?: TargetOutcome[] } {
  const probe = runs.find((run) => run.probe)?.probe;
  return probe ? { probe: probe.map((target) => mergeTarget([target], target.measuredMs)) } : {};
}

/** The series of all shards, each from its own start; nothing if one of them has none. */
function mergeSeries(parts: readonly RunTarget[], shiftsMs: readonly number[]): TimeSeries | undefined {
  const merged = new TimeSeries();
  for (const [i, { timeSeries }] of parts.entries()) {
    if (!timeSeries) return undefined;
    merged.merge(new TimeSeries(timeSeries), shiftsMs[i]);
  }
  return merged;
}

/** Every page once, as the first shard that read it saw it; undefined if none read any. */
function mergeServerMetrics(
  runs: readonly RunFile[],
  shiftsMs: readonly number[],
): ServerMetrics[] | undefined {
  const pages = new Map<string, ServerMetrics>();
  for (const [i, { serverMetrics }] of runs.entries()) {
    for (const page of serverMetrics ?? []) {
      if (pages.has(page.url)) continue;
      pages.set(page.url, { ...page, atMs: page.atMs.map((atMs) => atMs + shiftsMs[i]!) });
    }
  }
  return runs.some(({ serverMetrics }) => serverMetrics) ? [...pages.values()] : undefined;
}

/** Sums; a counter that one of the shards did not count is unknown for the whole. */
function addCounters(a: Counters, b: Counters): Counters {
  const sums = Object.entries(a).flatMap(([name, value]) => {
    const other = b[name as keyof Counters];
    return value === undefined || other === undefined ? [] : [[name, (value as number) + other]];
  });
  return Object.fromEntries(sums) as Counters;
}

function mergeErrors(errors: readonly ErrorCount[]): ErrorCount[] {
  const byKind = new Map<string, ErrorCount>();
  for (const error of errors) {
    const known = byKind.get(error.kind);
    byKind.set(error.kind, known ? { ...known, count: known.count + error.count } : error);
  }
  return [...byKind.values()];
}

const healthOf = ({ eventLoopDelayP99Ms, cpuShare }: RunFile['threads'][number]) => ({
  eventLoopDelayP99Ms,
  ...(cpuShare !== undefined && { cpuShare }),
});

/** What is wrong when shards did not load the targets together: their sum never was the load of the plan. */
function apartReason(runs: readonly RunFile[], startsMs: readonly number[]): string | undefined {
  const endsMs = runs.map(({ plan, targets }, i) => {
    return startsMs[i]! + plan.warmupMs + Math.max(...targets.map(({ measuredMs }) => measuredMs));
  });
  const apartMs = Math.max(...startsMs) - Math.min(...endsMs);
  if (apartMs < 0) return undefined;
  return 'The shards did not run at the same time, so the targets never had the whole load. Start shards together.';
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
