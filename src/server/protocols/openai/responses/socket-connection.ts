/**
 * Responses over one WebSocket. Messages of a lane (`stream_id`, or none) are answered one after the other, lanes beside each
 * other. The latest response of each lane is remembered with all that came before it, so that it can be gone on from though it
 * is not stored.
 */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import { asciiJson } from '../../../json.js';
import { apiKeyOf } from '../../../limits/api-keys.js';
import { takeFromLimits } from '../../../limits/limited.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import { Reply } from '../../../routing/reply.js';
import { senderOf } from '../../../text/sender.js';
import { ApiError, asApiError, invalid } from '../errors.js';
import { parseJsonObject } from '../json-body.js';
import { check } from '../validation.js';
import { libraryOf } from '../../../prompts/library.js';
import { readResponseBody } from './body.js';
import { answer, warmUp } from './create.js';
import type { Item } from './items.js';
import { prepareResponse } from './prepare.js';
import { inLane, type MessageSink, SocketResponse } from './socket-response.js';

/** Messages that wait on one connection; further ones are refused. */
const MAX_WAITING = 64;
/** Lanes whose latest response is remembered; beyond that the lane that was used longest ago is forgotten. */
const MAX_LANES = 64;
/** How long a connection lasts at most, as at OpenAI. */
export const CONNECTION_MS = 60 * 60_000;

const TOO_LARGE = 'The message is larger than this server takes.';

const envelope = z.object({
  type: z.literal('response.create'),
  stream_id: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[A-Za-z0-9_.-]+$/)
    .nullish(),
  generate: z.boolean().nullish(),
});

/** A message that is to be answered. */
interface Turn {
  lane: string | undefined;
  body: Record<string, unknown>;
  bytes: Buffer;
  generates: boolean;
}

/** The latest response of a lane, and all that was said up to its end. */
interface Remembered {
  id: string;
  items: readonly Item[];
}

/** What a connection needs of its WebSocket. */
export interface ConnectionSocket extends MessageSink {
  close(code: number, reason: string): void;
}

/** See the file's head. */
export class ResponsesConnection {
  readonly #context: ServerContext;
  readonly #request: Pick<ApiRequest, 'header' | 'headers'>;
  readonly #socket: ConnectionSocket;
  readonly #waiting = new Map<string | undefined, Turn[]>();
  readonly #running = new Map<string | undefined, SocketResponse>();
  readonly #recent = new Map<string | undefined, Remembered>();
  readonly #stopClock: () => void;
  #closed = false;

