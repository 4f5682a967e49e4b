/** Texts of answers: for those that a next turn repeats, and for those whose tokens are counted here. */
import type { TextSinkBytes } from './dialects/event-scan.js';

/** Longest text that is kept, in UTF-16 code units; what comes after it is cut. */
export const MAX_ANSWER_TEXT = 1024 * 1024;

/** Collects what an assistant said, for the next turn. */
export class AnswerText {
  #text = '';

  /** What came so far; at most {@link MAX_ANSWER_TEXT} long, and never ends within a character. */
  get text(): string {
    if (this.#text.length <= MAX_ANSWER_TEXT) return this.#text;
    const cut = this.#text.slice(0, MAX_ANSWER_TEXT);
    return isHighSurrogate(cut.charCodeAt(cut.length - 1)) ? cut.slice(0, -1) : cut;
  }

  add(text: string): void {
    if (this.#text.length > MAX_ANSWER_TEXT) return;
    this.#text += text;
    // One unit more than the limit tells that there was more.
    if (this.#text.length > MAX_ANSWER_TEXT) this.#text = this.#text.slice(0, MAX_ANSWER_TEXT + 1);
  }
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** Longest generated text whose tokens are counted, in bytes as they came. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;
const FIRST_BYTES = 256;
/** Copying so few bytes one by one is quicker than the call that copies many. */
const FEW_BYTES = 24;
const EMPTY = Buffer.alloc(0);

/**
 * Collects generated text as it stands in JSON, escapes and all: a copy of a few bytes per event instead of a parse.
 * It becomes text when it is counted, if it ever is.
 */
export class TextBytes implements TextSinkBytes {
  #bytes = EMPTY;
  #length = 0;
  #tooLong = false;

  append(buffer: Buffer, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#bytes.length && !this.#grow(length)) return;
    const bytes = this.#bytes;
    if (end - start > FEW_BYTES) buffer.copy(bytes, this.#length, start, end);
    else for (let from = start, to = this.#length; from < end; from++, to++) bytes[to] = buffer[from]!;
    this.#length = length;
  }

  /** The text; undefined if it is too long, or none because the server's JSON is not valid. */
  get text(): string | undefined {
    if (this.#tooLong) return undefined;
    const json = `"${this.#bytes.toString('utf8', 0, this.#length)}"`;
    try {
      return JSON.parse(json) as string;
    } catch {
      return undefined;
    }
  }

  #grow(length: number): boolean {
    if (this.#tooLong || length > MAX_TEXT_BYTES) {
      this.#tooLong = true;
      this.#bytes = EMPTY;
      this.#length = 0;
      return false;
    }
    const grown = Buffer.allocUnsafe(Math.max(FIRST_BYTES, 2 * length));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
    return true;
  }
}
