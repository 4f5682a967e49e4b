/** The cluster's state as JSON for programs that read no Prometheus text: the same figures, already divided. */
import { countOf, meanOf, mergeHistograms, quantileOf } from '../../lib/bucket-histogram.js';
import type { ReplicaSnapshot } from '../cluster/snapshot.js';
import { COUNTED } from './bounds.js';
import { DCGM_FIELD_IDS } from './dcgm-ids.js';
import { fleetGpus } from './dcgm.js';
import { allReplicas, finishedOf, roleOf, shareOf, sumOf, type ModelCluster } from './model-cluster.js';

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

/** What Dynamo's dashboards ask for, of one model or of several together: latencies, throughput, queue, batch, cache. */
export function dynamoSummary(clusters: readonly ModelCluster[]): object {
  const replicas = allReplicas(clusters).map(({ replica }) => replica);
  const total = (key: 'submitted' | 'completed' | 'failed'): number =>
    sumOf(clusters, ({ cluster }) => cluster.totals[key]);
  const seconds = Math.max(0, ...clusters.map(({ cluster }) => cluster.nowMs)) / 1000;
  const input = sumOf(replicas, ({ requests }) => requests.tokens.prompt);
  const output = sumOf(replicas, ({ requests }) => requests.tokens.generated);
  const finished = sumOf(replicas, ({ requests }) => finishedOf(requests));
  const refused = sumOf(clusters, ({ cluster }) => sumOf(Object.values(cluster.totals.rejected), Number));
  const running = sumOf(replicas, (replica) => replica.running);
  const waiting = sumOf(replicas, (replica) => replica.waiting);
  const steps = sumOf(replicas, ({ counters }) => counters.steps);
  const sequences = sumOf(replicas, ({ counters }) => counters.sequences);
  const queue = latency(replicas, 'queueS');
  return {
    summary: {
      total_requests: total('submitted'),
      successful_requests: total('completed'),
      failed_requests: total('failed') + refused,
      active_requests: running + waiting,
      uptime_seconds: seconds,
      workers: replicas.length,
    },
    latency: {
      ttft: latency(replicas, 'ttftS'),
      itl: latency(replicas, 'itlS'),
      total: latency(replicas, 'e2eS'),
      queue,
      prefill: latency(replicas, 'prefillS'),
      decode: latency(replicas, 'decodeS'),
    },
    throughput: {
      requests_per_second: shareOf(finished, seconds),
      tokens_per_second: shareOf(input + output, seconds),
      input_tokens_per_second: shareOf(input, seconds),
      output_tokens_per_second: shareOf(output, seconds),
    },
    // Little's law, of those that have left it.
    queue: {
      current_depth: waiting,
      max_depth: sumOf(clusters, ({ cluster }) => cluster.mostWaiting),
      avg_depth: shareOf(((queue.avg ?? 0) / 1000) * queue.count, seconds),
    },
    batch: {
      current_size: running,
      avg_size: shareOf(sequences, steps),
      max_size: Math.max(0, ...replicas.map(({ counters }) => counters.mostSequences)),
    },
    cache: cacheSummary(replicas),
    disaggregation: disaggregation(clusters),
  };
}

/** Those fleets whose prompts are computed apart: workers, and requests placed at them. */
function disaggregation(clusters: readonly ModelCluster[]): object {
  const pools = clusters.map(({ cluster }) => cluster.routers).filter(({ length }) => length > 1);
  const workers = (pool: 0 | 1): number => sumOf(pools, (routers) => routers[pool]!.decisions.length);
  const placed = (pool: 0 | 1): number => sumOf(pools, (routers) => sumOf(routers[pool]!.decisions, Number));
  return {
    prefill_workers: workers(0),
    decode_workers: workers(1),
    prefill_requests: placed(0),
    decode_requests: placed(1),
    kv_transfer_bytes: sumOf(allReplicas(clusters), ({ replica }) => replica.handedOverBytes),
  };
}

function cacheSummary(replicas: readonly ReplicaSnapshot[]): object {
  const queried = sumOf(replicas, ({ kv }) => kv.queriedTokens);
  const hit = sumOf(replicas, ({ kv }) => kv.hitTokens);
  const matched = sumOf(replicas, ({ kv, blockTokens }) => kv.hitTokens / blockTokens);
  return {
    hit_rate: shareOf(hit, queried),
    // Mean of the cached shares of prompts, each as much as any other, of those that have a first token.
    avg_overlap_score: shareOf(
      sumOf(replicas, ({ requests }) => requests.found.share),
      sumOf(replicas, ({ requests }) => countOf(requests.ttftS)),
    ),
    avg_blocks_matched: shareOf(
      matched,
      sumOf(replicas, ({ kv }) => kv.queries),
    ),
    total_cached_tokens: hit,
    used_blocks: sumOf(replicas, (replica) => replica.usedBlocks),
    cached_blocks: sumOf(replicas, (replica) => replica.cachedBlocks),
    total_blocks: sumOf(replicas, (replica) => replica.totalBlocks),
  };
}

/** The GPUs, by DCGM's field names, and the numbers that DCGM has for these. */
export function gpuSummary(clusters: readonly ModelCluster[]): object {
  return {
    field_ids: DCGM_FIELD_IDS,
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
