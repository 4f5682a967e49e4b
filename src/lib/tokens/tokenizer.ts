/**
 * Exact token counts and ids, equal to OpenAI's tiktoken (with no special tokens: `<|endoftext|>` in a text is text).
 *
 * A tokenizer holds about 350 kB of its own; each thread makes one over the shared {@link Vocabulary}.
 */
import { asciiEnd, type AsciiText } from './ascii-split.js';
import { Merger } from './merge.js';
import { PieceMemory } from './piece-memory.js';
import { NO_RANK, Ranks } from './ranks.js';
import { ClassSplitter, splitterFor, type Splitter } from './split.js';
import type { Vocabulary } from './vocabulary.js';
import { WordMemory } from './word-memory.js';

/** Scratch bytes that are kept between calls; a longer piece gets its own. */
const SCRATCH = 4096;

/** Characters, or pairs of bytes, that are looked at in one go where others wait: a few milliseconds of work. */
const PORTION = 16_384;

/** Longest text, in characters, that is read as bytes if it is all ASCII. */
const ASCII_CHARACTERS = 8192;

/** A shorter one is copied sooner than a call of the system's copier begins. */
const SHORT = 48;

/** Counts and encodes text. */
export class Tokenizer {
  readonly #vocabulary: Vocabulary;
  readonly #ranks: Ranks;
  readonly #splitter: Splitter;
  readonly #merger: Merger;
  readonly #memory = new PieceMemory();
  readonly #scratch = new Uint8Array(SCRATCH);
  /** Room for any text of {@link ASCII_CHARACTERS}; undefined where another splitter is needed. */
  readonly #text: (AsciiText & { bytes: Buffer }) | undefined;
  readonly #words = new WordMemory();

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
    this.#ranks = new Ranks(vocabulary);
    this.#splitter = splitterFor(vocabulary);
    this.#merger = new Merger(this.#ranks);
    if (!(this.#splitter instanceof ClassSplitter)) return;
    const bytes = Buffer.allocUnsafeSlow(3 * ASCII_CHARACTERS);
    this.#text = { bytes, view: new DataView(bytes.buffer) };
  }

  /** The number of tokens of `text`. Lone surrogates count as U+FFFD, as they would be sent. */
  count(text: string): number {
    if (this.#readAscii(text)) return this.#countAscii(text.length);
    let tokens = 0;
    for (let start = 0; start < text.length;) {
      const end = this.#splitter.end(text, start);
      tokens += this.#ranks.ofText(text, start, end) >= 0 ? 1 : this.#countMerged(text, start, end);
      start = end;
    }
    return tokens;
  }

  /** The token ids of `text`. */
  encode(text: string): number[] {
    const ids: number[] = [];
    if (this.#readAscii(text)) {
      this.#encodeAscii(text.length, ids);
      return ids;
    }
    for (let start = 0; start < text.length;) {
      const end = this.#splitter.end(text, start);
      const rank = this.#ranks.ofText(text, start, end);
      if (rank >= 0) ids.push(rank);
      else this.#encodeMerged(text, start, end, ids);
      start = end;
    }
    return ids;
  }

  /**
   * The token ids of a text that may be long, in portions: whoever runs it can do other things after each.
   *
   * @param into - receives them
   */
  *encodeInPortions(text: string, into: number[]): Generator<undefined, void> {
    let work = 0;
    for (let start = 0; start < text.length;) {
      const end = this.#splitter.end(text, start);
      if (end - start > PORTION) yield* this.#mergeInPortions(text, start, end, into);
      else {
        const rank = this.#ranks.ofText(text, start, end);
        if (rank >= 0) into.push(rank);
        else this.#encodeMerged(text, start, end, into);
      }
      work += end - start;
      start = end;
      if (work < PORTION) continue;
      work = 0;
      yield;
    }
  }

  /** No token is as long as a portion. */
  *#mergeInPortions(text: string, start: number, end: number, into: number[]): Generator<undefined, void> {
    // To find so long a piece took as long as a portion, and so does each of these.
    yield;
    const bytes = this.#room(end - start);
    const length = utf8(text, start, end, bytes);
    yield;
    const runs = this.#merger.runMerge(bytes, length);
    yield;
    if (runs) {
      yield* this.#merger.collectRuns(bytes, runs, into, PORTION);
      return;
    }
    const merge = this.#merger.longMerge(bytes, length);
    yield;
    while (!merge.advance(PORTION)) yield;
    while (!merge.collect(into, PORTION)) yield;
  }

  /** The text of token ids; ids that are not in the vocabulary are left out, incomplete characters become U+FFFD. */
  decode(ids: readonly number[]): string {
    const { bytes, offsets } = this.#vocabulary;
    const known = ids.filter((id) => Number.isInteger(id) && id >= 0 && id < offsets.length - 1);
    const text = Buffer.alloc(known.reduce((sum, id) => sum + offsets[id + 1]! - offsets[id]!, 0));
    let at = 0;
    for (const id of known) {
      text.set(bytes.subarray(offsets[id], offsets[id + 1]), at);
      at += offsets[id + 1]! - offsets[id]!;
    }
    return text.toString('utf8');
  }

  /**
   * The texts of the tokens of `text`, one for each; where a character is spread over several tokens, the last of them has
   * it and the others are empty. Joined they are `text` (lone surrogates are U+FFFD).
   */
  pieces(text: string): string[] {
    const pieces: string[] = [];
    let partial: Uint8Array[] = [];
    let missing = 0;
    for (const id of this.encode(text)) {
      const bytes = this.bytesOf(id);
      partial.push(bytes);
      missing = missingBytes(bytes, missing);
      if (missing > 0) {
        pieces.push('');
        continue;
      }
      pieces.push(Buffer.concat(partial).toString('utf8'));
      partial = [];
    }
    return pieces;
  }

  /** The bytes of a token; empty when there is none with this id. */
  bytesOf(id: number): Uint8Array {
    const { bytes, offsets } = this.#vocabulary;
    return id >= 0 && id < offsets.length - 1
      ? bytes.subarray(offsets[id], offsets[id + 1])
      : bytes.subarray(0, 0);
  }

  /** Whether a text is short and all ASCII; then {@link #text} begins with it. */
  #readAscii(text: string): boolean {
    const { length } = text;
    if (!this.#text || length > ASCII_CHARACTERS) return false;
    const { bytes } = this.#text;
    // Anything else takes more bytes than it has characters.
    if (length > SHORT) {
      const isAscii = bytes.write(text, 'utf8') === length;
      bytes[length] = 0;
      return isAscii;
    }
    let seen = 0;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      seen |= code;
      bytes[i] = code;
    }
    bytes[length] = 0;
    return seen < 128;
  }

