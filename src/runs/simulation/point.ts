/** One plan on one simulated fleet, to its run file. */
import { setImmediate } from 'node:timers/promises';
import type { SimulateSettings } from '../../config/schema.js';
import type { Clock } from '../../lib/clock.js';
import { packageInfo } from '../../lib/package-info.js';
import { buildRunFile } from '../../results/build-run-file.js';
import type { TargetOutcome } from '../../results/outcome.js';
import { summarizePlan } from '../../results/plan-summary.js';
import { LIVE_BUCKETS, type Progress } from '../../results/progress.js';
import type { RunFile, Simulation } from '../../results/run-file.js';
import type { SloExpression } from '../../results/slo.js';
import type { Plan } from '../../workloads/plan.js';
import type { RunHooks } from '../run.js';
import type { ClusterSnapshot } from '../../simulator/cluster/snapshot.js';
import { fleetOptions, type FleetOptions } from '../../simulator/fleet/cluster-options.js';
import { type FleetSettings, gpusPerReplica } from '../../simulator/fleet/fleet-settings.js';
import { summarizeFleet } from './fleet.js';
import type { VirtualRecords } from './virtual-records.js';
import { VirtualRun } from './virtual-run.js';

/** Events between two looks at the clock: a millisecond or so. */
const EVENTS_PER_LOOK = 512;
/** How long the simulation may keep the process from hearing Ctrl-C. */
const LONGEST_TURN_MS = 50;
const PROGRESS_EVERY_MS = 2000;

/** The settings, with what their files hold. */
export type SimulatedSettings = SimulateSettings &
  Pick<FleetSettings, 'costTables' | 'customGpu' | 'customArchitecture'>;

/**
 * Simulates one fleet.
 *
 * @param clock - for the time stamp and the pace of progress; it does not change results
 * @param records - where requests are written down
 * @param adapt - changes what the settings make of the fleet
 * @throws FakeaiError FAKEAI_SETTING_INVALID for a fleet that cannot be
 */
export async function simulateFleet(
  settings: SimulatedSettings,
  plan: Plan,
  sloExpressions: readonly SloExpression[],
  hooks: RunHooks,
  clock: Clock,
  records?: VirtualRecords,
  adapt: (options: FleetOptions) => FleetOptions = (options) => options,
): Promise<RunFile> {
  const summary = { ...summarizePlan(plan), virtual: summarizeFleet(settings) };
  const run = new VirtualRun(
    plan,
    (hashTokens) =>
      adapt(fleetOptions(settings, { seed: settings.seed, ...(hashTokens !== undefined && { hashTokens }) })),
    settings.blockTokens,
    settings.warmPrefixes,
    records,
  );
  hooks.onPlan?.(summary);
  const startedAt = new Date(clock.wallMs()).toISOString();
  const interrupted = await drive(run, plan, hooks, clock);
  const target = run.collector.recorder.outcome(plan.targets[0]!, plan.warmupMs, {
    good: plan.goodput !== undefined,
  });
  return buildRunFile({
    outcome: { startedAt, interrupted, targets: [{ ...target, series: run.collector.series }], threads: [] },
    plan: summary,
    sloExpressions,
    tool: packageInfo(),
    simulation: simulationOf(run, target, settings),
  });
}

/** Lets the run go on to its end, looking up now and then; true when it was interrupted. */
async function drive(
  run: VirtualRun,
  plan: Plan,
  { signal, onProgress }: RunHooks,
  clock: Clock,
): Promise<boolean> {
  let turnMs = clock.nowMs();
  let reportedMs = turnMs;
  for (let events = 1; run.step(); events++) {
    if (events % EVENTS_PER_LOOK !== 0 || clock.nowMs() - turnMs < LONGEST_TURN_MS) continue;
    await setImmediate();
    turnMs = clock.nowMs();
    if (signal?.aborted) {
      run.interrupt();
      return true;
    }
    if (turnMs - reportedMs < PROGRESS_EVERY_MS) continue;
    reportedMs = turnMs;
    onProgress?.(progressOf(run, plan));
  }
  return false;
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
/** Millijoules. */
const MJ_PER_KWH = 3.6e9;

function simulationOf(run: VirtualRun, target: TargetOutcome, settings: SimulateSettings): Simulation {
  const totals = run.totals();
  const { measuredMs, counters } = target;
  const { replicas, gpuPrice } = settings;
  const gpus = replicas * gpusPerReplica(settings);
  const gpuHours = (gpus * measuredMs) / MS_PER_HOUR;
  const { outputTokens } = counters;
  const ofTime = (ms: number): number | null => {
    const share = ratio(ms, replicas * measuredMs);
    return share === null ? null : Math.min(100, share * 100);
  };
  const hits = ratio(totals.hitTokens, totals.queriedTokens);
  return {
    gpus,
    gpuHours,
    busyPercent: ofTime(totals.busyMs),
    prefixHitPercent: hits === null ? null : hits * 100,
    preemptions: totals.preemptions,
    meanBatch: ratio(totals.sequences, totals.steps),
    tensorPercent: ofTime(totals.tensorMs),
    memoryPercent: ofTime(totals.memoryMs),
    meanPowerW: ratio(totals.energyMj, gpus * measuredMs),
    energyKwh: totals.energyMj / MJ_PER_KWH,
    joulesPerToken: ratio(totals.energyMj / 1000, outputTokens),
    ...routingOf(run.cluster.snapshot()),
    ...(gpuPrice !== undefined && {
      dollars: gpuHours * gpuPrice,
      dollarsPerMillionTokens: ratio(gpuHours * gpuPrice * 1e6, outputTokens),
    }),
  };
}

function routingOf({ routers, totals }: ClusterSnapshot): Partial<Simulation> {
  const { coalesced, requeued } = totals;
  return {
    ...(coalesced > 0 && { coalesced }),
    ...(requeued > 0 && { requeued }),
    routers: routers.map(
      ({ policy, decisions, failures, unavailable, shared, circuitsOpened, counters: values, arms }) => ({
        policy,
        decisions,
        failures,
        unavailable,
        shared,
        circuitsOpened,
        values,
        ...(arms && { arms: [...arms] }),
      }),
    ),
  };
}

const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);
