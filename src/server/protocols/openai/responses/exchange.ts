/** A response under way, and what is the same whichever way it is sent. */
import type { ServerContext } from '../../../context.js';
import type { GenerationRequest, GenerationUsage } from '../../../generation/generator.js';
import type { Transaction } from '../../../store/store.js';
import { prepareAnswers, type TextAnswers } from '../../../text/text-model.js';
import { isPadded } from '../padding.js';
import { EventWriter } from './event-writer.js';
import type { HiddenById } from './included.js';
import type { Item } from './items.js';
import { ResponseOutput } from './output.js';
import type { OutputOptions } from './output-options.js';
import type { PreparedResponse } from './prepare.js';
import { CONVERSATION_ITEMS, itemKey, RESPONSE_LIFE_MS, type ResponseRecord, RESPONSES } from './records.js';
import { responseBody, type ResponseState, usageOf } from './wire.js';

/** An answer under way. */
export interface ResponseExchange {
  context: ServerContext;
  prepared: PreparedResponse;
  text: TextAnswers;
  output: ResponseOutput;
  events: EventWriter;
}

/** Prepares the answer; nothing is generated yet. */
export function begin(
  context: ServerContext,
  prepared: PreparedResponse,
  arrivalMs: number,
  keepsEvents: boolean,
): ResponseExchange {
  const { ask, prompt, body, tools, traits, digest, compaction, plans } = prepared;
  const made = prepareAnswers(context, ask, prompt, arrivalMs, prepared.sender);
  const isPlain = !prepared.isSilent && otherTokens(prepared) === 0;
  const text = isPlain ? made : { ...made, sequences: made.sequences.map((one) => withOther(one, prepared)) };
  const asked = body.stream_options?.include_obfuscation;
  const pads = isPadded(asked, context.models.info(ask.model), context.options);
  const events = new EventWriter(keepsEvents, pads);
  const include = new Set<string>(body.include ?? []);
  const options: OutputOptions = {
    seed: context.seed,
    digest,
    asked: text.digest,
    keptAs: prepared.stored ? prepared.id : undefined,
    showsThoughts: traits.showsThoughts,
    summarizes: (body.reasoning?.summary ?? body.reasoning?.generate_summary) != null,
    topLogprobs: include.has('message.output_text.logprobs') ? (body.top_logprobs ?? 0) : undefined,
    greedy: ask.greedy,
    include,
    servers: tools.servers,
    hosted: plans,
    views: tools.views,
    compaction,
    isSilent: prepared.isSilent,
  };
  return { context, prepared, text, output: new ResponseOutput(text.answers[0]!, options, events), events };
}

/** What is compacted, and what the server's tools do, takes the time of so many tokens beside those of the answer. */
const otherTokens = ({ compaction, plans }: PreparedResponse): number =>
  plans.reduce((sum, { steps }) => sum + steps, compaction?.tokens ?? 0);

function withOther(sequence: GenerationRequest, prepared: PreparedResponse): GenerationRequest {
  const more = otherTokens(prepared);
  if (prepared.isSilent)
    return { ...sequence, maxTokens: Math.max(more, 1), outputTokens: Math.max(more, 1) };
  const { maxTokens, outputTokens } = sequence;
  const known = outputTokens !== undefined && { outputTokens: outputTokens + more };
  return { ...sequence, maxTokens: maxTokens + more, ...known };
}

/** Tokens that the engine makes for an answer which is complete. */
export const madeTokens = ({ text, prepared }: ResponseExchange): number =>
  prepared.isSilent ? Math.max(otherTokens(prepared), 1) : text.answers[0]!.tokens + otherTokens(prepared);

/** What is known when all tokens are ready. */
export function finalState(
  { context, prepared, text, output }: ResponseExchange,
  usage: GenerationUsage,
): ResponseState {
  const { failure, isSilent } = prepared;
  if (failure !== undefined) return failedState(failure, output.items);
  const [answer] = text.answers;
  const isBlocked = prepared.moderated?.isBlocked === true;
  const isCut = isBlocked || (!isSilent && answer!.finishReason === 'length');
  return {
    status: isCut ? 'incomplete' : 'completed',
    output: output.items,
    usage: usageOf(prepared, answer!, usage),
    completedS: Math.floor(context.clock.wallMs() / 1000),
    hidden: output.hidden,
  };
}

/** What is known of one that fails. */
export const failedState = (message: string, output: Item[] = []): ResponseState => ({
  status: 'failed',
  output,
  usage: null,
  completedS: null,
  error: { code: 'server_error', message },
});

/** Books what was used; one that failed by itself is lost, whatever its engine did. */
export function account(
  { context, prepared, text }: ResponseExchange,
  state: ResponseState,
  streamed = false,
): void {
  const { usage } = state;
  const { model } = prepared.ask;
  if (!usage) {
    context.generator.lost?.(model, { endpoint: 'responses', streamed }, 'replica_failed');
    return;
  }
  context.account({
    model,
    promptTokens: prepared.prompt.total,
    cachedTokens: usage.input_tokens_details.cached_tokens,
    completionTokens: usage.output_tokens,
    reasoningTokens: text.answers[0]!.reasoningTokens,
    endpoint: 'responses',
    streamed,
  });
}

/** Keeps a response, and adds what was said to its conversation. */
export async function keep(
  context: ServerContext,
  prepared: PreparedResponse,
  state: ResponseState,
): Promise<void> {
  const { id, conversationId, input, body, sender } = prepared;
  const isOpen = state.status === 'queued';
  const { headers: _headers, ...kept } = sender;
  const { input: _input, ...request } = body;
  const record: ResponseRecord = {
    id,
    body: responseBody(prepared, state),
    input,
    previousId: body.previous_response_id ?? null,
    background: body.background === true,
    eventsBlob: null,
    ...(state.hidden && { hidden: state.hidden }),
    ...(isOpen && { work: { request, sender: kept } }),
  };
  const expiresAtMs = context.clock.wallMs() + RESPONSE_LIFE_MS;
  const store = await context.store();
  await store.transact((transaction) => {
    transaction.put(RESPONSES, id, record, { expiresAtMs });
    addToConversation(transaction, conversationId, [...input, ...state.output], state.hidden);
  });
}

/** Adds what was said to a conversation, if there is one. */
export function addToConversation(
  transaction: Transaction,
  conversationId: string | undefined,
  items: readonly Item[],
  hidden: HiddenById = {},
): void {
  if (conversationId === undefined) return;
  for (const item of items) {
    const beside = hidden[item.id];
    const record = { conversationId, item, ...(beside && { hidden: beside }) };
    transaction.put(CONVERSATION_ITEMS, itemKey(conversationId, item.id), record);
  }
}

/** The events before the first token. */
export function openingEvents(
  { prepared, events }: ResponseExchange,
  status: 'queued' | 'in_progress',
): void {
  const state: ResponseState = { status, output: [], usage: null, completedS: null };
  const response = responseBody(prepared, state);
  events.add('response.created', { response });
  if (status === 'queued') events.add('response.queued', { response });
  events.add('response.in_progress', { response: { ...response, status: 'in_progress' } });
}

/** The event after the last one. */
export const closingEvent = ({ prepared, events }: ResponseExchange, state: ResponseState): void =>
  events.add(`response.${state.status}`, { response: responseBody(prepared, state) });
