/** `POST /v1/completions` */
import { type Digest, digestOf } from '../../../../lib/digest.js';
import type { Answer } from '../../../../simulator/index.js';
import type { ServerContext } from '../../../context.js';
import { type GenerationUsage, ofLength } from '../../../generation/generator.js';
import { TokenStream } from '../../../generation/token-stream.js';
import { answerWhole } from '../../../generation/whole-answer.js';
import { asciiJson } from '../../../json.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { PLAIN_OPTIONS, prepareAnswers, type TextAnswers, type TextAsk } from '../../../text/text-model.js';
import { senderOf } from '../../../text/sender.js';
import { longTogether, whenTextsCounted } from '../../../text/long-texts.js';
import { fitWindow } from '../../../text/window.js';
import { DONE_EVENT, tokenIdsMember, type Usage, usageJson } from '../chat/wire.js';
import { logprobRandom } from '../chat/rich-answer.js';
import { brokenEvent, refusal } from '../generation-errors.js';
import { truncated } from '../engine-parameters.js';
import { answerId, fingerprintOf } from '../ids.js';
import { Padding } from '../padding.js';
import type { OperationHandlers } from '../operations.js';
import { showTrace } from '../token-trace.js';
import {
  CompletionFrames,
  type CompletionOptions,
  CompletionReader,
  readText,
  readWhole,
  tellsTextAlone,
  type WholeCompletion,
} from './answer.js';
import { type CompletionRequest, lastOf, readCompletionRequest } from './request.js';

/** In place of a choice: the prompt itself. */
const PROMPT = -1;

/** The answers to one prompt. */
interface PromptAnswers {
  text: TextAnswers;
  options: CompletionOptions;
}

/** An exchange under way. */
interface Exchange {
  context: ServerContext;
  request: CompletionRequest;
  reply: Reply;
  prompts: readonly PromptAnswers[];
  /** `"id":…,"object":…` up to the choices, without the brace. */
  head: string;
}

function create(context: ServerContext, asked: ApiRequest, reply: Reply): void | Promise<void> {
  const body = asked.json();
  const { prompt } = body;
  const texts = (Array.isArray(prompt) ? prompt : [prompt]).filter((one) => typeof one === 'string');
  return whenTextsCounted(
    context.counter,
    longTogether(texts),
    () => begin(context, asked, body, reply),
    () => reply.response.done,
  );
}

function begin(context: ServerContext, asked: ApiRequest, body: Record<string, unknown>, reply: Reply): void {
  const { counter, seed, clock, models } = context;
  const request = readCompletionRequest(body, counter);
  const sender = senderOf(asked, body, context.cacheIsolation);
  const model = models.of(request.model, 'completions');
  const prompts = request.prompts.map((whole): PromptAnswers => {
    const left = truncated(request.truncation, whole.tokens, model.contextTokens, request.limit ?? 0);
    const prompt = lastOf(whole, left, counter);
    const { text, tokens } = prompt;
    const maxTokens = fitWindow(model, request, {
      promptTokens: tokens,
      limit: request.limit,
      limitName: 'max_tokens',
      promptName: 'prompt',
    });
    const ask = askOf(request, text, maxTokens);
    const answers = prepareAnswers(
      context,
      ask,
      { total: tokens, image: 0, audio: 0 },
      reply.arrivalMs,
      sender,
    );
    const echoedPieces = request.echo ? counter.tokenizer.pieces(text) : [];
    const { topLogprobs, greedy } = request;
    const showsStopReason = request.wordLimits !== undefined;
    const trace =
      request.trace &&
      showTrace(request.trace, prompt.ids, { seed, digest: answers.digest, tokenizer: counter.tokenizer });
    const echoed = request.echo ? text : '';
    return { text: answers, options: { topLogprobs, greedy, showsStopReason, echoed, echoedPieces, trace } };
  });
  const digest = digestOf([request.model, ...request.prompts.map(({ text }) => text), String(request.seed)]);
  const created = Math.floor(clock.wallMs() / 1000);
  const head = `"id":"${answerId(seed, 'cmpl-', digest)}","object":"text_completion","created":${created},"model":${asciiJson(request.model)},"system_fingerprint":"${fingerprintOf(seed)}"`;
  const exchange = { context, request, reply, prompts, head };
  if (request.stream) stream(exchange);
  else whole(exchange);
}

