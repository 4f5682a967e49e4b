/** An incremental HTTP/1.1 response parser: bytes in, split anywhere; head, body and end out. */
import { ChunkedBody, INVALID_CHUNK, MORE_CHUNKS, type BodySink } from './chunked-body.js';
import { findHeadEnd, looksLikeHttp, parseHead, type ResponseHead } from './response-head.js';

/** Longest response head; a longer one is not HTTP as far as we are concerned. */
export const MAX_HEAD_BYTES = 64 * 1024;

/** Receives one response. */
export interface ResponseSink extends BodySink {
  onHead(head: ResponseHead): void;
}

/** `more`: the response goes on. `complete`: it ends at {@link ResponseParser.position}. `invalid`: see {@link ResponseParser.problem}. */
export type ParserState = 'more' | 'complete' | 'invalid';

const EMPTY = Buffer.alloc(0);

/** Parses one response after the other; {@link ResponseParser.reset} goes before each. */
export class ResponseParser {
  /** After `complete`: where in the bytes the response ended. */
  position = 0;
  /** After `invalid`: what is wrong. */
  problem = '';
  readonly #sink: ResponseSink;
  readonly #chunks = new ChunkedBody();
  #head: ResponseHead | undefined;
  #left = 0;
  // A head that did not come in one piece.
  #held: Buffer = EMPTY;
  #heldLength = 0;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  /** Forgets everything about the last response. */
  reset(): void {
    this.problem = '';
    this.#head = undefined;
    this.#held = EMPTY;
    this.#heldLength = 0;
  }

  /** Whether the head of the final response is complete. */
  get inBody(): boolean {
    return this.#head !== undefined;
  }

  /** Reads `buffer[start, end)`. */
  execute(buffer: Buffer, start: number, end: number): ParserState {
    let at = start;
    while (!this.#head) {
      at = this.#heldLength === 0 ? this.#readHead(buffer, at, end) : this.#readSplitHead(buffer, at, end);
      if (at < 0) return this.problem === '' ? 'more' : 'invalid';
    }
    return this.#readBody(this.#head, buffer, at, end);
  }

  /** The connection ended: whether that completes the response. */
  finish(): boolean {
    return this.#head?.framing === 'close';
  }

  #readBody(head: ResponseHead, buffer: Buffer, start: number, end: number): ParserState {
    switch (head.framing) {
      case 'none':
        this.position = start;
        return 'complete';
      case 'close':
        if (end > start) this.#sink.onBody(buffer, start, end);
        return 'more';
      case 'length': {
        const to = Math.min(end, start + this.#left);
        this.#left -= to - start;
        if (to > start) this.#sink.onBody(buffer, start, to);
        this.position = to;
        return this.#left === 0 ? 'complete' : 'more';
      }
      default: {
        const to = this.#chunks.read(buffer, start, end, this.#sink);
        if (to === MORE_CHUNKS) return 'more';
        if (to === INVALID_CHUNK) {
          this.problem = 'the chunked body is malformed';
          return 'invalid';
        }
        this.position = to;
        return 'complete';
      }
    }
  }

  /** Takes a head out of the socket's buffer; the position after it, or -1 when it is not complete or not valid. */
  #readHead(buffer: Buffer, start: number, end: number): number {
    const headEnd = findHeadEnd(buffer, start, end);
    if (headEnd >= 0) return this.#takeHead(buffer, start, headEnd) ? headEnd : -1;
    if (!looksLikeHttp(buffer, start, end)) return this.#refuse('the answer does not begin with HTTP/1.');
    if (end > start) this.#hold(buffer, start, end);
    return -1;
  }

  /** The same for a head whose first part is held. */
  #readSplitHead(buffer: Buffer, start: number, end: number): number {
    const before = this.#heldLength;
    this.#hold(buffer, start, end);
    const headEnd = findHeadEnd(this.#held, Math.max(0, before - 3), this.#heldLength);
    if (headEnd < 0) {
      if (!looksLikeHttp(this.#held, 0, this.#heldLength))
        return this.#refuse('the answer does not begin with HTTP/1.');
      return this.#heldLength >= MAX_HEAD_BYTES
        ? this.#refuse('the response head is longer than 64 KiB')
        : -1;
    }
    const held = this.#held;
    this.#held = EMPTY;
    this.#heldLength = 0;
    return this.#takeHead(held, 0, headEnd) ? start + headEnd - before : -1;
  }

  #takeHead(buffer: Buffer, start: number, end: number): boolean {
    if (end - start > MAX_HEAD_BYTES) return this.#refuse('the response head is longer than 64 KiB') > 0;
    const head = parseHead(buffer, start, end);
    if (typeof head === 'string') return this.#refuse(head) > 0;
    if (head.status === 101) return this.#refuse('the server switched protocols unasked') > 0;
    // Interim responses (100 Continue, 103 Early Hints) say nothing that is measured.
    if (head.status < 200) return true;
    this.#head = head;
    this.#left = head.contentLength;
    if (head.framing === 'chunked') this.#chunks.reset();
    this.#sink.onHead(head);
    return true;
  }

  #refuse(problem: string): number {
    this.problem = problem;
    return -1;
  }

  #hold(buffer: Buffer, start: number, end: number): void {
    // At most the head's bound plus one read of the socket, since more than the bound is refused right after.
    const length = this.#heldLength + end - start;
    if (this.#held.length < length) {
      const grown = Buffer.allocUnsafe(Math.max(1024, 2 * length));
      this.#held.copy(grown, 0, 0, this.#heldLength);
      this.#held = grown;
    }
    buffer.copy(this.#held, this.#heldLength, start, end);
    this.#heldLength = length;
  }
}
