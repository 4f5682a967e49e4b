/** Reads the answer to one chat completion, streamed or not: counts, usage, the instants of text, what went wrong. */
import type { ErrorKind } from '../results/error-kinds.js';
import { errorKindOfStatus } from '../results/error-kinds.js';
import {
  describeRefusal,
  isCompletion,
  parseObject,
  serverMessage,
  shorten,
  usageOf,
  type Usage,
} from './answers.js';
import type { AnswerText } from './answer-text.js';
import { EVENT, inspectEvent } from './completion-event.js';
import { scanCompletion } from './completion-scan.js';
import { SseFraming, type EventSink } from './sse-framing.js';

/** Longest answer that is not a stream. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Of an answer that will be reported as an error; the rest is read and forgotten. */
const MAX_REFUSAL_BYTES = 64 * 1024;

const DONE = Buffer.from('[DONE]');

/** Hears of text as it arrives. */
export interface TextSink {
  /**
   * An event with generated text came.
   *
   * @param gapMs - since the one before; NaN for the first
   */
  onText(atMs: number, gapMs: number): void;
}

/**
 * One answer. Feed it head and data as they come, then {@link CompletionReader.end}; afterwards `kind` says how it
 * failed, or is undefined.
 */
export class CompletionReader implements EventSink {
  kind: ErrorKind | undefined;
  message = '';
  usage: Usage | undefined;
  firstTextMs = Number.NaN;
  lastTextMs = Number.NaN;
  textEvents = 0;
  /** Of the body, framing excluded. */
  bytes = 0;
  /** Set before the first byte to have the text of the answer collected as well. */
  answer: AnswerText | undefined;
  readonly #streaming: boolean;
  readonly #sink: TextSink;
  #status = 0;
  #contentType = '';
  #retryAfter: string | undefined;
  #framing: SseFraming | undefined;
  #events = 0;
  #done = false;
  #atMs = 0;
  /** The answer was complete in what came first, and was read in place. */
  #scanned = false;
  #body: Buffer | undefined;
  #bodyBytes = 0;
  #bodyLimit = MAX_REFUSAL_BYTES;

  constructor(streaming: boolean, sink: TextSink) {
    this.#streaming = streaming;
    this.#sink = sink;
  }

  /** Whether `[DONE]` came: whatever happens to the connection now, the answer is complete. */
  get done(): boolean {
    return this.#done && this.kind === undefined;
  }

