/** What a fleet did, as sums over its replicas. */
import type { ClusterSnapshot } from '../../simulator/cluster/snapshot.js';

/** Totals of the fleet; differences of two are what happened in between. */
export interface FleetTotals {
  busyMs: number;
  /** Integrals of the shares of peak over the busy time. */
  tensorMs: number;
  memoryMs: number;
  steps: number;
  /** Of all steps. */
  sequences: number;
  queriedTokens: number;
  hitTokens: number;
  preemptions: number;
  /** Of all GPUs. */
  energyMj: number;
}

export const NO_TOTALS: FleetTotals = {
  busyMs: 0,
  tensorMs: 0,
  memoryMs: 0,
  steps: 0,
  sequences: 0,
  queriedTokens: 0,
  hitTokens: 0,
  preemptions: 0,
  energyMj: 0,
};

export function totalsOf({ replicas }: ClusterSnapshot): FleetTotals {
  const totals: FleetTotals = { ...NO_TOTALS };
  for (const { counters, kv, preemptions, gpu, hardware } of replicas) {
    totals.busyMs += counters.busyMs;
    totals.tensorMs += counters.tensorMs;
    totals.memoryMs += counters.memoryMs;
    totals.steps += counters.steps;
    totals.sequences += counters.sequences;
    totals.queriedTokens += kv.queriedTokens;
    totals.hitTokens += kv.hitTokens;
    totals.preemptions += preemptions;
    totals.energyMj += (gpu?.energyMj ?? 0) * (hardware?.gpus ?? 0);
  }
  return totals;
}

/** What was done between two looks. */
export const totalsBetween = (before: FleetTotals, after: FleetTotals): FleetTotals =>
  Object.fromEntries(
    (Object.keys(after) as (keyof FleetTotals)[]).map((key) => [key, after[key] - before[key]]),
  ) as unknown as FleetTotals;
