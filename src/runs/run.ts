/** Runs: from settings to a run file. The one path behind `bench`, `replay` and the programmatic API. */
import type { BenchSettings, ReplaySettings, ServerSettings } from '../config/schema.js';
import { runLoad, type LoadOptions } from '../engine/index.js';
import { systemClock } from '../lib/clock.js';
import { FakeaiError } from '../lib/errors.js';
import { packageInfo } from '../lib/package-info.js';
import { buildRunFile, type RunFileParts } from '../results/build-run-file.js';
import { summarizePlan, type PlanSummary } from '../results/plan-summary.js';
import type { Progress } from '../results/progress.js';
import type { RunFile } from '../results/run-file.js';
import { refuseUnknownTargets } from '../results/gates.js';
import { parseSlo, type SloExpression } from '../results/slo.js';
import type { Plan } from '../workloads/plan.js';
import { readTrace } from '../workloads/traces/read-trace.js';
import { AbortWatch, parseAborts } from './abort.js';
import { openRequestLog, parseOutputs, writeOutputs } from './outputs.js';
import { benchPlan, checkTokenizer, replayPlan, traceOptions, type PlanFactory } from './plans.js';
import type { Measure } from './series/load.js';
import { parseLoadSearch, searchLoad } from './series/search.js';
import { parseSweep, runSweep, type SweepPart } from './series/sweep.js';
import type { ServerCommand } from './server-command.js';
import { parseShard, parseStartAt } from './shard.js';
import { resolveTargets, resolveThreads } from './targets.js';

/** What the caller of a run may watch and do. */
export interface RunHooks {
  /** The program that `--on-port` starts, and its arguments. */
  serverCommand?: readonly string[];
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
  const search = settings.search === undefined ? undefined : parseLoadSearch(settings.search);
  const sweep = settings.sweep === undefined ? undefined : parseSweep(settings.sweep);
  // Goodput is about what is searched for, too.
  const gates = search?.gates ?? [];
  const planFor = await benchPlan({ ...settings, slo: [...gates.map(({ text }) => text), ...settings.slo] });
  return execute(settings, server, hooks, planFor, gates, (plan, measure, part) => {
    const options = { plan, settings, hooks, measure };
    if (sweep) return runSweep(sweep, options, part);
    if (search) return searchLoad(search, { ...options, precision: settings.searchPrecision });
    return measure(plan, hooks);
  });
}

/** Runs `fakeai replay`; the trace is read, and refused if it is broken, before anything is started. */
export async function runReplaySettings(
  tracePath: string,
  settings: ReplaySettings,
  server: ServerSettings | undefined,
  hooks: RunHooks,
): Promise<RunFile> {
  const trace = await readTrace(tracePath, traceOptions(settings));
  const planFor = await replayPlan(settings, trace);
  return execute(settings, server, hooks, planFor, [], (plan, measure) => measure(plan, hooks));
}

/**
 * Resolves who is measured, lets `perform` measure as many plans as it likes, and writes the outputs.
 *
 * @param gates - evaluated beside those of the settings
 */
