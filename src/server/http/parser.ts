/**
 * HTTP/1.1 requests out of the bytes of a connection, strict and bounded.
 *
 * Whatever could be read in two ways by two programs (request smuggling) is refused: both lengths at once, a repeated
 * or malformed Content-Length, folded lines, bare line feeds, space before a colon (RFC 9112, sections 2.2, 5, 6).
 */
import { HeadMemory, type KnownHead } from './head-memory.js';
import { ProtocolError, type RequestHead } from './request-head.js';

/** What a client may send at most. */
export interface ParserLimits {
  /** Bytes of the request line and all headers; more is answered with 431. */
  headBytes: number;
  /** Bytes of the body; more is answered with 413. */
  bodyBytes: number;
}

/** One whole request. */
export interface HttpRequest {
  readonly head: RequestHead;
  readonly body: Buffer;
}

const EMPTY = Buffer.alloc(0);
/** Of all connections of the thread: most heads differ in the length of the body alone. */
const knownHeads = new HeadMemory();
/** Longest line that gives the size of a chunk, with its extensions. */
const CHUNK_LINE_BYTES = 256;
/** The first byte of whoever wants an encrypted connection. */
const TLS_HANDSHAKE = 0x16;
type State = 'head' | 'fixed' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer';

/**
 * A pull parser: {@link push} bytes as they come, take requests out with {@link next}. It gives the same requests
 * however the bytes are split.
 */
export class RequestParser {
  readonly #limits: ParserLimits;
  /** What was pushed and not yet taken: the bytes of `#input` in [`#at`, `#end`). To cut a Buffer costs a tenth of a microsecond. */
  #input: Buffer = EMPTY;
  #at = 0;
  #end = 0;
  /** Whether `#input` is part of bytes that were pushed, not a copy. */
  #inputBorrowed = false;
  #state: State = 'head';
  #head: RequestHead | undefined;
  /** Body bytes still missing (`fixed`), or of the current chunk (`chunk-data`). */
  #missing = 0;
  // Grows by doubling: a list of parts would let a client that sends byte by byte pin a Buffer for each.
  #body: Buffer = EMPTY;
  /** Whether `#body` is part of bytes that were pushed, not a copy. */
  #bodyBorrowed = false;
  #bodyBytes = 0;
  #trailerBytes = 0;
  // Clients repeat themselves: an equal head is not even searched for its end.
  #last: KnownHead | undefined;

  constructor(limits: ParserLimits) {
    this.#limits = limits;
  }

  /** Bytes that were pushed and not yet taken. */
  get buffered(): number {
    return this.#end - this.#at;
  }

  /** Whether a request has begun and is not complete. */
  get midRequest(): boolean {
    return this.#state !== 'head' || this.#end > this.#at;
  }

  /** The head of the request whose body is awaited. */
  get awaitingBody(): RequestHead | undefined {
    return this.#state === 'head' ? undefined : this.#head;
  }

  /**
   * Adds bytes. They are not copied: {@link keep} must be called before they change.
   *
   * @param length - of them, so many from the first on
   */
  push(bytes: Buffer, length = bytes.length): void {
    this.#inputBorrowed = this.#end === this.#at;
    if (this.#inputBorrowed) {
      this.#input = bytes;
      this.#at = 0;
      this.#end = length;
    } else this.#use(Buffer.concat([this.#rest(), bytes.subarray(0, length)]));
  }

