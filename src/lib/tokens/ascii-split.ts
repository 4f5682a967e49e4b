/**
 * Splits ASCII bytes into the pieces that o200k_base tokenizes on their own: what split.ts does, where there are neither marks
 * nor wide characters, and reading a byte takes a fraction of what a character of a text takes.
 */

const SPACE = 1; // white space but not \r and \n
const NEWLINE = 2;
const NUMBER = 4;
const UPPER = 8;
const LOWER = 16;
const LETTER = UPPER | LOWER;

const classOf = (character: string): number => {
  if (/[\r\n]/.test(character)) return NEWLINE;
  if (/\s/.test(character)) return SPACE;
  if (/\d/.test(character)) return NUMBER;
  if (/[A-Z]/.test(character)) return UPPER;
  return /[a-z]/.test(character) ? LOWER : 0;
};

const CLASSES = Uint8Array.from({ length: 128 }, (_, code) => classOf(String.fromCharCode(code)));

/** A text in ASCII, with a byte behind it that is no letter, and room for eight more. */
export interface AsciiText {
  readonly bytes: Uint8Array;
  /** Of the same bytes. */
  readonly view: DataView;
}

/**
 * Where the piece that begins at `start` ends.
 *
 * @param start - below `length`
 * @param length - of the text
 */
export function asciiEnd({ bytes, view }: AsciiText, start: number, length: number): number {
  const first = CLASSES[bytes[start]!]!;
  if (first & NUMBER) return numbersEnd(bytes, start, length);
  if (first & NEWLINE) return whitespaceEnd(bytes, start, length);
  // One character that is neither letter nor number belongs to the word after it.
  const word = first & LETTER ? start : start + 1;
  let at = word;
  while (at < length && CLASSES[bytes[at]!]! & UPPER) at++;
  at = lowerEnd(view, at);
  if (at > word) return at < length && bytes[at] === APOSTROPHE ? contractionEnd(bytes, at, length) : at;
  if ((first & SPACE) === 0) return punctuationEnd(bytes, start, length);
  const isPunctuated = bytes[start] === 0x20 && word < length && CLASSES[bytes[word]!] === 0;
  return isPunctuated ? punctuationEnd(bytes, word, length) : whitespaceEnd(bytes, start, length);
}

/**
 * The first byte that is no small letter. Four bytes are looked at as one number: where words end cannot be foreseen, and so every
 * branch on it costs as much as ten bytes.
 */
function lowerEnd(view: DataView, start: number): number {
  let at = start;
  for (; ; at += 8) {
    const first = othersIn(view.getInt32(at, true));
    if (first !== 0) return at + lowestByte(first);
    const second = othersIn(view.getInt32(at + 4, true));
    if (second !== 0) return at + 4 + lowestByte(second);
  }
}

/** The highest bit of each of four bytes of ASCII that is no small letter. */
const othersIn = (four: number): number => ~((four + 0x1f1f1f1f) & ~(four + 0x05050505)) & 0x80808080;

/** Which byte the lowest bit that is set is in. */
const lowestByte = (bits: number): number => (31 - Math.clz32(bits & -bits)) >> 3;

const APOSTROPHE = 0x27;
const SLASH = 0x2f;

function numbersEnd(bytes: Uint8Array, start: number, length: number): number {
  const most = Math.min(start + 3, length);
  let at = start + 1;
  while (at < most && CLASSES[bytes[at]!]! & NUMBER) at++;
  return at;
}

/** From the first character that is no space, whatever it is. */
function punctuationEnd(bytes: Uint8Array, start: number, length: number): number {
  let at = start;
  while (at < length && CLASSES[bytes[at]!] === 0) at++;
  while (at < length && (CLASSES[bytes[at]!]! & NEWLINE || bytes[at] === SLASH)) at++;
  return at;
}

function whitespaceEnd(bytes: Uint8Array, start: number, length: number): number {
  let at = start;
  let afterNewline = -1;
  for (; at < length; at++) {
    const cls = CLASSES[bytes[at]!]!;
    if ((cls & (SPACE | NEWLINE)) === 0) break;
    if (cls & NEWLINE) afterNewline = at + 1;
  }
  if (afterNewline >= 0) return afterNewline;
  // The last space belongs to what follows.
  return at === length || at - start === 1 ? at : at - 1;
}

/** The end of the contraction at an apostrophe, or the apostrophe. */
function contractionEnd(bytes: Uint8Array, at: number, length: number): number {
  const one = at + 1 < length ? bytes[at + 1]! | 0x20 : 0;
  if (one === 0x73 || one === 0x74 || one === 0x6d || one === 0x64) return at + 2; // s, t, m, d
  const two = at + 2 < length ? bytes[at + 2]! | 0x20 : 0;
  if ((one === 0x72 || one === 0x76) && two === 0x65) return at + 3; // re, ve
  return one === 0x6c && two === 0x6c ? at + 3 : at; // ll
}
