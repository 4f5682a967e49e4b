/** How many of the requests that a plan measures belong to a shard. */
import { createSchedule } from './arrivals.js';
import { shareOf, type Plan, type Shard } from './plan.js';
import { hasSessions } from './session-shape.js';

/**
 * How many measured requests a shard sends to a target under the plan's stop rule, so that the shards together send
 * exactly those that one would: in open loops the requests after the warm-up, whichever of the shards has the first.
 *
 * @returns Infinity without a number of requests in the plan
 */
export function measuredShare(plan: Plan, targetIndex: number, shard: Shard): number {
  const { requests } = plan.stop;
  if (requests === undefined) return Number.POSITIVE_INFINITY;
  const first = firstMeasured(plan, targetIndex);
  return ownedBelow(first + requests, plan, shard) - ownedBelow(first, plan, shard);
}

/** How many of the first requests belong to a shard. */
function ownedBelow(total: number, { arrivals }: Plan, shard: Shard): number {
  if (arrivals.kind !== 'users') return shareOf(total, shard);
  const { users } = arrivals;
  return Math.floor(total / users) * shareOf(users, shard) + shareOf(total % users, shard);
}

/** The index of the first measured request, where it is known before the run. */
function firstMeasured(plan: Plan, targetIndex: number): number {
  // How many requests a closed loop or a session makes during the warm-up, the answers decide.
  if (plan.warmupMs === 0 || hasSessions(plan.workload)) return 0;
  const schedule = createSchedule(plan, targetIndex);
  let index = 0;
  while ((schedule.at(index) ?? Infinity) < plan.warmupMs) index++;
  return index;
}
