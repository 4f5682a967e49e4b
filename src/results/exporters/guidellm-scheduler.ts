/** What GuideLLM's reports say about its scheduler, as far as a run of ours has the same. */
import type { PlanSummary } from '../plan-summary.js';
import type { RunFile, RunTarget } from '../run-file.js';

/** A run, or one of the loads of a series. */
export type Measured = Pick<RunFile, 'plan' | 'startedAt' | 'threads'>;

interface Totals {
  successful: number;
  errored: number;
  incomplete: number;
  total: number;
}

/** GuideLLM's name of how requests arrive; all that it has no name for is a throughput run to it. */
export function strategyOf({ arrivals, maxInFlight, seed }: PlanSummary) {
  switch (arrivals.kind) {
    case 'closed':
      return { type_: 'concurrent', streams: arrivals.concurrency };
    case 'constant':
      return { type_: 'constant', rate: arrivals.ratePerSecond, max_concurrency: maxInFlight };
    case 'poisson':
      return {
        type_: 'poisson',
        rate: arrivals.ratePerSecond,
        max_concurrency: maxInFlight,
        random_seed: seed,
      };
    case 'trace':
      return { type_: 'trace', time_scale: 1 / arrivals.speed };
    default:
      return { type_: 'throughput', max_concurrency: maxInFlight };
  }
}

/** What GuideLLM would have been asked for; all that it has no name for is a throughput run to it. */
export function profileOf({ arrivals, maxInFlight }: PlanSummary) {
  switch (arrivals.kind) {
    case 'closed':
      return { kind: 'concurrent', streams: [arrivals.concurrency] };
    case 'constant':
    case 'poisson':
      return { kind: arrivals.kind, rate: [arrivals.ratePerSecond], max_concurrency: maxInFlight };
    case 'trace':
      return { kind: 'replay', time_scale: 1 / arrivals.speed };
    default:
      return { kind: 'throughput', max_concurrency: maxInFlight };
  }
}

function instantsOf({ plan, startedAt }: Measured, { measuredMs }: RunTarget) {
  const start = Date.parse(startedAt) / 1000;
  const measured = start + plan.warmupMs / 1000;
  return { start, measured, end: measured + measuredMs / 1000 };
}

export function schedulerState(load: Measured, target: RunTarget, totals: Totals) {
  const { start, end } = instantsOf(load, target);
  return {
    node_id: 0,
    num_processes: load.threads.length,
    start_time: start,
    end_time: end,
    start_requests_time: start,
    end_requests_time: end,
    created_requests: totals.total,
    processed_requests: totals.total,
    successful_requests: totals.successful,
    errored_requests: totals.errored,
    cancelled_requests: totals.incomplete,
  };
}

/** Stages of GuideLLM's own that nothing passes through here take no time. */
export function schedulerMetrics(load: Measured, target: RunTarget, totals: Totals) {
  const { start, measured, end } = instantsOf(load, target);
  const meanSeconds = (name: 'e2e' | 'lateness'): number => (target.metrics[name]?.mean ?? 0) / 1000;
  return {
    start_time: start,
    request_start_time: start,
    measure_start_time: measured,
    measure_end_time: end,
    request_end_time: end,
    end_time: end,
    requests_made: totals,
    queued_time_avg: 0,
    resolve_start_delay_avg: 0,
    resolve_targeted_start_delay_avg: meanSeconds('lateness'),
    request_start_delay_avg: 0,
    request_targeted_start_delay_avg: meanSeconds('lateness'),
    request_time_avg: meanSeconds('e2e'),
    resolve_end_delay_avg: 0,
    resolve_time_avg: meanSeconds('e2e'),
    finalized_delay_avg: 0,
    processed_delay_avg: 0,
  };
}
