/** The cluster's state as JSON for programs that read no Prometheus text: the same figures, already divided. */
import { countOf, meanOf, mergeHistograms, quantileOf } from '../../lib/bucket-histogram.js';
import type { ClusterSnapshot, ReplicaSnapshot, RequestTotals } from '../cluster/snapshot.js';
import { COUNTED } from './bounds.js';
import { fleetGpus } from './dcgm.js';

/** Milliseconds. Quantiles are estimated from histograms; null without a value. */
export interface LatencySummary {
  readonly count: number;
  readonly avg: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
}

type DurationKey = 'ttftS' | 'itlS' | 'e2eS' | 'queueS' | 'prefillS' | 'decodeS';

const BOUNDS: Readonly<Record<DurationKey, readonly number[]>> = {
  ttftS: COUNTED.ttftS,
  itlS: COUNTED.itlS,
  e2eS: COUNTED.e2eS,
  queueS: COUNTED.phaseS,
  prefillS: COUNTED.phaseS,
  decodeS: COUNTED.phaseS,
};

const sum = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((total, item) => total + value(item), 0);

const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

function latency(replicas: readonly ReplicaSnapshot[], key: DurationKey): LatencySummary {
  const all = mergeHistograms(
    BOUNDS[key],
    replicas.map(({ requests }) => requests[key]),
  );
  const ms = (seconds: number | undefined): number | null => (seconds === undefined ? null : seconds * 1000);
  return {
    count: countOf(all),
    avg: ms(meanOf(all)),
    p50: ms(quantileOf(all, 0.5)),
    p90: ms(quantileOf(all, 0.9)),
    p99: ms(quantileOf(all, 0.99)),
  };
}

const finishedOf = ({ finished }: RequestTotals): number =>
  finished.stop + finished.length + finished.abort + finished.error;

/** What Dynamo's dashboards ask for: latencies, throughput, queue, batch, cache. */
export function dynamoSummary(snapshot: ClusterSnapshot): object {
  const { replicas, totals, nowMs } = snapshot;
  const seconds = nowMs / 1000;
  const input = sum(replicas, ({ requests }) => requests.tokens.prompt);
  const output = sum(replicas, ({ requests }) => requests.tokens.generated);
  const finished = sum(replicas, ({ requests }) => finishedOf(requests));
  const failed = totals.failed + Object.values(totals.rejected).reduce((all, count) => all + count, 0);
  const running = sum(replicas, (replica) => replica.running);
  const waiting = sum(replicas, (replica) => replica.waiting);
  const steps = sum(replicas, ({ counters }) => counters.steps);
  const decoded = sum(replicas, ({ counters }) => counters.decodeTokens);
  const prefillReplicas = snapshot.routers.length > 1 ? (snapshot.routers[0]?.decisions.length ?? 0) : 0;
  return {
    summary: {
      total_requests: totals.submitted,
      successful_requests: totals.completed,
      failed_requests: failed,
      active_requests: running + waiting,
      uptime_seconds: seconds,
      workers: replicas.length,
    },
    latency: {
      ttft: latency(replicas, 'ttftS'),
      itl: latency(replicas, 'itlS'),
      total: latency(replicas, 'e2eS'),
      queue: latency(replicas, 'queueS'),
      prefill: latency(replicas, 'prefillS'),
      decode: latency(replicas, 'decodeS'),
    },
    throughput: {
      requests_per_second: share(finished, seconds),
      tokens_per_second: share(input + output, seconds),
      input_tokens_per_second: share(input, seconds),
      output_tokens_per_second: share(output, seconds),
    },
    queue: { current_depth: waiting },
    batch: { current_size: running, avg_size: share(decoded, steps) },
    cache: cacheSummary(snapshot),
    disaggregation: {
      prefill_workers: prefillReplicas,
      decode_workers: prefillReplicas > 0 ? replicas.length - prefillReplicas : 0,
      kv_transfer_bytes: sum(replicas, ({ handedOverBytes }) => handedOverBytes),
    },
  };
}

function cacheSummary({ replicas }: ClusterSnapshot): object {
  const queried = sum(replicas, ({ kv }) => kv.queriedTokens);
  const hit = sum(replicas, ({ kv }) => kv.hitTokens);
  return {
    hit_rate: share(hit, queried),
    total_cached_tokens: hit,
    used_blocks: sum(replicas, (replica) => replica.usedBlocks),
    cached_blocks: sum(replicas, (replica) => replica.cachedBlocks),
    total_blocks: sum(replicas, (replica) => replica.totalBlocks),
  };
}

