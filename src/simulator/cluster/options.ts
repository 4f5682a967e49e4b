/** What a cluster is made of, its defaults and its limits. */

import { FakeaiError } from '../../lib/errors.js';
import type { CostModel } from './cost.js';
import type { FailureEvent } from './failures.js';
import type { KvCacheOptions } from './kv/kv-cache-options.js';
import type { TierOptions } from './kv/tiers.js';
import type { BatchingOptions } from './router/batcher.js';
import type { CircuitBreakerOptions } from './router/circuit-breaker.js';
import type { PolicySpec } from './router/create-policy.js';
import type { SchedulerOptions } from './scheduler-parts.js';
import type { SpeculationOptions } from './speculation.js';
import type { ClusterSink } from './types.js';

export interface CacheOptions {
  /** Tokens per KV block. Default 16. */
  readonly blockTokens?: number;
  /** Tokens per block hash of the requests; a multiple of `blockTokens`, which is the default. */
  readonly hashTokens?: number;
  /** KV blocks per replica. Default: what the cost model says fits. */
  readonly totalBlocks?: number;
  /** Default `lru`. */
  readonly eviction?: KvCacheOptions['eviction'];
  /** Default 5 minutes. */
  readonly ttlMs?: number;
  /** Default true. */
  readonly prefixCaching?: boolean;
  /** Recurrent states are kept at multiples of so many tokens; 0 for none. Default: as the cost model says. */
  readonly stateTokens?: number;
  /** Memories below the GPU's, fastest first. Default none. */
  readonly tiers?: readonly TierOptions[];
}

export interface RouterOptions {
  /** Default round robin. */
  readonly policy?: PolicySpec;
  /** Policy of the decode pool, when prefill is disaggregated. Default least loaded. */
  readonly decodePolicy?: PolicySpec;
  readonly circuitBreaker?: CircuitBreakerOptions;
  readonly batching?: BatchingOptions;
  /** Computes requests in flight with equal `coalesceKey` once. Default false. */
  readonly coalescing?: boolean;
  /** Worth of a cached block in GPU memory and in each lower tier. Default 1, .75, .25 (Dynamo). */
  readonly tierCredits?: readonly number[];
}

export interface DisaggregationOptions {
  /** The first replicas compute prompts, the others decode. */
  readonly prefillReplicas: number;
  /** Out of one prefill replica, shared by its transfers. Default 64 (Dynamo's). */
  readonly gigabytesPerSecond?: number;
  /** Fixed time of a transfer. Default 0.5 ms. */
  readonly latencyMs?: number;
}

export interface ClusterOptions {
  readonly replicas: number;
  /** One for all replicas, or one per replica. */
  readonly cost: CostModel | ((replica: number) => CostModel);
  readonly seed: number;
  readonly sink: ClusterSink;
  readonly scheduler?: Partial<SchedulerOptions>;
  /** Longest prompt plus output. Default: no limit but the memory. */
  readonly maxModelLen?: number;
  readonly cache?: CacheOptions;
  readonly router?: RouterOptions;
  readonly speculation?: SpeculationOptions;
  readonly disaggregation?: DisaggregationOptions;
  readonly failures?: readonly FailureEvent[];
  /** What happens to the requests of a replica that crashes. Default `requeue`: they go on elsewhere. */
  readonly onCrash?: 'requeue' | 'fail';
  /** Price of a replica-hour. Default 1. */
  readonly pricePerHour?: (replica: number) => number;
  /** Keeps the histograms that metric dialects show of each replica's requests; without, they are empty. Default true. */
  readonly meterRequests?: boolean;
}

/** vLLM's defaults for a server. */
export const SCHEDULER_DEFAULTS: SchedulerOptions = {
  maxNumSeqs: 256,
  maxNumBatchedTokens: 8192,
  policy: 'fcfs',
  chunkedPrefill: true,
  longPrefillTokenThreshold: 0,
  kvPrefetch: false,
  maxQueue: 4096,
};

const check = (valid: boolean, where: string, problem: string): void => {
  if (!valid) throw new FakeaiError('FAKEAI_SETTING_INVALID', { where, problem });
};

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;

/** The scheduler's settings with defaults. A budget below the batch size could starve a decoding sequence. */
export function resolveScheduler(options: ClusterOptions): SchedulerOptions {
  const scheduler = { ...SCHEDULER_DEFAULTS, ...options.scheduler };
  check(isCount(scheduler.maxNumSeqs), 'max-num-seqs', 'must be a whole number of at least 1');
  check(
    isCount(scheduler.maxNumBatchedTokens) && scheduler.maxNumBatchedTokens >= scheduler.maxNumSeqs,
    'max-num-batched-tokens',
    `must be a whole number of at least max-num-seqs (${scheduler.maxNumSeqs})`,
  );
  check(Number.isInteger(scheduler.maxQueue) && scheduler.maxQueue >= 0, 'max-queue', 'must be 0 or more');
  return scheduler;
}

/** The cache settings of one replica. */
export function resolveCache(options: ClusterOptions, cost: CostModel): KvCacheOptions {
  const blockTokens = options.cache?.blockTokens ?? 16;
  const hashTokens = options.cache?.hashTokens ?? blockTokens;
  check(isCount(blockTokens), 'block-size', 'must be a whole number of at least 1');
  check(
    isCount(hashTokens) && hashTokens % blockTokens === 0,
    'block hashes',
    `must cover a multiple of the block size (${blockTokens}) each, not ${hashTokens} tokens`,
  );
  const totalBlocks = Math.floor(options.cache?.totalBlocks ?? cost.kvBlocks(blockTokens));
  check(totalBlocks >= 1, 'model', 'does not fit: no memory of the GPUs is left for keys and values');
  return {
    totalBlocks,
    blockTokens,
    hashTokens,
    eviction: options.cache?.eviction ?? 'lru',
    ttlMs: options.cache?.ttlMs ?? 300_000,
    prefixCaching: options.cache?.prefixCaching ?? true,
    stateTokens: Math.ceil((options.cache?.stateTokens ?? cost.stateTokens ?? 0) / blockTokens) * blockTokens,
  };
}

/** Checks what concerns the fleet. */
export function checkFleet(options: ClusterOptions): void {
  check(isCount(options.replicas), 'replicas', 'must be a whole number of at least 1');
  const prefill = options.disaggregation?.prefillReplicas;
  check(
    prefill === undefined || (isCount(prefill) && prefill < options.replicas),
    'prefill-replicas',
    'must leave at least one replica for decoding',
  );
  for (const failure of options.failures ?? []) {
    check(
      Number.isInteger(failure.replica) && failure.replica >= 0 && failure.replica < options.replicas,
      'failure',
      `names replica ${failure.replica}, but the fleet has ${options.replicas}, numbered from 0`,
    );
  }
}
