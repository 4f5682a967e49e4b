/**
 * `--abort`: rules that end a hopeless run early, looked at while it goes on.
 *
 * ```
 * rule = gate                                              see results/slo.ts; of metrics that are followed live
 *      | "in_flight" [ tags ] operator digits              requests that are under way
 * ```
 */
import { FakeaiError } from '../lib/errors.js';
import { formatFigure } from '../results/format.js';
import type { DistributionName, RateName } from '../results/metrics.js';
import {
  FOLLOWED_DISTRIBUTIONS,
  followedCounts,
  liveMeanMs,
  liveQuantileMs,
  type FollowedDistribution,
  type Progress,
  type TargetProgress,
} from '../results/progress.js';
import { sampleFloor } from '../results/sample-floor.js';
import { COMPARE, parseGate, parseTags, sloUnit, type Operator, type SloExpression } from '../results/slo.js';

/** Fewer requests that ended than this say nothing about a share of errors or a mean. */
const LEAST_VALUES = 20;
/** A rate over less time than this is an accident. */
const LEAST_RATE_MS = 5000;
const RATES = ['error_rate', 'request_rate', 'output_token_rate'] as const satisfies readonly RateName[];

/** What is known of a target at one moment. */
interface Moment {
  target: TargetProgress;
  /** The target when measuring began, and how long ago that was; absent before. */
  base?: { target: TargetProgress; ms: number };
}

/** A parsed rule. */
export interface AbortRule {
  /** As the user wrote it, trimmed. */
  text: string;
  /** The target that it is about; any of them without it. */
  target?: string;
  operator: Operator;
  limit: number;
  unit: string;
  /** In `unit`; undefined while there is too little to tell. */
  value: (moment: Moment) => number | undefined;
}

/**
 * Parses rules, which are written as gates are, but say what must not be.
 *
 * @throws FakeaiError FAKEAI_SLO_SYNTAX, or FAKEAI_SETTING_INVALID for what is not known while a run goes on
 */
export const parseAborts = (texts: readonly string[]): AbortRule[] => texts.map(parseAbort);

const IN_FLIGHT = /^in_flight\s*(?:\{([^{}]*)\})?\s*(<=|>=|<|>)\s*(\d{1,9})$/i;

function parseAbort(input: string): AbortRule {
  const text = input.trim();
  const [whole, tags, operator, digits] = IN_FLIGHT.exec(text) ?? [];
  if (whole !== undefined) {
    const fail = (problem: string, hint: string): never => {
      throw new FakeaiError('FAKEAI_SLO_SYNTAX', { setting: '--abort', expression: text, problem, hint });
    };
    const { target, turn } = tags === undefined ? {} : parseTags(tags, fail);
    if (turn !== undefined) return refuse(text, 'in_flight is not kept per turn');
    const common = { text, operator: operator as Operator, limit: Number(digits), unit: 'requests' };
    return { ...common, ...(target !== undefined && { target }), value: (moment) => moment.target.inFlight };
  }
  const gate = parseGate(text, '--abort');
  const { target, turn, limit } = gate;
  if (turn !== undefined) return refuse(text, 'turns are not told apart while a run goes on');
  return {
    text,
    ...(target !== undefined && { target }),
    operator: gate.operator,
    limit,
    unit: sloUnit(gate),
    value: valueOf(text, gate.gated),
  };
}

function refuse(text: string, problem: string): never {
  throw new FakeaiError('FAKEAI_SETTING_INVALID', {
    where: `--abort '${text}'`,
    problem,
    hint: `Use in_flight, ${RATES.join(', ')}, or a percentile, mean, min, max or count of ${FOLLOWED_DISTRIBUTIONS.join(', ')}, such as 'error_rate > 50%' or 'ttft.p95 > 10s'.`,
  });
}

const isFollowed = (metric: DistributionName): metric is FollowedDistribution =>
  (FOLLOWED_DISTRIBUTIONS as readonly string[]).includes(metric);

function valueOf(text: string, gated: SloExpression['gated']): AbortRule['value'] {
  if (!('statistic' in gated)) return rateOf(text, gated.metric);
  const { metric, statistic } = gated;
  if (!isFollowed(metric)) return refuse(text, `${metric} is not known while a run goes on`);
  if (statistic.kind === 'count') return ({ target }) => totalOf(followedCounts(target, metric));
  if (statistic.kind === 'quantile') {
    const share = statistic.percent / 100;
    return quantileOf(metric, share, sampleFloor(share));
  }
  if (statistic.name === 'stddev') return refuse(text, `${metric}.stddev is not known while a run goes on`);
  if (statistic.name !== 'mean') return quantileOf(metric, statistic.name === 'min' ? 0 : 1, 1);
  return ({ target }) => {
    const counts = followedCounts(target, metric);
    return totalOf(counts) >= LEAST_VALUES ? liveMeanMs(counts) : undefined;
  };
}

const quantileOf =
  (metric: FollowedDistribution, share: number, least: number): AbortRule['value'] =>
  ({ target }) => {
    const counts = followedCounts(target, metric);
    return totalOf(counts) >= least ? liveQuantileMs(counts, share) : undefined;
  };

function rateOf(text: string, metric: RateName): AbortRule['value'] {
  switch (metric) {
    case 'error_rate':
      return ({ target: { completed, failed } }) =>
        completed + failed >= LEAST_VALUES ? (failed / (completed + failed)) * 100 : undefined;
    case 'request_rate':
      return perSecond(({ completed }) => completed);
    case 'output_token_rate':
      return perSecond(({ outputTokens }) => outputTokens);
    default:
      return refuse(text, `${metric} is not known while a run goes on`);
  }
}

const perSecond =
  (count: (target: TargetProgress) => number): AbortRule['value'] =>
  ({ target, base }) =>
    base && base.ms >= LEAST_RATE_MS ? ((count(target) - count(base.target)) / base.ms) * 1000 : undefined;

const totalOf = (counts: Uint32Array): number => counts.reduce((sum, count) => sum + count, 0);

/** Watches one run. */
export class AbortWatch {
  readonly #rules: readonly AbortRule[];
  #base: Progress | undefined;

  constructor(rules: readonly AbortRule[]) {
    this.#rules = rules;
  }

  /** The first rule that holds, with what was measured; undefined if none does, or there is too little to tell. */
  reason(progress: Progress): string | undefined {
    // What is still answered after sending has ended says nothing about rates.
    if (progress.phase === 'finishing') return undefined;
    if (progress.phase === 'measuring') this.#base ??= progress;
    const ms = this.#base && progress.elapsedMs - this.#base.elapsedMs;
    for (const rule of this.#rules) {
      for (const [i, target] of progress.targets.entries()) {
        if (rule.target !== undefined && rule.target !== target.name) continue;
        const base = ms === undefined ? {} : { base: { target: this.#base!.targets[i]!, ms } };
        const value = rule.value({ target, ...base });
        if (value === undefined || !COMPARE[rule.operator](value, rule.limit)) continue;
        const where = progress.targets.length > 1 ? ` of ${target.name}` : '';
        return `--abort '${rule.text}' holds: it is ${formatFigure(value)} ${rule.unit}${where}.`;
      }
    }
    return undefined;
  }
}
