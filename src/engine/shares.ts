/** How a plan is split: pure arithmetic, the same on every thread and machine. */
import { shareOf, type Plan, type Shard } from '../workloads/plan.js';

/** Most requests of one target that may be in flight at once, over all shards. */
export function widthOf({ arrivals, maxInFlight }: Plan): number {
  if (arrivals.kind === 'closed') return Math.min(arrivals.concurrency, maxInFlight);
  return arrivals.kind === 'users' ? Math.min(arrivals.users, maxInFlight) : maxInFlight;
}

/**
 * This machine's part as it is really done. A shard that may have nothing in flight sends nothing, so its requests must
 * belong to others: where there are more shards than requests in flight, only that many share the plan.
 *
 * @returns undefined for a shard with nothing to do
 */
export function effectiveShard(plan: Plan, shard: Shard): Shard | undefined {
  const count = Math.min(shard.count, widthOf(plan));
  return shard.index < count ? { index: shard.index, count } : undefined;
}

/**
 * How many threads share a machine's part: each can have at least one request in flight. How many threads other machines
 * have makes no difference to what this one sends.
 *
 * @param shard - from {@link effectiveShard}
 */
export const threadsOf = (plan: Plan, shard: Shard, most: number): number =>
  Math.max(1, Math.min(most, shareOf(widthOf(plan), shard)));

/** Part `inner` of the part `outer`: thread t of n on machine k of m is shard k + m·t of m·n. */
export const composeShards = (outer: Shard, inner: Shard): Shard => ({
  index: outer.index + outer.count * inner.index,
  count: outer.count * inner.count,
});
