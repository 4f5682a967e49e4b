/**
 * Plain chat requests that are, byte by byte, one that was answered before but for the words of the last message: what clients send
 * who ask one thing after the other. What the other bytes mean is known from that one; the words decide the rest, and nothing else
 * does. Only where
 *
 * - what was answered was decided by its body alone (see repeated.ts);
 * - the model is what it was then, and there are no fixtures now;
 * - the words are not so long that others must not wait until they are counted.
 *
 * All else goes the usual way.
 */
import type { Digest } from '../../../../lib/digest.js';
import type { ServerContext } from '../../../context.js';
import type { ChatModel } from '../../../models/served-models.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import { isLong } from '../../../text/long-texts.js';
import { countText, digestsByLastText } from '../../../text/prompt.js';
import { type Sender, senderOf } from '../../../text/sender.js';
import { namedSeed, prepareAnswers, type TextAnswers, type TextAsk } from '../../../text/text-model.js';
import type { Exchange, PreparedChat } from './exchange.js';
import { FewKinds } from './few-kinds.js';
import { roomFor } from './model-rules.js';
import { startsWith, TextReader } from './plain-text.js';
import type { SentChat } from './repeated.js';

/** What is known of requests that are alike. */
interface Known {
  /** What stands before and behind the words. */
  readonly head: Buffer;
  readonly tail: Buffer;
  readonly request: PreparedChat;
  /** Of its parameters, those that say who sends it. */
  readonly senderBody: Readonly<Record<string, unknown>>;
  readonly model: ChatModel;
  readonly ask: TextAsk;
  /** Tokens of all but the words. */
  readonly otherTokens: number;
  readonly digestOf: (words: string) => Digest;
}

/** A request that is alike. */
export interface AlikeChat {
  readonly known: Known;
  readonly words: string;
  readonly digest: Digest;
}

/** Longer bodies are not remembered. */
const LONGEST_BYTES = 64 * 1024;

/** See the file's head. One per thread. */
export class LastWords {
  readonly #context: ServerContext;
  readonly #texts = new TextReader();
  readonly #kinds = new FewKinds<Known>();

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /**
   * What a body says that is like one that is remembered.
   *
   * @throws ApiError when its model is served no longer
   */
  read(bytes: Buffer): AlikeChat | undefined {
    if (this.#context.fixtures) return undefined;
    const { all } = this.#kinds;
    for (let place = 0; place < all.length; place++) {
      const chat = this.#readAs(all[place]!, bytes);
      if (!chat) continue;
      this.#kinds.met(place);
      return chat;
    }
    return undefined;
  }

  #readAs(known: Known, bytes: Buffer): AlikeChat | undefined {
    const { head, tail, request, model } = known;
    // Another kind is mostly told by its end, before any text is read.
    const end = bytes.length - tail.length;
    if (end < head.length || !startsWith(bytes, end, tail) || !startsWith(bytes, 0, head)) return undefined;
    const words = this.#texts.read(bytes, head.length);
    if (words === undefined || this.#texts.end !== end) return undefined;
    if (isLong(words) || this.#context.models.chat(request.model) !== model) return undefined;
    return { known, words, digest: known.digestOf(words) };
  }

  /**
   * Prepares its answers.
   *
   * @throws ApiError when it is too long for the model
   */
  prepare({ known, words, digest }: AlikeChat, arrivalMs: number, sender: Sender): TextAnswers {
    const { request, model, otherTokens } = known;
    const total = otherTokens + this.#context.counter.count(words);
    const ask = askOf(known, words, roomFor(request, model.info, total));
    return prepareAnswers(this.#context, ask, { total, image: 0, audio: 0 }, arrivalMs, sender, digest);
  }

  /** Who sends it. */
  senderOf(asked: ApiRequest, { known }: AlikeChat): Sender {
    return senderOf(asked, known.senderBody, this.#context.cacheIsolation);
  }

  /** Remembers a request that was answered, if its bytes decided the answer and others may be like it. */
  remember({ bytes, body, words }: SentChat, model: ChatModel, answered: Exchange): void {
    if (!words || bytes.length > LONGEST_BYTES || !this.#kinds.hasRoom()) return;
    const { request } = answered;
    const { ask } = answered.text;
    const last = { ...ask.messages.at(-1)!, text: '' };
    this.#kinds.add({
      head: Buffer.from(bytes.subarray(0, words.start)),
      tail: Buffer.from(bytes.subarray(words.end)),
      request,
      senderBody: body,
      model,
      ask,
      otherTokens: countText([...ask.messages.slice(0, -1), last], this.#context.counter),
      digestOf: digestsByLastText(ask.model, ask.messages, namedSeed(ask)),
    });
  }
}

/** Field by field: to spread an ask costs a microsecond. */
function askOf({ ask }: Known, words: string, maxTokens: number): TextAsk {
  const messages = ask.messages.slice();
  const { role, name } = messages.at(-1)!;
  messages[messages.length - 1] = { role, name, text: words };
  return {
    model: ask.model,
    messages,
    n: ask.n,
    seed: ask.seed,
    greedy: ask.greedy,
    beams: undefined,
    temperature: ask.temperature,
    topP: ask.topP,
    maxTokens,
    minTokens: ask.minTokens,
    ignoreEos: ask.ignoreEos,
    stop: ask.stop,
    options: undefined,
    caching: undefined,
    script: undefined,
  };
}
