/**
 * Plain bodies read out of their bytes: what `JSON.parse` and {@link plainBody} make of them, in a third of the time. Bodies with
 * anything else in them (other parameters, mistakes) go the usual way, which knows what to say to them.
 */
import { AlikeBodies } from './alike.js';
import type { BaseBody, MessageBody } from './body.js';
import { isPlainValue, PLAIN_NAMES, PLAIN_ROLES, plainBodyOf } from './plain-body.js';
import { QUOTE, startsWith, textEnd, type TextRange, TextReader } from './plain-text.js';

const COMMA = 0x2c; // ,
const MINUS = 0x2d; // -
const ZERO = 0x30; // 0
const COLON = 0x3a; // :
const OPEN_LIST = 0x5b; // [
const CLOSE_LIST = 0x5d; // ]
const OPEN = 0x7b; // {
const CLOSE = 0x7d; // }

/** By byte: what numbers consist of. */
const isNumberByte = Uint8Array.from({ length: 256 }, (_, code) =>
  '+-.0123456789Ee'.includes(String.fromCharCode(code)) ? 1 : 0,
);
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?$/;
/** So many digits are a safe integer whatever they are. */
const SAFE_DIGITS = 15;

/** Words that may stand somewhere, told by their bytes. */
class Words {
  readonly texts: readonly string[];
  readonly #bytes: readonly Buffer[];
  /** By {@link placeOf}: which word can be there, or -1. */
  readonly #places = new Int8Array(256).fill(-1);

