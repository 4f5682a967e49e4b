/** The requests of a plan without their texts: for whoever needs lengths, instants and what prompts share. */
import { createSchedule } from './arrivals.js';
import type { NextTurn, Said } from './content.js';
import { blockHashesOf, identityOf, piece, type Piece } from './pieces.js';
import type { Plan, Workload } from './plan.js';
import { contentOf } from './requests.js';
import { senderOf, type Sender } from './senders.js';
import { hasSessions } from './session-shape.js';

/** One request, as far as its cost depends on it. */
export interface RequestOutline {
  /** Position in the plan; of sessions, that of the session. */
  index: number;
  /** Of its session, from 0; undefined in plans without sessions. */
  turn?: number;
  /** When it is meant to be sent, milliseconds since the start of the run; undefined in closed loops and of later turns. */
  intendedMs: number | undefined;
  inputTokens: number;
  outputTokens: number;
  /**
   * What the prompt, and the answer after it, share with others: one hash per full block of {@link OutlineLane.hashTokens};
   * empty if nothing.
   */
  blockHashes: ArrayLike<number>;
  sender?: Sender | undefined;
  /** The turn after this one. */
  followUp?: OutlineFollowUp;
}

/** See `FollowUp` of requests. */
export interface OutlineFollowUp {
  delayMs: number;
  request(): RequestOutline;
}

export interface OutlineLane {
  /** Tokens that a hash stands for; undefined where there are none. */
  readonly hashTokens: number | undefined;
  /** The next request; undefined after the last row of a trace, the last stage or the only burst. */
  next(): RequestOutline | undefined;
  /** The request of an index, of plans with users: they take theirs by themselves. */
  at(index: number): RequestOutline | undefined;
  /** When that is due; milliseconds since the start of the run, undefined for users who think. */
  dueMs(index: number): number | undefined;
}

const NO_HASHES = new Float64Array(0);

/**
 * The same requests, in the same order, as the first target of the plan gets from `createLane`.
 *
 * @param blockTokens - tokens of a cached block; traces name their own
 */
export function createOutlines(plan: Plan, blockTokens: number): OutlineLane {
  const schedule = createSchedule(plan, 0);
  const content = contentOf(plan);
  const { workload } = plan;
  const sessions = hasSessions(workload);
  const sender = senderOf(plan);
  const hashesOf = hasher(workload, blockTokens);
  const at = (index: number): RequestOutline | undefined => {
    if (index >= content.count) return undefined;
    const intendedMs = schedule.at(index);
    if (intendedMs === Number.POSITIVE_INFINITY) return undefined;
    const { inputTokens, outputTokens, pieces, say, next } = content.at(index);
    const request: RequestOutline = {
      index,
      intendedMs,
      inputTokens,
      outputTokens,
      blockHashes: NO_HASHES,
      sender: sender?.(index),
    };
    if (workload.kind === 'trace') request.blockHashes = fullBlocks(workload.trace, index, inputTokens);
    else if (hashesOf) {
      const said = pieces?.() ?? piecesOfText(say(), inputTokens);
      tellTurn({ plan, hashesOf, sessions }, request, 0, said, next);
    }
    return request;
  };
  let upcoming = 0;
  return {
    hashTokens: workload.kind === 'trace' ? workload.trace.hashBlockTokens : hashesOf && blockTokens,
    next: () => {
      const request = at(upcoming);
      if (request) upcoming++;
      return request;
    },
    at,
    dueMs: (index) => schedule.at(index),
  };
}

type Hasher = (pieces: readonly Piece[]) => ArrayLike<number>;

/** Undefined where no two prompts share anything, so that nobody need hash them. */
function hasher(workload: Workload, blockTokens: number): Hasher | undefined {
  const shares =
    workload.kind === 'dataset' ||
    (workload.kind === 'synthetic' && (workload.shape !== undefined || workload.session !== undefined));
  return shares ? (pieces) => blockHashesOf(pieces, blockTokens) : undefined;
}

interface TurnParts {
  plan: Plan;
  hashesOf: Hasher;
  sessions: boolean;
}

/** What a turn shares, and the turn after it, of whose prompt its answer will be a part. */
function tellTurn(
  parts: TurnParts,
  request: RequestOutline,
  turn: number,
  pieces: readonly Piece[],
  next: NextTurn | undefined,
): void {
  const { index, outputTokens } = request;
  const answered = [...pieces, piece(outputTokens, parts.plan.seed, 'answer', index, turn)];
  request.blockHashes = parts.hashesOf(answered);
  if (parts.sessions) request.turn = turn;
  if (next) request.followUp = followUpOf(parts, request, turn + 1, answered, next);
}

function followUpOf(
  parts: TurnParts,
  { index, inputTokens, outputTokens, sender }: RequestOutline,
  turn: number,
  before: readonly Piece[],
  next: NextTurn,
): OutlineFollowUp {
  return {
    delayMs: next.delayMs,
    request: () => {
      const request: RequestOutline = {
        index,
        intendedMs: undefined,
        inputTokens: inputTokens + outputTokens + next.inputTokens,
        outputTokens: next.outputTokens,
        blockHashes: NO_HASHES,
        sender,
      };
      const own = next.piece ? [next.piece] : piecesOfText(messages(next), next.inputTokens);
      tellTurn(parts, request, turn, [...before, ...own], next.next());
      return request;
    },
  };
}

const messages = (turn: NextTurn): Said => ({ kind: 'messages', messages: turn.messages() });

/** A text by its messages: those that are equal word for word are the same piece. Their tokens are shared out by length. */
function piecesOfText(said: Said, tokens: number): Piece[] {
  const texts = textsOf(said);
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  let read = 0;
  let taken = 0;
  return texts.map((text) => {
    read += text.length;
    const end = Math.round((read / characters) * tokens);
    const own = end - taken;
    taken = end;
    return { identity: identityOf('text', text), tokens: own };
  });
}

/** The messages of a dataset's row as texts; the row itself where it has none. */
function textsOf(said: Said): string[] {
  if (said.kind === 'text') return [said.system ?? '', said.prompt].filter((text) => text !== '');
  const parsed = JSON.parse(said.kind === 'messages' ? `[${said.messages}]` : `[{${said.members}}]`) as {
    messages?: unknown[];
  }[];
  const list: unknown[] = said.kind === 'messages' ? parsed : (parsed[0]?.messages ?? parsed);
  return list.map((message) => JSON.stringify(message));
}

/** A trace's last hash stands for what is left of the prompt after the full blocks, which no cache shares. */
function fullBlocks(
  { hashIds, hashStart, hashBlockTokens }: Extract<Workload, { kind: 'trace' }>['trace'],
  row: number,
  inputTokens: number,
): Uint32Array {
  const from = hashStart[row]!;
  const full = Math.floor(inputTokens / hashBlockTokens);
  return hashIds.subarray(from, Math.min(hashStart[row + 1]!, from + full));
}
