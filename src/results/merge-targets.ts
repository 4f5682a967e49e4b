/** What several shards measured of the same target, added up without loss. */
import { Distribution } from './distribution.js';
import { DISTRIBUTION_NAMES } from './metrics.js';
import type { Counters, ErrorCount, TargetOutcome } from './outcome.js';
import { decodeHistograms } from './read-run-file.js';
import type { RunFile, RunTarget } from './run-file.js';
import type { ServerMetrics } from './server-metrics.js';
import { TimeSeries } from './time-series.js';
import type { TurnOutcome } from './turns.js';

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

/** The same target of several shards. */
export function mergeTarget(parts: readonly RunTarget[], measuredMs: number): TargetOutcome {
  const { name, url, proxy } = parts[0]!;
  const turns = mergeTurns(parts);
  return {
    name,
    url,
    ...(proxy !== undefined && { proxy }),
    measuredMs,
    distributions: mergeHistograms(parts.map(({ histograms }) => histograms)),
    ...(turns.length > 0 && { turns }),
    counters: parts.map(({ counters }) => counters).reduce(addCounters),
    errors: mergeErrors(parts.flatMap(({ errors }) => errors)),
    ...(parts[0]!.retried && { retried: mergeErrors(parts.flatMap(({ retried }) => retried ?? [])) }),
  };
}

/** Only the first part has a probe. */
export function probeOf(runs: readonly RunFile[]): { probe?: TargetOutcome[] } {
  const probe = runs.find((run) => run.probe)?.probe;
  return probe ? { probe: probe.map((target) => mergeTarget([target], target.measuredMs)) } : {};
}

/** The series of all shards, each from its own start; nothing if one of them has none. */
export function mergeSeries(
  parts: readonly RunTarget[],
  shiftsMs: readonly number[],
): TimeSeries | undefined {
  const merged = new TimeSeries();
  for (const [i, { timeSeries }] of parts.entries()) {
    if (!timeSeries) return undefined;
    merged.merge(new TimeSeries(timeSeries), shiftsMs[i]);
  }
  return merged;
}

/** Every page once, as the first shard that read it saw it; undefined if none read any. */
export function mergeServerMetrics(
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

/** How a thread did. */
export const healthOf = ({ eventLoopDelayP99Ms, cpuShare }: RunFile['threads'][number]) => ({
  eventLoopDelayP99Ms,
  ...(cpuShare !== undefined && { cpuShare }),
});
