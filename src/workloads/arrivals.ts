/** When request i of one target is meant to be sent. Pure: no clock is read here. */
import { createRandom } from '../lib/random.js';
import type { Plan } from './plan.js';

/** The intended instants of one target's requests. */
export interface Schedule {
  /**
   * The intended instant of request `index`, milliseconds since the start of the run; undefined in a closed loop, where
   * a request is sent when another one ends. Ask with rising indices: a Poisson process is walked, in constant memory.
   */
  at(index: number): number | undefined;
}

const constant = (gapMs: number, phase: number): Schedule => ({
  // A product, not a sum: the millionth instant is as exact as the first.
  at: (index) => (index + phase) * gapMs,
});

/**
 * Every shard walks the whole process and takes its own instants, at about 40 ns per step: the union of the shards is
 * one Poisson process, exactly the one that a single shard would have made.
 */
function poisson(gapMs: number, seed: number, targetIndex: number): Schedule {
  const random = createRandom(seed, 'arrivals', targetIndex);
  let walked = -1;
  let gaps = 0;
  return {
    at: (index) => {
      if (index < walked)
        throw new RangeError(`instants are asked for in rising order: ${index} after ${walked}`);
      for (; walked < index; walked++) gaps += random.exponential();
      return gaps * gapMs;
    },
  };
}

/**
 * The intended instants of one target. In open loops each target has its own process, so that several targets do not
 * get their requests at the same moments: Poisson processes are independent, constant ones are shifted against each
 * other by equal parts of the gap. A trace gives all targets the same instants: its bursts are the point.
 *
 * @param plan - arrivals, targets, seed, and the trace if arrivals follow one
 * @param targetIndex - which of the plan's targets
 */
export function createSchedule(plan: Plan, targetIndex: number): Schedule {
  const { arrivals, workload } = plan;
  switch (arrivals.kind) {
    case 'closed':
      return { at: () => undefined };
    case 'constant':
      return constant(1000 / arrivals.ratePerSecond, targetIndex / plan.targets.length);
    case 'poisson':
      return poisson(1000 / arrivals.ratePerSecond, plan.seed, targetIndex);
    default: {
      if (workload.kind !== 'trace') throw new TypeError('arrivals follow a trace, but the workload is none');
      const { instantMs } = workload.trace;
      return { at: (index) => instantMs[index]! / arrivals.speed };
    }
  }
}
