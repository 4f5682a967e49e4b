/** Gates evaluated on what was measured. */
import { FakeaiError } from '../lib/errors.js';
import type { Distribution } from './distribution.js';
import type { DistributionName, RateName } from './metrics.js';
import type { SloResult } from './run-file.js';
import { compareSlo, sloUnit, type SloExpression } from './slo.js';
import type { TurnOutcome } from './turns.js';

/** What a gate is evaluated on: one target's results. */
export interface SloSubject {
  name: string;
  distributions: Partial<Record<DistributionName, Distribution>>;
  rates: Record<RateName, number | null>;
  turns?: readonly TurnOutcome[] | undefined;
}

/**
 * Refuses gates on targets that do not exist.
 *
 * @throws {FakeaiError} FAKEAI_SLO_SYNTAX, with the targets that there are
 */
export function refuseUnknownTargets(
  slos: readonly Pick<SloExpression, 'text' | 'target'>[],
  names: readonly string[],
): void {
  for (const { text, target } of slos) {
    if (target === undefined || names.includes(target)) continue;
    throw new FakeaiError('FAKEAI_SLO_SYNTAX', {
      expression: text,
      problem: `"${target}" is not a target of this run`,
      hint: `The targets are ${names.join(', ')}.`,
    });
  }
}

/** Evaluates gates on each target in turn. A value that is absent or has too few samples fails its gate. */
export function evaluateSlos(slos: readonly SloExpression[], subjects: readonly SloSubject[]): SloResult[] {
  return slos.flatMap((slo) => {
    // A target that does not exist has no values either: its gate must not vanish.
    const names = slo.target === undefined ? subjects.map(({ name }) => name) : [slo.target];
    return names.map((target) => {
      const subject = subjects.find(({ name }) => name === target);
      const value = subject ? valueOf(slo, subject) : null;
      const passed = value !== null && compareSlo(slo, value);
      return { expression: slo.text, target, passed, unit: sloUnit(slo), value };
    });
  });
}

function valueOf({ gated, turn }: SloExpression, subject: SloSubject): number | null {
  if (!('statistic' in gated)) return subject.rates[gated.metric];
  const distributions =
    turn === undefined
      ? subject.distributions
      : subject.turns?.find((one) => one.turn === turn)?.distributions;
  const distribution = distributions?.[gated.metric];
  if (!distribution || distribution.count === 0) return null;
  const { statistic } = gated;
  if (statistic.kind === 'count') return distribution.count;
  return statistic.kind === 'moment'
    ? distribution.statistic(statistic.name)
    : distribution.quantile(statistic.percent / 100);
}
