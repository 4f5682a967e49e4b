/** The clusters of several models as one, for telemetry: replicas are numbered through. */
import type { ClusterSnapshot } from '../../simulator/index.js';
import type { ClusterReport } from '../telemetry/report.js';
import type { ModelSnapshot } from './messages.js';

/** One cluster from those of all models; rates and totals are added up. Undefined without any. */
export function mergeSnapshots(models: readonly ModelSnapshot[]): ClusterReport | undefined {
  const [first, ...others] = models;
  if (!first) return undefined;
  let snapshot = first.cluster;
  for (const { cluster } of others) snapshot = mergeTwo(snapshot, cluster);
  return { snapshot, models: models.flatMap(({ model, cluster }) => cluster.replicas.map(() => model)) };
}

function mergeTwo(a: ClusterSnapshot, b: ClusterSnapshot): ClusterSnapshot {
  const offset = a.replicas.length;
  return {
    nowMs: Math.max(a.nowMs, b.nowMs),
    totals: addUp(a.totals, b.totals),
    stranded: a.stranded + b.stranded,
    replicas: [
      ...a.replicas,
      ...b.replicas.map((replica) => ({ ...replica, index: replica.index + offset })),
    ],
    routers: [...a.routers, ...b.routers],
    batching: addUp(a.batching, b.batching),
    longestTokens: Math.max(a.longestTokens, b.longestTokens),
    workload: {
      rateRps: a.workload.rateRps + b.workload.rateRps,
      forecastRps: a.workload.forecastRps + b.workload.forecastRps,
      // Of the busier one: there is no burstiness of a sum that could be told from those of its parts.
      burstiness: a.workload.rateRps >= b.workload.rateRps ? a.workload.burstiness : b.workload.burstiness,
      classes: a.workload.rateRps >= b.workload.rateRps ? a.workload.classes : b.workload.classes,
    },
  };
}

/** Adds numbers by name, also those of objects within. */
function addUp<T extends object>(a: T, b: T): T {
  const sum: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(a)) {
    const other = (b as Record<string, unknown>)[key];
    sum[key] =
      typeof value === 'number' ? value + (other as number) : addUp(value as object, other as object);
  }
  return sum as T;
}
