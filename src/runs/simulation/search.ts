/** Capacity planning: the fewest replicas with which all gates pass. */
import { FakeaiError } from '../../lib/errors.js';
import type { RunFile, SearchPoint } from '../../results/run-file.js';
import { parseSlo, type SloExpression } from '../../results/slo.js';
import type { RunHooks } from '../run.js';

/** More replicas than this are not tried. */
const MOST_REPLICAS = 1024;

/** A parsed search. */
export interface Search {
  /** As written, trimmed. */
  text: string;
  gates: SloExpression[];
}

/**
 * Parses `min replicas where GATE and GATE …`.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID, or FAKEAI_SLO_SYNTAX for a gate
 */
export function parseSearch(input: string): Search {
  const text = input.trim();
  const conditions = /^min\s+replicas\s+where\s+(.+)$/is.exec(text)?.[1];
  if (conditions === undefined) {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: '--search',
      problem: `'${text.slice(0, 200)}' is not a search`,
      hint: "Write it as 'min replicas where ttft.p99 < 500ms and itl.p99 < 40ms'.",
    });
  }
  return { text, gates: conditions.split(/\s+and\s+/i).map(parseSlo) };
}

/** Simulates a fleet of so many replicas; its gates begin with those of the search. */
export type SimulatePoint = (replicas: number, hooks: RunHooks) => Promise<RunFile>;

/**
 * Doubles the replicas until the gates pass, then halves the interval between the last fleet that missed them and the
 * first that passed. That finds the fewest if a larger fleet is never worse.
 *
 * @returns the run of the answer, with all points tried; that of the largest fleet where none passes
 */
export async function searchReplicas(
  search: Search,
  hooks: RunHooks,
  simulate: SimulatePoint,
): Promise<RunFile> {
  const points: SearchPoint[] = [];
  let answer: number | null = null;
  let missed = 0;
  let replicas = 1;
  let chosen: RunFile | undefined;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- each point decides the next
    const run = await simulate(replicas, points.length === 0 ? hooks : { ...hooks, onPlan: () => {} });
    const point = pointOf(run, search, replicas);
    points.push(point);
    if (point.passed || answer === null) chosen = run;
    if (run.interrupted) {
      chosen = run;
      break;
    }
    if (point.passed) answer = replicas;
    else missed = replicas;
    if (answer === null && missed >= MOST_REPLICAS) break;
    if (answer !== null && answer - missed <= 1) break;
    replicas = answer === null ? missed * 2 : Math.floor((missed + answer) / 2);
  }
  const found = chosen!.interrupted ? null : answer;
  return { ...chosen!, search: { expression: search.text, answer: found, points } };
}

/** Latencies of the requests that did complete say nothing about those that did not: without a gate on errors none may fail. */
function pointOf(run: RunFile, search: Search, replicas: number): SearchPoint {
  const gates = run.slo.slice(0, search.gates.length);
  const { failed } = run.targets[0]!.counters;
  const errorsGated = search.gates.some(({ gated }) => gated.metric === 'error_rate');
  const passed =
    run.verdict.state !== 'invalid' &&
    (errorsGated || (failed === 0 && run.verdict.state === 'valid')) &&
    gates.every((gate) => gate.passed);
  return {
    replicas,
    passed,
    failed,
    values: gates.map(({ expression, value, unit }) => ({ expression, value, unit })),
  };
}
