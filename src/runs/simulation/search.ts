/** Capacity planning: the fewest replicas with which all gates pass. The highest load is searched as `bench` does it. */
import type { RunFile, SearchPoint, Simulation } from '../../results/run-file.js';
import type { RunHooks } from '../run.js';
import { bracket } from '../search/bracket.js';
import { parseSearch, type SearchExpression } from '../search/expression.js';
import { outOfReach, outOfReachAlone, type OutOfReach, type TriedFleet } from './out-of-reach.js';

/** Share of the requests: the slowest are missing from the figures. */
const MOST_INCOMPLETE = 0.01;
/** More replicas than this are not tried. */
const MOST_REPLICAS = 1024;

/**
 * Parses `min replicas where GATE and GATE …`, `max rate where …` or `max concurrency where …`.
 *
 * @param hasTrace - a trace decides by itself what arrives when: only the fleet can be searched for it
 * @throws FakeaiError FAKEAI_SETTING_INVALID, or FAKEAI_SLO_SYNTAX for a gate
 */
export const parseFleetSearch = (input: string, hasTrace: boolean): SearchExpression =>
  parseSearch(
    input,
    hasTrace ? ['replicas'] : ['replicas', 'rate', 'concurrency'],
    'min replicas where ttft.p99 < 500ms and itl.p99 < 40ms',
  );

/** What can be simulated; the gates of each run begin with those of the search. */
export interface FleetRuns {
  /** A fleet of so many replicas. */
  simulate: (replicas: number, hooks: RunHooks) => Promise<RunFile>;
  /** So many requests, each with a replica to itself; undefined where other requests can make one faster. */
  alone: ((requests: number, hooks: RunHooks) => Promise<RunFile>) | undefined;
}

/** Not the same requests are measured where there is a warm-up, only of the same kind. */
const WARMUP_MARGIN = 0.05;

/**
 * Finds the fewest if a larger fleet is never worse. It ends where no fleet can pass.
 *
 * @returns the run of the answer, with all points tried; that of the largest fleet where none passes
 */
export async function searchReplicas(
  search: SearchExpression,
  hooks: RunHooks,
  { simulate, alone }: FleetRuns,
): Promise<RunFile> {
  const points: SearchPoint[] = [];
  let chosen: RunFile | undefined;
  let found = false;
  let before: TriedFleet | undefined;
  let hopeless: OutOfReach | undefined;
  const range = { goal: 'min', start: 1, least: 1, most: MOST_REPLICAS, whole: true, precision: 0 } as const;
  const { pass, fail } = await bracket(range, async (replicas) => {
    const run = await simulate(replicas, points.length === 0 ? hooks : quiet(hooks));
    const now = triedOf(run, search);
    const point = pointOf(run, search, replicas);
    // All requests are in its figures: those of a larger fleet would be too few as well.
    const tooFew = !point.passed && now.lost === 0 && now.gates.some(({ value }) => value === null);
    points.push({ ...point, ...(tooFew && { undecided: true }) });
    if (point.passed || !found || run.interrupted) chosen = run;
    found ||= point.passed;
    if (run.interrupted || tooFew) return 'stop';
    if (!found) {
      hopeless = before
        ? outOfReach(search, before, now)
        : alone && (await hopelessAlone(run, search, (requests) => alone(requests, quiet(hooks))));
      before = now;
    }
    return hopeless ? 'stop' : point.passed;
  });
  const interval = chosen!.interrupted
    ? { answer: null, nextFailing: null }
    : { answer: pass, nextFailing: fail };
  const { text: expression } = search;
  return {
    ...chosen!,
    search: {
      expression,
      subject: 'replicas',
      ...interval,
      points,
      ...(hopeless && { outOfReach: hopeless }),
    },
  };
}

/** Share of the requests that came to a replica with others in flight; all of them if that is not known. */
function sharedIn(simulation: Simulation | undefined): number {
  const routers = simulation?.routers ?? [];
  const placed = routers.reduce((sum, { decisions }) => sum + decisions.reduce((a, b) => a + b, 0), 0);
  const shared = routers.reduce((sum, router) => sum + (router.shared ?? placed), 0);
  return placed > 0 ? shared / placed : 1;
}

const triedOf = (run: RunFile, { gates }: SearchExpression): TriedFleet => ({
  gates: run.slo.slice(0, gates.length),
  lost: run.targets[0]!.counters.failed + run.targets[0]!.counters.incomplete,
  tooManyLost: losesTooMany(run),
  shared: sharedIn(run.simulation),
});

/** Of a series only the first run says what it is. */
const quiet = (hooks: RunHooks): RunHooks => ({ ...hooks, onPlan: () => {} });

/** Whether requests that are alone miss a gate that a fleet missed. */
async function hopelessAlone(
  { slo, targets }: RunFile,
  search: SearchExpression,
  alone: (requests: number) => Promise<RunFile>,
): Promise<OutOfReach | undefined> {
  if (slo.slice(0, search.gates.length).every(({ passed }) => passed)) return undefined;
  const { sent, warmup } = targets[0]!.counters;
  const run = await alone(sent);
  return run.interrupted ? undefined : outOfReachAlone(search, run.slo, warmup > 0 ? WARMUP_MARGIN : 0);
}

function losesTooMany({ targets }: RunFile): boolean {
  const { failed, incomplete, sent } = targets[0]!.counters;
  return failed > 0 || incomplete > MOST_INCOMPLETE * sent;
}

/** Latencies of the requests that did complete say nothing about those that did not: without a gate on errors none may fail. */
function pointOf(run: RunFile, search: SearchExpression, replicas: number): SearchPoint {
  const gates = run.slo.slice(0, search.gates.length);
  const { failed } = run.targets[0]!.counters;
  const errorsGated = search.gates.some(({ gated }) => gated.metric === 'error_rate');
  const passed =
    run.verdict.state !== 'invalid' &&
    (errorsGated || !losesTooMany(run)) &&
    gates.every((gate) => gate.passed);
  return {
    value: replicas,
    passed,
    failed,
    values: gates.map(({ expression, value, unit }) => ({ expression, value, unit })),
  };
}
