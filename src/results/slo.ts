/**
 * Gates on a run: `ttft.p95 < 500ms`.
 *
 * ```
 * gate       = metric [ tags ] [ "." statistic ] operator number [ unit ]
 * metric     = a name of the metrics table (metrics.ts)
 * tags       = "{" tag { "," tag } "}"
 * tag        = "target" ":" name                                             that target only; all targets without it
 *            | "turn" ":" digits                                             that turn of sessions, the first is 1
 * statistic  = "mean" | "stddev" | "min" | "max" | "count" | percentile      distributions need one, rates take none
 * percentile = "p" digits [ "." digits ]                                     above p0 and below p100; p999 is p99.9
 * operator   = "<" | "<=" | ">" | ">="
 * number     = digits [ "." digits ] [ "e" [ "+" | "-" ] digits ]
 * unit       = "us" | "ms" | "s" | "m"      latencies (ms)        | "tokens"            token counts
 *            | "req/s"                      request rates         | "tokens/s"          token rates
 *            | "items/s"                    item rates
 *            | "%"                          shares            | "x"                 ratios; without a unit the number is in the metric's own
 * ```
 *
 * Blanks may stand between all parts. A count takes no unit.
 */
import { closest } from 'fastest-levenshtein';
import { FakeaiError } from '../lib/errors.js';
import {
  METRIC_NAMES,
  METRICS,
  STATISTICS,
  type DistributionName,
  type MetricDescriptor,
  type MetricName,
  type RateName,
} from './metrics.js';
import { isTurnMetric, MOST_TURNS, TURN_METRICS } from './turns.js';

export type Operator = '<' | '<=' | '>' | '>=';

/** What of a distribution is gated: one of its moments, its number of values, or a quantile. */
export type SloStatistic =
  | { kind: 'moment'; name: 'mean' | 'stddev' | 'min' | 'max' }
  | { kind: 'count' }
  | { kind: 'quantile'; percent: number };

/** A parsed gate. */
export interface SloExpression {
  /** As the user wrote it, trimmed. */
  text: string;
  /** The target that is gated; all of them without it. */
  target?: string;
  /** The turn of sessions that is gated, from 1; all requests without it. */
  turn?: number;
  gated: { metric: DistributionName; statistic: SloStatistic } | { metric: RateName };
  operator: Operator;
  /** In {@link sloUnit}. */
  limit: number;
}

/** What each operator asks. */
export const COMPARE: Record<Operator, (value: number, limit: number) => boolean> = {
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
};

/** Spellings of units, as factors to the metric's own unit; the first spelling is the canonical one. */
export const SLO_UNITS: Record<MetricDescriptor['unit'] | 'values', Record<string, number>> = {
  ms: { ms: 1, us: 1e-3, µs: 1e-3, s: 1e3, m: 6e4 },
  tokens: { tokens: 1 },
  'req/s': { 'req/s': 1 },
  'tokens/s': { 'tokens/s': 1 },
  'items/s': { 'items/s': 1 },
  '%': { '%': 1 },
  ratio: { x: 1 },
  values: {},
};

const GATE =
  /^([\w-]+)\s*(?:\{([^{}]*)\})?\s*(?:\.\s*(\w+(?:\.\d+)?))?\s*([<>=!]+)\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*(\S*)$/i;
const SHAPE_HINT =
  "Write it as '<metric>[.<statistic>] <operator> <number>[unit]', such as 'ttft.p95 < 500ms' or 'error_rate < 1%'.";
/** More than any gate needs; bounds what a message repeats. */
const LONGEST = 200;

/**
 * Parses a gate.
 *
 * @throws {FakeaiError} FAKEAI_SLO_SYNTAX, with the nearest known name or the choices
 */
export const parseSlo = (input: string): SloExpression => parseGate(input, '--slo');

/**
 * The same of another setting.
 *
 * @throws {FakeaiError} FAKEAI_SLO_SYNTAX, as {@link parseSlo} does
 */
export function parseGate(input: string, setting: string): SloExpression {
  const text = input.trim();
  const fail = (problem: string, hint: string): never => {
    const expression = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
    throw new FakeaiError('FAKEAI_SLO_SYNTAX', { setting, expression, problem, hint });
  };
  const match = text.length > LONGEST ? null : GATE.exec(text);
  if (!match) return fail('this is not a gate', SHAPE_HINT);
  const [, metric, tags, statistic, operator, number, unit] = match as unknown as [
    string,
    string,
    string | undefined,
    string | undefined,
    string,
    string,
    string,
  ];
  const gated = parseGated(metric, statistic, fail);
  const chosen = tags === undefined ? {} : parseTags(tags, fail);
  if (chosen.turn !== undefined) refuseWithoutTurns(gated, fail);
  if (!(operator in COMPARE))
    return fail(`"${operator}" is not an operator`, 'The operators are <, <=, > and >=.');
  const limit = Number(number) * parseUnit(gated, unit, fail);
  if (!Number.isFinite(limit)) return fail(`"${number}" is too large`, 'Give a smaller number.');
  return { text, ...chosen, gated, operator: operator as Operator, limit };
}

export type Fail = (problem: string, hint: string) => never;

/** What a gate is limited to. */
export interface Tags {
  target?: string;
  turn?: number;
}

const TAGS_HINT = "Write {target:NAME}, {turn:NUMBER} or both, such as 'ttft{target:a,turn:2}.p95 < 300ms'.";

