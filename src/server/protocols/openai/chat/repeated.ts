/**
 * Plain chat requests that came before, byte by byte. What such a body means and what is answered to it follows from its bytes
 * and from the model: neither is found out again. All that depends on anything else is done every time: whether the model is
 * still served, who sends it, what the engine has cached, ids of requests, times, limits and metrics.
 */
import type { Digest } from '../../../../lib/digest.js';
import type { ServerContext } from '../../../context.js';
import { flat } from '../../../json.js';
import type { ChatModel } from '../../../models/served-models.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { BodyMemory } from '../../../text/body-memory.js';
import { type Sender, senderOf } from '../../../text/sender.js';
import { prepareAnswers, sequenceOf, type TextAnswers } from '../../../text/text-model.js';
import { type Exchange, type PreparedChat, sendWhole, type WholeSaid } from './exchange.js';
import type { TextRange } from './plain-text.js';
import type { ChatIdentity } from './wire.js';

/** What a request was read from. */
export interface SentChat {
  /** The connection's own: to be copied. */
  bytes: Buffer;
  /** The same, parsed. */
  body: Readonly<Record<string, unknown>>;
  /** Where the words of its last message are, if the one before was like it but for such words. */
  words: TextRange | undefined;
}

/** What a body means. */
export interface RepeatedChat {
  readonly request: PreparedChat;
  /** Of its parameters, those that say who sends it. */
  readonly senderBody: Readonly<Record<string, unknown>>;
  readonly model: ChatModel;
  readonly id: string;
  readonly text: Pick<TextAnswers, 'ask' | 'digest' | 'prompt'>;
  /** Undefined for a stream, which is made token by token. */
  readonly said: WholeSaid | undefined;
}

/** What objects take beside the texts in them, about. */
const OBJECT_BYTES = 1024;

/** See the file's head. */
export class RepeatedChats {
  readonly #context: ServerContext;
  readonly #memory = new BodyMemory<RepeatedChat>();

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /** What a request's body means, if it came before. */
  find(body: Buffer): RepeatedChat | undefined {
    // Fixtures count how often they are asked, and say different things.
    return this.#context.fixtures ? undefined : this.#memory.recall(body);
  }

  /** Whether the body of a request alone decided how it is answered. */
  isDecided({ request, text: { ask, script }, rich }: Exchange): boolean {
    const { messages, options } = ask;
    if (this.#context.fixtures || script || rich || request.extras || options) return false;
    return !messages.some(({ media }) => media);
  }

  /** Whether the body that {@link find} was asked for last did not come before; from now on it did. */
  isNew(body: Buffer, digest: Digest): boolean {
    return this.#memory.isNew(body, digest);
  }

  /** Remembers a request that is answered and {@link isDecided}. */
  remember({ bytes, body }: SentChat, model: ChatModel, answered: Exchange, said?: WholeSaid): void {
    const { request, text, identity } = answered;
    const { ask, digest, prompt } = text;
    const meaning = (): RepeatedChat => ({
      request,
      senderBody: body,
      model,
      id: identity.id,
      text: { ask, digest, prompt },
      said: said && { ...said, choices: flat(said.choices) },
    });
    // Parsed, the texts of a body take its size once more, or twice.
    const size = 3 * bytes.length + (said?.choices.length ?? 0) + OBJECT_BYTES;
    this.#memory.remember(bytes, digest, meaning, size);
  }

  /** Who sends it this time. */
  senderOf(asked: ApiRequest, { senderBody }: RepeatedChat): Sender {
    return senderOf(asked, senderBody, this.#context.cacheIsolation);
  }

  /** The answers of a stream. */
  answers({ text }: RepeatedChat, arrivalMs: number, sender: Sender): TextAnswers {
    return prepareAnswers(this.#context, text.ask, text.prompt, arrivalMs, sender, text.digest);
  }

  /** Answers in one piece. */
  sendWhole(
    { request, text }: RepeatedChat,
    said: WholeSaid,
    reply: Reply,
    identity: ChatIdentity,
    sender: Sender,
  ): void {
    const { ask, digest, prompt } = text;
    const { arrivalMs } = reply;
    // Field by field: objects that are spread together cost a microsecond.
    const told = { ask, digest, prompt, arrivalMs, sender, script: null, prediction: undefined };
    const requests = said.tokens.map((tokens, choice) => sequenceOf(this.#context, told, choice, tokens));
    sendWhole(this.#context, { request, reply, identity }, requests, said);
  }
}
