/**
 * Two runs side by side, with intervals.
 *
 * With [l, h] the interval of a figure in each run (97.5 % each, estimate.ts), the difference lies in
 * [l_new − h_base, h_new − l_base] and the ratio in [l_new / h_base, h_new / l_base] with at least 95 % confidence
 * (Bonferroni). That is conservative: it is wider than an interval of the difference itself would be.
 */
import type { Distribution } from '../distribution.js';
import { DISTRIBUTION_NAMES, METRICS, RATE_NAMES, type DistributionName } from '../metrics.js';
import { decodeHistograms } from '../read-run-file.js';
import type { RunFile, RunTarget } from '../run-file.js';
import { formatGated } from '../slo.js';
import { estimate, type Estimate, type Figure } from './estimate.js';
import type { ChangeRule } from './rule.js';

/** A change from base to new with its interval; null: unbounded, or not to be told (a base of 0). */
export interface Change {
  value: number | null;
  low: number | null;
  high: number | null;
}

export interface ComparedFigure {
  /** Name of the target in the new run. */
  target: string;
  /** `ttft.p95` */
  figure: string;
  unit: string;
  better: 'lower' | 'higher' | 'neither';
  /** null: absent, or too few samples. */
  base: Estimate | null;
  new: Estimate | null;
  /** In the unit. */
  difference: Change | null;
  /** As a share of the base value. */
  relative: Change | null;
}

export interface RuleResult {
  rule: string;
  target: string;
  /** `no-value`: absent or too few samples in one of the runs, which fails the rule. */
  outcome: 'passed' | 'failed' | 'within-noise' | 'no-value';
  passed: boolean;
}

interface Side {
  target: RunTarget;
  distributions: Partial<Record<DistributionName, Distribution>>;
}

interface Pair {
  name: string;
  base: Side | undefined;
  new: Side | undefined;
}

const side = (target: RunTarget | undefined): Side | undefined =>
  target && { target, distributions: decodeHistograms(target.histograms) };

/** The other targets of a run beside its first one: they had the same load at the same time. */
export function pairWithFirst({ targets: [first, ...others] }: RunFile): Pair[] {
  const base = side(first);
  return others.map((target) => ({ name: target.name, base, new: side(target) }));
}

/** The new run's targets beside the base run's of the same name; single ones whatever they are called. */
export function pairTargets(base: RunFile, other: RunFile): Pair[] {
  if (base.targets.length === 1 && other.targets.length === 1) {
    return [{ name: other.targets[0]!.name, base: side(base.targets[0]), new: side(other.targets[0]) }];
  }
  const names = new Set([...base.targets, ...other.targets].map(({ name }) => name));
  return [...names].map((name) => ({
    name,
    base: side(base.targets.find((target) => target.name === name)),
    new: side(other.targets.find((target) => target.name === name)),
  }));
}

const SHOWN: readonly Figure[] = [
  ...RATE_NAMES.map((metric) => ({ metric })),
  ...DISTRIBUTION_NAMES.flatMap((metric) => [
    { metric, statistic: { kind: 'moment', name: 'mean' } } as const,
    ...[50, 90, 95, 99].map((percent) => ({ metric, statistic: { kind: 'quantile', percent } }) as const),
  ]),
];

/** Every rate, mean and usual percentile that at least one of the runs has. */
export const compareRuns = (pairs: readonly Pair[]): ComparedFigure[] =>
  pairs.flatMap((pair) =>
    SHOWN.map((figure) => compareFigure(figure, pair)).filter((compared) => compared.base ?? compared.new),
  );

function compareFigure(figure: Figure, pair: Pair): ComparedFigure {
  const of = (side: Side | undefined): Estimate | null =>
    (side && estimate(figure, side.target, side.distributions)) ?? null;
  const [base, next] = [of(pair.base), of(pair.new)];
  const { unit, better } = METRICS[figure.metric];
  const both = base && next;
  return {
    target: pair.name,
    figure: formatGated(figure),
    unit,
    better,
    base,
    new: next,
    difference: both ? difference(base, next) : null,
    relative: both ? relative(base, next) : null,
  };
}

const difference = (base: Estimate, next: Estimate): Change => ({
  value: next.value - base.value,
  low: next.low === null || base.high === null ? null : next.low - base.high,
  high: next.high === null || base.low === null ? null : next.high - base.low,
});

/** A base of 0 has no relative change, unless nothing changed; where it is 0 for certain, any rise is unbounded. */
const relative = (base: Estimate, next: Estimate): Change => ({
  value: base.value > 0 ? next.value / base.value - 1 : next.value === 0 ? 0 : null,
  low: ratioChange(next.low, base.high),
  high: ratioChange(next.high, base.low),
});

function ratioChange(next: number | null, base: number | null): number | null {
  if (next === null || base === null) return null;
  if (base === 0) return next > 0 ? Infinity : null;
  return next / base - 1;
}

/** Judges rules on each pair of targets, or on the one that a rule names. A target that is nowhere has no value. */
export function judgeRules(rules: readonly ChangeRule[], pairs: readonly Pair[]): RuleResult[] {
  return rules.flatMap((rule) => {
    const { target } = rule;
    const chosen = target === undefined ? pairs : pairs.filter(({ name }) => name === target);
    const missing = target !== undefined && chosen.length === 0;
    return (missing ? [{ name: target, base: undefined, new: undefined }] : chosen).map((pair) => {
      const outcome = judgeRule(rule, pair);
      return {
        rule: rule.text,
        target: pair.name,
        outcome,
        passed: outcome === 'passed' || outcome === 'within-noise',
      };
    });
  });
}

/**
 * A rule fails when the estimate is beyond its tolerance and the interval agrees that there is a change in that direction
 * (that it is beyond no change or, for a tolerance that demands an improvement, beyond the tolerance).
 */
function judgeRule({ figure, operator, tolerance }: ChangeRule, pair: Pair): RuleResult['outcome'] {
  const compared = compareFigure(figure, pair);
  if (!compared.base || !compared.new) return 'no-value';
  const change = tolerance.kind === 'relative' ? compared.relative! : compared.difference!;
  const rises = operator === '>';
  // From 0 to anything is an unbounded rise; whether it is one beyond chance, the difference tells.
  const value = change.value ?? Infinity;
  if (rises ? value <= tolerance.value : value >= tolerance.value) return 'passed';
  const bound = rises ? Math.min(tolerance.value, 0) : Math.max(tolerance.value, 0);
  const edge = rises ? change.low : change.high;
  const agrees = edge !== null && (rises ? edge > bound : edge < bound);
  return agrees ? 'failed' : 'within-noise';
}
