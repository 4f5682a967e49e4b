/** From settings to the plan of a run. */
import type { BenchSettings, ReplaySettings, SimulateSettings } from '../config/schema.js';
import { parseLength } from '../workloads/lengths.js';
import type { Arrivals, Plan, StopRule, Trace } from '../workloads/plan.js';
import type { ResolvedTargets } from './targets.js';

const DEFAULT_CONCURRENCY = 8;
const DEFAULT_DURATION_MS = 10_000;

/** Completes a plan, once it is known who is measured. */
export type PlanFactory = (resolved: ResolvedTargets) => Plan;

/** The plan of `fakeai bench`. Settings that cannot be understood are refused here, before anything is started. */
export function benchPlan(settings: BenchSettings): PlanFactory {
  const workload = {
    kind: 'synthetic' as const,
    inputTokens: parseLength(settings.inputTokens, '--input-tokens'),
    outputTokens: parseLength(settings.outputTokens, '--output-tokens'),
  };
  return (resolved) => ({
    ...commonPlan(settings, resolved),
    arrivals: benchArrivals(settings),
    workload,
    stop: benchStop(settings),
    warmupMs: settings.warmup,
  });
}

/** The plan of `fakeai replay`: the trace decides what is sent, when, and when it ends. */
export function replayPlan(settings: ReplaySettings, trace: Trace): PlanFactory {
  return (resolved) => ({
    ...commonPlan(settings, resolved),
    arrivals: { kind: 'trace', speed: settings.speed },
    workload: { kind: 'trace', trace },
    stop: {},
    warmupMs: 0,
  });
}

/**
 * The plan of `fakeai simulate`: of a trace if there is one. Nothing is sent, so the target is a name; the fleet's own
 * queues bound what is in flight.
 */
export function simulatePlan(settings: SimulateSettings, trace: Trace | undefined): Plan {
  const { replicas, maxNumSeqs, maxQueue } = settings;
  return {
    targets: [{ name: 'fleet', url: `virtual:${settings.model}/${settings.gpu}` }],
    endpoint: 'chat',
    model: settings.model,
    streaming: true,
    ignoreEos: true,
    ...(trace
      ? {
          arrivals: { kind: 'trace', speed: settings.speed },
          workload: { kind: 'trace', trace },
          stop: {},
          warmupMs: 0,
        }
      : {
          arrivals: benchArrivals(settings),
          workload: {
            kind: 'synthetic',
            inputTokens: parseLength(settings.inputTokens, '--input-tokens'),
            outputTokens: parseLength(settings.outputTokens, '--output-tokens'),
          },
          stop: benchStop(settings),
          warmupMs: settings.warmup,
        }),
    maxInFlight: replicas * (maxNumSeqs + maxQueue),
    timeoutMs: settings.timeout,
    graceMs: settings.grace,
    seed: settings.seed,
  };
}

function commonPlan(settings: BenchSettings | ReplaySettings, { targets, model, embedded }: ResolvedTargets) {
  return {
    targets,
    endpoint: 'chat' as const,
    model,
    streaming: settings.streaming,
    ignoreEos: settings.ignoreEos === 'auto' ? embedded !== undefined : settings.ignoreEos,
    maxInFlight: settings.maxInFlight,
    timeoutMs: settings.timeout,
    graceMs: settings.grace,
    seed: settings.seed,
  };
}

type LoadSettings = Pick<BenchSettings, 'rate' | 'arrivals' | 'concurrency' | 'requests' | 'duration'>;

function benchArrivals({ rate, arrivals, concurrency }: LoadSettings): Arrivals {
  if (rate !== undefined) return { kind: arrivals, ratePerSecond: rate };
  return { kind: 'closed', concurrency: concurrency ?? DEFAULT_CONCURRENCY };
}

function benchStop({ requests, duration }: LoadSettings): StopRule {
  if (requests === undefined && duration === undefined) return { durationMs: DEFAULT_DURATION_MS };
  return {
    ...(requests !== undefined && { requests }),
    ...(duration !== undefined && { durationMs: duration }),
  };
}
