/** How far a run is, from what the board says. */
import type { Progress } from '../results/progress.js';
import { shareOf, type Plan, type Shard } from '../workloads/plan.js';
import type { BoardReading } from './live-board.js';

/** Tells how much of the plan is done, 0 to 1; undefined when nobody can know. */
export type PlanShare = (reading: BoardReading, elapsedMs: number) => number | undefined;

/**
 * Prepares the measure of a plan: by requests, by time, by the last instant of a trace; the one that is nearest to its
 * end counts.
 *
 * @param plan - what is run
 * @param outer - this machine's part of it
 */
export function planShare(plan: Plan, outer: Shard): PlanShare {
  const { stop, warmupMs, arrivals, workload } = plan;
  const requests = stop.requests === undefined ? undefined : shareOf(stop.requests, outer);
  const spans = [stop.durationMs === undefined ? undefined : warmupMs + stop.durationMs];
  if (arrivals.kind === 'trace' && workload.kind === 'trace') {
    const last = workload.trace.instantMs.at(-1) ?? 0;
    spans.push(last / arrivals.speed);
  }
  return ({ measuredSent, sendingOver }, elapsedMs) => {
    if (sendingOver) return 1;
    const shares = spans.filter((span) => span !== undefined && span > 0).map((span) => elapsedMs / span!);
    if (requests !== undefined && requests > 0) shares.push(measuredSent / requests);
    return shares.length === 0 ? undefined : Math.min(1, Math.max(...shares));
  };
}

/** The state of a run for whoever watches it. */
export function progressAt(
  plan: Plan,
  reading: BoardReading,
  elapsedMs: number,
  planned: PlanShare,
): Progress {
  const share = planned(reading, elapsedMs);
  return {
    phase: reading.sendingOver ? 'finishing' : elapsedMs < plan.warmupMs ? 'warmup' : 'measuring',
    elapsedMs,
    ...(share !== undefined && { share }),
    targets: reading.targets,
    threads: reading.threads,
  };
}
