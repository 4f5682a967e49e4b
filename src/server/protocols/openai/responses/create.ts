/** `POST /v1/responses`: answered at once, streamed, or in the background. */
import type { ServerContext } from '../../../context.js';
import { type GenerationUsage, NO_USAGE, ofLength } from '../../../generation/generator.js';
import { Sequences, type SequencesOwner } from '../../../generation/sequences.js';
import { type FrameSource, TokenStream } from '../../../generation/token-stream.js';
import { answerWhole } from '../../../generation/whole-answer.js';
import { libraryOf } from '../../../prompts/library.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { senderOf } from '../../../text/sender.js';
import { refusal } from '../generation-errors.js';
import { startInBackground } from './background.js';
import { readResponseBody } from './body.js';
import type { EventWriter } from './event-writer.js';
import {
  account,
  begin,
  closingEvent,
  finalState,
  keep,
  madeTokens,
  openingEvents,
  type ResponseExchange,
} from './exchange.js';
import type { ResponseOutput } from './output.js';
import { type PreparedResponse, prepareResponse } from './prepare.js';
import { RESPONSES } from './records.js';
import { emptyUsage, responseBody, type ResponseState } from './wire.js';

/** Answers it. */
export async function createResponse(
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
): Promise<void> {
  const body = readResponseBody(request.json(), libraryOf(context));
  const prepared = await prepareResponse(context, body, senderOf(request, body, context.cacheIsolation));
  await answer(context, prepared, reply);
}

/**
 * Answers a response that was prepared.
 *
 * @param onOver - called with the last state of one that is streamed, before its last event
 */
export async function answer(
  context: ServerContext,
  prepared: PreparedResponse,
  reply: Reply,
  onOver?: (state: ResponseState) => void,
): Promise<void> {
  const { body } = prepared;
  if (body.moderation) await (await import('./moderated.js')).moderateResponse(context, prepared);
  if (body.background === true) {
    await startInBackground(begin(context, prepared, reply.arrivalMs, body.stream === true), reply);
    return;
  }
  // Content is known before it is said: what is kept is complete when the client first learns of the id.
  if (prepared.stored) await keep(context, prepared, complete(context, prepared, reply.arrivalMs));
  const exchange = begin(context, prepared, reply.arrivalMs, body.stream === true);
  if (body.stream === true) stream(exchange, reply, onOver);
  else whole(exchange, reply);
}

function complete(context: ServerContext, prepared: PreparedResponse, arrivalMs: number): ResponseState {
  const exchange = begin(context, prepared, arrivalMs, false);
  readAll(exchange);
  const state = finalState(exchange, NO_USAGE);
  // When it is over is known when it is: until then, as if it took no time.
  return { ...state, completedS: state.completedS && prepared.createdS };
}

/** As if one step had made all of it: there are no events to tell of single tokens. */
function readAll({ output }: ResponseExchange): void {
  while (!output.ended) output.next(true);
}

/**
 * What is known only when the engine is done goes to the kept response then: what it found in its caches, and when that was.
 *
 * @returns undefined where that is known already
 */
function keepEnd(
  { context, prepared }: ResponseExchange,
  state: ResponseState,
): Promise<unknown> | undefined {
  const { usage, completedS } = state;
  const details = usage?.input_tokens_details;
  const isCached = details?.cached_tokens || details?.cache_write_tokens;
  const isLater = completedS !== null && completedS !== prepared.createdS;
  if (!prepared.stored || (!isCached && !isLater)) return undefined;
  return context
    .store()
    .then((store) =>
      store.update(RESPONSES, prepared.id, (record) => ({
        ...record,
        body: { ...record.body, usage, completed_at: completedS },
      })),
    )
    .catch(() => undefined);
}

function whole(exchange: ResponseExchange, reply: Reply): void {
  const { context, prepared, text } = exchange;
  readAll(exchange);
  answerWhole({
    reply,
    generator: context.generator,
    endpoint: 'responses',
    requests: [ofLength(text.sequences[0]!, madeTokens(exchange))],
    ready: (usage) => {
      const state = finalState(exchange, usage);
      account(exchange, state);
      const answered = (): void => reply.json(responseBody(prepared, state));
      const kept = keepEnd(exchange, state);
      // Whoever asks for it then is told the same.
      if (kept) void kept.then(answered);
      else answered();
    },
    refuse: refusal,
  });
}

class ResponseFrames implements FrameSource {
  readonly #output: ResponseOutput;
  readonly #events: EventWriter;

  constructor({ output, events }: ResponseExchange) {
    this.#output = output;
    this.#events = events;
  }

  get ended(): boolean {
    return this.#output.ended;
  }

  next(_usage?: GenerationUsage, more = false): string {
    this.#output.next(more);
    return this.#events.take();
  }
}

function stream(exchange: ResponseExchange, reply: Reply, onOver?: (state: ResponseState) => void): void {
  const { context, text, events } = exchange;
  new TokenStream({
    reply,
    generator: context.generator,
    endpoint: 'responses',
    choices: [{ request: text.sequences[0]!, frames: new ResponseFrames(exchange) }],
    open: () => {
      openingEvents(exchange, 'in_progress');
      return events.take();
    },
    end: (usage) => {
      const state = finalState(exchange, usage);
      account(exchange, state, true);
      void keepEnd(exchange, state);
      onOver?.(state);
      closingEvent(exchange, state);
      return events.take();
    },
    refuse: refusal,
    broken: (failure) => {
      const { message } = refusal(failure);
      events.add('error', { code: 'server_error', message, param: null });
      return events.take();
    },
  }).start();
}

/** Has a prompt computed and nothing generated, so that a response that goes on from it begins sooner. */
export async function warmUp(
  context: ServerContext,
  prepared: PreparedResponse,
  reply: Reply,
  onOver: (state: ResponseState) => void,
): Promise<void> {
  const usage = emptyUsage(prepared);
  const state: ResponseState = { status: 'completed', output: [], usage, completedS: prepared.createdS };
  if (prepared.stored) await keep(context, prepared, state);
  const exchange = begin(context, prepared, reply.arrivalMs, true);
  const { events, text } = exchange;
  const owner: SequencesOwner = {
    accepted: () => {},
    tokens: () => {},
    finished: () => {
      sequences.end();
      const { cachedTokens, cacheWriteTokens } = sequences.usage;
      usage.input_tokens_details = { cached_tokens: cachedTokens, cache_write_tokens: cacheWriteTokens };
      account(exchange, state);
      onOver(state);
      openingEvents(exchange, 'in_progress');
      closingEvent(exchange, state);
      reply.events().end(events.take());
    },
    failed: (failure) => reply.fail(refusal(failure)),
  };
  const sequences = new Sequences(1, owner, { endpoint: 'responses', streamed: true });
  reply.onAbort(() => sequences.cancel());
  sequences.start(context.generator, [{ ...text.sequences[0]!, outputTokens: 0 }]);
}
