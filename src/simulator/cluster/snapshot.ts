/** The state of a cluster at an instant, for telemetry: every metric dialect is computed from this. */

import type { HistogramData } from '../../lib/bucket-histogram.js';
import type { GpuReading } from '../hardware/gpu-meter.js';
import type { ReplicaHardware } from './cost.js';
import type { ClusterTotals, Delivery } from './delivery.js';
import type { Dispatcher } from './dispatcher.js';
import type { FaultInjector } from './fault-injector.js';
import type { KvStatistics } from './kv/kv-statistics.js';
import type { TierStatistics } from './kv/tiers.js';
import { loadingOf } from './queue-depth.js';
import type { Replica } from './replica.js';
import type { ReplicaTotals } from './replica-counters.js';
import { RequestMeters, type RequestHistogram } from './request-meters.js';
import type { Batcher } from './router/batcher.js';
import type { RouterStatistics } from './router/router.js';
import type { LengthClassProfile, WorkloadProfile } from './router/workload-profile.js';
import type { SpeculationStatistics } from './speculation.js';

export interface ReplicaSnapshot {
  readonly index: number;
  readonly up: boolean;
  /** Factor on step times; 1 when healthy. */
  readonly slowness: number;
  /** The part of it that lowered clocks cause. */
  readonly thermalFactor: number;
  /** Last XID error; 0 for none. */
  readonly lastXid: number;
  /** XID errors so far, by code. */
  readonly xids: Readonly<Record<number, number>>;
  readonly running: number;
  /** Accepted and not in the batch, {@link loading} among them. */
  readonly waiting: number;
  /** Of those that wait: their keys and values are on the way from a lower tier. */
  readonly loading: number;
  /** A step is being computed. */
  readonly stepping: boolean;
  readonly blockTokens: number;
  /** Tokens of a unit: what is cached, evicted and moved as a whole. */
  readonly unitTokens: number;
  readonly prefixCaching: boolean;
  readonly totalBlocks: number;
  /** Blocks that sequences hold. */
  readonly usedBlocks: number;
  /** Blocks cached but not held. */
  readonly cachedBlocks: number;
  readonly preemptions: number;
  readonly kv: Readonly<KvStatistics>;
  /** Pictures, sounds and films of prompts: those looked up, and those of them that were prepared before. */
  readonly media: { readonly queries: number; readonly hits: number };
  readonly tiers: readonly TierStatistics[];
  /** Bytes per second over the buses of all its GPUs, over about the last second. */
  readonly busTraffic: { readonly sentPerS: number; readonly receivedPerS: number };
  readonly speculation: Readonly<SpeculationStatistics>;
  readonly counters: ReplicaTotals;
  readonly requests: RequestTotals;
  /** KV bytes sent to decode replicas. */
  readonly handedOverBytes: number;
  readonly kvBytesPerToken: number;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  /** Undefined when the cost model does not say what it computes on. */
  readonly hardware: ReplicaHardware | undefined;
  /** One of its GPUs; all of them work alike. */
  readonly gpu: GpuReading | undefined;
}

/** The values of a {@link RequestMeters}, which lose their methods on the way to another thread. */
export type RequestTotals = {
  readonly [K in RequestHistogram]: HistogramData;
} & Pick<RequestMeters, 'finished' | 'tokens' | 'found' | 'last'>;

export interface ClusterSnapshot {
  readonly nowMs: number;
  readonly totals: Readonly<ClusterTotals>;
  /** Accepted, with no replica to go on. */
  readonly stranded: number;
  /** Most requests that ever waited at its replicas at once. */
  readonly mostWaiting: number;
  readonly replicas: readonly ReplicaSnapshot[];
  /** One per pool. */
  readonly routers: readonly RouterStatistics[];
  readonly batching: { readonly batches: number; readonly requests: number };
  /** Longest prompt plus output that every replica can hold. */
  readonly longestTokens: number;
  readonly workload: {
    readonly rateRps: number;
    readonly forecastRps: number;
    readonly burstiness: number;
    /** By length class; bounds in `LENGTH_CLASSES`. */
    readonly classes: readonly LengthClassProfile[];
  };
}

