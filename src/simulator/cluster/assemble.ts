/** Builds the parts of a cluster from its options. */

import type { CostModel } from './cost.js';
import { KvCache } from './kv/kv-cache.js';
import type { KvCacheOptions } from './kv/kv-cache-options.js';
import { SharedLink } from './kv/shared-link.js';
import { TierStack } from './kv/tiers.js';
import type { UnitObserver } from './kv/unit-observer.js';
import { resolveCache, type ClusterOptions } from './options.js';
import { Replica } from './replica.js';
import type { ReplicaHost } from './replica-parts.js';
import type { Row } from './replica-row.js';
import { createPolicy, type PolicySpec } from './router/create-policy.js';
import { ActivePrompts } from './router/active-prompts.js';
import { PrefixIndex } from './router/prefix-index.js';
import { Router } from './router/router.js';
import type { WorkloadProfile } from './router/workload-profile.js';
import type { SchedulerOptions } from './scheduler-parts.js';
import { Speculator } from './speculation.js';
import type { Timeline } from './timeline.js';

/** Dynamo's credits for GPU memory, host memory, disk. */
const TIER_CREDITS = [1, 0.75, 0.25];

interface Pool {
  readonly first: number;
  readonly size: number;
  readonly policy: PolicySpec;
}

/** One pool, or a prefill and a decode pool. */
export function poolsOf(options: ClusterOptions): [Pool, ...Pool[]] {
  const policy = options.router?.policy ?? { policy: 'round-robin' };
  const prefill = options.disaggregation?.prefillReplicas;
  if (prefill === undefined) return [{ first: 0, size: options.replicas, policy }];
  const decodePolicy = options.router?.decodePolicy ?? { policy: 'least-loaded' };
  return [
    { first: 0, size: prefill, policy },
    { first: prefill, size: options.replicas - prefill, policy: decodePolicy },
  ];
}

/** The router of a pool, and the index that its caches report to if the policy needs one. */
export function buildRouter(
  options: ClusterOptions,
  pool: Pool,
  number: number,
  cache: KvCacheOptions,
  profile: WorkloadProfile,
): Router {
  const tiers = 1 + (options.cache?.tiers?.length ?? 0);
  const credits = options.router?.tierCredits ?? TIER_CREDITS;
  const policy = createPolicy(pool.policy, options.seed, `router/${number}`);
  return new Router({
    first: pool.first,
    size: pool.size,
    policy,
    circuitBreaker: options.router?.circuitBreaker,
    index: policy.needsOverlap ? new PrefixIndex(pool.size, tiers) : undefined,
    active:
      policy.ranks.includes('decodeBlocks') && cache.prefixCaching ? new ActivePrompts(pool.size) : undefined,
    credits: Array.from({ length: tiers }, (_, tier) => credits[tier] ?? credits.at(-1) ?? 0),
    blockTokens: cache.blockTokens,
    hashTokens: cache.hashTokens,
    pricePerHour: options.pricePerHour ?? (() => 1),
    profile,
  });
}

export const costOf = (options: ClusterOptions, replica: number): CostModel =>
  typeof options.cost === 'function' ? options.cost(replica) : options.cost;

/** One replica with its caches. */
export function buildReplica(
  options: ClusterOptions,
  scheduler: SchedulerOptions,
  index: number,
  router: Router,
  host: ReplicaHost,
  timeline: Timeline,
  row: Row,
): Replica {
  const cost = costOf(options, index);
  const cache = resolveCache(options, cost);
  const prefixes = router.parts.index;
  const local = index - router.parts.first;
  const observers: UnitObserver[] = prefixes ? [prefixes.observer(local, 0)] : [];
  let tiers: TierStack | undefined;
  if (options.cache?.tiers?.length && cache.prefixCaching) {
    tiers = new TierStack(
      options.cache.tiers,
      cache.hashTokens / cache.blockTokens,
      cache.hashTokens * cost.kvBytesPerToken,
      timeline,
      options.cache.tiers.map((_, tier) => prefixes?.observer(local, tier + 1)),
    );
    observers.push(tiers);
  }
  return new Replica(
    {
      index,
      row,
      cost,
      kv: new KvCache(cache, observers),
      tiers,
      speculator: new Speculator(options.speculation, options.seed),
      scheduler,
      prefillOnly: index < (options.disaggregation?.prefillReplicas ?? 0),
    },
    host,
  );
}

/** Links out of the prefill replicas. */
export function buildLinks(options: ClusterOptions, timeline: Timeline): SharedLink[] {
  const { disaggregation } = options;
  if (!disaggregation) return [];
  const bytesPerMs = (disaggregation.gigabytesPerSecond ?? 64) * 1e6;
  return Array.from(
    { length: disaggregation.prefillReplicas },
    () => new SharedLink(timeline, bytesPerMs, disaggregation.latencyMs ?? 0.5),
  );
}