/** Parses what stands between the braces. */
export function parseTags(text: string, fail: Fail): Tags {
  const tags: Tags = {};
  for (const part of text.split(',')) {
    const [, key, value] = /^\s*(\w*)\s*:\s*([\w.-]+)\s*$/.exec(part) ?? [];
    if (key === undefined) return fail(`"{${text}}" is not a tag`, TAGS_HINT);
    if (key !== 'target' && key !== 'turn')
      return fail(`"${key}" is not a tag`, `The tags are target and turn. ${TAGS_HINT}`);
    if (tags[key] !== undefined) return fail(`the tag "${key}" is given twice`, TAGS_HINT);
    if (key === 'target') tags.target = value!;
    else tags.turn = parseTurn(value!, fail);
  }
  return tags;
}

function parseTurn(text: string, fail: Fail): number {
  const turn = Number(text);
  return Number.isInteger(turn) && turn >= 1 && turn <= MOST_TURNS
    ? turn
    : fail(`"${text}" is not a turn`, `Turns are counted from 1, and kept apart up to ${MOST_TURNS}.`);
}

function refuseWithoutTurns(gated: SloExpression['gated'], fail: Fail): void {
  if (!('statistic' in gated) || !isTurnMetric(gated.metric))
    fail(`${gated.metric} is not kept per turn`, `Those that are: ${TURN_METRICS.join(', ')}.`);
}

/** What a name and a statistic mean; refuses unknown ones with the nearest known one. */
export function parseGated(
  metric: string,
  statistic: string | undefined,
  fail: Fail,
): SloExpression['gated'] {
  if (!Object.hasOwn(METRICS, metric)) {
    return fail(
      `"${metric}" is not a metric`,
      `Did you mean ${closest(metric, METRIC_NAMES)}? The metrics are ${METRIC_NAMES.join(', ')}.`,
    );
  }
  const name = metric as MetricName;
  if (METRICS[name].kind === 'rate') {
    if (statistic === undefined) return { metric: name as RateName };
    return fail(
      `${name} has one value per run and takes no statistic`,
      `Write ${name} without ".${statistic}".`,
    );
  }
  if (statistic === undefined) {
    return fail(
      `${name} is a distribution and needs a statistic`,
      `Choose one, such as ${name}.p95: ${STATISTIC_CHOICES}.`,
    );
  }
  return { metric: name as DistributionName, statistic: parseStatistic(statistic, fail) };
}

const MOMENTS = ['mean', 'stddev', 'min', 'max'] as const;
const STATISTIC_CHOICES = `${MOMENTS.join(', ')}, count, or a percentile such as p50, p95, p99.9`;

function parseStatistic(text: string, fail: Fail): SloStatistic {
  const moment = MOMENTS.find((name) => name === text);
  if (moment) return { kind: 'moment', name: moment };
  if (text === 'count') return { kind: 'count' };
  const digits = /^p(\d+(?:\.\d+)?)$/.exec(text)?.[1];
  if (digits === undefined) {
    const nearest = closest(text, [...STATISTICS, 'count']);
    return fail(`"${text}" is not a statistic`, `Did you mean ${nearest}? Choose ${STATISTIC_CHOICES}.`);
  }
  const percent = Number(/^99(9+)$/.test(digits) ? `99.${digits.slice(2)}` : digits);
  if (percent > 0 && percent < 100) return { kind: 'quantile', percent };
  return fail(
    `"${text}" is not between p0 and p100`,
    'Use min or max for the ends, and p99.9 for one in a thousand.',
  );
}

function parseUnit(gated: SloExpression['gated'], unit: string, fail: Fail): number {
  if (unit === '') return 1;
  const own = sloUnit({ gated });
  const spellings = SLO_UNITS[own];
  if (Object.hasOwn(spellings, unit)) return spellings[unit]!;
  const names = Object.keys(spellings);
  return fail(
    `"${unit}" is not a unit of ${gated.metric}`,
    names.length > 0 ? `Use ${names.join(', ')}, or no unit for ${own}.` : 'A count takes no unit.',
  );
}

/** The unit of a gate's limit and of its result: the metric's, or `values` for a count. */
export function sloUnit({ gated }: Pick<SloExpression, 'gated'>): keyof typeof SLO_UNITS {
  return 'statistic' in gated && gated.statistic.kind === 'count' ? 'values' : METRICS[gated.metric].unit;
}

/** The canonical text of a gate; parsing it gives an equal gate. */
export function formatSlo(slo: Omit<SloExpression, 'text'>): string {
  const { gated, operator, limit } = slo;
  return `${formatGated(gated, slo)} ${operator} ${limit}${Object.keys(SLO_UNITS[sloUnit(slo)])[0] ?? ''}`;
}

/** A metric with its tags and statistic: `ttft{target:a}.p95`. */
export function formatGated(gated: SloExpression['gated'], { target, turn }: Tags = {}): string {
  const tags = [
    ...(target === undefined ? [] : [`target:${target}`]),
    ...(turn === undefined ? [] : [`turn:${turn}`]),
  ];
  const name = tags.length === 0 ? gated.metric : `${gated.metric}{${tags.join(',')}}`;
  return 'statistic' in gated ? `${name}.${formatStatistic(gated.statistic)}` : name;
}

const formatStatistic = (statistic: SloStatistic): string =>
  statistic.kind === 'quantile'
    ? `p${statistic.percent}`
    : statistic.kind === 'count'
      ? 'count'
      : statistic.name;

/** Whether a value, in {@link sloUnit}, is on the asked side of a gate's limit. */
export const compareSlo = ({ operator, limit }: SloExpression, value: number): boolean =>
  COMPARE[operator](value, limit);
