/** What all dialects are rendered from. */
import type { ClusterSnapshot, ReplicaSnapshot, RequestTotals } from '../cluster/snapshot.js';

/** The state of the cluster that serves one model. */
export interface ModelCluster {
  /** The name under which it is served. */
  readonly model: string;
  readonly cluster: ClusterSnapshot;
}

/** A replica of one of several clusters; its number is unique only within its model. */
export interface ModelReplica {
  readonly model: string;
  readonly replica: ReplicaSnapshot;
  readonly cluster: ClusterSnapshot;
}

/** The replicas of all clusters. */
export const allReplicas = (clusters: readonly ModelCluster[]): ModelReplica[] =>
  clusters.flatMap(({ model, cluster }) => cluster.replicas.map((replica) => ({ model, replica, cluster })));

/** What a replica does: everything, or one half of a disaggregated fleet. */
export function roleOf({ replica, cluster }: ModelReplica): 'aggregated' | 'prefill' | 'decode' {
  const [prefill, decode] = cluster.routers;
  if (!prefill || !decode) return 'aggregated';
  return replica.index < prefill.decisions.length ? 'prefill' : 'decode';
}

/** Whether a cluster can answer: each pool of a disaggregated one has a replica that is up. */
export function isServing({ model, cluster }: ModelCluster): boolean {
  const up = allReplicas([{ model, cluster }]).filter(({ replica }) => replica.up);
  return cluster.routers.length < 2 ? up.length > 0 : new Set(up.map(roleOf)).size === cluster.routers.length;
}

/** Requests that have left a replica. */
export const finishedOf = ({ finished }: RequestTotals): number =>
  finished.stop + finished.length + finished.abort + finished.error;

/** Sum over items. */
export const sumOf = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((total, item) => total + value(item), 0);

/** A part of a whole; 0 where there is no whole. */
export const shareOf = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

/** Blocks of so many cache units. */
export const blocksOf = (
  { unitTokens, blockTokens }: Pick<ReplicaSnapshot, 'unitTokens' | 'blockTokens'>,
  units: number,
): number => (units * unitTokens) / blockTokens;
