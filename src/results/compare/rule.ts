/**
 * What must not happen between two runs: `ttft.p95 > +10%`.
 *
 * ```
 * rule   = metric [ tags ] [ "." statistic ] ( ">" | "<" ) sign number unit       metric, tags, statistic: as in gates (slo.ts)
 * sign   = "+" | "-"
 * unit   = "%"     of the base run's value
 *        | "pp"    percentage points, for metrics in percent
 *        | the metric's own units ("ms", "tokens", "req/s", …)
 * ```
 */
import { FakeaiError } from '../../lib/errors.js';
import { parseGated, parseTags, SLO_UNITS, sloUnit, type Fail } from '../slo.js';
import type { Figure } from './estimate.js';

export interface ChangeRule {
  /** As the user wrote it, trimmed. */
  text: string;
  target?: string;
  figure: Figure;
  operator: '>' | '<';
  /** A share of the base value, or a difference in the metric's unit. */
  tolerance: { kind: 'relative' | 'absolute'; value: number };
}

const RULE =
  /^([\w-]+)\s*(?:\{([^{}]*)\})?\s*(?:\.\s*(\w+(?:\.\d+)?))?\s*([<>])\s*([+-])\s*(\d+(?:\.\d+)?)\s*(\S*)$/;
const SHAPE_HINT =
  "Write it as '<metric>[.<statistic>] > +<number><%|unit>', such as 'ttft.p95 > +10%' or 'request_rate < -5%'.";
const LONGEST = 200;

/**
 * Parses a rule.
 *
 * @throws {FakeaiError} FAKEAI_RULE_SYNTAX
 */
export function parseChangeRule(input: string): ChangeRule {
  const text = input.trim();
  const fail: Fail = (problem, hint) => {
    const expression = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
    throw new FakeaiError('FAKEAI_RULE_SYNTAX', { expression, problem, hint });
  };
  const match = text.length > LONGEST ? null : RULE.exec(text);
  if (!match) return fail('this is not a rule for a change', SHAPE_HINT);
  const [, metric, tags, statistic, operator, sign, number, unit] = match;
  const figure = parseGated(metric!, statistic, fail);
  refuseWithoutInterval(figure, fail);
  const value = Number(`${sign}${number}`);
  return {
    text,
    ...(tags === undefined ? {} : targetOf(tags, fail)),
    figure,
    operator: operator as '>' | '<',
    tolerance: parseTolerance(value, unit!, figure, fail),
  };
}

/** Runs are compared target by target, and no further. */
function targetOf(text: string, fail: Fail): { target?: string } {
  const { turn, ...tags } = parseTags(text, fail);
  return turn === undefined ? tags : fail('turns are not compared', 'Leave out the tag turn.');
}

function refuseWithoutInterval(figure: Figure, fail: Fail): void {
  if (!('statistic' in figure) || figure.statistic.kind === 'quantile') return;
  const name = figure.statistic.kind === 'count' ? 'count' : figure.statistic.name;
  if (name !== 'mean')
    fail(
      `${name} has no confidence interval, so a change cannot be told from chance`,
      'Use mean or a percentile.',
    );
}

function parseTolerance(value: number, unit: string, figure: Figure, fail: Fail): ChangeRule['tolerance'] {
  if (unit === '%') return { kind: 'relative', value: value / 100 };
  const own = sloUnit({ gated: figure });
  const spellings: Record<string, number> = own === '%' ? { pp: 1 } : SLO_UNITS[own];
  if (Object.hasOwn(spellings, unit)) return { kind: 'absolute', value: value * spellings[unit]! };
  const choices = ['%', ...Object.keys(spellings)].join(', ');
  return fail(
    unit === '' ? 'a unit is missing' : `"${unit}" is not a unit of ${figure.metric}`,
    `Use ${choices}.`,
  );
}