  head(status: number, contentType: string, retryAfter: string | undefined): void {
    this.#status = status;
    this.#contentType = contentType;
    this.#retryAfter = retryAfter;
    if (status < 200 || status > 299) return;
    if (!this.#streaming) this.#bodyLimit = MAX_ANSWER_BYTES;
    else if (/^text\/event-stream\b/i.test(contentType)) this.#framing = new SseFraming(this);
  }

  /**
   * Takes bytes of the body.
   *
   * @returns false when the answer is longer than its bound and there is no point in reading on
   */
  data(buffer: Buffer, start: number, end: number, atMs: number): boolean {
    this.bytes += end - start;
    if (!this.#framing) return this.#readAnswer(buffer, start, end) || this.#collect(buffer, start, end);
    // After a failure or [DONE] the rest is read, so that the connection can be used again, but not looked at.
    if (this.kind !== undefined || this.#done) return true;
    this.#atMs = atMs;
    if (this.#framing.feed(buffer, start, end)) return true;
    this.#fail('malformed_sse', 'an event of the stream is longer than 16 MiB');
    return false;
  }

  /** The response is complete. */
  end(): void {
    if (this.kind !== undefined) return;
    if (this.#framing) this.#endStream(this.#framing);
    else if (this.#status < 200 || this.#status > 299) {
      this.#fail(
        errorKindOfStatus(this.#status),
        describeRefusal(this.#status, this.#text(), this.#retryAfter),
      );
    } else if (this.#streaming) this.#endUnstreamed();
    else this.#endJson();
  }

  onEvent(buffer: Buffer, start: number, end: number): void {
    if (this.kind !== undefined || this.#done) return;
    if (isDone(buffer, start, end)) {
      this.#done = true;
      return;
    }
    const flags = inspectEvent(buffer, start, end);
    // The first event is parsed to see that this is what was asked for; of the others only those that tell more.
    if (flags & ~EVENT.text || this.#events === 0 || this.answer) {
      const answer = parseObject(buffer.toString('utf8', start, end));
      if (!this.#readEvent(answer, buffer, start, end)) return;
    }
    this.#events++;
    if (flags & EVENT.text) this.#takeText();
  }

  #takeText(): void {
    const gapMs = this.#atMs - this.lastTextMs;
    if (this.textEvents++ === 0) this.firstTextMs = this.#atMs;
    this.lastTextMs = this.#atMs;
    this.#sink.onText(this.#atMs, gapMs);
  }

  #readEvent(
    answer: Record<string, unknown> | undefined,
    buffer: Buffer,
    start: number,
    end: number,
  ): boolean {
    if (!answer) {
      const text = buffer.toString('utf8', start, Math.min(end, start + 400));
      this.#fail('malformed_sse', `event ${this.#events + 1} is not a JSON object: ${text}`);
      return false;
    }
    if (answer['object'] === 'error' || (answer['error'] !== undefined && answer['error'] !== null)) {
      this.#fail(
        'stream_error',
        serverMessage(answer) ?? buffer.toString('utf8', start, Math.min(end, start + 400)),
      );
      return false;
    }
    this.usage = usageOf(answer) ?? this.usage;
    this.answer?.add(answer);
    return true;
  }

  #endStream(framing: SseFraming): void {
    if (this.#done) return;
    // The last blank line may be missing after [DONE]; anything else that is incomplete stays unread.
    const before = this.#events;
    framing.finish();
    if (this.#done) return;
    this.kind = undefined;
    this.#fail('no_done', `the stream ended after ${before} events without [DONE]`);
  }

  #endUnstreamed(): void {
    const text = this.#text();
    const found = this.#contentType === '' ? 'no content-type' : `content-type ${this.#contentType}`;
    const answer = parseObject(text);
    if (answer && isCompletion(answer)) {
      this.#fail(
        'not_json',
        `the server ignored "stream": true and sent the whole answer at once (${found})`,
      );
    } else
      this.#fail(
        'not_json',
        `expected text/event-stream, got ${found}: ${(answer && serverMessage(answer)) ?? text}`,
      );
  }

  /** Reads an answer; false when it is not a whole completion, or an unusual one. */
  #scan(buffer: Buffer, start: number, end: number): boolean {
    if (this.answer) return false;
    const scanned = scanCompletion(buffer, start, end);
    if (scanned) this.usage = scanned.usage;
    return scanned !== undefined;
  }

  #endJson(): void {
    if (this.#scanned || (this.#body && this.#scan(this.#body, 0, this.#bodyBytes))) return;
    const text = this.#text();
    const answer = parseObject(text);
    if (answer && isCompletion(answer)) {
      this.usage = usageOf(answer);
      this.answer?.add(answer);
    } else if (answer)
      this.#fail('not_json', `the answer is JSON, but not a completion: ${serverMessage(answer) ?? text}`);
    else
      this.#fail(
        'not_json',
        `the answer is not a JSON object (content-type ${this.#contentType || 'absent'}): ${text}`,
      );
  }

  /**
   * An answer that comes in one piece, as most do, is read where it is rather than copied.
   *
   * @returns false when the bytes have to be kept until the rest comes
   */
  #readAnswer(buffer: Buffer, start: number, end: number): boolean {
    if (this.#bodyLimit !== MAX_ANSWER_BYTES || this.#body) return false;
    if (!this.#scanned) return (this.#scanned = this.#scan(buffer, start, end));
    const more = buffer.toString('utf8', start, end);
    if (this.kind === undefined && more.trim() !== '')
      this.#fail('not_json', `the answer goes on after its end: ${more}`);
    return true;
  }

  #collect(buffer: Buffer, start: number, end: number): boolean {
    const room = this.#bodyLimit - this.#bodyBytes;
    if (end - start > room && this.#bodyLimit === MAX_ANSWER_BYTES) {
      this.#fail('not_json', 'the answer is longer than 64 MiB');
      return false;
    }
    const to = Math.min(end, start + room);
    if (to <= start) return true;
    const length = this.#bodyBytes + to - start;
    if (!this.#body || this.#body.length < length) {
      const grown = Buffer.allocUnsafe(this.#body ? 2 * length : length);
      this.#body?.copy(grown, 0, 0, this.#bodyBytes);
      this.#body = grown;
    }
    buffer.copy(this.#body, this.#bodyBytes, start, to);
    this.#bodyBytes = length;
    return true;
  }

  #text(): string {
    return this.#body?.toString('utf8', 0, this.#bodyBytes) ?? '';
  }

  #fail(kind: ErrorKind, message: string): void {
    this.kind = kind;
    this.message = shorten(message);
  }
}

function isDone(buffer: Buffer, start: number, end: number): boolean {
  return (
    end - start === DONE.length &&
    buffer[start] === 0x5b &&
    buffer.compare(DONE, 0, DONE.length, start, end) === 0
  );
}