  /** Gives up what was pushed and not yet taken: the connection speaks another protocol from here on. */
  takeRest(): Buffer {
    const rest = Buffer.from(this.#rest());
    this.#use(EMPTY);
    this.#inputBorrowed = false;
    return rest;
  }

  /** Copies what is left of the bytes that were pushed; their memory can be used again after that. */
  keep(): void {
    if (this.#inputBorrowed) this.#use(this.#end > this.#at ? Buffer.from(this.#rest()) : EMPTY);
    this.#inputBorrowed = false;
    if (this.#bodyBorrowed) this.#body = Buffer.from(this.#body);
    this.#bodyBorrowed = false;
  }

  #rest(): Buffer {
    return this.#input.subarray(this.#at, this.#end);
  }

  #use(input: Buffer): void {
    this.#input = input;
    this.#at = 0;
    this.#end = input.length;
  }

  /**
   * Takes the next request out. Its body is valid as long as the pushed bytes are.
   *
   * @returns undefined when more bytes are needed
   * @throws ProtocolError when the bytes are no acceptable request; nothing can be parsed after that
   */
  next(): HttpRequest | undefined {
    if (this.#state === 'head' && !this.#readHead()) return undefined;
    if (!this.#readBody()) return undefined;
    const request = { head: this.#head!, body: this.#takeBody() };
    this.#state = 'head';
    return request;
  }

  #readHead(): boolean {
    // RFC 9112, section 2.2: ignore empty lines before a request.
    while (this.buffered >= 2 && this.#input[this.#at] === 13 && this.#input[this.#at + 1] === 10)
      this.#at += 2;
    // Asked after every request: nothing is searched then.
    if (this.#end === this.#at) return false;
    if (!this.#takeEqualHead() && !this.#takeNewHead()) return false;
    const { bodyLength } = this.#head!;
    if (bodyLength > this.#limits.bodyBytes) throw this.#tooLarge();
    this.#missing = Math.max(bodyLength, 0);
    this.#state = bodyLength < 0 ? 'chunk-size' : 'fixed';
    return true;
  }

  /** Takes a head that is byte by byte the one before. */
  #takeEqualHead(): boolean {
    if (!this.#last) return false;
    const { bytes, head } = this.#last;
    const size = bytes.length;
    const end = this.#at + size;
    if (this.#end < end || this.#input.compare(bytes, 0, size, this.#at, end) !== 0) return false;
    this.#head = head;
    this.#at = end;
    return true;
  }

  /** Takes any head; false while it is incomplete. */
  #takeNewHead(): boolean {
    const input = this.#rest();
    const end = input.indexOf('\r\n\r\n', 0, 'latin1');
    if (end > this.#limits.headBytes || (end < 0 && input.length > this.#limits.headBytes + 4)) {
      throw new ProtocolError(
        431,
        `the request line and headers are larger than ${this.#limits.headBytes} bytes`,
      );
    }
    if (end < 0) {
      // Clients that speak something else, or end lines with a bare line feed, would wait for ever.
      this.#refuseForeign(input[0]!);
      const lineFeed = input.indexOf(10);
      if (lineFeed >= 0 && input[lineFeed - 1] !== 13)
        throw new ProtocolError(400, 'lines must end with CRLF');
      return false;
    }
    this.#last = knownHeads.parse(input.toString('latin1', 0, end));
    this.#head = this.#last.head;
    this.#at += end + 4;
    return true;
  }

  /** @throws ProtocolError for a byte that no method begins with */
  #refuseForeign(first: number): void {
    // Half an empty line may come before a request.
    if ((first > 0x20 && first < 0x7f) || (first === 13 && this.buffered < 2)) return;
    const hint = first === TLS_HANDSHAKE ? '; this looks like TLS: use http:// in place of https://' : '';
    throw new ProtocolError(400, `malformed request line or header${hint}`);
  }

  #readBody(): boolean {
    for (;;) {
      switch (this.#state) {
        case 'fixed':
          return this.#readMissing();
        case 'chunk-size':
          if (!this.#readChunkSize()) return false;
          break;
        case 'chunk-data':
          if (!this.#readMissing()) return false;
          this.#state = 'chunk-end';
          break;
        case 'chunk-end':
          if (this.buffered < 2) return false;
          if (this.#takeLine(0) !== '') throw new ProtocolError(400, 'a chunk is longer than its size says');
          this.#state = 'chunk-size';
          break;
        case 'trailer': {
          const line = this.#takeLine(this.#limits.headBytes - this.#trailerBytes);
          if (line === undefined) return false;
          if (line === '') return true;
          this.#trailerBytes += line.length + 2;
          break;
        }
        case 'head':
          return false;
      }
    }
  }

  /** Moves input to the body until nothing is missing. */
  #readMissing(): boolean {
    const bytes = Math.min(this.#missing, this.buffered);
    if (bytes > 0) {
      const part = this.#input.subarray(this.#at, this.#at + bytes);
      if (this.#bodyBytes === 0 && bytes === this.#missing) {
        this.#body = part;
        this.#bodyBorrowed = true;
      } else this.#append(part);
      this.#bodyBytes += bytes;
      this.#missing -= bytes;
      this.#at += bytes;
    }
    return this.#missing === 0;
  }

  #append(part: Buffer): void {
    const needed = this.#bodyBytes + part.length;
    if (needed > this.#body.length) {
      const grown = Buffer.allocUnsafeSlow(Math.min(Math.max(4096, 2 * needed), this.#limits.bodyBytes));
      this.#body.copy(grown, 0, 0, this.#bodyBytes);
      this.#body = grown;
      this.#bodyBorrowed = false;
    }
    part.copy(this.#body, this.#bodyBytes);
  }

  #readChunkSize(): boolean {
    const line = this.#takeLine(CHUNK_LINE_BYTES);
    if (line === undefined) return false;
    const match = /^([0-9a-fA-F]{1,12})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/.exec(line);
    if (!match) throw new ProtocolError(400, 'malformed chunk size');
    const size = Number.parseInt(match[1]!, 16);
    if (this.#bodyBytes + size > this.#limits.bodyBytes) throw this.#tooLarge();
    this.#missing = size;
    this.#trailerBytes = 0;
    this.#state = size === 0 ? 'trailer' : 'chunk-data';
    return true;
  }

  /** A line without its end, or undefined while it is incomplete. */
  #takeLine(maxBytes: number): string | undefined {
    const input = this.#rest();
    const end = input.indexOf('\r\n', 0, 'latin1');
    if (end > maxBytes || (end < 0 && input.length > maxBytes + 1)) {
      throw new ProtocolError(400, 'malformed chunked body');
    }
    if (end < 0) return undefined;
    const line = input.toString('latin1', 0, end);
    this.#at += end + 2;
    return line;
  }

  #takeBody(): Buffer {
    const whole = this.#body.length === this.#bodyBytes;
    const body = whole ? this.#body : this.#body.subarray(0, this.#bodyBytes);
    this.#body = EMPTY;
    this.#bodyBorrowed = false;
    this.#bodyBytes = 0;
    return body;
  }

  #tooLarge(): ProtocolError {
    return new ProtocolError(
      413,
      `the request body is larger than ${this.#limits.bodyBytes} bytes (--body-limit)`,
    );
  }
}
