/** `POST /v1/chat/completions`. */
import type { Digest } from '../../../../lib/digest.js';
import { createRandom } from '../../../../lib/random.js';
import { prose } from '../../../../lib/text/prose.js';
import type { ServerContext } from '../../../context.js';
import { TokenStream } from '../../../generation/token-stream.js';
import { type GenerationUsage, NO_USAGE } from '../../../generation/generator.js';
import { newId } from '../../../store/new-id.js';
import { answerWhole } from '../../../generation/whole-answer.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import type { Route } from '../../../routing/route.js';
import type { ModelInfo } from '../../../../simulator/models/model.js';
import { unknownModel } from '../../../../simulator/models/registry.js';
import { type ModelTraits, traitsOf } from '../../../text/model-traits.js';
import { foundPage } from '../../../text/citations.js';
import { longTexts } from '../../../text/long-texts.js';
import { type Sender, senderOf } from '../../../text/sender.js';
import { fitWindow } from '../../../text/window.js';
import { countAsk, prepareAnswers, type TextAnswers, type TextAsk } from '../../../text/text-model.js';
import { fetchStoredParts, hasStoredParts } from '../files/stored-parts.js';
import { brokenEvent, refusal } from '../generation-errors.js';
import { answerId, fingerprintOf } from '../ids.js';
import { type AudioAsk, isSpoken } from './audio-request.js';
import { checkModel, optionsOf, richOptions } from './model-rules.js';
import type { Moderated } from './moderated.js';
import { PlainFrames } from './plain-frames.js';
import { type ChatRequest, readChatBody, readChatRequest } from './request.js';
import { logprobRandom, RichFrames, type RichOptions, WholeRichAnswer } from './rich-answer.js';
import { usageOf } from './usage.js';
import {
  type ChatIdentity,
  type Choice,
  ChunkWriter,
  completionJson,
  DONE_EVENT,
  plainMessage,
  type Usage,
} from './wire.js';

const WARM_UP_ROUNDS = 12;
const WARM_UP_TOKENS = 400;

/** Chat completions. */
export function chatRoutes(context: ServerContext): Route[] {
  const endpoint = new ChatEndpoint(context);
  return [
    {
      method: 'POST',
      path: '/chat/completions',
      operationId: 'createChatCompletion',
      borrowsBody: true,
      handler: (request, reply) => endpoint.handle(request, reply),
    },
  ];
}

/**
 * Walks the way of a request a few times without answering anybody, so that the first ones do not pay for compiling it:
 * cold, a prompt of 550 tokens took tens of milliseconds.
 */
export const warmUpChat = (context: ServerContext): void =>
  new ChatEndpoint({ ...context, fixtures: undefined }).warmUp();

interface Exchange {
  request: ChatRequest;
  reply: Reply;
  identity: ChatIdentity;
  text: TextAnswers;
  /** Undefined when all answers are plain. */
  rich: RichOptions | undefined;
  moderated?: Moderated;
}

class ChatEndpoint {
  readonly #context: ServerContext;
  readonly #fingerprint: string;

  constructor(context: ServerContext) {
    this.#context = context;
    this.#fingerprint = fingerprintOf(context.seed);
  }

