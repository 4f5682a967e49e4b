/** The requests of a plan without their texts: for whoever needs lengths and instants only. */
import { createSchedule } from './arrivals.js';
import { contentOf } from './requests.js';
import type { Plan } from './plan.js';

/** One request, as far as its cost depends on it. */
export interface RequestOutline {
  index: number;
  /** When it is meant to be sent, milliseconds since the start of the run; undefined in closed loops. */
  intendedMs: number | undefined;
  inputTokens: number;
  outputTokens: number;
  /** What the prompt shares with others: one hash per full block of the trace's block length; empty if nothing. */
  blockHashes: Uint32Array;
}

export interface OutlineLane {
  /** The next request; undefined after the last row of a trace, the last stage or the only burst. */
  next(): RequestOutline | undefined;
}

const NO_HASHES = new Uint32Array(0);

/** The same requests, in the same order, as the first target of the plan gets from `createLane`. */
export function createOutlines(plan: Plan): OutlineLane {
  const schedule = createSchedule(plan, 0);
  const content = contentOf(plan);
  const { workload } = plan;
  let upcoming = 0;
  return {
    next: () => {
      if (upcoming >= content.count) return undefined;
      const index = upcoming;
      const intendedMs = schedule.at(index);
      if (intendedMs === Number.POSITIVE_INFINITY) return undefined;
      upcoming++;
      const { inputTokens, outputTokens } = content.at(index);
      return {
        index,
        intendedMs,
        inputTokens,
        outputTokens,
        blockHashes: workload.kind === 'trace' ? fullBlocks(workload.trace, index, inputTokens) : NO_HASHES,
      };
    },
  };
}

/** A trace's last hash stands for what is left of the prompt after the full blocks, which no cache shares. */
function fullBlocks(
  { hashIds, hashStart, hashBlockTokens }: Extract<Plan['workload'], { kind: 'trace' }>['trace'],
  row: number,
  inputTokens: number,
): Uint32Array {
  const from = hashStart[row]!;
  const full = Math.floor(inputTokens / hashBlockTokens);
  return hashIds.subarray(from, Math.min(hashStart[row + 1]!, from + full));
}
