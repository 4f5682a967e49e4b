/** Reads one answer, streamed or not: counts, usage, the instants of its chunks, what went wrong. */
import type { ErrorKind } from '../results/error-kinds.js';
import { errorKindOfStatus } from '../results/error-kinds.js';
import { soundProblem, unstreamedProblem, wholeProblem } from './answer-problems.js';
import { describeRefusal, parseObject, shorten, type Usage } from './answers.js';
import { TextBytes, type AnswerText } from './answer-text.js';
import { ChunkTimes, NO_CHUNKS } from './chunk-times.js';
import type { Dialect, JsonObject, WholeAnswer } from './dialects/dialect.js';
import { EVENT, TEXT } from './dialects/event-scan.js';
import { KeptBody } from './kept-body.js';
import { SoundTimes } from './sound-times.js';
import { isDone, SseFraming, type EventSink } from './sse-framing.js';

/** Longest answer that is not a stream. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Of an answer that will be reported as an error; the rest is read and forgotten. */
const MAX_REFUSAL_BYTES = 64 * 1024;
/** Of an event that is shown in a message. */
const SHOWN_BYTES = 400;

const isSuccess = (status: number): boolean => status >= 200 && status <= 299;

/** Hears of chunks as they arrive. */
export interface TextSink {
  /**
   * A chunk came: an event with generated text.
   *
   * @param gapMs - since the one before; NaN for the first
   */
  onText(atMs: number, gapMs: number): void;
}

/** Whether generated text is kept so that its tokens can be counted: never, if usage is missing, or always. */
export type KeepText = 'never' | 'if-needed' | 'always';

/**
 * One answer. Feed it head and data as they come, then {@link AnswerReader.end}; afterwards `kind` says how it failed,
 * or is undefined.
 */
export class AnswerReader implements EventSink {
  kind: ErrorKind | undefined;
  message = '';
  status = 0;
  usage: Usage | undefined;
  /** Of a stream; of other answers the first data of the body. */
  firstEventMs = Number.NaN;
  chunks: ChunkTimes;
  /** Of answers that are sound. */
  sound: SoundTimes | undefined;
  /** Of the body, framing excluded. */
  bytes = 0;
  /** Set before the first byte to have what the assistant says collected as well. */
  answer: AnswerText | undefined;
  readonly #dialect: Dialect;
  readonly #streaming: boolean;
  readonly #sink: TextSink;
  readonly #keepText: KeepText;
  readonly #text: TextBytes | undefined;
  #wholeText: string | undefined;
  #items: number | undefined;
  #contentType = '';
  #retryAfter: string | undefined;
  #framing: SseFraming | undefined;
  #events = 0;
  #done = false;
  #atMs = 0;
  /** The answer was complete in what came first, and was read in place. */
  #scanned = false;
  #body: KeptBody | undefined;

  constructor(dialect: Dialect, streaming: boolean, sink: TextSink, keepText: KeepText = 'never') {
    this.#dialect = dialect;
    this.chunks = streaming ? new ChunkTimes() : NO_CHUNKS;
    this.#streaming = streaming;
    this.#sink = sink;
    this.#keepText = keepText;
    this.#text = streaming && keepText !== 'never' ? new TextBytes() : undefined;
  }

  /** Whether the stream said that it is complete: whatever happens to the connection now, the answer is. */
  get done(): boolean {
    return this.#done && this.kind === undefined;
  }

  /** Whether it came as a stream. */
  get streamed(): boolean {
    return this.#framing !== undefined;
  }

  /** What was answered, of what is counted in items. */
  get items(): number | undefined {
    if (this.sound) return this.sound.seconds;
    return this.#framing ? this.#dialect.streamItems : this.#items;
  }

  /** All generated text, as far as it was kept. */
  get text(): string | undefined {
    return this.#wholeText ?? this.#text?.text;
  }