  /**
   * Answers a request.
   *
   * @throws ApiError when it is refused; nothing has been written then
   */
  handle(asked: ApiRequest, reply: Reply): void | Promise<void> {
    const body = asked.json();
    const request = readChatBody(body);
    const sender = senderOf(asked, body, this.#context.cacheIsolation);
    return hasStoredParts(request.messages) || longTexts(request.messages).length > 0
      ? this.#beginLater(request, sender, reply)
      : this.#begin(request, sender, reply);
  }

  /** Files that the request names by their ids are read first, and what is long is counted while others are served. */
  async #beginLater(request: ChatRequest, sender: Sender, reply: Reply): Promise<void> {
    request.messages = await fetchStoredParts(this.#context, request.messages);
    const release = await this.#context.counter.hold(longTexts(request.messages));
    try {
      if (!reply.response.done) await this.#begin(request, sender, reply);
    } finally {
      release();
    }
  }

  #begin(request: ChatRequest, sender: Sender, reply: Reply): void | Promise<void> {
    const { models } = this.#context;
    const modelJson = models.require(request.model);
    const model = models.info(request.model);
    const traits = traitsOf(model);
    checkModel(request, model, traits);
    const text = this.#prepare(request, model, reply.arrivalMs, sender);
    const identity = this.#identify(modelJson, text.digest, request.extras?.serviceTier ?? 'default');
    const exchange = {
      request,
      reply,
      identity,
      text,
      rich: richOptions(request, traits, text.script !== null, this.#pageOf(request, traits, text)),
    };
    if (request.extras?.moderation || request.extras?.store) return this.#answerLater(exchange, model);
    const audio = isSpoken(text) ? request.extras?.audio : undefined;
    if (audio) return this.#aloud(exchange, audio);
    this.#answer(exchange);
  }

  /** What is found where the web is searched. */
  #pageOf({ extras }: ChatRequest, { searches }: ModelTraits, { digest }: TextAnswers): string | undefined {
    return searches === 'always' || extras?.searches ? foundPage(this.#context.seed, digest) : undefined;
  }

  async #aloud({ request, reply, identity, text }: Exchange, audio: AudioAsk): Promise<void> {
    const { answerAloud } = await import('./audio-answer.js');
    const usageOf = (usage: GenerationUsage): Usage => this.#usage(text, usage);
    await answerAloud({ context: this.#context, request, reply, identity, text, usageOf }, audio);
  }

  #answer(exchange: Exchange): void {
    if (exchange.request.stream) this.#stream(exchange);
    else this.#whole(exchange);
  }

  /** Content is known before it is said: it can be moderated, and kept. */
  async #answerLater(exchange: Exchange, model: ModelInfo): Promise<void> {
    const { request, reply, text } = exchange;
    const { moderation, store } = request.extras!;
    const again = () => this.#prepare(request, model, reply.arrivalMs, {}, text.script);
    if (moderation) {
      const { moderate } = await import('./moderated.js');
      const choices = () => this.#choices({ ...exchange, text: again() });
      exchange.moderated = await moderate(this.#context, moderation, request.messages, choices);
    }
    this.#answer(store ? await this.#keep(exchange, model) : exchange);
  }

  /** Content is known before it is said: what is kept is complete when the client first learns of its id. */
  async #keep(exchange: Exchange, model: ModelInfo): Promise<Exchange> {
    const { request, identity } = exchange;
    const { keepCompletion } = await import('./stored.js');
    const id = await newId(this.#context, 'chatcmpl-', 28);
    const kept = { ...exchange, identity: { ...identity, id } };
    const text = this.#prepare(request, model, exchange.reply.arrivalMs, {}, exchange.text.script);
    const choices = this.#choices({ ...kept, text });
    await keepCompletion(
      this.#context,
      request,
      id,
      completionJson(kept.identity, choices, this.#usage(text, NO_USAGE)),
    );
    return kept;
  }

  warmUp(): void {
    for (let i = 0; i < WARM_UP_ROUNDS; i++) {
      const content = prose(createRandom(this.#context.seed, 'warm-up', i), WARM_UP_TOKENS);
      const body = { model: 'warm-up', messages: [{ role: 'user', content }], max_tokens: WARM_UP_TOKENS };
      const request = readChatRequest(Buffer.from(JSON.stringify(body)));
      for (const answer of this.#prepare(request, unknownModel(request.model), 0).answers) answer.rest();
    }
  }

  /** @param script - of the same request, when it is prepared once more */
  #prepare(
    request: ChatRequest,
    model: ModelInfo,
    arrivalMs: number,
    sender: Sender = {},
    script?: TextAnswers['script'],
  ): TextAnswers {
    const { messages, n, seed, greedy, temperature, topP, maxTokens, minTokens, ignoreEos, stop } = request;
    const ask: TextAsk = {
      model: request.model,
      messages,
      n,
      seed,
      greedy,
      temperature,
      topP,
      maxTokens,
      minTokens,
      ignoreEos,
      stop,
      options: optionsOf(request.extras, traitsOf(model)),
      script,
    };
    const prompt = countAsk(ask, this.#context.counter);
    const { limit, usesMaxTokens } = request;
    ask.maxTokens = fitWindow(model, request, {
      promptTokens: prompt.total,
      limit,
      limitName: usesMaxTokens ? 'max_tokens' : 'max_completion_tokens',
      promptName: 'messages',
    });
    return prepareAnswers(this.#context, ask, prompt, arrivalMs, sender);
  }

  /** The id is named by what was asked, like all content; only `created` tells when. */
  #identify(modelJson: string, digest: Digest, serviceTier: string): ChatIdentity {
    const id = answerId(this.#context.seed, 'chatcmpl-', digest);
    const created = Math.floor(this.#context.clock.wallMs() / 1000);
    return { id, created, modelJson, fingerprint: this.#fingerprint, serviceTier };
  }

  #usage(text: TextAnswers, usage: GenerationUsage): Usage {
    return usageOf(this.#context.counter, text, usage);
  }

  /** All choices; all tokens are generated then. */
  #choices({ text, rich }: Pick<Exchange, 'text' | 'rich'>): Choice[] {
    const { seed } = this.#context;
    return text.answers.map((answer, index) =>
      rich
        ? new WholeRichAnswer(answer, rich, logprobRandom(seed, text.digest, index)).choice(index)
        : {
            index,
            message: plainMessage(answer.rest()),
            logprobs: 'null',
            finishReason: answer.finishReason,
          },
    );
  }

  #whole(exchange: Exchange): void {
    const { request, reply, identity, text, moderated } = exchange;
    const { generator, account } = this.#context;
    const choices = this.#choices(exchange);
    const shown = moderated ? moderated.shown(choices) : choices;
    // Sequences of prose know their lengths from the start.
    const requests = text.answers.map((answer, index) => {
      const sequence = text.sequences[index]!;
      return sequence.outputTokens === answer.tokens
        ? sequence
        : { ...sequence, outputTokens: answer.tokens };
    });
    answerWhole({
      reply,
      generator,
      requests,
      ready: (usage) => {
        const used = this.#usage(text, usage);
        account({ model: request.model, ...used });
        reply.jsonText(completionJson(identity, shown, used, moderated?.json));
      },
      refuse: refusal,
    });
  }

  #stream({ request, reply, identity, text, rich, moderated }: Exchange): void {
    const { generator, seed, account } = this.#context;
    const chunks = new ChunkWriter(identity, request.includeUsage);
    const stream = new TokenStream({
      reply,
      generator,
      choices: text.answers.map((answer, index) => ({
        request: text.sequences[index]!,
        frames:
          moderated?.framesOf(index, chunks) ??
          (rich
            ? new RichFrames(answer, rich, logprobRandom(seed, text.digest, index), chunks, index)
            : new PlainFrames(answer, chunks, index)),
      })),
      end: (usage) => {
        const used = this.#usage(text, usage);
        account({ model: request.model, ...used });
        const end = request.includeUsage ? chunks.usage(used) + DONE_EVENT : DONE_EVENT;
        return moderated ? chunks.moderation(moderated.json) + end : end;
      },
      refuse: refusal,
      broken: (failure) => brokenEvent(failure) + DONE_EVENT,
    });
    stream.start();
  }
}
