/** KV caches and routers as JSON. */
import { countOf } from '../../lib/bucket-histogram.js';
import type { ArmComparison } from '../cluster/router/arms.js';
import type { RouterStatistics } from '../cluster/router/router.js';
import type { ReplicaSnapshot } from '../cluster/snapshot.js';
import {
  allReplicas,
  blocksOf,
  finishedOf,
  shareOf,
  sumOf,
  type ModelCluster,
  type ModelReplica,
} from './model-cluster.js';

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

/** The answers of several models, by kind of endpoint. */
export function mergeEndpoints(
  all: readonly Readonly<Record<string, EndpointCacheStats>>[],
): Record<string, EndpointCacheStats> {
  const merged: Record<string, EndpointCacheStats> = {};
  for (const [kind, stats] of all.flatMap((one) => Object.entries(one))) {
    const before = merged[kind];
    const sum = (key: Exclude<keyof EndpointCacheStats, 'hit_rate'>): number =>
      (before?.[key] ?? 0) + stats[key];
    const hits = sum('hits');
    const misses = sum('misses');
    merged[kind] = {
      hits,
      misses,
      hit_rate: shareOf(hits, hits + misses),
      prompt_tokens: sum('prompt_tokens'),
      cached_tokens: sum('cached_tokens'),
    };
  }
  return merged;
}

/**
 * KV caches and routers of one model or of several together, with the names of the Python project.
 *
 * @param endpoints - what whoever serves the clusters counted of its answers
 */
export function kvCacheSummary(
  clusters: readonly ModelCluster[],
  endpoints: Readonly<Record<string, EndpointCacheStats>> = {},
): object {
  const named = allReplicas(clusters);
  const replicas = named.map(({ replica }) => replica);
  const routers = clusters.flatMap(({ cluster }) => cluster.routers);
  const policies = clusters.map(({ cluster }) => cluster.routers.map(({ policy }) => policy).join(' then '));
  const nameOf = ({ model, replica }: ModelReplica): string =>
    `${clusters.length > 1 ? `${model}/` : ''}worker-${replica.index}`;
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
      policy: [...new Set(policies)].join(', '),
      workers: Object.fromEntries(named.map((each) => [nameOf(each), workerSummary(each.replica)])),
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
  ...(router.arms && { arms: router.arms.map(armSummary) }),
});

/** The A/B splits among the routers of the clusters, arm by arm. */
export const splitSummary = (clusters: readonly ModelCluster[]): object[] =>
  clusters.flatMap(({ model, cluster }) =>
    cluster.routers.flatMap(({ arms }) => (arms ? [{ model, arms: arms.map(armSummary) }] : [])),
  );

/** One arm of an A/B split: what was asked for, what it got, and what became of it. */
const armSummary = (arm: ArmComparison): object => ({
  name: arm.name,
  share: arm.share,
  share_of_requests: arm.shareOfRequests,
  requests: arm.requests,
  failed: arm.failed,
  ended: arm.ended,
  ttft_mean_ms: arm.ttftMeanMs,
  e2e_mean_ms: arm.e2eMeanMs,
  cached_share: arm.cachedShare,
  ttft_difference_ms: arm.ttftDifferenceMs,
  ttft_difference_margin_ms: arm.ttftDifferenceMarginMs,
  significant: arm.significant,
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
