/** Sweeps: the same workload under one load after another. */
import { effectiveShard, nothingToDo } from '../../engine/index.js';
import { FakeaiError } from '../../lib/errors.js';
import { hasPassed, pointOf, sweepRun } from '../../results/load-points.js';
import type { LoadPoint, RunFile } from '../../results/run-file.js';
import { widthOf } from '../../results/shard-plan.js';
import type { Plan, Shard } from '../../workloads/plan.js';
import type { LoadSettings } from '../plans.js';
import type { RunHooks } from '../run.js';
import { hooksFor, nameOf, planWith, type Load, type Measure } from './load.js';
import { pointStarts } from './schedule.js';

/** A parsed sweep. */
export interface Sweep {
  /** As written, trimmed. */
  text: string;
  /** In the order in which they are run. */
  loads: Load[] | 'auto';
}

const MOST_POINTS = 200;
const HINT = "Write 'rate=1,2,4,8', 'concurrency=1,8,64' or 'auto'.";

const refuse = (problem: string): never => {
  throw new FakeaiError('FAKEAI_SETTING_INVALID', { where: '--sweep', problem, hint: HINT });
};

/**
 * Parses `rate=1,2,4`, `concurrency=1,8,64` or `auto`.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID
 */
export function parseSweep(input: string): Sweep {
  const text = input.trim();
  if (text.toLowerCase() === 'auto') return { text: 'auto', loads: 'auto' };
  const [, name, values = ''] = /^(rate|concurrency)\s*=(.*)$/i.exec(text) ?? [];
  if (name === undefined) return refuse(`'${text.slice(0, 80)}' is not a sweep`);
  const kind = name.toLowerCase() as Load['kind'];
  const loads = values.split(',').map((part): Load => ({ kind, value: parseValue(part, kind) }));
  if (loads.length > MOST_POINTS) return refuse(`has ${loads.length} points, more than ${MOST_POINTS}`);
  return { text, loads };
}

function parseValue(text: string, kind: Load['kind']): number {
  const value = /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : 0;
  const fits = kind === 'rate' ? value > 0 : Number.isInteger(value) && value >= 1;
  if (fits && value <= 1_000_000) return value;
  return refuse(
    `'${text.trim().slice(0, 40)}' is not a ${kind === 'rate' ? 'rate above 0' : 'number in flight from 1'}`,
  );
}

/** As many in flight as an automatic sweep uses to find the highest throughput, or fewer if that is the limit. */
const THROUGHPUT_IN_FLIGHT = 512;

/** What a sweep needs to make its plans. */
export interface SeriesOptions {
  plan: Plan;
  settings: LoadSettings & { sweepPoints: number };
  hooks: RunHooks;
  measure: Measure;
}

/** The part of a sweep that this machine runs. */
export interface SweepPart {
  shard: Shard;
  /** When the first load starts, by the wall clock; the others follow at instants that all machines know. */
  startAtWallMs?: number | undefined;
}

/**
 * Runs a sweep, or this machine's part of it: loads in which the part has nothing to do are left out. A point that is
 * interrupted is the last one.
 *
 * @returns the run of the last point that passed, else of the last point, with all points
 * @throws FakeaiError FAKEAI_SETTING_INVALID for a part that cannot be run
 */
export async function runSweep(sweep: Sweep, options: SeriesOptions, part?: SweepPart): Promise<RunFile> {
  const { plan, settings, hooks, measure } = options;
  const points: LoadPoint[] = [];
  const runs: RunFile[] = [];
  const total = sweep.loads === 'auto' ? settings.sweepPoints : sweep.loads.length;
  const step = async ({ load, index, ...start }: Step): Promise<boolean> => {
    const name = nameOf(load);
    const own = hooksFor(hooks, `${name} (${index + 1} of ${total})`, points.length === 0);
    const run = await measure(planWith(plan, settings, load, index), { ...own, ...start, load: index });
    runs.push(run);
    points.push(pointOf(name, hasPassed(run), run, index));
    return !run.interrupted;
  };
  if (sweep.loads === 'auto') await runAuto(plan.maxInFlight, total, runs, step);
  else for (const each of stepsOf(sweep.loads, options, part)) if (!(await step(each))) break;
  return sweepRun(sweep.text, runs, points);
}

/** A load, its place in the sweep, and when it starts if that is known. */
interface Step {
  load: Load;
  index: number;
  startAtWallMs?: number;
}

/** The loads in which there is something to do. */
function stepsOf(loads: readonly Load[], { plan, settings }: SeriesOptions, part?: SweepPart): Step[] {
  const steps = loads.map((load, index): Step => ({ load, index }));
  if (!part) return steps;
  const { shard, startAtWallMs } = part;
  const plans = loads.map((load, index) => planWith(plan, settings, load, index));
  const starts = startAtWallMs === undefined ? undefined : pointStarts(plans, startAtWallMs);
  const busy = steps.filter(({ index }) => effectiveShard(plans[index]!, shard) !== undefined);
  if (busy.length === 0) throw nothingToDo(shard, plans.toSorted((a, b) => widthOf(b) - widthOf(a))[0]!);
  return busy.map((each) => (starts ? { ...each, startAtWallMs: starts[each.index]! } : each));
}

/**
 * As GuideLLM's sweep: one request at a time, then as much as goes through, then rates in equal steps between the two
 * request rates that these reached, up to and including the higher one.
 */
async function runAuto(
  maxInFlight: number,
  total: number,
  runs: readonly RunFile[],
  step: (step: Step) => Promise<boolean>,
): Promise<void> {
  const most = Math.min(THROUGHPUT_IN_FLIGHT, maxInFlight);
  for (const [index, value] of [1, most].entries())
    if (!(await step({ load: { kind: 'concurrency', value }, index }))) return;
  const [low, high] = runs.map(({ targets }) => targets.map(({ rates }) => rates.request_rate.value ?? 0));
  const [from, to] = [Math.min(...low!), Math.max(...high!)];
  // Nothing was answered, or nothing is gained by more than one request at a time.
  if (to <= 0 || to <= from) return;
  const steps = total - 2;
  for (let i = 1; i <= steps; i++) {
    const value = Number((from + ((to - from) * i) / steps).toPrecision(4));
    if (!(await step({ load: { kind: 'rate', value }, index: i + 1 }))) return;
  }
}
