/**
 * Splits text into the pieces that are tokenized on their own, exactly as the encoding's regular expression does.
 *
 * For o200k_base the expression is written out as a scanner over character classes: several times faster than the
 * expression, and linear without a backtracking stack on any text. Any other pattern is run as a regular expression.
 * o200k_base, alternative by alternative (U = Lu Lt Lm Lo M, l = Ll Lm Lo M):
 *
 *   1. [^\r\n\p{L}\p{N}]? U* l+ ('s|'t|'re|'ve|'m|'ll|'d in any case)?
 *   2. [^\r\n\p{L}\p{N}]? U+ l* (the same)?
 *   3. \p{N}{1,3}
 *   4.  ?[^\s\p{L}\p{N}]+[\r\n/]*
 *   5. \s*[\r\n]+
 *   6. \s+(?!\S)
 *   7. \s+
 */
import type { Vocabulary } from './vocabulary.js';

/** Finds where the piece that begins at `start` ends; `start` is below the length of `text`. */
export interface Splitter {
  end(text: string, start: number): number;
}

// Character classes; the first six bits are written by scripts/build-vocabulary.mjs.
const SPACE = 1; // \s but not \r and \n
const NEWLINE = 2;
const NUMBER = 4;
const UPPER = 8; // U above
const LOWER = 16; // l above
const LETTER = 32; // \p{L}; UPPER and LOWER without it is a mark
const WIDE = 64; // two UTF-16 units

const O200K_PATTERN_START = '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}';

/** The splitter of a vocabulary. */
export const splitterFor = (vocabulary: Vocabulary): Splitter =>
  vocabulary.name === 'o200k_base' && vocabulary.pattern.startsWith(O200K_PATTERN_START)
    ? new ClassSplitter(vocabulary.classes)
    : new PatternSplitter(vocabulary.pattern);

class PatternSplitter implements Splitter {
  readonly #pattern: RegExp;

  constructor(pattern: string) {
    this.#pattern = new RegExp(pattern, 'uy');
  }

  end(text: string, start: number): number {
    this.#pattern.lastIndex = start;
    return this.#pattern.test(text) ? this.#pattern.lastIndex : start + 1;
  }
}

/** Of o200k_base; {@link asciiEnd} is its short form for ASCII. */
export class ClassSplitter implements Splitter {
  readonly #classes: Uint8Array;

  constructor(classes: Uint8Array) {
    this.#classes = classes;
  }

  end(text: string, start: number): number {
    const first = this.#classAt(text, start);
    if (first & NUMBER) return this.#numbers(text, start, first);
    if ((first & NEWLINE) === 0) {
      const end = this.#word(text, start, first);
      if (end > start) return contraction(text, end);
    }
    if ((first & (SPACE | NEWLINE)) === 0) return this.#punctuation(text, start);
    if (text.charCodeAt(start) === 0x20 && start + 1 < text.length) {
      const second = this.#classAt(text, start + 1);
      if ((second & (SPACE | NEWLINE | NUMBER | LETTER)) === 0) return this.#punctuation(text, start + 1);
    }
    return this.#whitespace(text, start);
  }

  #classAt(text: string, at: number): number {
    const unit = text.charCodeAt(at);
    return (unit & 0xfc00) === 0xd800 ? this.#wideClassAt(text, at) : this.#classes[unit]!;
  }

  #wideClassAt(text: string, at: number): number {
    const codePoint = text.codePointAt(at)!;
    if (codePoint < 0x10000) return 0; // a lone surrogate
    return (codePoint < this.#classes.length ? this.#classes[codePoint]! : 0) | WIDE;
  }

  /** Alternatives 1 and 2, without the contraction; `start` if neither matches. */
  #word(text: string, start: number, first: number): number {
    const lead = first & LETTER ? start : start + 1 + (first >> 6);
    const length = text.length;
    let at = lead;
    let cls = 0;
    // U* takes all it can and gives back until l+ has one character: the last that is in both classes.
    let afterBoth = -1;
    while (at < length && (cls = this.#classAt(text, at)) & UPPER) {
      at += 1 + (cls >> 6);
      if (cls & LOWER) afterBoth = at;
    }
    if (at < length && cls & LOWER) {
      do at += 1 + (cls >> 6);
      while (at < length && (cls = this.#classAt(text, at)) & LOWER);
      return at;
    }
    if (afterBoth >= 0) return afterBoth;
    // A mark that cannot lead alternative 1 is itself l+, and that goes before alternative 2.
    if (first & UPPER && (first & LETTER) === 0) return lead;
    return at > lead ? at : start;
  }

  #numbers(text: string, start: number, first: number): number {
    let at = start + 1 + (first >> 6);
    for (let count = 1; count < 3 && at < text.length; count++) {
      const cls = this.#classAt(text, at);
      if ((cls & NUMBER) === 0) break;
      at += 1 + (cls >> 6);
    }
    return at;
  }

  /** Alternative 4 from after its optional space; the first character is known to fit. */
  #punctuation(text: string, start: number): number {
    let at = start;
    while (at < text.length) {
      const cls = this.#classAt(text, at);
      if (cls & (SPACE | NEWLINE | NUMBER | LETTER)) break;
      at += 1 + (cls >> 6);
    }
    while (at < text.length) {
      const unit = text.charCodeAt(at);
      if (unit !== 0x0a && unit !== 0x0d && unit !== 0x2f) break;
      at++;
    }
    return at;
  }

  /** Alternatives 5 to 7. All white space is one UTF-16 unit wide. */
  #whitespace(text: string, start: number): number {
    let at = start;
    let afterNewline = -1;
    while (at < text.length) {
      const cls = this.#classAt(text, at);
      if ((cls & (SPACE | NEWLINE)) === 0) break;
      at++;
      if (cls & NEWLINE) afterNewline = at;
    }
    if (afterNewline >= 0) return afterNewline;
    return at === text.length || at - start === 1 ? at : at - 1;
  }
}

/** The end of the contraction at `at`, or `at`. */
function contraction(text: string, at: number): number {
  if (at + 1 >= text.length || text.charCodeAt(at) !== 0x27) return at;
  switch (text.charCodeAt(at + 1) | 0x20) {
    case 0x73: // s
    case 0x74: // t
    case 0x6d: // m
    case 0x64: // d
      return at + 2;
    case 0x72: // re
    case 0x76: // ve
      return (text.charCodeAt(at + 2) | 0x20) === 0x65 ? at + 3 : at;
    case 0x6c: // ll
      return (text.charCodeAt(at + 2) | 0x20) === 0x6c ? at + 3 : at;
    default:
      return at;
  }
}
