/** Anthropic's Messages API, over the same engine. */
import type { ModelInfo } from '../../../simulator/models/model.js';
import type { Answer } from '../../../simulator/index.js';
import type { ServerContext } from '../../context.js';
import { type GenerationUsage, ofLength } from '../../generation/generator.js';
import { TokenStream } from '../../generation/token-stream.js';
import { answerWhole } from '../../generation/whole-answer.js';
import { anthropicRateHeaders } from '../../limits/rate-headers.js';
import type { ApiRequest } from '../../routing/api-request.js';
import type { Reply } from '../../routing/reply.js';
import { lateRoutes, type RouteHead } from '../../routing/late-routes.js';
import type { Route } from '../../routing/route.js';
import { traitsOf } from '../../text/model-traits.js';
import { countText } from '../../text/prompt.js';
import {
  countAsk,
  PLAIN_OPTIONS,
  prepareAnswers,
  type TextAnswers,
  type TextAsk,
} from '../../text/text-model.js';
import { whenCounted } from '../../text/long-texts.js';
import { type Sender, senderOf } from '../../text/sender.js';
import { fitWindow, type WindowWords } from '../../text/window.js';
import { refusal } from '../openai/generation-errors.js';
import { answerId } from '../openai/ids.js';
import { BlockFrames, eventText, NOT_STOPPED, readBlocks, stopOf } from './answer.js';
import { errorEvent, malformed, renderError } from './errors.js';
import { type MessagesRequest, readMessagesRequest } from './request.js';

/** The routes. */
export const messagesRoutes = (context: ServerContext): Route[] => [
  {
    method: 'POST',
    path: '/messages',
    operationId: 'anthropicCreateMessage',
    rateHeaders: anthropicRateHeaders,
    borrowsBody: true,
    renderError,
    requestIdHeader: 'request-id',
    handler: (request, reply) => create(context, request, reply),
  },
  {
    method: 'POST',
    path: '/messages/count_tokens',
    operationId: 'anthropicCountTokens',
    borrowsBody: true,
    renderError,
    requestIdHeader: 'request-id',
    handler: (request, reply) => {
      const asked = readMessagesRequest(request.json(), true);
      context.models.of(asked.model, 'chat');
      const ask = askOf(asked);
      return whenCounted(
        context.counter,
        ask.messages,
        () => reply.json({ input_tokens: countAsk(ask, context.counter).total }),
        () => reply.response.done,
      );
    },
  },
  ...batchRoutes(context),
];

/** What batches/batches.ts answers. */
const BATCHES: readonly RouteHead[] = (
  [
    ['POST', '', 'anthropicCreateMessageBatch'],
    ['GET', '', 'anthropicListMessageBatches'],
    ['GET', '/:message_batch_id', 'anthropicRetrieveMessageBatch'],
    ['DELETE', '/:message_batch_id', 'anthropicDeleteMessageBatch'],
    ['POST', '/:message_batch_id/cancel', 'anthropicCancelMessageBatch'],
    ['GET', '/:message_batch_id/results', 'anthropicMessageBatchResults'],
  ] as const
).map(([method, path, operationId]) => ({
  method,
  path: `/messages/batches${path}`,
  operationId,
  renderError,
  requestIdHeader: 'request-id',
}));

const batchRoutes = (context: ServerContext): Route[] =>
  lateRoutes(
    async () => (await import('./batches/batches.js')).messageBatchRoutes(context, BATCHES),
    BATCHES,
  );

/** An answer under way. */
interface Exchange {
  context: ServerContext;
  request: MessagesRequest;
  reply: Reply;
  text: TextAnswers;
  answer: Answer;
  id: string;
}

function create(context: ServerContext, apiRequest: ApiRequest, reply: Reply): void | Promise<void> {
  const body = apiRequest.json();
  const request = readMessagesRequest(body);
  const model = context.models.of(request.model, 'chat');
  const ask = askOf(request, model);
  const sender = senderOf(apiRequest, body, context.cacheIsolation);
  return whenCounted(
    context.counter,
    ask.messages,
    () => answer({ context, request, reply }, model, ask, sender),
    () => reply.response.done,
  );
}

/** Anthropic's words. */
const tooLongWords: WindowWords = (contextTokens, promptTokens, limit = 0) =>
  promptTokens > contextTokens
    ? `prompt is too long: ${promptTokens} tokens > ${contextTokens} maximum`
    : `input length and \`max_tokens\` exceed context limit: ${promptTokens} + ${limit} > ${contextTokens}, decrease input length or \`max_tokens\` and try again`;

function answer(
  { context, request, reply }: Pick<Exchange, 'context' | 'request' | 'reply'>,
  model: ModelInfo,
  ask: TextAsk,
  sender: Sender,
): void {
  const prompt = countAsk(ask, context.counter);
  const limits = {
    promptTokens: prompt.total,
    limit: request.maxTokens,
    limitName: 'max_tokens',
    promptName: 'messages',
    tooLong: tooLongWords,
  } as const;
  ask.maxTokens = fitWindow(model, ask, limits);
  const text = prepareAnswers(context, ask, prompt, reply.arrivalMs, sender);
  const id = answerId(context.seed, 'msg_', text.digest);
  const exchange = { context, request, reply, text, answer: text.answers[0]!, id };
  if (request.stream) stream(exchange);
  else whole(exchange);
}