function askOf(request: CompletionRequest, text: string, maxTokens: number): TextAsk {
  const { logitBias, presencePenalty, frequencyPenalty, suffix, wordLimits, format } = request;
  const isBent = presencePenalty !== 0 || frequencyPenalty !== 0;
  const isPlain = logitBias.size === 0 && !isBent && !wordLimits && format.type === 'text';
  // Field by field: objects that are spread together cost a microsecond.
  return {
    model: request.model,
    messages: [{ role: 'prompt', name: suffix === '' ? undefined : suffix, text }],
    n: request.bestOf,
    seed: request.seed,
    greedy: request.greedy,
    beams: request.beams,
    temperature: request.temperature,
    topP: request.topP,
    maxTokens: Math.max(1, maxTokens),
    minTokens: request.minTokens,
    ignoreEos: request.ignoreEos,
    stop: request.stop,
    caching: request.caching,
    options: isPlain
      ? undefined
      : { ...PLAIN_OPTIONS, logitBias, presencePenalty, frequencyPenalty, wordLimits, format },
  };
}

function usageOf({ request, prompts }: Exchange, usage: GenerationUsage): Usage {
  const all: Answer[] = prompts.flatMap(({ text }) => text.answers);
  return {
    promptTokens: prompts.reduce((sum, { text }) => sum + text.prompt.total, 0),
    promptAudioTokens: 0,
    completionTokens: request.isEmpty ? 0 : all.reduce((sum, { tokens }) => sum + tokens, 0),
    reasoningTokens: 0,
    cachedTokens: usage.cachedTokens,
    cacheWriteTokens: usage.cacheWriteTokens,
    acceptedPredictionTokens: usage.acceptedPredictionTokens,
    rejectedPredictionTokens: usage.rejectedPredictionTokens,
  };
}

function book({ account }: ServerContext, { model, stream: streamed }: CompletionRequest, used: Usage): void {
  const { promptTokens, cachedTokens, completionTokens } = used;
  account({ model, promptTokens, cachedTokens, completionTokens, endpoint: 'completions', streamed });
}

/** As JSON, in order. */
function choicesOf({ context, request, prompts }: Exchange): string[] {
  const choices: string[] = [];
  for (const { text, options } of prompts) {
    const made = text.answers.map((answer, i) => complete(context, request, text, options, answer, i));
    // The likeliest come first; without `best_of` all are taken, in their own order.
    if (request.bestOf > request.n) made.sort((a, b) => b.likelihood - a.likelihood);
    const prompt = options.trace?.prompt ?? '';
    for (const { text: said, logprobs, finish, tokenIds } of made.slice(0, request.n)) {
      const index = choices.length;
      choices.push(
        `{"text":${asciiJson(said)},"index":${index},"logprobs":${logprobs},${finish}${tokenIdsMember(tokenIds)}${prompt}}`,
      );
    }
  }
  return choices;
}

function whole(exchange: Exchange): void {
  const { context, request, reply, prompts, head } = exchange;
  const choices = choicesOf(exchange);
  answerWhole({
    reply,
    endpoint: 'completions',
    generator: context.generator,
    requests: prompts.flatMap(({ text }) =>
      text.answers.map((answer, i) => ofLength(text.sequences[i]!, request.isEmpty ? 0 : answer.tokens)),
    ),
    ready: (usage) => {
      const used = usageOf(exchange, usage);
      book(context, request, used);
      reply.jsonText(`{${head},"choices":[${choices.join(',')}],"usage":${usageJson(used)}}`);
    },
    refuse: refusal,
  });
}

