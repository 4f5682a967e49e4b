/** The requests of a plan, one target and one shard at a time: what is sent, and when it is meant to be. */
import { createSchedule } from './arrivals.js';
import { chatBodyWriter } from './chat-body.js';
import type { Content } from './content.js';
import type { Plan, Shard } from './plan.js';
import { syntheticContent } from './synthetic.js';
import { traceContent } from './trace-content.js';

/** One request, ready to be sent. */
export interface PlannedRequest {
  /** Position in the whole plan of this target, over all shards. */
  index: number;
  /** When it is meant to be sent, milliseconds since the start of the run; undefined in closed loops. */
  intendedMs: number | undefined;
  /** Tokens of the prompt (o200k_base and cl100k_base count the same). */
  inputTokens: number;
  /** Asked for as `max_tokens`. */
  outputTokens: number;
  /** The JSON document to send; ASCII, unless the model's name is not. */
  body: string;
}

/** The requests of one target in one shard, in order. */
export interface Lane {
  /** The next request; undefined after the last row of a trace. A synthetic lane never ends: its stop rule is elsewhere. */
  next(): PlannedRequest | undefined;
}

/** What the requests of a plan say. */
export const contentOf = (plan: Plan): Content =>
  plan.workload.kind === 'trace'
    ? traceContent(plan.seed, plan.workload.trace)
    : syntheticContent(plan.seed, plan.workload);

/**
 * Opens the lane of a target. Request i is a function of (plan, target, i) alone: shard k of n yields exactly the
 * requests with i ≡ k (mod n), and the shards together yield the plan, byte for byte. All targets get the same bodies.
 *
 * @param plan - what to send, when, to whom
 * @param targetIndex - index into `plan.targets`
 * @param shard - which part of the plan
 */
export function createLane(plan: Plan, targetIndex: number, shard: Shard): Lane {
  const schedule = createSchedule(plan, targetIndex);
  const content = contentOf(plan);
  const writeBody = chatBodyWriter(plan);
  let upcoming = shard.index;
  return {
    next: () => {
      if (upcoming >= content.count) return undefined;
      const index = upcoming;
      upcoming += shard.count;
      const inputTokens = content.inputTokens(index);
      const outputTokens = content.outputTokens(index);
      return {
        index,
        intendedMs: schedule.at(index),
        inputTokens,
        outputTokens,
        body: writeBody(content.prompt(index, inputTokens), outputTokens),
      };
    },
  };
}
