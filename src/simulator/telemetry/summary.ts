/** The cluster's state as JSON for programs that read no Prometheus text: the same figures, already divided. */
import { countOf, meanOf, mergeHistograms, quantileOf } from '../../lib/bucket-histogram.js';
import type { RouterStatistics } from '../cluster/router/router.js';
import type { ClusterSnapshot, ReplicaSnapshot, RequestTotals } from '../cluster/snapshot.js';
import { COUNTED } from './bounds.js';
import { fleetGpus } from './dcgm.js';
import { allReplicas, blocksOf, roleOf, shareOf, sumOf, type ModelCluster } from './model-cluster.js';

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
  const input = sumOf(replicas, ({ requests }) => requests.tokens.prompt);
  const output = sumOf(replicas, ({ requests }) => requests.tokens.generated);
  const finished = sumOf(replicas, ({ requests }) => finishedOf(requests));
  const failed = totals.failed + Object.values(totals.rejected).reduce((all, count) => all + count, 0);
  const running = sumOf(replicas, (replica) => replica.running);
  const waiting = sumOf(replicas, (replica) => replica.waiting);
  const steps = sumOf(replicas, ({ counters }) => counters.steps);
  const decoded = sumOf(replicas, ({ counters }) => counters.decodeTokens);
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
      requests_per_second: shareOf(finished, seconds),
      tokens_per_second: shareOf(input + output, seconds),
      input_tokens_per_second: shareOf(input, seconds),
      output_tokens_per_second: shareOf(output, seconds),
    },
    queue: { current_depth: waiting },
    batch: { current_size: running, avg_size: shareOf(decoded, steps) },
    cache: cacheSummary(snapshot),
    disaggregation: {
      prefill_workers: prefillReplicas,
      decode_workers: prefillReplicas > 0 ? replicas.length - prefillReplicas : 0,
      kv_transfer_bytes: sumOf(replicas, ({ handedOverBytes }) => handedOverBytes),
    },
  };
}

function cacheSummary({ replicas }: ClusterSnapshot): object {
  const queried = sumOf(replicas, ({ kv }) => kv.queriedTokens);
  const hit = sumOf(replicas, ({ kv }) => kv.hitTokens);
  return {
    hit_rate: shareOf(hit, queried),
    total_cached_tokens: hit,
    used_blocks: sumOf(replicas, (replica) => replica.usedBlocks),
    cached_blocks: sumOf(replicas, (replica) => replica.cachedBlocks),
    total_blocks: sumOf(replicas, (replica) => replica.totalBlocks),
  };
}

/** What the cache spared the answers of one kind of endpoint. */
export interface EndpointCacheStats {
  /** Answers to prompts of which something was in the cache, and to all others. */
  readonly hits: number;
  readonly misses: number;
  readonly hit_rate: number;
  /** As their usage says. */
  readonly prompt_tokens: number;
  readonly cached_tokens: number;
}

/**
 * KV cache and router, with the names of the Python project.
 *
 * @param endpoints - what whoever serves the cluster counted of its answers
 */
export function kvCacheSummary(
  snapshot: ClusterSnapshot,
  endpoints: Readonly<Record<string, EndpointCacheStats>> = {},
): object {
  const { replicas, routers } = snapshot;
  const queried = sumOf(replicas, ({ kv }) => kv.queriedTokens);
  const hit = sumOf(replicas, ({ kv }) => kv.hitTokens);
  const queries = sumOf(replicas, ({ kv }) => kv.queries);
  const hits = sumOf(replicas, ({ kv }) => kv.hits);
  return {
    cache_performance: {
      cache_hit_rate: shareOf(hit, queried),
      token_reuse_rate: shareOf(hit, queried),
      total_cache_hits: hits,
      total_cache_misses: queries - hits,
      total_tokens_processed: queried,
      cached_tokens_reused: hit,
      average_prefix_length: shareOf(hit, hits),
      evicted_blocks: sumOf(replicas, (replica) => blocksOf(replica, replica.kv.evictedUnits)),
      expired_blocks: sumOf(replicas, (replica) => blocksOf(replica, replica.kv.expiredUnits)),
      preemptions: sumOf(replicas, ({ preemptions }) => preemptions),
      endpoint_stats: endpoints,
      speedup_stats: speedupSummary(replicas),
    },
    smart_router: {
      policy: routers.map(({ policy }) => policy).join(' then '),
      workers: Object.fromEntries(
        replicas.map((replica) => [`worker-${replica.index}`, workerSummary(replica)]),
      ),
      routers: routers.map(routerSummary),
    },
  };
}

/**
 * Times to first tokens of prompts that had something in the cache beside those of all others, milliseconds. Measured, and not of the same
 * prompts: those with a common beginning may be longer than others. Null where there are none of a kind.
 */
