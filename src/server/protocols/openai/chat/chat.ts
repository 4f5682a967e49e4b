/** `POST /v1/chat/completions`. */
import { WallSeconds } from '../../../../lib/clock.js';
import type { Digest } from '../../../../lib/digest.js';
import { createRandom } from '../../../../lib/random.js';
import { prose } from '../../../../lib/text/prose.js';
import type { ServerContext } from '../../../context.js';
import { TokenStream } from '../../../generation/token-stream.js';
import { type GenerationUsage, ofLength } from '../../../generation/generator.js';
import { newId } from '../../../store/new-id.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import type { Route } from '../../../routing/route.js';
import type { ModelInfo } from '../../../../simulator/models/model.js';
import { unknownModel } from '../../../../simulator/models/registry.js';
import { type ModelTraits, traitsOf } from '../../../text/model-traits.js';
import { foundPage } from '../../../text/citations.js';
import { type Sender, senderOf } from '../../../text/sender.js';
import type { TextAnswers } from '../../../text/text-model.js';
import { brokenEvent, refusal } from '../generation-errors.js';
import { answerId, fingerprintOf } from '../ids.js';
import { isPadded } from '../padding.js';
import { type AudioAsk, isSpoken } from './audio-request.js';
import {
  type Exchange,
  type ReadExchange,
  sayAll,
  sendWhole,
  usageOf,
  usageRecord,
  type WholeSaid,
} from './exchange.js';
import { isLate, readLateParts } from './late-parts.js';
import { type AlikeChat, LastWords } from './last-words.js';
import { checkModel, richOptions } from './model-rules.js';
import { PlainBytes } from './plain-bytes.js';
import { PlainFrames } from './plain-frames.js';
import { prepareChat } from './prepare.js';
import { type ChatRequest, readChatBody, readChatRequest } from './request.js';
import { type RepeatedChat, RepeatedChats, type SentChat } from './repeated.js';
import { logprobRandom, RichFrames } from './rich-answer.js';
import { shownTrace } from './shown-trace.js';
import { type ChatIdentity, ChunkWriter, completionJson, DONE_EVENT, type Usage } from './wire.js';

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

class ChatEndpoint {
  readonly #context: ServerContext;
  readonly #fingerprint: string;
  readonly #wall: WallSeconds;
  readonly #repeated: RepeatedChats;
  readonly #lastWords: LastWords;
  readonly #plainBytes = new PlainBytes();

  constructor(context: ServerContext) {
    this.#context = context;
    this.#wall = new WallSeconds(context.clock);
    this.#repeated = new RepeatedChats(context);
    this.#lastWords = new LastWords(context);
    this.#fingerprint = fingerprintOf(context.seed);
  }

  /**
   * Answers a request.
   *
   * @throws ApiError when it is refused; nothing has been written then
   */
  handle(asked: ApiRequest, reply: Reply): void | Promise<void> {
    const repeated = this.#repeated.find(asked.body);
    if (repeated && this.#repeat(repeated, asked, reply)) return;
    const alike = this.#lastWords.read(asked.body);
    if (alike && this.#repeated.isNew(asked.body, alike.digest)) {
      this.#answerAlike(alike, asked, reply);
      return;
    }
    const plain = this.#plainBytes.read(asked.body);
    const body: Record<string, unknown> = plain ?? asked.json();
    const request = readChatBody(body, plain);
    const sender = senderOf(asked, body, this.#context.cacheIsolation);
    return isLate(request)
      ? this.#beginLater(request, sender, reply)
      : this.#begin(request, sender, reply, {
          bytes: asked.body,
          body,
          words: plain && this.#plainBytes.lastText,
        });
  }

