/** How a plan is split: pure arithmetic, the same on every thread and machine. */
import type { Plan, Shard } from '../workloads/plan.js';

/**
 * One shard's part of a total that is dealt out one by one: the first shards get the remainder.
 *
 * @param total - a whole number
 * @param shard - whose part
 */
export const shareOf = (total: number, shard: Shard): number =>
  Math.floor(total / shard.count) + (shard.index < total % shard.count ? 1 : 0);

/** Most requests of one target that may be in flight at once, over all shards. */
export const widthOf = (plan: Plan): number =>
  plan.arrivals.kind === 'closed' ? Math.min(plan.arrivals.concurrency, plan.maxInFlight) : plan.maxInFlight;

/**
 * The shard that does the work of the given one. A shard that may have nothing in flight sends nothing, so its requests
 * must belong to others: where there are more shards than requests in flight, only that many share the plan.
 *
 * @returns undefined for a shard with nothing to do
 */
export function effectiveShard(plan: Plan, shard: Shard): Shard | undefined {
  const count = Math.min(shard.count, widthOf(plan));
  return shard.index < count ? { index: shard.index, count } : undefined;
}

/** Part `inner` of the part `outer`: thread t of n on machine k of m is shard k + m·t of m·n. */
export const composeShards = (outer: Shard, inner: Shard): Shard => ({
  index: outer.index + outer.count * inner.index,
  count: outer.count * inner.count,
});
