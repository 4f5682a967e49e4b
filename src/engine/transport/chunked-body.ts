/** The chunked transfer coding (RFC 9112, section 7.1), decoded in place. */

/** Receives the bytes of a body, without framing. */
export interface BodySink {
  onBody(buffer: Buffer, start: number, end: number): void;
}

/** {@link ChunkedBody.read} found that the bytes are not chunked. */
export const INVALID_CHUNK = -2;
/** {@link ChunkedBody.read} needs more bytes. */
export const MORE_CHUNKS = -1;

/** Chunk extensions and trailers are skipped; more of them than this in one body is refused. */
const MAX_SKIPPED_BYTES = 64 * 1024;
/** Of a chunk size; 13 hexadecimal digits are the most that a double holds exactly. */
const MAX_SIZE_DIGITS = 13;

const LF = 10;
const CR = 13;
const SEMICOLON = 59;

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER_START = 6;
const TRAILER = 7;
const TRAILER_LF = 8;
const FINAL_LF = 9;

const hexDigit = (byte: number): number => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
};

/** A decoder that is used again for one body after the other. */
export class ChunkedBody {
  #state = SIZE;
  #left = 0;
  #digits = 0;
  #skipped = 0;

  /** Begins a new body. */
  reset(): void {
    this.#state = SIZE;
    this.#left = 0;
    this.#digits = 0;
    this.#skipped = 0;
  }

  /**
   * Reads on, split wherever the network split it.
   *
   * @returns the position after the body's end, {@link MORE_CHUNKS} or {@link INVALID_CHUNK}
   */
  read(buffer: Buffer, start: number, end: number, sink: BodySink): number {
    let i = start;
    while (i < end) {
      if (this.#state === DATA) {
        const to = Math.min(end, i + this.#left);
        this.#left -= to - i;
        if (this.#left === 0) this.#state = DATA_CR;
        sink.onBody(buffer, i, to);
        i = to;
      } else {
        const byte = buffer[i++]!;
        if (this.#state === FINAL_LF) return byte === LF ? i : INVALID_CHUNK;
        if (!this.#step(byte)) return INVALID_CHUNK;
      }
    }
    return MORE_CHUNKS;
  }

  /** Takes one byte of framing; false when it cannot be there. */
  #step(byte: number): boolean {
    switch (this.#state) {
      case SIZE:
        return this.#readSize(byte);
      case EXTENSION:
        if (byte === CR) this.#state = SIZE_LF;
        return byte !== LF && ++this.#skipped <= MAX_SKIPPED_BYTES;
      case SIZE_LF:
        this.#state = this.#left > 0 ? DATA : TRAILER_START;
        return byte === LF;
      case DATA_CR:
        this.#state = DATA_LF;
        return byte === CR;
      case DATA_LF:
        this.#state = SIZE;
        this.#digits = 0;
        return byte === LF;
      case TRAILER_START:
        this.#state = byte === CR ? FINAL_LF : TRAILER;
        return byte !== LF;
      case TRAILER:
        if (byte === CR) this.#state = TRAILER_LF;
        return byte !== LF && ++this.#skipped <= MAX_SKIPPED_BYTES;
      default:
        this.#state = TRAILER_START;
        return byte === LF;
    }
  }

  #readSize(byte: number): boolean {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#left = this.#left * 16 + digit;
      return ++this.#digits <= MAX_SIZE_DIGITS;
    }
    if (this.#digits === 0) return false;
    if (byte === CR) this.#state = SIZE_LF;
    else if (byte === SEMICOLON || byte === 32 || byte === 9) this.#state = EXTENSION;
    else return false;
    return true;
  }
}