/** KV cache and router, with the names of the Python project. */
export function kvCacheSummary(snapshot: ClusterSnapshot): object {
  const { replicas, routers } = snapshot;
  const queried = sum(replicas, ({ kv }) => kv.queriedTokens);
  const hit = sum(replicas, ({ kv }) => kv.hitTokens);
  const requests = sum(replicas, ({ requests: { promptTokens } }) => countOf(promptTokens));
  return {
    cache_performance: {
      cache_hit_rate: share(hit, queried),
      total_tokens_processed: queried,
      cached_tokens_reused: hit,
      average_prefix_length: share(hit, requests),
      evicted_blocks: sum(
        replicas,
        ({ kv, unitTokens, blockTokens }) => (kv.evictedUnits * unitTokens) / blockTokens,
      ),
      expired_blocks: sum(
        replicas,
        ({ kv, unitTokens, blockTokens }) => (kv.expiredUnits * unitTokens) / blockTokens,
      ),
      preemptions: sum(replicas, ({ preemptions }) => preemptions),
    },
    smart_router: {
      policy: routers.map(({ policy }) => policy).join(' then '),
      workers: Object.fromEntries(
        replicas.map((replica) => [`worker-${replica.index}`, workerSummary(replica)]),
      ),
      routers: routers.map(({ decisions, counters, failures, unavailable, circuitsNotClosed }) => ({
        decisions,
        failures,
        unavailable,
        circuits_not_closed: circuitsNotClosed,
        counters,
      })),
    },
  };
}

function workerSummary(replica: ReplicaSnapshot): object {
  const { blockTokens, unitTokens, kv, tiers } = replica;
  return {
    up: replica.up,
    active_requests: replica.running + replica.waiting,
    total_requests: finishedOf(replica.requests),
    block_size: blockTokens,
    total_blocks: replica.totalBlocks,
    used_blocks: replica.usedBlocks,
    cached_blocks: replica.cachedBlocks,
    hit_rate: share(kv.hitTokens, kv.queriedTokens),
    tokens_processed: replica.requests.tokens.prompt + replica.requests.tokens.generated,
    tiers: tiers.map(({ name, units, storedUnits, loadedUnits, evictedUnits }) => ({
      name,
      blocks: (units * unitTokens) / blockTokens,
      stored_blocks: (storedUnits * unitTokens) / blockTokens,
      loaded_blocks: (loadedUnits * unitTokens) / blockTokens,
      evicted_blocks: (evictedUnits * unitTokens) / blockTokens,
    })),
  };
}

/** The GPUs, by DCGM's field names without their prefix. */
export function gpuSummary(snapshot: ClusterSnapshot): object {
  return {
    gpus: fleetGpus(snapshot).map(({ index, uuid, busId, model, host, replica, fields }) => ({
      gpu: index,
      uuid,
      pci_bus_id: busId,
      model,
      hostname: host,
      replica,
      fields,
    })),
  };
}

/** What a screen shows of the cluster. */
export interface ClusterOverview {
  readonly replicas: readonly {
    readonly replica: number;
    readonly up: boolean;
    readonly running: number;
    readonly waiting: number;
    readonly kvUsage: number;
    readonly prefixHitShare: number;
    readonly preemptions: number;
    readonly gpuUtilization: number | null;
    readonly powerW: number | null;
    readonly temperatureC: number | null;
  }[];
}

/** One row per replica. */
export const overview = ({ replicas }: ClusterSnapshot): ClusterOverview => ({
  replicas: replicas.map((replica) => ({
    replica: replica.index,
    up: replica.up,
    running: replica.running,
    waiting: replica.waiting,
    kvUsage: share(replica.usedBlocks, replica.totalBlocks),
    prefixHitShare: share(replica.kv.hitTokens, replica.kv.queriedTokens),
    preemptions: replica.preemptions,
    gpuUtilization: replica.gpu?.busy ?? null,
    powerW: replica.gpu ? replica.gpu.powerW * (replica.hardware?.gpus ?? 1) : null,
    temperatureC: replica.gpu?.temperatureC ?? null,
  })),
});
