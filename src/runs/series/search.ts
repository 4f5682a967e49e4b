/** The search of `bench`: the highest load with which all gates pass. */
import { pointOf } from '../../results/load-points.js';
import type { LoadPoint, RunFile, SearchPoint } from '../../results/run-file.js';
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

function rangeOf(kind: Load['kind'], { plan, settings, precision }: SearchOptions): BracketOptions {
  const common = { goal: 'max', precision } as const;
  return kind === 'rate'
    ? { ...common, start: settings.rate ?? 1, least: LEAST_RPS, most: MOST_RPS, whole: false }
    : { ...common, start: settings.concurrency ?? 1, least: 1, most: plan.maxInFlight, whole: true };
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
  const { pass, fail } = await bracket(rangeOf(kind, options), async (value) => {
    const load = { kind, value } as const;
    const name = nameOf(load);
    const watch = new SaturationWatch(plan.warmupMs);
    const run = await measure(planWith(plan, settings, load, points.length), {
      ...hooksFor(hooks, `${name} (point ${points.length + 1})`, points.length === 0),
      ...(kind === 'rate' && { stopWhen: (progress) => watch.saturated(progress) }),
    });
    const point = searchPointOf(run, search, value);
    tried.push(point);
    points.push(pointOf(name, point.passed, run, points.length));
    if (point.passed || !state.found || run.interrupted) state.chosen = run;
    state.found ||= point.passed;
    state.interrupted = run.interrupted;
    return run.interrupted ? 'stop' : point.passed;
  });
  const { text: expression, subject } = search;
  const interval = { answer: state.interrupted ? null : pass, nextFailing: fail };
  return { ...state.chosen!, search: { expression, subject, ...interval, points: tried }, points };
}

/** Latencies of the requests that did complete say nothing about those that did not: without a gate on errors none may fail. */
function searchPointOf(run: RunFile, search: SearchExpression, value: number): SearchPoint {
  const several = run.targets.length > 1;
  const expressions = new Set(search.gates.map(({ text }) => text));
  const gates = run.slo.filter(({ expression }) => expressions.has(expression));
  const failed = run.targets.reduce((sum, { counters }) => sum + counters.failed, 0);
  const errorsGated = search.gates.some(({ gated }) => gated.metric === 'error_rate');
  const passed =
    !run.interrupted &&
    run.stopped === undefined &&
    run.verdict.state !== 'invalid' &&
    (errorsGated || failed === 0) &&
    gates.every((gate) => gate.passed);
  return {
    value,
    passed,
    failed,
    values: gates.map(({ expression, target, value: measured, unit }) => ({
      expression: several ? `${target}: ${expression}` : expression,
      value: measured,
      unit,
    })),
  };
}
