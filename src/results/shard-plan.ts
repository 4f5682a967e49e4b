/** What a plan asks of one of its shards. */
import type { Plan, Shard } from '../workloads/plan.js';
import type { PlanSummary } from './plan-summary.js';

type Arrivals = PlanSummary['arrivals'];

/** Most requests of one target that may be in flight at once, over all shards. */
export function widthOf({
  arrivals,
  maxInFlight,
}: Pick<Plan | PlanSummary, 'arrivals' | 'maxInFlight'>): number {
  if (arrivals.kind === 'closed') return Math.min(arrivals.concurrency, maxInFlight);
  return arrivals.kind === 'users' ? Math.min(arrivals.users, maxInFlight) : maxInFlight;
}

/**
 * How many of the shards have something to do. One that may have nothing in flight sends nothing, so its requests belong
 * to others: where there are more shards than requests in flight, only that many share the plan.
 */
export const busyShards = (plan: Parameters<typeof widthOf>[0], count: number): number =>
  Math.min(count, widthOf(plan));

/** The plan with rates and counts of one shard, for its verdict: the shard did not fall short by what others sent. */
export function planOfShard(plan: PlanSummary, shard: Shard): PlanSummary {
  const { stop, workload } = plan;
  const count = busyShards(plan, shard.count);
  return {
    ...plan,
    arrivals: arrivalsOfShard(plan.arrivals, count),
    ...(workload.kind === 'trace' && { workload: { ...workload, rows: Math.round(workload.rows / count) } }),
    stop: { ...stop, ...(stop.requests !== undefined && { requests: atLeastOne(stop.requests / count) }) },
    maxInFlight: atLeastOne(plan.maxInFlight / count),
  };
}

const atLeastOne = (part: number): number => Math.max(1, Math.round(part));

function arrivalsOfShard(arrivals: Arrivals, count: number): Arrivals {
  switch (arrivals.kind) {
    case 'closed':
      return { ...arrivals, concurrency: atLeastOne(arrivals.concurrency / count) };
    case 'burst':
      return { ...arrivals, requests: atLeastOne(arrivals.requests / count) };
    case 'stages':
      return {
        ...arrivals,
        stages: arrivals.stages.map((stage) => ({
          ...stage,
          from: stage.from / count,
          to: stage.to / count,
        })),
      };
    case 'users': {
      const { users, ratePerSecond } = arrivals;
      const rate = ratePerSecond === undefined ? {} : { ratePerSecond: ratePerSecond / count };
      return { ...arrivals, users: atLeastOne(users / count), ...rate };
    }
    case 'trace':
      return arrivals;
    default:
      return { ...arrivals, ratePerSecond: arrivals.ratePerSecond / count };
  }
}
