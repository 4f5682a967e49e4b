/** Runs: from settings to a run file. The one path behind `bench`, `replay` and the programmatic API. */
import type { BenchSettings, ReplaySettings, ServerSettings } from '../config/schema.js';
import { runLoad, type LoadOptions } from '../engine/index.js';
import { systemClock } from '../lib/clock.js';
import { packageInfo } from '../lib/package-info.js';
import { buildRunFile, type RunFileParts } from '../results/build-run-file.js';
import { summarizePlan, type PlanSummary } from '../results/plan-summary.js';
import type { Progress } from '../results/progress.js';
import type { RunFile } from '../results/run-file.js';
import { parseSlo, refuseUnknownTargets } from '../results/slo.js';
import { readTrace } from '../workloads/traces/read-trace.js';
import { parseOutputs, writeOutputs } from './outputs.js';
import { benchPlan, checkTokenizer, replayPlan, traceOptions, type PlanFactory } from './plans.js';
import { parseShard, parseStartAt } from './shard.js';
import { resolveTargets, resolveThreads } from './targets.js';

/** What the caller of a run may watch and do. */
export interface RunHooks {
  /** Stops the run early; what was measured until then is still returned and written. */
  signal?: AbortSignal;
  /** Called once, before the first request is sent. */
  onPlan?: (plan: PlanSummary) => void;
  /** Called a few times a second. */
  onProgress?: (progress: Progress) => void;
}

/** Runs `fakeai bench`. */
export async function runBenchSettings(
  settings: BenchSettings,
  server: ServerSettings | undefined,
  hooks: RunHooks,
): Promise<RunFile> {
  return execute(settings, server, hooks, await benchPlan(settings));
}

/** Runs `fakeai replay`; the trace is read, and refused if it is broken, before anything is started. */
export async function runReplaySettings(
  tracePath: string,
  settings: ReplaySettings,
  server: ServerSettings | undefined,
  hooks: RunHooks,
): Promise<RunFile> {
  const trace = await readTrace(tracePath, traceOptions(settings));
  return execute(settings, server, hooks, replayPlan(settings, trace));
}

async function execute(
  settings: BenchSettings | ReplaySettings,
  server: ServerSettings | undefined,
  { signal, onPlan, onProgress }: RunHooks,
  planFor: PlanFactory,
): Promise<RunFile> {
  // All that can be refused is refused before the first request.
  const sloExpressions = settings.slo.map(parseSlo);
  const outputs = await parseOutputs(settings.output);
  await checkTokenizer(settings.tokenizer);
  const shard = parseShard(settings.shard);
  const startAtWallMs = parseStartAt(settings.startAt, systemClock.wallMs());
  const threads = resolveThreads(settings.threads);
  const resolved = await resolveTargets(settings, server);
  try {
    refuseUnknownTargets(
      sloExpressions,
      resolved.targets.map(({ name }) => name),
    );
    const plan = planFor(resolved);
    const summary = summarizePlan(plan);
    onPlan?.(summary);
    const measured = await measure(settings, {
      plan,
      threads,
      headers: resolved.headers,
      ...(shard && { shard }),
      ...(startAtWallMs !== undefined && { startAtWallMs }),
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    });
    const run = buildRunFile({
      ...measured,
      plan: summary,
      sloExpressions,
      tool: packageInfo(),
      ...(shard && { shard }),
    });
    await writeOutputs(outputs, run);
    return run;
  } finally {
    await resolved.embedded?.close();
  }
}

/** Runs the load, and reads the metrics of servers meanwhile if there are any to read. */
async function measure(
  { serverMetrics, serverMetricsInterval, serverMetricsSelect }: BenchSettings | ReplaySettings,
  load: LoadOptions,
): Promise<Pick<RunFileParts, 'outcome' | 'serverMetrics'>> {
  if (serverMetrics.length === 0) return { outcome: await runLoad(load) };
  const { runWatched } = await import('./server-metrics.js');
  return runWatched(load, {
    urls: serverMetrics,
    intervalMs: serverMetricsInterval,
    select: serverMetricsSelect,
    targets: load.plan.targets,
    headers: load.headers,
    clock: systemClock,
  });
}
