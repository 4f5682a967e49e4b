/** The requests of a plan, one target and one shard at a time: what is sent, and when it is meant to be. */
import type { TextTokenizer } from '../lib/tokens/text-tokenizer.js';
import { createSchedule } from './arrivals.js';
import { messagesOf, type TextBodyWriter } from './bodies/chat.js';
import { bodyWriter, itemWriter, withMembers } from './bodies/index.js';
import type { Content, NextTurn } from './content.js';
import { datasetContent } from './dataset-content.js';
import { fittedProse } from './fitted-prose.js';
import type { Plan, Shard } from './plan.js';
import { senderMembers, senderOf } from './senders.js';
import { syntheticContent } from './synthetic.js';
import { traceContent } from './trace-content.js';

/** One request, ready to be sent. */
export interface PlannedRequest {
  /** Position in the whole plan of this target, over all shards; all turns of a session have that of the session. */
  index: number;
  /** When it is meant to be sent, milliseconds since the start of the run; undefined in closed loops. */
  intendedMs: number | undefined;
  /** Tokens of all texts of the request (in generated ones o200k_base and cl100k_base count the same). */
  inputTokens: number;
  /** Asked for as `max_tokens`. */
  outputTokens: number;
  /** The JSON document to send; ASCII, unless the model's name, a dataset or an answer is not. */
  body: string;
  /** Sent in place of `body` by requests that are no text. */
  bytes?: Buffer;
  /** In plans with sessions: which turn of its session this is, from 0. The session is `index`. */
  turn?: number;
  /** The turn after this one; absent where a session ends, and in plans without sessions. */
  followUp?: FollowUp;
}

/** The next turn of a session: it needs the answer to the turn before, and is sent some time after that. */
export interface FollowUp {
  /** Time between the end of the answer and the next request, milliseconds. */
  delayMs: number;
  /**
   * The next request: everything said so far, the answer, and the next turn. It has the `index` of its session and no
   * intended instant. Its `inputTokens` count each answer before as long as it was planned, since nothing is known here
   * about what really came.
   *
   * @param answer - the text of the answer, whole
   */
  requestWith(answer: string): PlannedRequest;
}

/** The requests of one target in one shard, in order. */
export interface Lane {
  /**
   * The next request; undefined after the last row of a trace, the last stage or the only burst. Any other lane never
   * ends: its stop rule is elsewhere.
   */
  next(): PlannedRequest | undefined;
  /** The request of an index, of plans with users: they take theirs by themselves. */
  at(index: number): PlannedRequest | undefined;
  /** When that is due, without making it; milliseconds since the start of the run, undefined for users who think. */
  dueMs(index: number): number | undefined;
}

/**
 * What the requests of a plan say.
 *
 * @param tokenizer - in which generated texts have their lengths; without one in those of OpenAI, where they need no count
 */
export function contentOf({ workload, seed }: Plan, tokenizer?: TextTokenizer): Content {
  const write = tokenizer && fittedProse(tokenizer);
  switch (workload.kind) {
    case 'trace':
      return traceContent(seed, workload.trace, write);
    case 'dataset':
      return datasetContent(seed, workload);
    default:
      return syntheticContent(seed, workload, write);
  }
}

/** A session up to and including a turn, without the answer to that. */
interface History {
  messages: string;
  inputTokens: number;
  outputTokens: number;
  turn: number;
}

function followUp(index: number, history: History, next: NextTurn, writeBody: TextBodyWriter): FollowUp {
  return {
    delayMs: next.delayMs,
    requestWith: (answer) => {
      const said = `{"role":"assistant","content":${JSON.stringify(answer)}}`;
      const { outputTokens } = next;
      const grown = {
        messages: `${history.messages},${said},${next.messages()}`,
        inputTokens: history.inputTokens + history.outputTokens + next.inputTokens,
        outputTokens,
        turn: history.turn + 1,
      };
      const after = next.next();
      return {
        index,
        intendedMs: undefined,
        inputTokens: grown.inputTokens,
        outputTokens,
        body: writeBody({ kind: 'messages', messages: grown.messages }, outputTokens),
        turn: grown.turn,
        ...(after && { followUp: followUp(index, grown, after, writeBody) }),
      };
    },
  };
}

/**
 * Opens the lane of a target. Request i is a function of (plan, target, i) alone: shard k of n yields exactly the
 * requests with i ≡ k (mod n), or those of the users u ≡ k (mod n); the shards together yield the plan, byte for byte. All targets get the same bodies.
 *
 * @param plan - what to send, when, to whom
 * @param targetIndex - index into `plan.targets`
 * @param shard - which part of the plan
 * @param tokenizer - see {@link contentOf}
 */
export function createLane(plan: Plan, targetIndex: number, shard: Shard, tokenizer?: TextTokenizer): Lane {
  const schedule = createSchedule(plan, targetIndex);
  const content = contentOf(plan, tokenizer);
  const writeBody = bodyWriter(plan);
  const writeItems = itemWriter(plan, content);
  const sender = senderOf(plan);
  const at = (index: number): PlannedRequest | undefined => {
    if (index >= content.count) return undefined;
    const intendedMs = schedule.at(index);
    if (intendedMs === Number.POSITIVE_INFINITY) return undefined;
    if (writeItems) return { index, intendedMs, outputTokens: 0, ...writeItems(index) };
    const { inputTokens, outputTokens, say, next } = content.at(index);
    const said = say();
    const write = sender ? withMembers(writeBody, senderMembers(sender(index))) : writeBody;
    const body = write(said, outputTokens);
    const request = { index, intendedMs, inputTokens, outputTokens, body };
    if (!next || said.kind === 'body') return request;
    const history = { messages: messagesOf(said), inputTokens, outputTokens, turn: 0 };
    return { ...request, turn: 0, followUp: followUp(index, history, next, write) };
  };
  const following = nextOwned(plan, shard);
  let upcoming = shard.index;
  return {
    next: () => {
      const request = at(upcoming);
      if (request) upcoming = following(upcoming);
      return request;
    },
    at,
    dueMs: (index) => schedule.at(index),
  };
}

/** The index after one of a shard's that is the shard's as well. */
function nextOwned({ arrivals }: Plan, { index: first, count }: Shard): (index: number) => number {
  if (arrivals.kind !== 'users') return (index) => index + count;
  const { users } = arrivals;
  return (index) => {
    const user = (index % users) + count;
    return user < users ? index + count : index - (index % users) + users + first;
  };
}