function complete(
  { seed }: ServerContext,
  { isEmpty, topLogprobs, bestOf, n }: CompletionRequest,
  { digest }: TextAnswers,
  options: CompletionOptions,
  answer: Answer,
  index: number,
): WholeCompletion {
  if (!isEmpty && bestOf === n && tellsTextAlone(options)) return readText(answer, options);
  const reader = readerOf(answer, options, seed, digest, index);
  if (isEmpty) return { ...reader.echo(), finish: '"finish_reason":"length"', likelihood: 0 };
  return readWhole(reader, topLogprobs !== undefined);
}

/** Choices have log probabilities of their own, all those of a prompt have its. */
const readerOf = (
  answer: Answer,
  options: CompletionOptions,
  seed: number,
  digest: Digest,
  index: number,
): CompletionReader =>
  new CompletionReader(
    answer,
    options,
    logprobRandom(seed, digest, index),
    logprobRandom(seed, digest, PROMPT),
  );

/** Where nothing is to be said, the whole is one event for each choice. */
function streamEmpty(exchange: Exchange, event: (choice: string) => string): void {
  const { context, reply } = exchange;
  answerWhole({
    reply,
    generator: context.generator,
    requests: exchange.prompts.flatMap(({ text }) =>
      text.sequences.map((sequence) => ({ ...sequence, outputTokens: 0 })),
    ),
    ready: (usage) => {
      const end = endOf(exchange, usage);
      const choices = choicesOf(exchange).map((choice) => event(choice));
      reply.events().end(choices.join('') + end);
    },
    refuse: refusal,
  });
}

function stream(exchange: Exchange): void {
  const { context, request, reply, prompts, head } = exchange;
  const usageMember = request.includeUsage ? ',"usage":null' : '';
  const padding = request.obfuscate ? new Padding() : undefined;
  const eventOf = (choice: string, usage: string, index: number): string => {
    const pad = padding ? `,"obfuscation":"${padding.beside(choice.length, index)}"` : '';
    return `data: {${head},"choices":[${choice}]${usage}${pad}}\n\n`;
  };
  if (request.isEmpty) {
    streamEmpty(exchange, (choice) => eventOf(choice, usageMember, 0));
    return;
  }
  const choices = prompts.flatMap(({ text, options }, at) =>
    text.answers.map((answer, i) => ({
      request: text.sequences[i]!,
      reader: readerOf(answer, options, context.seed, text.digest, i),
      event: (choice: string): string =>
        eventOf(
          choice,
          request.continuousUsage ? `,${usageSoFar(text, answer)}` : usageMember,
          at * text.answers.length + i,
        ),
    })),
  );
  new TokenStream({
    reply,
    endpoint: 'completions',
    generator: context.generator,
    choices: choices.map(({ request: sequence, reader, event: ofChoice }, index) => ({
      request: sequence,
      frames: new CompletionFrames(reader, ofChoice, index),
    })),
    end: (usage) => endOf(exchange, usage),
    refuse: refusal,
    broken: (failure) => brokenEvent(failure) + DONE_EVENT,
  }).start();
}

const usageSoFar = ({ prompt }: TextAnswers, { tokens }: Answer): string =>
  `"usage":{"prompt_tokens":${prompt.total},"completion_tokens":${tokens},"total_tokens":${prompt.total + tokens}}`;

/** Counts what was used, and gives the events that end a stream. */
function endOf(exchange: Exchange, usage: GenerationUsage): string {
  const { context, request, head } = exchange;
  const used = usageOf(exchange, usage);
  book(context, request, used);
  const last = request.includeUsage ? `data: {${head},"choices":[],"usage":${usageJson(used)}}\n\n` : '';
  return last + DONE_EVENT;
}

export const handlers: OperationHandlers = { createCompletion: create };