  /** @throws Error when two words have the same place */
  constructor(texts: readonly string[]) {
    this.texts = texts;
    this.#bytes = texts.map((text) => Buffer.from(`${text}"`, 'latin1'));
    for (const [index, { length }] of texts.entries()) {
      const place = placeOf(this.#bytes[index]!, 0, length);
      if (this.#places[place] !== -1) throw new Error(`"${texts[index]}" has the place of another word`);
      this.#places[place] = index;
    }
  }

  /** Which of them the bytes in [start, end) are, with a quote behind them; -1 for none. */
  indexOf(bytes: Buffer, start: number, end: number): number {
    const index = this.#places[placeOf(bytes, start, end - start)]!;
    return index >= 0 && startsWith(bytes, start, this.#bytes[index]!) ? index : -1;
  }
}

/** Different for all words that are told apart. */
const placeOf = (bytes: Buffer, start: number, length: number): number =>
  (31 * length + 7 * bytes[start]! + bytes[start + 1]!) & 0xff;

const NAMES = new Words(PLAIN_NAMES);
const ROLE_WORDS = new Words(PLAIN_ROLES);
const MEMBERS = new Words(['role', 'content']);
const [ROLE, CONTENT] = [0, 1];
const TRUE = Buffer.from('true', 'latin1');
const FALSE = Buffer.from('false', 'latin1');
const MODEL = PLAIN_NAMES.indexOf('model');
const MESSAGES = PLAIN_NAMES.indexOf('messages');

/** See the file's head. */
export class PlainBytes {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Of the parameters by their places in `PLAIN_NAMES`. */
  readonly #values: unknown[] = PLAIN_NAMES.map(() => undefined);
  /** Where the text that was read last begins. */
  #start = 0;
  /** The model that was named last, and its bytes. */
  #latest = { model: '', bytes: Buffer.alloc(0) };

  readonly #alike = new AlikeBodies();
  readonly #texts = new TextReader();
  /** Where the texts of messages begin and end. */
  readonly #ranges: number[] = [];
  /** Of the body that was read last, where the text of its last message is, if it was like the one before. */
  lastText: TextRange | undefined;

  /** The body that the bytes are; undefined when they are not plainly one. */
  read(bytes: Buffer): BaseBody | undefined {
    const alike = this.#alike.read(bytes);
    this.lastText = alike && this.#alike.lastText;
    if (alike) return alike;
    const body = this.#readAll(bytes);
    if (body) this.#alike.remember(bytes, this.#ranges, body);
    return body;
  }

  #readAll(bytes: Buffer): BaseBody | undefined {
    this.#bytes = bytes;
    this.#at = 0;
    this.#ranges.length = 0;
    const values = this.#values;
    for (let i = 0; i < values.length; i++) values[i] = undefined;
    if (!this.#take(OPEN)) return undefined;
    do {
      const name = this.#word(NAMES);
      // The last one of a name that is given twice counts: that is left to others.
      if (name < 0 || values[name] !== undefined || !this.#take(COLON)) return undefined;
      const value = name === MESSAGES ? this.#messages() : name === MODEL ? this.#model() : this.#value();
      if (value === undefined || (name !== MESSAGES && !isPlainValue(name, value))) return undefined;
      values[name] = value;
    } while (this.#take(COMMA));
    return this.#take(CLOSE) && this.#atEnd() ? plainBodyOf(values) : undefined;
  }

  /** Mostly the same as before: then it is the same text, too, which is looked up sooner than an equal one. */
  #model(): string | undefined {
    const end = this.#textEnd();
    if (end < 0) return undefined;
    const { bytes, model } = this.#latest;
    const length = end - this.#start;
    if (length > 0 && length === bytes.length && startsWith(this.#bytes, this.#start, bytes)) return model;
    const named = Buffer.from(this.#bytes.subarray(this.#start, end));
    this.#latest = { model: named.toString('latin1'), bytes: named };
    return this.#latest.model;
  }

  #messages(): MessageBody[] | undefined {
    if (!this.#take(OPEN_LIST)) return undefined;
    const messages: MessageBody[] = [];
    do {
      const message = this.#message();
      if (!message) return undefined;
      messages.push(message);
    } while (this.#take(COMMA));
    return this.#take(CLOSE_LIST) ? messages : undefined;
  }

  /** Role and text, in any order. */
  #message(): MessageBody | undefined {
    if (!this.#take(OPEN)) return undefined;
    let role = -1;
    let content: string | undefined;
    do {
      const member = this.#word(MEMBERS);
      if (member < 0 || !this.#take(COLON)) return undefined;
      if (member === ROLE && role < 0) {
        role = this.#word(ROLE_WORDS);
        if (role < 0) return undefined;
      } else if (member === CONTENT && content === undefined) {
        content = this.#text();
        if (content === undefined) return undefined;
        this.#ranges.push(this.#start, this.#texts.end);
      } else return undefined;
    } while (this.#take(COMMA));
    if (role < 0 || content === undefined || !this.#take(CLOSE)) return undefined;
    return { role: ROLE_WORDS.texts[role] as MessageBody['role'], content };
  }

  #value(): unknown {
    this.#skipBlanks();
    const byte = this.#bytes[this.#at]!;
    if (byte === QUOTE) return this.#text();
    if (byte === TRUE[0]) return this.#literal(TRUE) || undefined;
    if (byte === FALSE[0]) return this.#literal(FALSE) ? false : undefined;
    return this.#number();
  }

  #literal(word: Buffer): boolean {
    if (!startsWith(this.#bytes, this.#at, word)) return false;
    this.#at += word.length;
    return true;
  }

  #number(): number | undefined {
    const bytes = this.#bytes;
    const start = this.#at;
    const first = bytes[start] === MINUS ? start + 1 : start;
    let at = first;
    let value = 0;
    for (let digit = bytes[at]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO)
      value = 10 * value + digit;
    const isWhole = at > first && at - first <= SAFE_DIGITS && (bytes[first] !== ZERO || at === first + 1);
    if (isWhole && isNumberByte[bytes[at]!] !== 1) {
      this.#at = at;
      return first > start ? -value : value;
    }
    while (isNumberByte[bytes[at]!] === 1) at++;
    this.#at = at;
    const text = bytes.toString('latin1', start, at);
    return NUMBER.test(text) ? Number(text) : undefined;
  }

  #text(): string | undefined {
    if (!this.#take(QUOTE)) return undefined;
    this.#start = this.#at;
    const text = this.#texts.read(this.#bytes, this.#start);
    this.#at = this.#texts.end + 1;
    return text;
  }

  #word(words: Words): number {
    const end = this.#textEnd();
    return end < 0 ? -1 : words.indexOf(this.#bytes, this.#start, end);
  }

  /** Goes behind a text; where it ends, or -1 when there is none that stands there as it is. */
  #textEnd(): number {
    if (!this.#take(QUOTE)) return -1;
    this.#start = this.#at;
    const end = textEnd(this.#bytes, this.#start);
    this.#at = end + 1;
    return end;
  }

  /** Goes behind a byte, and blanks before it, if it is what comes next. */
  #take(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) {
      this.#skipBlanks();
      if (this.#bytes[this.#at] !== byte) return false;
    }
    this.#at++;
    return true;
  }

  #atEnd(): boolean {
    this.#skipBlanks();
    return this.#at === this.#bytes.length;
  }

  #skipBlanks(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    while (
      at < bytes.length &&
      (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09)
    )
      at++;
    this.#at = at;
  }
}