  /** @param request - the handshake, whose headers count for all messages */
  constructor(
    context: ServerContext,
    request: Pick<ApiRequest, 'header' | 'headers'>,
    socket: ConnectionSocket,
  ) {
    this.#context = context;
    this.#request = request;
    this.#socket = socket;
    const { wheel, clock } = context;
    const deadline = wheel.at(clock.nowMs() + CONNECTION_MS, () => this.#expire());
    this.#stopClock = () => wheel.cancel(deadline);
  }

  /** Takes one message. What is wrong with it is answered with an `error` event. */
  receive(bytes: Buffer): void {
    let lane: string | undefined;
    try {
      if (bytes.length > this.#context.options.bodyLimit)
        throw new ApiError({ status: 413, code: 'message_too_large', message: TOO_LARGE });
      const input = parseJsonObject(bytes);
      // An error is told in its lane, whatever else is wrong.
      if (envelope.shape.stream_id.safeParse(input.stream_id).success)
        lane = (input.stream_id as string | null) ?? undefined;
      this.#queue(readTurn(input, bytes), lane);
    } catch (error) {
      this.#sendError(error, lane);
    }
  }

  /** The client has gone. */
  close(): void {
    this.#closed = true;
    this.#stopClock();
    this.#waiting.clear();
    for (const response of this.#running.values()) response.abort();
  }

  #queue(turn: Turn, lane: string | undefined): void {
    const waiting = [...this.#waiting.values()].reduce((sum, turns) => sum + turns.length, 0);
    if (waiting >= MAX_WAITING) {
      const message = `More than ${MAX_WAITING} messages wait on this connection: read the answers first.`;
      throw new ApiError({ status: 429, type: 'requests', code: 'rate_limit_exceeded', message });
    }
    const turns = this.#waiting.get(lane) ?? [];
    turns.push(turn);
    this.#waiting.set(lane, turns);
    this.#next(lane);
  }

  #next(lane: string | undefined): void {
    if (this.#closed || this.#running.has(lane)) return;
    const turns = this.#waiting.get(lane);
    const turn = turns?.shift();
    if (turns?.length === 0) this.#waiting.delete(lane);
    if (turn) this.#begin(turn);
  }

  #begin(turn: Turn): void {
    const { clock } = this.#context;
    const { lane } = turn;
    const response = new SocketResponse(clock.nowMs(), this.#socket, lane, () => {
      this.#running.delete(lane);
      this.#next(lane);
    });
    this.#running.set(lane, response);
    const fail = (error: unknown): void => this.#fail(asApiError(error), turn, response);
    this.#answer(turn, new Reply(this.#context, response, fail)).catch(fail);
  }

  async #answer({ lane, body: raw, bytes, generates }: Turn, reply: Reply): Promise<void> {
    const context = this.#context;
    const { refusal } = takeFromLimits(context, apiKeyOf(this.#request.headers), 'text', bytes);
    if (refusal) throw refusal;
    const body = readResponseBody(raw, libraryOf(context));
    const sender = senderOf(this.#request, body, context.cacheIsolation);
    const prepared = await prepareResponse(context, body, sender, {
      recent: (id) => this.#itemsOf(id),
    });
    if (reply.response.done) return;
    const { id, before, input } = prepared;
    const onOver = ({ output }: { output: readonly Item[] }): void =>
      this.#remember(lane, { id, items: [...before, ...input, ...output] });
    if (generates) await answer(context, prepared, reply, onOver);
    else await warmUp(context, prepared, reply, onOver);
  }

  #itemsOf(id: string): readonly Item[] | undefined {
    for (const remembered of this.#recent.values()) if (remembered.id === id) return remembered.items;
    return undefined;
  }

  #remember(lane: string | undefined, latest: Remembered): void {
    this.#recent.delete(lane);
    this.#recent.set(lane, latest);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > MAX_LANES) this.#recent.delete(oldest);
  }

  #fail(error: ApiError, turn: Turn, response: SocketResponse): void {
    if (response.done) return;
    if (error.delayMs > 0) {
      const { wheel, clock } = this.#context;
      const deadline = wheel.at(clock.nowMs() + error.delayMs, () =>
        this.#fail(withoutDelay(error), turn, response),
      );
      response.onAbort(() => wheel.cancel(deadline));
      return;
    }
    // What was gone on from is forgotten when that fails, as at OpenAI.
    for (const [lane, { id }] of this.#recent)
      if (id === turn.body.previous_response_id) this.#recent.delete(lane);
    this.#sendError(error, turn.lane);
    response.fail();
  }

  #sendError(thrown: unknown, lane: string | undefined): void {
    const { status, type, code, message, param } = asApiError(thrown);
    const event = asciiJson({ type: 'error', status, error: { type, code, message, param } });
    this.#socket.send(inLane(event, lane), () => {});
  }

  #expire(): void {
    const code = 'websocket_connection_limit_reached';
    const message =
      'Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue.';
    this.#sendError(new ApiError({ status: 400, code, message }), undefined);
    this.close();
    this.#socket.close(1000, code);
  }
}

/** @throws ApiError when it is not a message that is known */
function readTurn(input: Record<string, unknown>, bytes: Buffer): Turn {
  const { stream_id: lane, generate } = check(envelope, input);
  const { type: _type, stream_id: _lane, generate: _generate, ...body } = input;
  if (body.background === true) throw unsupportedHere('background');
  return { lane: lane ?? undefined, body: { ...body, stream: true }, bytes, generates: generate !== false };
}

const unsupportedHere = (name: string): ApiError =>
  invalid(name, 'unsupported_parameter', `The parameter '${name}' is not supported over WebSockets.`);

function withoutDelay({ status, message, type, param, code, headers }: ApiError): ApiError {
  return new ApiError({ status, message, type, param, code, headers });
}
