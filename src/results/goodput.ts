/**
 * What makes a single request good: `ttft < 300ms and tpot < 40ms`.
 *
 * ```
 * conditions = condition { ( "and" | "&&" | "," ) condition }
 * condition  = metric operator number [ unit ]         metrics with one value per request; operator and unit as in gates (slo.ts)
 * ```
 */
import { closest } from 'fastest-levenshtein';
import { FakeaiError } from '../lib/errors.js';
import type { RequestCondition } from '../workloads/plan.js';
import { METRICS } from './metrics.js';
import { SLO_UNITS, type SloExpression } from './slo.js';

/** Metrics that a request can be held to. */
export const CONDITION_METRICS = [
  'response_time',
  'e2e',
  'ttfb',
  'ttfe',
  'ttft',
  'ttfo',
  'ttst',
  'stall_max',
  'tpot',
  'ttfa',
  'audio_stall',
  'rtf',
  'output_rate_per_user',
] as const satisfies readonly RequestCondition['metric'][];

const CONDITION = /^(\w+)\s*(<=|>=|<|>)\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*(\S*)$/i;
const SHAPE_HINT = "Write conditions such as 'ttft < 300ms and tpot < 40ms'.";

const isConditionMetric = (name: string): name is RequestCondition['metric'] =>
  (CONDITION_METRICS as readonly string[]).includes(name);

/**
 * Parses conditions.
 *
 * @throws {FakeaiError} FAKEAI_SETTING_INVALID, with the nearest known name or the choices
 */
export function parseConditions(text: string): RequestCondition[] {
  return text.split(/\s+and\s+|&&|,/i).map((part) => parseCondition(part.trim(), text));
}

function parseCondition(text: string, whole: string): RequestCondition {
  const fail = (problem: string, hint: string): never => {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', { where: `--goodput '${whole}'`, problem, hint });
  };
  const [, metric, operator, number, unit] = CONDITION.exec(text) ?? [];
  if (metric === undefined) return fail(`"${text}" is not a condition`, SHAPE_HINT);
  if (!isConditionMetric(metric)) {
    return fail(
      `"${metric}" is not a metric of single requests`,
      `Did you mean ${closest(metric, CONDITION_METRICS)}? Choose among ${CONDITION_METRICS.join(', ')}.`,
    );
  }
  const spellings = SLO_UNITS[METRICS[metric].unit];
  const factor = unit === '' ? 1 : spellings[unit!];
  if (factor === undefined)
    return fail(`"${unit}" is not a unit of ${metric}`, `Use ${Object.keys(spellings).join(', ')}.`);
  return { metric, operator: operator as RequestCondition['operator'], limit: Number(number) * factor };
}

/**
 * The conditions that gates imply, where nobody gave any: each gate on such a metric of all targets, as a limit for each
 * request. A gate from the wrong side (`ttft.min > 1ms`) says nothing about a good request.
 */
export function conditionsOfGates(slos: readonly SloExpression[]): RequestCondition[] {
  return slos.flatMap(({ gated, target, turn, operator, limit }) => {
    if (
      target !== undefined ||
      turn !== undefined ||
      !('statistic' in gated) ||
      gated.statistic.kind === 'count'
    )
      return [];
    if (gated.statistic.kind === 'moment' && gated.statistic.name === 'stddev') return [];
    const { metric } = gated;
    const right = METRICS[metric].better === 'lower' ? '<' : '>';
    return isConditionMetric(metric) && operator.startsWith(right) ? [{ metric, operator, limit }] : [];
  });
}

/** Conditions as they are written. */
export const formatConditions = (conditions: readonly RequestCondition[]): string =>
  conditions
    .map(
      ({ metric, operator, limit }) =>
        `${metric} ${operator} ${limit}${Object.keys(SLO_UNITS[METRICS[metric].unit])[0]}`,
    )
    .join(' and ');
