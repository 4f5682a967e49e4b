/** When more replicas will not help: what is left is the time of a request that has a replica to itself. */
import { METRICS, type MetricName } from '../../results/metrics.js';
import type { Operator, SloStatistic } from '../../results/slo.js';
import type { SearchExpression } from '../search/expression.js';

/** A fleet that did not pass. */
export interface TriedFleet {
  /** The gates of the search, in their order. */
  gates: readonly { value: number | null; passed: boolean }[];
  /** Requests that failed or did not end in time, and whether those are too many where no gate judges errors. */
  lost: number;
  tooManyLost: boolean;
  /** Share of the requests that came to a replica with others in flight. */
  shared: number;
}

/** What no fleet meets, and why. */
export interface OutOfReach {
  expression: string;
  /** Which it comes to in the largest fleet tried, in the unit of the condition. */
  value: number;
  reason: string;
}

/** Less than this share is no improvement. */
const LEAST_GAIN = 0.005;
/** So many gains as the last ones would have to be in sight of the limit. */
const ENOUGH = 8;
/** Requests that are disturbed for each that came to others: itself, and the one that was there. */
const DISTURBED = 2;
/** In a mean such a share of disturbed requests is still to be seen, but doubling the fleet halves it, and so on: together as much again. */
const MEAN_TOLERATES = 0.2;
/** One of the conditions, and what it came to in each fleet. */
interface Condition {
  expression: string;
  metric: MetricName | 'lost';
  /** Whether large figures are wanted, and where they pass. */
  higher: boolean;
  limit: number;
  /** In the fleet before, and in one of twice its size. */
  before: number;
  now: number;
  passed: boolean;
  /** Share of the requests that may be disturbed by others without a trace in the figure. */
  tolerated: number;
}

/**
 * Looks at two fleets, one of twice the size of the other, that did not pass. A condition is out of reach when its figure is the
 * same in both, and in the larger one hardly a request meets another. That it is the same says nothing by itself: the
 * percentiles of gaps stay where a prompt disturbs them until fewer than that share of them are disturbed.
 */
export function outOfReach(
  search: SearchExpression,
  before: TriedFleet,
  now: TriedFleet,
): OutOfReach | undefined {
  const hopeless = conditionsOf(search, before, now).find(
    (condition) => DISTURBED * now.shared <= condition.tolerated && isHopeless(condition),
  );
  return (
    hopeless && { expression: hopeless.expression, value: hopeless.now, reason: reasonOf(hopeless.metric) }
  );
}

function conditionsOf({ gates }: SearchExpression, before: TriedFleet, now: TriedFleet): Condition[] {
  const gated = gates.map(({ text, gated: figure, operator, limit }, i): Condition => ({
    expression: text,
    metric: figure.metric,
    higher: operator.startsWith('>'),
    limit,
    before: before.gates[i]!.value ?? Number.NaN,
    now: now.gates[i]!.value ?? Number.NaN,
    passed: now.gates[i]!.passed,
    tolerated: 'statistic' in figure ? toleratedBy(figure.statistic, operator) : MEAN_TOLERATES,
  }));
  if (gates.some(({ gated: { metric } }) => metric === 'error_rate')) return gated;
  const lost = { metric: 'lost', higher: false, limit: 0, tolerated: MEAN_TOLERATES } as const;
  return [
    ...gated,
    {
      ...lost,
      expression: 'failed or unfinished requests = 0',
      before: before.lost,
      now: now.lost,
      passed: !now.tooManyLost,
    },
  ];
}

function toleratedBy(statistic: SloStatistic, operator: Operator): number {
  if (statistic.kind === 'quantile') {
    const above = 1 - statistic.percent / 100;
    return operator.startsWith('<') ? above : 1 - above;
  }
  return statistic.kind === 'moment' && statistic.name !== 'mean' ? 0 : MEAN_TOLERATES;
}

/** Whether the doubling brought no more than a trace, nor several times as much would be enough. */
function isHopeless({ higher, limit, before, now, passed }: Condition): boolean {
  if (passed || Number.isNaN(before) || Number.isNaN(now)) return false;
  const gain = higher ? now - before : before - now;
  return gain <= LEAST_GAIN * Math.abs(now) && Math.abs(now - limit) > ENOUGH * gain;
}

function reasonOf(metric: Condition['metric']): string {
  if (metric === 'lost' || metric === 'error_rate') return 'these requests do not complete in any fleet';
  const { unit, kind } = METRICS[metric];
  if (unit !== 'ms') return kind === 'rate' ? 'the load asks for no more' : 'replicas do not change it';
  if (metric.startsWith('ttf')) return 'that is how long a prompt takes on a replica of its own';
  if (/^(e2e|response_time|total_time)$/.test(metric))
    return 'that is how long a request takes on a replica of its own';
  return 'that is how long the steps of a request take on a replica of its own';
}