function askOf(request: MessagesRequest, model?: ModelInfo): TextAsk {
  const { tools, toolChoice, parallelToolCalls, format, effort } = request;
  if (model && effort !== undefined && traitsOf(model).reasons === 'never') {
    throw malformed('thinking', `the model ${model.id} does not think`);
  }
  const isPlain = tools.length === 0 && format.type === 'text' && effort === undefined;
  // Field by field: objects that are spread together cost a microsecond.
  return {
    model: request.model,
    messages: request.messages,
    n: 1,
    seed: undefined,
    greedy: request.greedy,
    temperature: request.temperature,
    topP: request.topP,
    maxTokens: request.maxTokens,
    minTokens: request.minTokens,
    ignoreEos: request.ignoreEos,
    stop: request.stop,
    options: isPlain
      ? undefined
      : { ...PLAIN_OPTIONS, tools, toolChoice, parallelToolCalls, format, effort: effort ?? 'none' },
  };
}

/** `usage`: tokens that a cache spared, or that were put there, only count where the request marks them. */
function usageOf({ context, request, text, answer }: Exchange, usage: GenerationUsage) {
  const { messages, cachedMessages } = request;
  const { total } = text.prompt;
  const marked =
    cachedMessages === 0 ? 0 : Math.min(countText(messages.slice(0, cachedMessages), context.counter), total);
  const read = Math.min(usage.cachedTokens, marked);
  const created = marked - read;
  return {
    input_tokens: total - marked,
    cache_creation_input_tokens: created,
    cache_read_input_tokens: read,
    cache_creation: { ephemeral_5m_input_tokens: created, ephemeral_1h_input_tokens: 0 },
    output_tokens: answer.ended ? answer.tokens : 0,
    service_tier: 'standard',
    inference_geo: 'not_available',
  };
}

/** What is known of the output once it has ended. */
const detailsOf = ({ answer }: Exchange): object => ({
  output_tokens_details: { thinking_tokens: answer.reasoningTokens },
});

/** Usage as the end of a stream tells of it. */
function lastUsageOf(exchange: Exchange, usage: GenerationUsage): object {
  const {
    cache_creation: _each,
    service_tier: _tier,
    inference_geo: _geo,
    ...used
  } = usageOf(exchange, usage);
  return { ...used, ...detailsOf(exchange) };
}

function account({ context, request, text, answer }: Exchange, usage: GenerationUsage): void {
  context.account({
    model: request.model,
    promptTokens: text.prompt.total,
    cachedTokens: usage.cachedTokens,
    completionTokens: answer.tokens,
    reasoningTokens: answer.reasoningTokens,
    endpoint: 'anthropic_messages',
    streamed: request.stream,
  });
}

/** The message; of one that begins nothing is known but what it used. */
const messageOf = (
  { id, request }: Exchange,
  content: readonly object[],
  stop: ReturnType<typeof stopOf>,
  usage: object,
) => ({
  id,
  type: 'message',
  role: 'assistant',
  model: request.model,
  content,
  ...stop,
  usage,
});

function whole(exchange: Exchange): void {
  const { context, reply, text, answer } = exchange;
  const content = readBlocks(answer);
  answerWhole({
    reply,
    endpoint: 'anthropic_messages',
    generator: context.generator,
    requests: [ofLength(text.sequences[0]!, answer.tokens)],
    ready: (usage) => {
      account(exchange, usage);
      const used = { ...usageOf(exchange, usage), ...detailsOf(exchange) };
      reply.json(messageOf(exchange, content, stopOf(answer), used));
    },
    refuse: refusal,
  });
}

function stream(exchange: Exchange): void {
  const { context, reply, text, answer } = exchange;
  const blocks = new BlockFrames(answer);
  let begun = false;
  const frames = {
    get ended(): boolean {
      return blocks.ended;
    },
    // What the cache spared is known with the first token.
    next: (usage: GenerationUsage, more: boolean): string => {
      if (begun) return blocks.next(usage, more);
      begun = true;
      const used = { ...usageOf(exchange, usage), output_tokens: 1 };
      const message = messageOf(exchange, [], NOT_STOPPED, used);
      return eventText('message_start', { message }) + blocks.next(usage, more);
    },
  };
  new TokenStream({
    reply,
    endpoint: 'anthropic_messages',
    generator: context.generator,
    choices: [{ request: text.sequences[0]!, frames }],
    end: (usage) => {
      account(exchange, usage);
      const last = { delta: stopOf(answer), usage: lastUsageOf(exchange, usage) };
      return eventText('message_delta', last) + eventText('message_stop', {});
    },
    refuse: refusal,
    broken: (failure) => errorEvent(refusal(failure), reply.response.requestId),
  }).start();
}
