/** `fakeai simulate`: from settings to a run file, in virtual time. */
import { setImmediate } from 'node:timers/promises';
import type { SimulateSettings } from '../config/schema.js';
import { systemClock, type Clock } from '../lib/clock.js';
import { packageInfo } from '../lib/package-info.js';
import { buildRunFile } from '../results/build-run-file.js';
import type { TargetOutcome } from '../results/outcome.js';
import { summarizePlan } from '../results/plan-summary.js';
import { LIVE_BUCKETS, type Progress } from '../results/progress.js';
import type { RunFile, Simulation } from '../results/run-file.js';
import { parseSlo } from '../results/slo.js';
import type { Plan } from '../workloads/plan.js';
import { readTrace } from '../workloads/traces/read-trace.js';
import { parseOutputs, writeOutputs } from './outputs.js';
import { simulatePlan } from './plans.js';
import type { RunHooks } from './run.js';
import { fleetOptions, gpusPerReplica, summarizeFleet, type FleetOptions } from './simulation/fleet.js';
import { VirtualRun } from './simulation/virtual-run.js';

/** Events between two looks at the clock: a millisecond or so. */
const EVENTS_PER_LOOK = 512;
/** How long the simulation may keep the process from hearing Ctrl-C. */
const LONGEST_TURN_MS = 50;
const PROGRESS_EVERY_MS = 2000;

/**
 * Simulates a plan.
 *
 * @param tracePath - the trace to play; without one the load is that of the settings
 * @param hooks - as for real runs; progress is reported every two seconds of real time
 * @param clock - for the time stamp and the pace of progress; it does not change results
 * @throws FakeaiError when a setting or the trace is refused
 */
export async function runSimulateSettings(
  tracePath: string | undefined,
  settings: SimulateSettings,
  hooks: RunHooks,
  clock: Clock = systemClock,
): Promise<RunFile> {
  const sloExpressions = settings.slo.map(parseSlo);
  const outputs = await parseOutputs(settings.output);
  const { format, limit } = settings;
  const trace =
    tracePath === undefined
      ? undefined
      : await readTrace(tracePath, { format, ...(limit !== undefined && { limit }) });
  const plan = simulatePlan(settings, trace);
  const fleet = fleetOptions(settings, plan.workload);
  const summary = { ...summarizePlan(plan), virtual: summarizeFleet(settings) };
  hooks.onPlan?.(summary);
  const startedAt = new Date(clock.wallMs()).toISOString();
  const { target, simulation, interrupted } = await simulate(plan, fleet, settings, hooks, clock);
  const outcome = { startedAt, interrupted, targets: [target], threads: [] };
  const run = buildRunFile({ outcome, plan: summary, sloExpressions, tool: packageInfo(), simulation });
  await writeOutputs(outputs, run);
  return run;
}

interface Simulated {
  target: TargetOutcome;
  simulation: Simulation;
  interrupted: boolean;
}

async function simulate(
  plan: Plan,
  fleet: FleetOptions,
  settings: SimulateSettings,
  hooks: RunHooks,
  clock: Clock,
): Promise<Simulated> {
  const run = new VirtualRun(plan, fleet);
  await drive(run, plan, hooks, clock);
  const interrupted = hooks.signal?.aborted ?? false;
  const target = run.collector.recorder.outcome(plan.targets[0]!, plan.warmupMs);
  return { target, simulation: simulationOf(run, target, settings), interrupted };
}

/** Lets the run go on to its end, looking up now and then. */
async function drive(
  run: VirtualRun,
  plan: Plan,
  { signal, onProgress }: RunHooks,
  clock: Clock,
): Promise<void> {
  let turnMs = clock.nowMs();
  let reportedMs = turnMs;
  for (let events = 1; run.step(); events++) {
    if (events % EVENTS_PER_LOOK !== 0 || clock.nowMs() - turnMs < LONGEST_TURN_MS) continue;
    await setImmediate();
    turnMs = clock.nowMs();
    if (signal?.aborted) return run.interrupt();
    if (turnMs - reportedMs < PROGRESS_EVERY_MS) continue;
    reportedMs = turnMs;
    onProgress?.(progressOf(run, plan));
  }
}

function progressOf(run: VirtualRun, plan: Plan): Progress {
  const { collector, nowMs } = run;
  const { counters } = collector.recorder;
  const none = new Uint32Array(LIVE_BUCKETS);
  return {
    phase: !run.sending ? 'finishing' : nowMs < plan.warmupMs ? 'warmup' : 'measuring',
    elapsedMs: nowMs,
    targets: [
      {
        ...plan.targets[0]!,
        sent: counters.sent + counters.warmup,
        completed: collector.completed,
        failed: collector.failed,
        inFlight: collector.inFlight,
        outputTokens: counters.outputTokens,
        latencies: { ttft: none, itl: none, e2e: none },
      },
    ],
  };
}

const MS_PER_HOUR = 3.6e6;

function simulationOf(run: VirtualRun, target: TargetOutcome, settings: SimulateSettings): Simulation {
  const { busyMs, queriedTokens, hitTokens, preemptions } = run.totals();
  const { measuredMs, counters } = target;
  const { replicas, gpuPrice } = settings;
  const gpus = replicas * gpusPerReplica(settings);
  const gpuHours = (gpus * measuredMs) / MS_PER_HOUR;
  const percent = (part: number, whole: number): number | null => (whole > 0 ? (part / whole) * 100 : null);
  const busyPercent = percent(busyMs, replicas * measuredMs);
  const { outputTokens } = counters;
  return {
    gpus,
    gpuHours,
    busyPercent: busyPercent === null ? null : Math.min(100, busyPercent),
    prefixHitPercent: percent(hitTokens, queriedTokens),
    preemptions,
    ...(gpuPrice !== undefined && {
      dollars: gpuHours * gpuPrice,
      dollarsPerMillionTokens: outputTokens > 0 ? (gpuHours * gpuPrice * 1e6) / outputTokens : null,
    }),
  };
}
