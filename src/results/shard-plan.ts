/** What a plan asks of one of its shards. */
import type { Shard } from '../workloads/plan.js';
import type { PlanSummary } from './plan-summary.js';

type Arrivals = PlanSummary['arrivals'];

/** The plan with rates and counts of one shard, for its verdict: the shard did not fall short by what others sent. */
export function planOfShard(plan: PlanSummary, { count }: Shard): PlanSummary {
  const { stop, workload } = plan;
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
