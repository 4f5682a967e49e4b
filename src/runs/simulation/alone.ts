/**
 * What no fleet can do better: the requests of a plan one after another on one replica, whose memory keeps all that they share. None
 * waits for another, none shares a step, and all that can be cached is.
 */
import type { FleetOptions } from '../../simulator/fleet/cluster-options.js';
import type { Plan } from '../../workloads/plan.js';

/** More than any plan fills. */
const BLOCKS = 2 ** 40;

/** The first requests of a plan, each when the one before has ended. */
export function planAlone(plan: Plan, requests: number): Plan {
  const { cancel: _, ...rest } = plan;
  const patience = Number.MAX_SAFE_INTEGER;
  return {
    ...rest,
    arrivals: { kind: 'closed', concurrency: 1 },
    stop: { requests },
    warmupMs: 0,
    timeoutMs: patience,
    graceMs: patience,
  };
}

/** One healthy replica without anything that only delays. */
export function fleetAlone(options: FleetOptions): FleetOptions {
  const { disaggregation: _, failures: __, ...fleet } = options;
  const { batching: ___, circuitBreaker: ____, ...router } = fleet.router ?? {};
  const cache = { ...fleet.cache, totalBlocks: BLOCKS, tiers: [], eviction: 'lru' as const };
  return { ...fleet, replicas: 1, router, cache };
}
