/**
 * Server-sent events, framed without decoding them: finds the bytes of each event's data in the socket's buffer and
 * copies only what a read cut in two. Lines end with LF or CR LF.
 */

/** Receives the data of one event, `buffer[start, end)`, valid only during the call. */
export interface EventSink {
  onEvent(buffer: Buffer, start: number, end: number): void;
}

/** Longest event; a longer one makes {@link SseFraming.feed} give up. */
export const MAX_EVENT_BYTES = 16 * 1024 * 1024;

const LF = 10;
const CR = 13;
const SPACE = 32;
const NEWLINE = Buffer.from('\n');
const EMPTY = Buffer.alloc(0);

/** One stream of events. All positions are relative to the beginning of the event that is being read. */
export class SseFraming {
  readonly #sink: EventSink;
  readonly #maxEventBytes: number;
  // The beginning of an event that is not complete yet.
  #carry: Buffer = EMPTY;
  #carried = 0;
  #line = 0;
  #searched = 0;
  // The first data line; further ones make it several pieces, joined by line feeds.
  #dataStart = -1;
  #dataEnd = 0;
  #pieces: Buffer[] | undefined;

  constructor(sink: EventSink, maxEventBytes = MAX_EVENT_BYTES) {
    this.#sink = sink;
    this.#maxEventBytes = maxEventBytes;
  }

  /**
   * Reads on.
   *
   * @returns false when an event is longer than the bound; nothing may be fed after that
   */
  feed(buffer: Buffer, start: number, end: number): boolean {
    if (this.#carried === 0) return this.#scan(buffer, start, end);
    this.#append(buffer, start, end);
    return this.#scan(this.#carry, 0, this.#carried);
  }

  /** The stream ended: an event whose blank line is missing is handed over all the same. */
  finish(): void {
    const carry = this.#carry.subarray(0, this.#carried);
    this.#carried = 0;
    if (this.#line < carry.length) this.#takeLine(carry, 0, this.#line, carry.length);
    this.#dispatch(carry, 0);
  }

  #scan(buffer: Buffer, start: number, end: number): boolean {
    let event = start;
    let line = start + this.#line;
    let lf = lineFeed(buffer, start + this.#searched, end);
    while (lf >= 0) {
      const lineEnd = lf > line && buffer[lf - 1] === CR ? lf - 1 : lf;
      if (lineEnd > line) this.#takeLine(buffer, event, line, lineEnd);
      else this.#dispatch(buffer, event);
      line = lf + 1;
      // Comments and other fields before the data are not part of what must be kept.
      if (this.#dataStart < 0) event = line;
      lf = lineFeed(buffer, line, end);
    }
    this.#line = line - event;
    this.#searched = end - event;
    return this.#keep(buffer, event, end);
  }

  #takeLine(buffer: Buffer, event: number, start: number, end: number): void {
    const value = dataValue(buffer, start, end);
    if (value < 0) return;
    if (this.#dataStart < 0) {
      this.#dataStart = value - event;
      this.#dataEnd = end - event;
      return;
    }
    this.#pieces ??= [Buffer.from(buffer.subarray(event + this.#dataStart, event + this.#dataEnd))];
    this.#pieces.push(NEWLINE, Buffer.from(buffer.subarray(value, end)));
  }

  #dispatch(buffer: Buffer, event: number): void {
    if (this.#dataStart < 0) return;
    const start = event + this.#dataStart;
    const end = event + this.#dataEnd;
    const pieces = this.#pieces;
    this.#dataStart = -1;
    this.#pieces = undefined;
    if (!pieces) {
      this.#sink.onEvent(buffer, start, end);
      return;
    }
    const joined = Buffer.concat(pieces);
    this.#sink.onEvent(joined, 0, joined.length);
  }

  #keep(buffer: Buffer, event: number, end: number): boolean {
    const length = end - event;
    if (length > this.#maxEventBytes) return false;
    if (buffer === this.#carry) {
      if (event > 0) this.#carry.copyWithin(0, event, end);
      this.#carried = length;
    } else if (length > 0) {
      this.#append(buffer, event, end);
    }
    return true;
  }

  #append(buffer: Buffer, start: number, end: number): void {
    const length = this.#carried + end - start;
    if (this.#carry.length < length) {
      const grown = Buffer.allocUnsafe(Math.max(512, 2 * length));
      this.#carry.copy(grown, 0, 0, this.#carried);
      this.#carry = grown;
    }
    buffer.copy(this.#carry, this.#carried, start, end);
    this.#carried = length;
  }
}

/** The next line feed in `[from, end)`, or -1. */
function lineFeed(buffer: Buffer, from: number, end: number): number {
  // The blank line after an event is found without a search.
  if (from < end && buffer[from] === LF) return from;
  const at = from < end ? buffer.indexOf(LF, from) : -1;
  return at < end ? at : -1;
}

/** Where the value of a `data` field begins, or -1 for another line. */
function dataValue(buffer: Buffer, start: number, end: number): number {
  // "data:"
  if (
    end - start < 5 ||
    buffer[start] !== 0x64 ||
    buffer[start + 1] !== 0x61 ||
    buffer[start + 2] !== 0x74 ||
    buffer[start + 3] !== 0x61 ||
    buffer[start + 4] !== 0x3a
  ) {
    return -1;
  }
  return start + 5 < end && buffer[start + 5] === SPACE ? start + 6 : start + 5;
}

const DONE = Buffer.from('[DONE]');

/** Whether the data of an event is OpenAI's sign that a stream is complete. */
export const isDone = (buffer: Buffer, start: number, end: number): boolean =>
  end - start === DONE.length &&
  buffer[start] === DONE[0] &&
  buffer.compare(DONE, 0, DONE.length, start, end) === 0;
