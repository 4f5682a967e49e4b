/** `POST /v1/chat/completions`. */
import type { Digest } from '../../../lib/digest.js';
import { createRandom, hash32 } from '../../../lib/random.js';
import { prose } from '../../../lib/text/prose.js';
import { Answer, type TokenSchedule } from '../../../simulator/index.js';
import type { HttpResponse } from '../../http/response.js';
import { type ChatRequest, readChatRequest } from './chat-request.js';
import { ChatStream } from './chat-stream.js';
import { type ChatIdentity, type Choice, ChunkWriter, completionJson } from './chat-wire.js';
import type { ServerContext } from '../../context.js';
import type { Route } from '../../routing/route.js';
import { countPrompt, digestRequest, type TextCounter } from './prompt.js';

const ID_CHARACTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHARACTER_PAIRS = [...ID_CHARACTERS].flatMap((a) => [...ID_CHARACTERS].map((b) => a + b));
/** An id has 28 characters after its prefix. */
const ID_PAIRS = 14;

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
      handler: (request, reply) => endpoint.handle(request.body, reply.response),
    },
  ];
}

/**
 * Walks the way of a request a few times without answering anybody, so that the first ones do not pay for compiling it:
 * cold, a prompt of 550 tokens took tens of milliseconds.
 */
export const warmUpChat = (context: ServerContext): void => new ChatEndpoint(context).warmUp();

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
  handle(body: Buffer, response: HttpResponse): void {
    const request = readChatRequest(body);
    const modelJson = this.#context.models.require(request.model);
    const digest = digestRequest(request);
    const identity = this.#identify(modelJson, digest);
    const promptTokens = countPrompt(request.messages, this.#context.counter);
    const answers = this.#answers(request, digest);
    const schedules = answers.map((_, choice) => {
      const { maxTokens } = request;
      return this.#context.engine.submit({ digest, choice, promptTokens, maxTokens }, response.arrivalMs);
    });
    if (request.stream) this.#stream(request, response, identity, promptTokens, answers, schedules);
    else this.#whole(response, identity, promptTokens, answers, schedules);
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

  #answers(request: ChatRequest, digest: Digest): Answer[] {
    const { seed } = this.#context;
    const { maxTokens, minTokens, ignoreEos, stop } = request;
    return Array.from(
      { length: request.n },
      (_, choice) => new Answer({ seed, digest, choice, maxTokens, minTokens, ignoreEos, stop }),
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

  #whole(
    response: HttpResponse,
    identity: ChatIdentity,
    promptTokens: number,
    answers: readonly Answer[],
    schedules: readonly TokenSchedule[],
  ): void {
    const { clock, wheel, counter, commonHeaders } = this.#context;
    const choices: Choice[] = [];
    let readyMs = response.arrivalMs;
    let completionTokens = 0;
    for (const [index, answer] of answers.entries()) {
      const content = answer.rest();
      completionTokens += tokensOf(answer, counter);
      choices.push({ index, content, finishReason: answer.finishReason });
      readyMs = Math.max(readyMs, lastInstant(schedules[index]!, answer.tokens));
    }
    const send = (): void => {
      for (const schedule of schedules) schedule.release();
      const headers = `content-type: application/json\r\n${commonHeaders(response.arrivalMs)}`;
      response.send(200, headers, completionJson(identity, choices, { promptTokens, completionTokens }));
    };
    if (readyMs <= clock.nowMs()) {
      send();
      return;
    }
    const deadline = wheel.at(readyMs, send);
    response.onAbort(() => {
      wheel.cancel(deadline);
      for (const schedule of schedules) schedule.release();
    });
  }

  #stream(
    request: ChatRequest,
    response: HttpResponse,
    identity: ChatIdentity,
    promptTokens: number,
    answers: readonly Answer[],
    schedules: readonly TokenSchedule[],
  ): void {
    const { clock, wheel, counter, commonHeaders, countStream } = this.#context;
    const chunks = new ChunkWriter(identity, request.includeUsage);
    const stream = new ChatStream({
      response,
      chunks,
      choices: answers.map((answer, i) => ({ answer, schedule: schedules[i]! })),
      wheel,
      clock,
      trailer: request.includeUsage
        ? (completionTokens) => chunks.usage({ promptTokens, completionTokens })
        : undefined,
      tokensOf: (answer) => tokensOf(answer, counter),
      onClose: () => countStream(-1),
    });
    countStream(1);
    const headers = 'content-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n';
    response.begin(200, headers + commonHeaders(response.arrivalMs));
    stream.start();
  }
}

/** Tokens of an answer's text: of a cut one those that are left, as the stop sequence is not part of it. */
const tokensOf = (answer: Answer, counter: TextCounter): number =>
  answer.cutText === undefined ? answer.tokens : counter.count(answer.cutText);

/** When the last of `tokens` tokens is ready. */
function lastInstant(schedule: TokenSchedule, tokens: number): number {
  let instantMs = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < tokens; i++) instantMs = schedule.nextMs();
  return instantMs;
}