  /** Answers as it did before; false when the model is not what it was. */
  #repeat(known: RepeatedChat, asked: ApiRequest, reply: Reply): boolean {
    const { request, id, said } = known;
    const model = this.#context.models.chat(request.model);
    if (model !== known.model) return false;
    const sender = this.#repeated.senderOf(asked, known);
    const identity = this.#identify(id, model.idJson, 'default', reply.arrivalMs);
    if (said) this.#repeated.sendWhole(known, said, reply, identity, sender);
    else {
      const text = this.#repeated.answers(known, reply.arrivalMs, sender);
      this.#stream({ request, reply, identity, text, rich: undefined });
    }
    return true;
  }

  /** Answers one that is as others were but for its last words. */
  #answerAlike(alike: AlikeChat, asked: ApiRequest, reply: Reply): void {
    const { request, model } = alike.known;
    const sender = this.#lastWords.senderOf(asked, alike);
    const text = this.#lastWords.prepare(alike, reply.arrivalMs, sender);
    const identity = this.#identify(this.#idOf(alike.digest), model.idJson, 'default', reply.arrivalMs);
    this.#answer({ request, reply, identity, text, rich: undefined });
  }

  /** Files that the request names by their ids are read first, and what is long is counted while others are served. */
  async #beginLater(request: ChatRequest, sender: Sender, reply: Reply): Promise<void> {
    const release = await readLateParts(this.#context, request, () => reply.response.done);
    try {
      if (!reply.response.done) await this.#begin(request, sender, reply);
    } finally {
      release();
    }
  }

  /** @param sent - what it was read from, where that is still there */
  #begin(request: ChatRequest, sender: Sender, reply: Reply, sent?: SentChat): void | Promise<void> {
    const chatModel = this.#context.models.chat(request.model);
    const model = chatModel.info;
    const traits = traitsOf(model);
    checkModel(request, model, traits);
    request.obfuscate = isPadded(request.obfuscate, model, this.#context.options);
    const text = prepareChat(this.#context, request, model, reply.arrivalMs, sender);
    const tier = request.extras?.serviceTier ?? 'default';
    const identity = this.#identify(this.#idOf(text.digest), chatModel.idJson, tier, reply.arrivalMs);
    const isScripted = text.script !== null || request.quote !== undefined;
    const page = this.#pageOf(request, traits, text);
    const trace = request.extras?.trace && shownTrace(this.#context, request, request.extras.trace, text);
    const rich = richOptions(request, traits, isScripted, page, trace);
    const exchange: ReadExchange = { request, reply, identity, text, rich };
    if (request.extras?.moderation || request.extras?.store) return this.#answerLater(exchange, model);
    const audio = isSpoken(text) ? request.extras?.audio : undefined;
    if (audio) return this.#aloud(exchange, audio);
    const said = this.#answer(exchange);
    if (!sent || !this.#repeated.isDecided(exchange)) return;
    this.#repeated.remember(sent, chatModel, exchange, said);
    this.#lastWords.remember(sent, chatModel, exchange);
  }

  /** What is found where the web is searched. */
  #pageOf({ extras }: ChatRequest, { searches }: ModelTraits, { digest }: TextAnswers): string | undefined {
    if (searches !== 'always' && !extras?.searches) return undefined;
    return foundPage(this.#context.seed, digest, extras?.raw.web_search_options ?? {});
  }

  async #aloud({ request, reply, identity, text }: Exchange, audio: AudioAsk): Promise<void> {
    const { answerAloud } = await import('./audio-answer.js');
    const context = this.#context;
    const used = (usage: GenerationUsage): Usage => usageOf(text, usage);
    await answerAloud({ context, request, reply, identity, text, usageOf: used }, audio);
  }

  /** @returns what is said, if that is in one piece */
  #answer(exchange: Exchange): WholeSaid | undefined {
    if (!exchange.request.stream) return this.#whole(exchange);
    this.#stream(exchange);
    return undefined;
  }

  /** Content is known before it is said: it can be moderated, and kept. */
  async #answerLater(exchange: ReadExchange, model: ModelInfo): Promise<void> {
    const { request, reply, text } = exchange;
    const { moderation, store } = request.extras!;
    if (moderation) {
      const { moderate } = await import('./moderated.js');
      const again = () => prepareChat(this.#context, request, model, reply.arrivalMs, {}, text.script);
      const choices = () => sayAll(this.#context, { ...exchange, text: again() }).choices;
      exchange.moderated = await moderate(this.#context, moderation, request.messages, choices);
    }
    this.#answer(store ? await this.#keep(exchange, model) : exchange);
  }

  /** Content is known before it is said: what is kept is complete when the client first learns of its id. */
  async #keep(exchange: ReadExchange, model: ModelInfo): Promise<Exchange> {
    const { request, identity } = exchange;
    const { keepCompletion } = await import('./stored.js');
    const id = await newId(this.#context, 'chatcmpl-', 28);
    const kept = { ...exchange, identity: { ...identity, id } };
    const text = prepareChat(
      this.#context,
      request,
      model,
      exchange.reply.arrivalMs,
      {},
      exchange.text.script,
    );
    const { choices, usage } = sayAll(this.#context, { ...kept, text });
    await keepCompletion(this.#context, request, id, completionJson(kept.identity, choices, usage));
    return kept;
  }

  warmUp(): void {
    for (let i = 0; i < WARM_UP_ROUNDS; i++) {
      const content = prose(createRandom(this.#context.seed, 'warm-up', i), WARM_UP_TOKENS);
      const body = { model: 'warm-up', messages: [{ role: 'user', content }], max_tokens: WARM_UP_TOKENS };
      const request = readChatRequest(Buffer.from(JSON.stringify(body)));
      for (const answer of prepareChat(this.#context, request, unknownModel(request.model), 0).answers)
        answer.rest();
    }
  }

  #idOf(digest: Digest): string {
    return answerId(this.#context.seed, 'chatcmpl-', digest);
  }

  /** The id is named by what was asked, like all content; only `created` tells when. */
  #identify(id: string, modelJson: string, serviceTier: string, nowMs: number): ChatIdentity {
    return { id, created: this.#wall.at(nowMs), modelJson, fingerprint: this.#fingerprint, serviceTier };
  }

  #whole(exchange: Exchange): WholeSaid {
    const { text } = exchange;
    const said = sayAll(this.#context, exchange);
    // Sequences of prose know their lengths from the start.
    const requests = text.sequences.map((sequence, index) => ofLength(sequence, said.tokens[index]!));
    sendWhole(this.#context, exchange, requests, said);
    return said;
  }

  #stream({ request, reply, identity, text, rich, moderated }: Exchange): void {
    const { generator, seed, account } = this.#context;
    const chunks = new ChunkWriter(identity, request.includeUsage, request.obfuscate);
    if (request.continuousUsage) chunks.tellUsage(text.prompt.total);
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
        const used = usageOf(text, usage);
        account(usageRecord(request.model, used, true));
        const end = request.includeUsage ? chunks.usage(used) + DONE_EVENT : DONE_EVENT;
        return moderated ? chunks.moderation(moderated.json) + end : end;
      },
      refuse: refusal,
      broken: (failure) => brokenEvent(failure) + DONE_EVENT,
    });
    stream.start();
  }
}
