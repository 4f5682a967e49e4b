/** How the state of clusters travels: as bytes, made by the thread that knows and read by the one that is asked. */
import { deserialize, serialize } from 'node:v8';
import type { HistogramData } from '../../lib/bucket-histogram.js';
import { REQUEST_BOUNDS, type RequestHistogram } from '../../simulator/cluster/request-meters.js';
import type { ReplicaSnapshot, RequestTotals } from '../../simulator/cluster/snapshot.js';
import type { ModelCluster } from '../../simulator/telemetry/model-cluster.js';

/** The state of all clusters. */
export type PackedClusters = Uint8Array;

const HISTOGRAMS = Object.entries(REQUEST_BOUNDS) as [RequestHistogram, readonly number[]][];
/** Numbers of the histograms of a replica: of each its counts, one above the last bound among them, and its sum. */
const REPLICA_NUMBERS = HISTOGRAMS.reduce((sum, [, bounds]) => sum + bounds.length + 2, 0);

type Counts = Pick<RequestTotals, 'finished' | 'tokens' | 'last'>;
type PackedReplica = Omit<ReplicaSnapshot, 'requests'> & { requests: Counts };

interface Packed {
  /** Those of all replicas, one after the other. */
  histograms: Float64Array;
  models: (Omit<ModelCluster, 'cluster'> & {
    cluster: Omit<ModelCluster['cluster'], 'replicas'> & { replicas: PackedReplica[] };
  })[];
}

/** The histograms, most of what there is to say, go as one list of numbers; whoever reads it knows their bounds. */
export function packClusters(clusters: readonly ModelCluster[]): PackedClusters {
  const replicas = clusters.reduce((sum, { cluster }) => sum + cluster.replicas.length, 0);
  const histograms = new Float64Array(replicas * REPLICA_NUMBERS);
  let at = 0;
  const packReplica = (replica: ReplicaSnapshot): PackedReplica => {
    const { requests } = replica;
    for (const [key] of HISTOGRAMS) {
      const { counts, sum } = requests[key];
      histograms.set(counts, at);
      at += counts.length;
      histograms[at++] = sum;
    }
    const { finished, tokens, last } = requests;
    return { ...replica, requests: { finished, tokens, last } };
  };
  const models = clusters.map(({ model, cluster }) => ({
    model,
    cluster: { ...cluster, replicas: cluster.replicas.map(packReplica) },
  }));
  return serialize({ histograms, models } satisfies Packed);
}

export function unpackClusters(bytes: PackedClusters): ModelCluster[] {
  const { histograms, models } = deserialize(bytes) as Packed;
  let at = 0;
  // What was read is nobody else's: it is completed rather than copied.
  const unpackReplica = (replica: PackedReplica): ReplicaSnapshot => {
    const requests = replica.requests as Counts & Record<RequestHistogram, HistogramData>;
    for (const [key, bounds] of HISTOGRAMS) {
      // Not `subarray`, which takes several times as long.
      const counts = new Float64Array(histograms.buffer, histograms.byteOffset + 8 * at, bounds.length + 1);
      at += counts.length;
      requests[key] = { bounds, counts, sum: histograms[at++]! };
    }
    return replica as PackedReplica & { requests: RequestTotals };
  };
  return models.map(({ model, cluster }) => ({
    model,
    cluster: Object.assign(cluster, { replicas: cluster.replicas.map(unpackReplica) }),
  }));
}
