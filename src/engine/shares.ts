/** How a plan is split: pure arithmetic, the same on every thread and machine. */
import { busyShards, widthOf } from '../results/shard-plan.js';
import { shareOf, type Plan, type Shard } from '../workloads/plan.js';

/**
 * This machine's part as it is really done, see `busyShards`.
 *
 * @returns undefined for a shard with nothing to do
 */
export function effectiveShard(plan: Plan, shard: Shard): Shard | undefined {
  const count = busyShards(plan, shard.count);
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
