/** What a plan offers, as far as that is known before it runs. */
import type { Stage } from '../workloads/plan.js';
import { hasSessions, type PlanSummary } from './plan-summary.js';

/** How long sending was planned to take, milliseconds; undefined when only the answers decide (closed loops by count). */
export function plannedSendingMs({ arrivals, workload, stop }: PlanSummary): number | undefined {
  // How many requests a session makes, and when, its answers decide.
  if (hasSessions(workload) && (stop.requests !== undefined || arrivals.kind === 'burst')) return undefined;
  const limits = [stop.durationMs];
  if (arrivals.kind === 'trace' && workload.kind === 'trace')
    limits.push(workload.durationMs / arrivals.speed);
  const rate = 'ratePerSecond' in arrivals ? arrivals.ratePerSecond : undefined;
  if (rate !== undefined && stop.requests !== undefined) limits.push((stop.requests / rate) * 1000);
  if (arrivals.kind === 'burst') limits.push(0);
  const known = limits.filter((limit) => limit !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

/** Requests per second that an open loop offers each target, of sessions the first ones; undefined for closed loops. */
export function offeredRps(plan: PlanSummary): number | undefined {
  const { arrivals, workload } = plan;
  if (arrivals.kind === 'closed' || arrivals.kind === 'burst') return undefined;
  if (arrivals.kind === 'stages') return meanRate(arrivals.stages);
  if (arrivals.kind !== 'trace') return arrivals.ratePerSecond;
  if (workload.kind !== 'trace' || workload.durationMs === 0) return undefined;
  return (workload.rows / workload.durationMs) * 1000 * arrivals.speed;
}

/** Requests per second, on average over all stages. */
function meanRate(stages: readonly Stage[]): number {
  const requests = stages.reduce((sum, { durationMs, from, to }) => sum + ((from + to) / 2) * durationMs, 0);
  return requests / stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
}

/**
 * How much the number of requests in a fixed time varies by chance: its variance over its mean, for times that are long
 * against the gaps. 1 for Poisson, 0 for constant arrivals; for renewal processes the squared variation of the gaps.
 */
export function countDispersion({ arrivals }: PlanSummary): number {
  if (arrivals.kind === 'users' || (arrivals.kind !== 'stages' && !('ratePerSecond' in arrivals))) return 0;
  const gaps = arrivals.kind === 'stages' ? arrivals.gaps : arrivals.kind;
  if (gaps === 'constant') return 0;
  const burstiness = 'burstiness' in arrivals ? (arrivals.burstiness ?? 1) : 1;
  return ('burst' in arrivals ? (arrivals.burst ?? 1) : 1) / (gaps === 'gamma' ? burstiness : 1);
}