function speedupSummary(replicas: readonly ReplicaSnapshot[]): object {
  const found = (key: 'count' | 'ttftS' | 'share'): number =>
    sumOf(replicas, ({ requests }) => requests.found[key]);
  const hits = found('count');
  const misses = sumOf(replicas, ({ requests }) => countOf(requests.ttftS)) - hits;
  const missesS = sumOf(replicas, ({ requests }) => requests.ttftS.sum) - found('ttftS');
  const actual = hits > 0 ? found('ttftS') / hits : null;
  const baseline = misses > 0 ? missesS / misses : null;
  const ms = (seconds: number | null): number | null => seconds && seconds * 1000;
  return {
    avg_baseline_ttft_ms: ms(baseline),
    avg_actual_ttft_ms: ms(actual),
    avg_speedup_ratio: baseline && actual && baseline / actual,
    avg_cache_hit_ratio: shareOf(found('share'), hits),
    total_speedup_records: hits,
  };
}

const routerSummary = (router: RouterStatistics): object => ({
  policy: router.policy,
  decisions: router.decisions,
  failures: router.failures,
  unavailable: router.unavailable,
  circuits_not_closed: router.circuitsNotClosed,
  counters: router.counters,
  ...(router.arms && {
    arms: router.arms.map((arm) => ({
      name: arm.name,
      requests: arm.requests,
      failed: arm.failed,
      ttft_mean_ms: arm.ttftMeanMs,
      e2e_mean_ms: arm.e2eMeanMs,
      cached_share: arm.cachedShare,
      ttft_difference_ms: arm.ttftDifferenceMs,
      ttft_difference_margin_ms: arm.ttftDifferenceMarginMs,
      significant: arm.significant,
    })),
  }),
});

function workerSummary(replica: ReplicaSnapshot): object {
  const { blockTokens, kv, tiers } = replica;
  return {
    up: replica.up,
    active_requests: replica.running + replica.waiting,
    total_requests: finishedOf(replica.requests),
    block_size: blockTokens,
    total_blocks: replica.totalBlocks,
    used_blocks: replica.usedBlocks,
    cached_blocks: replica.cachedBlocks,
    hit_rate: shareOf(kv.hitTokens, kv.queriedTokens),
    tokens_processed: replica.requests.tokens.prompt + replica.requests.tokens.generated,
    tiers: tiers.map(({ name, units, storedUnits, loadedUnits, prefetchedUnits, evictedUnits }) => ({
      name,
      blocks: blocksOf(replica, units),
      stored_blocks: blocksOf(replica, storedUnits),
      loaded_blocks: blocksOf(replica, loadedUnits),
      prefetched_blocks: blocksOf(replica, prefetchedUnits),
      evicted_blocks: blocksOf(replica, evictedUnits),
    })),
  };
}

/** The GPUs, by DCGM's field names without their prefix. */
export function gpuSummary(clusters: readonly ModelCluster[]): object {
  return {
    gpus: fleetGpus(clusters).map(({ index, uuid, busId, model, host, served, replica, fields }) => ({
      gpu: index,
      uuid,
      pci_bus_id: busId,
      model,
      hostname: host,
      served,
      replica,
      fields,
    })),
  };
}

/** One replica on a screen. */
export interface ReplicaOverview {
  readonly model: string;
  readonly replica: number;
  readonly role: string;
  readonly up: boolean;
  readonly running: number;
  readonly waiting: number;
  readonly kv_usage: number;
  readonly prefix_hit_share: number;
  readonly preemptions: number;
  readonly gpus: number | null;
  /** 0 to 1. */
  readonly gpu_utilization: number | null;
  /** Of all its GPUs. */
  readonly power_watts: number | null;
  readonly temperature_c: number | null;
}

/** One row per replica. */
export const overview = (clusters: readonly ModelCluster[]): ReplicaOverview[] =>
  allReplicas(clusters).map((each) => {
    const { model, replica } = each;
    return {
      model,
      replica: replica.index,
      role: roleOf(each),
      up: replica.up,
      running: replica.running,
      waiting: replica.waiting,
      kv_usage: shareOf(replica.usedBlocks, replica.totalBlocks),
      prefix_hit_share: shareOf(replica.kv.hitTokens, replica.kv.queriedTokens),
      preemptions: replica.preemptions,
      gpus: replica.hardware?.gpus ?? null,
      gpu_utilization: replica.gpu?.busy ?? null,
      power_watts: replica.gpu ? replica.gpu.powerW * (replica.hardware?.gpus ?? 1) : null,
      temperature_c: replica.gpu?.temperatureC ?? null,
    };
  });
