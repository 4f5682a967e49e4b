/** When request i of one target is meant to be sent. Pure: no clock is read here. */
import { createRandom } from '../lib/random.js';
import { gammaSampler } from '../lib/gamma.js';
import type { Arrivals, Plan } from './plan.js';
import { loadAt, stageClock } from './stages.js';

/** The intended instants of one target's requests. */
export interface Schedule {
  /**
   * The intended instant of request `index`, milliseconds since the start of the run; undefined in a closed loop, where
   * a request is sent when another one ends; Infinity when no more requests are due. Ask with rising indices: random
   * processes are walked, in constant memory.
   */
  at(index: number): number | undefined;
}

/** Arrivals at rate 1: the position of arrival `index`, to be scaled to the rate. */
type Process = (index: number) => number;

/**
 * Every shard walks the whole process and takes its own instants, at about 50 ns per step (200 ns with gamma gaps): the
 * union of the shards is one process, exactly the one that a single shard would have made.
 */
function walk(nextGap: () => number): Process {
  let walked = -1;
  let gaps = 0;
  return (index) => {
    if (index < walked)
      throw new RangeError(`instants are asked for in rising order: ${index} after ${walked}`);
    for (; walked < index; walked++) gaps += nextGap();
    return gaps;
  };
}

/** Requests in groups: the arrivals of the process are those of whole groups. */
const grouped = (process: Process, size: number): Process =>
  size === 1 ? process : (index) => process(Math.floor(index / size)) * size;

function processOf(
  gaps: 'constant' | 'poisson' | 'gamma',
  burstiness: number | undefined,
  plan: Plan,
  targetIndex: number,
): Process {
  if (gaps === 'constant') {
    const phase = targetIndex / plan.targets.length;
    // Not a sum: the millionth instant is as exact as the first.
    return (index) => index + phase;
  }
  const random = createRandom(plan.seed, 'arrivals', targetIndex);
  return walk(gaps === 'poisson' ? () => random.exponential() : gammaSampler(random, burstiness ?? 1));
}

/**
 * The intended instants of one target. In open loops each target has its own process, so that several targets do not
 * get their requests at the same moments: random processes are independent, constant ones are shifted against each
 * other by equal parts of the gap. A trace and a single burst give all targets the same instants: that is their point.
 *
 * @param plan - arrivals, targets, seed, and the trace if arrivals follow one
 * @param targetIndex - which of the plan's targets
 */
export function createSchedule(plan: Plan, targetIndex: number): Schedule {
  const { arrivals, workload } = plan;
  switch (arrivals.kind) {
    case 'closed':
      return { at: () => undefined };
    case 'users': {
      if (!('ratePerSecond' in arrivals)) return { at: () => undefined };
      const process = processOf('constant', undefined, plan, targetIndex);
      const gapMs = 1000 / arrivals.ratePerSecond;
      return { at: (index) => process(index) * gapMs };
    }
    case 'burst':
      return { at: (index) => (index < arrivals.requests ? 0 : Number.POSITIVE_INFINITY) };
    case 'stages': {
      const process = processOf(arrivals.gaps, arrivals.burstiness, plan, targetIndex);
      const clock = stageClock(arrivals.stages);
      return { at: (index) => clock(process(index)) };
    }
    case 'trace': {
      if (workload.kind !== 'trace') throw new TypeError('arrivals follow a trace, but the workload is none');
      const { instantMs } = workload.trace;
      return { at: (index) => instantMs[index]! / arrivals.speed };
    }
    default: {
      const burstiness = arrivals.kind === 'gamma' ? arrivals.burstiness : undefined;
      const process = grouped(processOf(arrivals.kind, burstiness, plan, targetIndex), arrivals.burst ?? 1);
      const gapMs = 1000 / arrivals.ratePerSecond;
      return { at: (index) => process(index) * gapMs };
    }
  }
}

/**
 * How many requests of one target a closed loop keeps in flight at an instant, over all shards: a whole number.
 *
 * @param arrivals - a closed loop
 * @param ms - milliseconds since the start of the run
 */
export function concurrencyAt(arrivals: Extract<Arrivals, { kind: 'closed' }>, ms: number): number {
  return arrivals.stages ? Math.round(loadAt(arrivals.stages, ms)) : arrivals.concurrency;
}

/** A ramp is followed in steps no shorter than this. */
const SHORTEST_STEP_MS = 1;

/**
 * When {@link concurrencyAt} may next have another value: where a ramp passes the middle between two whole numbers, or
 * where a stage begins.
 *
 * @param ms - milliseconds since the start of the run
 * @returns milliseconds since the start, at least 1 ms after `ms`; undefined when nothing changes any more
 */
export function nextConcurrencyMs(
  { stages = [] }: Extract<Arrivals, { kind: 'closed' }>,
  ms: number,
): number | undefined {
  let startMs = 0;
  for (const { durationMs, from, to } of stages) {
    const endMs = startMs + durationMs;
    if (ms < endMs) {
      const slope = (to - from) / durationMs;
      const load = from + slope * Math.max(0, ms - startMs);
      const half = Math.round(load) + (slope > 0 ? 0.5 : -0.5);
      const stepMs = slope === 0 ? Number.POSITIVE_INFINITY : startMs + (half - from) / slope;
      return Math.max(ms + SHORTEST_STEP_MS, Math.min(endMs, stepMs));
    }
    startMs = endMs;
  }
  return undefined;
}