async function execute(
  settings: BenchSettings | ReplaySettings,
  server: ServerSettings | undefined,
  hooks: RunHooks,
  planFor: PlanFactory,
  gates: readonly SloExpression[],
  perform: (plan: Plan, measure: Measure, part: SweepPart | undefined) => Promise<RunFile>,
): Promise<RunFile> {
  // All that can be refused is refused before the first request.
  const slos = [...gates, ...settings.slo.map(parseSlo)];
  const aborts = parseAborts(settings.abort);
  const outputs = await parseOutputs(settings.output);
  await checkTokenizer(settings.tokenizer);
  const shard = parseShard(settings.shard);
  const startAtWallMs = parseStartAt(settings.startAt, systemClock.wallMs());
  const threads = resolveThreads(settings.threads);
  const requestLog = await openRequestLog(outputs);
  const command = await startCommand(settings, hooks);
  const resolved = await resolveTargets(settings, server).catch(async (error: unknown) => {
    await command?.stop();
    throw error;
  });
  let started = false;
  let loads = 0;
  let unwritten: string | undefined;
  const measure: Measure = async (plan, { onPlan, onProgress, stopWhen, ...point }) => {
    const summary = summarizePlan(plan);
    onPlan?.(summary);
    const watch = new AbortWatch(aborts);
    const measured = await runWithMetrics(settings, {
      plan,
      threads,
      headers: resolved.headers,
      security: resolved.security,
      ...(shard && { shard }),
      // The first load of a series waits for the instant, and the others for theirs, or for the one before.
      startLate: started,
      ...(point.startAtWallMs !== undefined && { startAtWallMs: point.startAtWallMs }),
      ...(startAtWallMs !== undefined && !started && { startAtWallMs: point.startAtWallMs ?? startAtWallMs }),
      ...(requestLog !== undefined && { requestLog: { path: requestLog, load: point.load ?? loads++ } }),
      ...(hooks.signal && { signal: hooks.signal }),
      ...(onProgress && { onProgress }),
      ...((aborts.length > 0 || stopWhen) && {
        stopWhen: (progress) => watch.reason(progress) ?? stopWhen?.(progress),
      }),
    });
    started = true;
    unwritten ??= measured.outcome.requestLogProblem;
    return buildRunFile({
      ...measured,
      plan: summary,
      sloExpressions: slos,
      tool: packageInfo(),
      ...(shard && { shard }),
    });
  };
  try {
    const names = resolved.targets.map(({ name }) => name);
    refuseUnknownTargets([...slos, ...aborts], names);
    const plan = planFor(resolved);
    const measured = await perform(plan, measure, shard && { shard, startAtWallMs });
    const run = settings.clientFloor
      ? await withClientFloor(measured, { plan, threads, hooks, ...(shard && { shard }) })
      : measured;
    await writeOutputs(outputs, run);
    if (requestLog !== undefined && unwritten !== undefined)
      throw new FakeaiError('FAKEAI_FILE_UNWRITABLE', { path: requestLog, problem: unwritten });
    command?.refuseEnded('during the run');
    return run;
  } finally {
    await resolved.embedded?.close();
    await command?.stop();
  }
}

/** Runs the load, and reads the metrics of servers meanwhile if there are any to read. */
async function runWithMetrics(
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

/** The run with what a second one, against a simulator that answers at once, says about the client. */
async function withClientFloor(
  run: RunFile,
  {
    hooks: { signal, onProgress },
    ...load
  }: Pick<LoadOptions, 'plan' | 'threads' | 'shard'> & { hooks: RunHooks },
): Promise<RunFile> {
  const { measureClientFloor } = await import('./client-floor.js');
  const clientFloor = await measureClientFloor(run, {
    ...load,
    ...(signal && { signal }),
    ...(onProgress && {
      onProgress: (progress) => onProgress({ ...progress, point: 'the client alone' }),
    }),
  });
  return clientFloor ? { ...run, clientFloor } : run;
}

/** Starts the server of `--on-port`, if there is one to start. */
async function startCommand(
  { onPort, readyTimeout }: BenchSettings | ReplaySettings,
  { serverCommand = [], signal }: RunHooks,
): Promise<ServerCommand | undefined> {
  if (onPort === undefined && serverCommand.length === 0) return undefined;
  if (onPort === undefined || serverCommand.length === 0) {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: onPort === undefined ? `-- ${serverCommand[0]}` : '--on-port',
      problem: onPort === undefined ? 'has no port to be measured on' : 'has no command to start',
      hint: 'Write: --on-port 8080 -- command arguments',
    });
  }
  const module = await import('./server-command.js');
  return module.ServerCommand.start({
    command: serverCommand,
    port: onPort,
    readyTimeoutMs: readyTimeout,
    clock: systemClock,
    signal,
  });
}
