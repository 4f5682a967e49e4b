/** The words of a Lark grammar. */

/** A grammar cannot be followed. */
export class GrammarError extends Error {}

/** One of them. */
export interface Token {
  readonly kind: 'name' | 'string' | 'regex' | 'number' | 'sign' | 'line' | 'end';
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

/** What stands between words on a line: spaces, comments, and a backslash before the next line. */
const BETWEEN = /(?:[ \t\r\f]|\/\/[^\n]*|#[^\n]*|\\\r?\n)*/y;
const KINDS: readonly (readonly [Token['kind'], RegExp])[] = [
  ['line', /\n/y],
  ['name', /[!?]*[A-Za-z_]\w*/y],
  ['string', /"(?:\\.|[^"\\\n])*"i?/y],
  ['regex', /\/(?![/])(?:\\.|[^/\\\n])+\/[imslux]*/y],
  ['number', /\d+/y],
  ['sign', /->|\.\.|[:|()[\]?*+~.,{}%]/y],
];

/** See the file's head. */
export class LarkLexer {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #ahead: Token | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next word, which stays the next one. */
  peek(): Token {
    return (this.#ahead ??= this.#read());
  }

  next(): Token {
    const token = this.peek();
    this.#ahead = undefined;
    return token;
  }

  /** Takes a sign if it is the next word. */
  takes(sign: string): boolean {
    const { kind, text } = this.peek();
    if (kind !== 'sign' || text !== sign) return false;
    this.next();
    return true;
  }

  skipLines(): void {
    while (this.peek().kind === 'line') this.next();
  }

  /** The next word that does not end a line; all words stay where they are. */
  peekBeyondLines(): Token {
    const token = this.peek();
    if (token.kind !== 'line') return token;
    const [at, line] = [this.#at, this.#line];
    let found = token;
    while (found.kind === 'line') found = this.#read();
    [this.#at, this.#line] = [at, line];
    return found;
  }

  #read(): Token {
    BETWEEN.lastIndex = this.#at;
    BETWEEN.exec(this.#text);
    this.#at = BETWEEN.lastIndex;
    const line = this.#line;
    if (this.#at >= this.#text.length) return { kind: 'end', text: '', line };
    for (const [kind, expression] of KINDS) {
      expression.lastIndex = this.#at;
      const found = expression.exec(this.#text);
      if (!found) continue;
      this.#at = expression.lastIndex;
      if (kind === 'line') this.#line++;
      return { kind, text: found[0], line };
    }
    throw new GrammarError(`line ${line}: '${this.#text.slice(this.#at, this.#at + 20)}' is not understood`);
  }
}

/** The text of a string in quotes; `i` after it allows both cases, of which one is enough. */
export function unquoted(token: string): string {
  const inner = token.replace(/i$/, '');
  try {
    return JSON.parse(inner) as string;
  } catch {
    return inner.slice(1, -1).replaceAll(/\\(.)/g, '$1');
  }
}