  head(status: number, contentType: string, retryAfter: string | undefined): void {
    this.status = status;
    this.#contentType = contentType;
    this.#retryAfter = retryAfter;
    if (
      (this.#streaming || this.#dialect.eitherWay) &&
      isSuccess(status) &&
      /^text\/event-stream\b/i.test(contentType)
    ) {
      this.#framing = new SseFraming(this);
      if (this.chunks === NO_CHUNKS) this.chunks = new ChunkTimes();
    }
    const { sound } = this.#dialect;
    if (sound && isSuccess(status) && (this.#framing || sound.contentType.test(contentType)))
      this.sound = new SoundTimes(contentType);
  }

  /**
   * Takes bytes of the body.
   *
   * @returns false when the answer is longer than its bound and there is no point in reading on
   */
  data(buffer: Buffer, start: number, end: number, atMs: number): boolean {
    this.bytes += end - start;
    if (!this.#framing) {
      if (Number.isNaN(this.firstEventMs)) this.firstEventMs = atMs;
      if (this.sound) {
        this.sound.add(buffer, start, end, atMs);
        return true;
      }
      return this.#readInPlace(buffer, start, end) || this.#collect(buffer, start, end);
    }
    // After a failure or the end the rest is read, so that the connection can be used again, but not looked at.
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
    else if (!isSuccess(this.status))
      this.#fail(
        errorKindOfStatus(this.status),
        describeRefusal(this.status, this.#bodyText, this.#retryAfter),
      );
    else if (this.#dialect.sound) this.#endSound();
    else if (this.#isWhole) this.#endJson();
    else this.#fail('not_json', unstreamedProblem(this.#dialect, this.#contentType, this.#bodyText));
  }

  onEvent(buffer: Buffer, start: number, end: number): void {
    if (this.kind !== undefined || this.#done) return;
    const { ending, scanner } = this.#dialect;
    if (ending !== 'event' && isDone(buffer, start, end)) {
      this.#done = true;
      return;
    }
    if (this.#dialect.eventText || this.sound) {
      this.#readParsed(buffer, start, end);
      return;
    }
    const flags = scanner.scan(buffer, start, end, this.#text);
    // The first event is parsed to see that this is what was asked for; of the others only those that tell more.
    if (flags & ~(TEXT | EVENT.reasons) || this.#events === 0 || this.answer) {
      if (!this.#readEvent(parseObject(buffer.toString('utf8', start, end)), buffer, start, end)) return;
    }
    if (this.#events++ === 0) this.firstEventMs = this.#atMs;
    if (flags & TEXT) this.#takeChunk(flags & EVENT.reasons ? EVENT.reasoning : flags);
    if (flags & EVENT.end) this.#done = true;
  }

  /** An event of a protocol that the scanner does not know. */
  #readParsed(buffer: Buffer, start: number, end: number): void {
    const event = parseObject(buffer.toString('utf8', start, end));
    if (!this.#readEvent(event, buffer, start, end)) return;
    if (this.#events++ === 0) this.firstEventMs = this.#atMs;
    const part = this.#dialect.sound?.eventSound(event!);
    if (part) this.sound?.add(part, 0, part.length, this.#atMs);
    if (this.#dialect.scanner.scan(buffer, start, end) & EVENT.end) this.#done = true;
    const text = this.#dialect.eventText?.(event!) ?? '';
    if (text === '') return;
    const json = Buffer.from(JSON.stringify(text));
    this.#text?.append(json, 1, json.length - 1);
    this.#takeChunk(EVENT.answer);
  }

  #takeChunk(flags: number): void {
    this.#sink.onText(this.#atMs, this.chunks.add(this.#atMs, flags));
  }

  #readEvent(event: JsonObject | undefined, buffer: Buffer, start: number, end: number): boolean {
    const shown = (): string => buffer.toString('utf8', start, Math.min(end, start + SHOWN_BYTES));
    if (!event) {
      this.#fail('malformed_sse', `event ${this.#events + 1} is not a JSON object: ${shown()}`);
      return false;
    }
    const error = this.#dialect.eventError(event);
    if (error !== undefined) {
      this.#fail('stream_error', error === '' ? shown() : error);
      return false;
    }
    const usage = this.#dialect.eventUsage(event);
    if (usage) this.usage = this.usage ? { ...this.usage, ...usage } : usage;
    this.answer?.add(this.#dialect.said(event));
    return true;
  }

  #endStream(framing: SseFraming): void {
    if (this.#done) return;
    const { ending, endingName } = this.#dialect;
    // The last blank line may be missing after the end; anything else that is incomplete stays unread.
    const before = this.#events;
    framing.finish();
    if (this.#done) return;
    if (ending === 'close' && before > 0) {
      this.#done = this.kind === undefined;
      return;
    }
    this.kind = undefined;
    this.#fail('no_done', `the stream ended after ${before} events without ${endingName}`);
  }

  #endSound(): void {
    if (!this.sound || this.bytes === 0)
      this.#fail('not_json', soundProblem(this.bytes, this.#contentType, this.#bodyText));
  }

  /** Reads an answer; false when it is not whole, an unusual one, or one whose text is needed. */
  #scan(buffer: Buffer, start: number, end: number): boolean {
    if (this.answer || this.#keepText === 'always') return false;
    const scanned = this.#dialect.scan?.(buffer, start, end);
    if (!scanned || (this.#keepText === 'if-needed' && scanned.usage?.outputTokens === undefined))
      return false;
    this.#take(scanned);
    return true;
  }

  #take({ usage, items }: WholeAnswer): void {
    this.usage = usage;
    this.#items = items;
  }

  #endJson(): void {
    const body = this.#body;
    if (this.#scanned || (body && this.#scan(body.bytes, 0, body.length))) return;
    const text = this.#bodyText;
    const answer = parseObject(text);
    const whole = answer && this.#dialect.read(answer);
    if (whole) {
      this.#take(whole);
      this.answer?.add(this.#dialect.said(answer));
      if (this.#keepText !== 'never') this.#wholeText = this.#dialect.generated(answer);
    } else this.#fail('not_json', wholeProblem(this.#dialect, this.#contentType, text));
  }

  /** Whether this is an answer that counts only as a whole: not a stream, not a refusal, not sound. */
  get #isWhole(): boolean {
    const { sound, eitherWay } = this.#dialect;
    return (!this.#streaming || eitherWay === true) && isSuccess(this.status) && !sound;
  }

  /**
   * An answer that comes in one piece, as most do, is read where it is rather than copied.
   *
   * @returns false when the bytes have to be kept until the rest comes
   */
  #readInPlace(buffer: Buffer, start: number, end: number): boolean {
    if (this.#body || !this.#isWhole) return false;
    if (!this.#scanned) return (this.#scanned = this.#scan(buffer, start, end));
    const more = buffer.toString('utf8', start, end);
    if (this.kind === undefined && more.trim() !== '')
      this.#fail('not_json', `the answer goes on after its end: ${more}`);
    return true;
  }

  #collect(buffer: Buffer, start: number, end: number): boolean {
    this.#body ??= new KeptBody(this.#isWhole ? MAX_ANSWER_BYTES : MAX_REFUSAL_BYTES);
    if (this.#body.add(buffer, start, end) || !this.#isWhole) return true;
    this.#fail('not_json', 'the answer is longer than 64 MiB');
    return false;
  }

  get #bodyText(): string {
    return this.#body?.text ?? '';
  }

  #fail(kind: ErrorKind, message: string): void {
    this.kind = kind;
    this.message = shorten(message);
  }
}
