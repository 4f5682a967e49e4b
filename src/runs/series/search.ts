/** The search of `bench`: the highest load with which all gates pass. */
import { pointOf } from '../../results/load-points.js';
import type { LoadPoint, RunFile, SearchPoint } from '../../results/run-file.js';
import { sampleFloor } from '../../results/sample-floor.js';
import type { Plan } from '../../workloads/plan.js';
import { bracket, type BracketOptions } from '../search/bracket.js';
import { parseSearch, type SearchExpression } from '../search/expression.js';
import { hooksFor, nameOf, planWith, type Load } from './load.js';
import { SaturationWatch } from './saturation.js';
import type { LoadSettings } from '../plans.js';
import type { SeriesOptions } from './sweep.js';

/**
 * Parses `max rate where GATE and GATE …`, or `max concurrency where …`.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID, or FAKEAI_SLO_SYNTAX for a gate
 */
export const parseLoadSearch = (input: string): SearchExpression =>
  parseSearch(input, ['rate', 'concurrency'], 'max rate where ttft.p95 < 300ms and error_rate < 1%');

const LEAST_RPS = 0.01;
const MOST_RPS = 1_000_000;
/** A load that has no tenth more requests than the one before brings no more requests: there are too few at any load. */
const MORE = 1.1;

function rangeOf(
  kind: Load['kind'],
  samples: number,
  { plan, settings, precision }: SearchOptions,
): BracketOptions {
  const common = { goal: 'max', precision } as const;
  return kind === 'rate'
    ? {
        ...common,
        start: settings.rate ?? firstRate(samples, plan),
        least: LEAST_RPS,
        most: MOST_RPS,
        whole: false,
      }
    : { ...common, start: settings.concurrency ?? 1, least: 1, most: plan.maxInFlight, whole: true };
}

/** Requests that the percentiles of the gates need. */
const samplesFor = ({ gates }: SearchExpression): number =>
  Math.max(
    1,
    ...gates.map(({ gated }) =>
      'statistic' in gated && gated.statistic.kind === 'quantile'
        ? sampleFloor(gated.statistic.percent / 100)
        : 1,
    ),
  );

/** The least rate, from 1 per second, that very likely brings so many requests in the plan's time: three deviations of Poisson's. */
function firstRate(samples: number, { stop: { durationMs } }: Plan): number {
  if (durationMs === undefined) return 1;
  return Math.max(1, Math.ceil((samples + 3 * Math.sqrt(samples)) / (durationMs / 1000)));
}

export interface SearchOptions extends Omit<SeriesOptions, 'settings'> {
  settings: LoadSettings;
  /** See {@link BracketOptions.precision}. */
  precision: number;
}

/**
 * Searches. A point whose queue grows without end is stopped early and does not pass.
 *
 * @returns the run of the answer with all points; of the last point where none passes
 */
export async function searchLoad(search: SearchExpression, options: SearchOptions): Promise<RunFile> {
  const { plan, settings, hooks, measure } = options;
  const kind = search.subject === 'rate' ? 'rate' : 'concurrency';
  const points: LoadPoint[] = [];
  const tried: SearchPoint[] = [];
  const state: { chosen?: RunFile; found: boolean; interrupted: boolean } = {
    found: false,
    interrupted: false,
  };
  const samples = samplesFor(search);
  let undecided = 0;
  const { pass, fail } = await bracket(rangeOf(kind, samples, options), async (value) => {
    const load = { kind, value } as const;
    const name = nameOf(load);
    const watch = new SaturationWatch(plan.warmupMs);
    const run = await measure(planWith(plan, settings, load, points.length), {
      ...hooksFor(hooks, `${name} (point ${points.length + 1})`, points.length === 0),
      ...(kind === 'rate' && { stopWhen: (progress) => watch.saturated(progress) }),
    });
    const completed = Math.min(...run.targets.map(({ counters }) => counters.completed));
    const tooFew = completed < samples && completed >= undecided * MORE;
    const point = searchPointOf(run, search, value, tooFew);
    if (point.undecided) undecided = completed;
    tried.push(point);
    points.push(pointOf(name, point.passed, run, points.length));
    if (point.passed || !state.found || run.interrupted) state.chosen = run;
    state.found ||= point.passed;
    state.interrupted = run.interrupted;
    if (run.interrupted) return 'stop';
    return point.undecided ? 'unknown' : point.passed;
  });
  const { text: expression, subject } = search;
  const interval = { answer: state.interrupted ? null : pass, nextFailing: fail };
  return { ...state.chosen!, search: { expression, subject, ...interval, points: tried }, points };
}

/**
 * Latencies of the requests that did complete say nothing about those that did not: without a gate on errors none may fail.
 *
 * @param tooFew - whether fewer requests completed than the gates need, and a higher load may bring more
 */
function searchPointOf(run: RunFile, search: SearchExpression, value: number, tooFew: boolean): SearchPoint {
  const several = run.targets.length > 1;
  const expressions = new Set(search.gates.map(({ text }) => text));
  const gates = run.slo.filter(({ expression }) => expressions.has(expression));
  const failed = run.targets.reduce((sum, { counters }) => sum + counters.failed, 0);
  const errorsGated = search.gates.some(({ gated }) => gated.metric === 'error_rate');
  const whole = !run.interrupted && run.stopped === undefined && (errorsGated || failed === 0);
  const passed = whole && run.verdict.state !== 'invalid' && gates.every((gate) => gate.passed);
  const undecided = whole && tooFew && !passed && gates.every((gate) => gate.passed || gate.value === null);
  return {
    value,
    passed,
    ...(undecided && { undecided }),
    failed,
    values: gates.map(({ expression, target, value: measured, unit }) => ({
      expression: several ? `${target}: ${expression}` : expression,
      value: measured,
      unit,
    })),
  };
}