  #countAscii(length: number): number {
    const text = this.#text!;
    const { bytes, view } = text;
    let tokens = 0;
    for (let start = 0; start < length;) {
      const end = asciiEnd(text, start, length);
      let count = this.#words.recall(view, start, end - start);
      if (count === 0) {
        const isToken = this.#ranks.ofBytes(bytes, start, end) !== NO_RANK;
        count = isToken ? 1 : this.#countPiece(bytes.subarray(start, end), end - start);
        this.#words.remember(count);
      }
      tokens += count;
      start = end;
    }
    return tokens;
  }

  #encodeAscii(length: number, into: number[]): void {
    const text = this.#text!;
    const { bytes } = text;
    for (let start = 0; start < length;) {
      const end = asciiEnd(text, start, length);
      const rank = this.#ranks.ofBytes(bytes, start, end);
      if (rank === NO_RANK) this.#merger.merge(bytes.subarray(start, end), end - start, into);
      else into.push(rank);
      start = end;
    }
  }

  #countMerged(text: string, start: number, end: number): number {
    const bytes = this.#room(end - start);
    return this.#countPiece(bytes, utf8(text, start, end, bytes));
  }

  #countPiece(bytes: Uint8Array, length: number): number {
    const known = this.#memory.recall(bytes, length);
    if (known > 0) return known;
    const tokens = this.#ranks.ofBytes(bytes, 0, length) === NO_RANK ? this.#merger.merge(bytes, length) : 1;
    this.#memory.remember(bytes, length, tokens);
    return tokens;
  }

  #encodeMerged(text: string, start: number, end: number, into: number[]): void {
    const bytes = this.#room(end - start);
    const length = utf8(text, start, end, bytes);
    const rank = this.#ranks.ofBytes(bytes, 0, length);
    if (rank === NO_RANK) this.#merger.merge(bytes, length, into);
    else into.push(rank);
  }

  /** Memory for the UTF-8 form of so many UTF-16 units. */
  #room(units: number): Uint8Array {
    return units * 3 <= SCRATCH ? this.#scratch : new Uint8Array(units * 3);
  }
}

/** How many bytes the last character still lacks after `bytes`, if it lacked `missing` before. */
function missingBytes(bytes: Uint8Array, missing: number): number {
  let lacks = missing;
  for (const byte of bytes) {
    if (byte < 0x80) lacks = 0;
    else if (byte < 0xc0) lacks--;
    else lacks = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
  }
  return lacks;
}

/** Writes `text[start, end)` as UTF-8 and returns its length; lone surrogates become U+FFFD. */
function utf8(text: string, start: number, end: number, into: Uint8Array): number {
  let length = 0;
  for (let i = start; i < end; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      into[length++] = code;
      continue;
    }
    if (code < 0x800) {
      into[length++] = 0xc0 | (code >> 6);
      into[length++] = 0x80 | (code & 0x3f);
      continue;
    }
    if ((code & 0xf800) === 0xd800) {
      const low = i + 1 < end ? text.charCodeAt(i + 1) : 0;
      if (code < 0xdc00 && (low & 0xfc00) === 0xdc00) {
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
        i++;
        into[length++] = 0xf0 | (code >> 18);
        into[length++] = 0x80 | ((code >> 12) & 0x3f);
        into[length++] = 0x80 | ((code >> 6) & 0x3f);
        into[length++] = 0x80 | (code & 0x3f);
        continue;
      }
      code = 0xfffd;
    }
    into[length++] = 0xe0 | (code >> 12);
    into[length++] = 0x80 | ((code >> 6) & 0x3f);
    into[length++] = 0x80 | (code & 0x3f);
  }
  return length;
}
