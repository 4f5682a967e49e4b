/** `POST /v1/chat/completions`. */
import type { Digest } from '../../../lib/digest.js';
import { createRandom, hash32 } from '../../../lib/random.js';
import { prose } from '../../../lib/text/prose.js';
import { Answer } from '../../../simulator/index.js';
import type { GenerationRequest } from '../../generation/generator.js';
import { TokenStream } from '../../generation/token-stream.js';
import { answerWhole } from '../../generation/whole-answer.js';
import { type ChatRequest, readChatRequest } from './chat-request.js';
import { ChatFrames } from './chat-frames.js';
import { type ChatIdentity, type Choice, ChunkWriter, completionJson, DONE_EVENT } from './chat-wire.js';
import type { ServerContext } from '../../context.js';
import { brokenEvent, refusal } from './generation-errors.js';
import type { Reply } from '../../routing/reply.js';
import type { Route } from '../../routing/route.js';
import { chatBlocks } from './prompt-blocks.js';
import { countPrompt, digestRequest, type TextCounter } from './prompt.js';

const ID_CHARACTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHARACTER_PAIRS = [...ID_CHARACTERS].flatMap((a) => [...ID_CHARACTERS].map((b) => a + b));
/** An id has 28 characters after its prefix. */
const ID_PAIRS = 14;

/** Of a longer answer only this beginning can be found again in a cache: the rest is not worth being made twice. */
const HASHED_ANSWER_TOKENS = 4096;

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
      handler: (request, reply) => endpoint.handle(request.body, reply),
    },
  ];
}

/**
 * Walks the way of a request a few times without answering anybody, so that the first ones do not pay for compiling it:
 * cold, a prompt of 550 tokens took tens of milliseconds.
 */
export const warmUpChat = (context: ServerContext): void => new ChatEndpoint(context).warmUp();

/** An answer under way. */
interface Exchange {
  request: ChatRequest;
  reply: Reply;
  identity: ChatIdentity;
  promptTokens: number;
  /** One per choice, as the sequences are. */
  answers: readonly Answer[];
  sequences: readonly GenerationRequest[];
}

class ChatEndpoint {
  readonly #context: ServerContext;
  readonly #fingerprint: string;

  constructor(context: ServerContext) {
    this.#context = context;
    const { seed } = context;
    const digits = hash32(seed, 'fingerprint').toString(16) + hash32(seed, 'fingerprint', 1).toString(16);
    this.#fingerprint = `fp_${digits.padStart(10, '0').slice(0, 10)}`;
  }

  /**
   * Answers a request.
   *
   * @throws ApiError when it is refused; nothing has been written then
   */
  handle(body: Buffer, reply: Reply): void {
    const request = readChatRequest(body);
    const modelJson = this.#context.models.require(request.model);
    const digest = digestRequest(request);
    const identity = this.#identify(modelJson, digest);
    const promptTokens = countPrompt(request.messages, this.#context.counter);
    const answers = this.#answers(request, digest);
    const sequences = answers.map((answer, choice) => ({
      digest,
      choice,
      arrivalMs: reply.arrivalMs,
      model: request.model,
      promptTokens,
      maxTokens: request.maxTokens,
      blockHashes: () => {
        const { counter, blockTokens } = this.#context;
        const maxTokens = Math.min(request.maxTokens, HASHED_ANSWER_TOKENS);
        const [again] = this.#answers({ ...request, maxTokens }, digest, choice, 1);
        return chatBlocks(request.messages, again!.rest(), counter, blockTokens);
      },
      ...(answer.totalTokens !== undefined && { outputTokens: answer.totalTokens }),
    }));
    const exchange = { request, reply, identity, promptTokens, answers, sequences };
    if (request.stream) this.#stream(exchange);
    else this.#whole(exchange);
  }

  warmUp(): void {
    for (let i = 0; i < WARM_UP_ROUNDS; i++) {
      const content = prose(createRandom(this.#context.seed, 'warm-up', i), WARM_UP_TOKENS);
      const body = { model: 'warm-up', messages: [{ role: 'user', content }], max_tokens: WARM_UP_TOKENS };
      const request = readChatRequest(Buffer.from(JSON.stringify(body)));
      countPrompt(request.messages, this.#context.counter);
      for (const answer of this.#answers(request, digestRequest(request))) answer.rest();
    }
  }

  #answers(request: ChatRequest, digest: Digest, first = 0, count = request.n): Answer[] {
    const { seed } = this.#context;
    const { maxTokens, minTokens, ignoreEos, stop } = request;
    return Array.from(
      { length: count },
      (_, i) => new Answer({ seed, digest, choice: first + i, maxTokens, minTokens, ignoreEos, stop }),
    );
  }

  /** The id is named by what was asked, like all content; only `created` tells when. */
  #identify(modelJson: string, digest: Digest): ChatIdentity {
    const random = createRandom(this.#context.seed, 'id', digest.high, digest.low);
    let id = 'chatcmpl-';
    for (let i = 0; i < ID_PAIRS; i++) id += CHARACTER_PAIRS[random.int(CHARACTER_PAIRS.length)]!;
    const created = Math.floor(this.#context.clock.wallMs() / 1000);
    return { id, created, modelJson, fingerprint: this.#fingerprint };
  }

  #whole({ request: { model }, reply, identity, promptTokens, answers, sequences }: Exchange): void {
    const { generator, counter, account } = this.#context;
    const choices: Choice[] = [];
    let completionTokens = 0;
    const requests = answers.map((answer, index) => {
      const content = answer.rest();
      completionTokens += tokensOf(answer, counter);
      choices.push({ index, content, finishReason: answer.finishReason });
      return { ...sequences[index]!, outputTokens: answer.tokens };
    });
    answerWhole({
      reply,
      generator,
      requests,
      ready: (usage) => {
        const used = { ...usage, promptTokens, completionTokens };
        account({ model, ...used });
        reply.jsonText(completionJson(identity, choices, used));
      },
      refuse: refusal,
    });
  }

  #stream({ request, reply, identity, promptTokens, answers, sequences }: Exchange): void {
    const { generator, counter, account } = this.#context;
    const chunks = new ChunkWriter(identity, request.includeUsage);
    const stream = new TokenStream({
      reply,
      generator,
      choices: answers.map((answer, index) => ({
        request: sequences[index]!,
        frames: new ChatFrames(answer, chunks, index),
      })),
      end: (usage) => {
        const completionTokens = answers.reduce((sum, answer) => sum + tokensOf(answer, counter), 0);
        const used = { ...usage, promptTokens, completionTokens };
        account({ model: request.model, ...used });
        return request.includeUsage ? chunks.usage(used) + DONE_EVENT : DONE_EVENT;
      },
      refuse: refusal,
      broken: (failure) => brokenEvent(failure) + DONE_EVENT,
    });
    stream.start();
  }
}

/** Tokens of an answer's text: of a cut one those that are left, as the stop sequence is not part of it. */
const tokensOf = (answer: Answer, counter: TextCounter): number =>
  answer.cutText === undefined ? answer.tokens : counter.count(answer.cutText);
