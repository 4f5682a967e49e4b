/** How the state of clusters travels: from the thread that knows to one that is asked, for which each keeps one of these. */
import { type StateMessage, StateReader, StateWriter } from '../../lib/shared-state.js';
import { REQUEST_BOUNDS, type RequestHistogram } from '../../simulator/cluster/request-meters.js';
import type { ModelCluster } from '../../simulator/telemetry/model-cluster.js';

/** What is sent; the numbers are in memory that both threads see. */
export type PackedClusters = StateMessage;

/** Histograms' own, which never change. */
const FIXED = 'bounds';
const BOUNDS = Object.entries(REQUEST_BOUNDS) as [RequestHistogram, readonly number[]][];

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Dialects find their bounds by identity: those that were read are replaced by those that this thread counts by. */
function knowBounds(clusters: readonly ModelCluster[]): void {
  for (const { cluster } of clusters) {
    for (const { requests } of cluster.replicas) {
      for (const [key, bounds] of BOUNDS)
        (requests[key] as Writable<(typeof requests)[typeof key]>).bounds = bounds;
    }
  }
}

/** For the thread that runs the clusters. */
export const clusterPacker = (): StateWriter => new StateWriter(FIXED);

/** For a thread that asks. What it reads is that of one instant until it reads the next. */
export const clusterUnpacker = (): StateReader<readonly ModelCluster[]> => new StateReader(FIXED, knowBounds);