/** What is known about a replica outside of it. */
export interface ReplicaCondition {
  readonly thermalFactor: number;
  readonly lastXid: number;
  readonly xids: Readonly<Record<number, number>>;
  readonly handedOverBytes: number;
  readonly requests: RequestTotals;
  /** Bytes per second to decode replicas. */
  readonly handedOverPerS: number;
}

function snapshotReplica(replica: Replica, nowMs: number, condition: ReplicaCondition): ReplicaSnapshot {
  const { kv, scheduler, parts } = replica;
  const { statistics } = kv;
  // Forgotten when the replica works again; looking must not change what happens.
  const expiredUnits = kv.overdueUnits(nowMs);
  const traffic = parts.tiers?.traffic(nowMs);
  const loading = loadingOf(replica);
  return {
    index: replica.index,
    up: replica.up,
    slowness: replica.slowness,
    thermalFactor: condition.thermalFactor,
    lastXid: condition.lastXid,
    xids: condition.xids,
    running: scheduler.running.length,
    waiting: scheduler.waiting.size + loading,
    loading,
    stepping: replica.stepping,
    blockTokens: kv.options.blockTokens,
    unitTokens: kv.options.hashTokens,
    prefixCaching: kv.options.prefixCaching,
    totalBlocks: kv.options.totalBlocks,
    usedBlocks: kv.used,
    cachedBlocks: kv.available - kv.free - expiredUnits * kv.unitBlocks,
    preemptions: scheduler.preemptions,
    kv:
      expiredUnits > 0 ? { ...statistics, expiredUnits: statistics.expiredUnits + expiredUnits } : statistics,
    media: replica.media.statistics,
    tiers: parts.tiers?.statistics() ?? [],
    busTraffic: {
      sentPerS: (traffic?.storedPerS ?? 0) + condition.handedOverPerS,
      receivedPerS: traffic?.loadedPerS ?? 0,
    },
    speculation: parts.speculator.statistics,
    counters: replica.work.counters.read(),
    requests: condition.requests,
    handedOverBytes: condition.handedOverBytes,
    kvBytesPerToken: parts.cost.kvBytesPerToken,
    maxNumSeqs: parts.scheduler.maxNumSeqs,
    maxNumBatchedTokens: parts.scheduler.maxNumBatchedTokens,
    hardware: parts.cost.hardware,
    gpu: replica.work.readGpu(nowMs),
  };
}

/** What a cluster is put together from. */
export interface ClusterParts extends Pick<ClusterSnapshot, 'nowMs' | 'longestTokens'> {
  readonly replicas: readonly Replica[];
  readonly delivery: Delivery;
  readonly dispatcher: Dispatcher;
  readonly faults: FaultInjector;
  readonly batcher: Batcher | undefined;
  readonly profile: WorkloadProfile;
}

/** What the meters of a cluster show that has none. */
const UNMETERED = new RequestMeters();

/** Counters are the live objects: read them at once or copy them. */
export function snapshotCluster({
  nowMs,
  longestTokens,
  replicas,
  delivery,
  dispatcher,
  faults,
  batcher,
  profile,
}: ClusterParts): ClusterSnapshot {
  const { links, routers } = dispatcher.parts;
  profile.roll(nowMs);
  return {
    nowMs,
    totals: delivery.totals,
    stranded: dispatcher.stranded,
    longestTokens,
    mostWaiting: delivery.depth.most,
    replicas: replicas.map((replica) => {
      const { index } = replica;
      // Each part by its name: V8 makes an object of parts that are spread into it one by one, at ten times the cost.
      const { thermalFactor, lastXid, xids } = faults.condition(index);
      return snapshotReplica(replica, nowMs, {
        thermalFactor,
        lastXid,
        xids,
        handedOverBytes: links[index]?.bytes ?? 0,
        handedOverPerS: links[index]?.bytesPerS(nowMs) ?? 0,
        requests: delivery.metersOf(index) ?? UNMETERED,
      });
    }),
    routers: routers.map((router) => router.statistics()),
    batching: { batches: batcher?.batches ?? 0, requests: batcher?.requests ?? 0 },
    workload: {
      rateRps: profile.rateRps,
      forecastRps: profile.forecastRps(3),
      burstiness: profile.burstiness,
      classes: profile.classes,
    },
  };
}
