/** Where the tokens of a section come from: endless prose cut at a planned length, or a text that is there already. */

/** A run of tokens. */
export interface TokenSource {
  /**
   * The text of the next token; empty while a character is incomplete. Only while not {@link ended}.
   */
  next(): string;
  /** Whether all tokens have been taken. */
  readonly ended: boolean;
  /** Tokens not taken yet. */
  readonly left: number;
  /** The texts of the next tokens in one piece; not more than are {@link left}. */
  take(count: number): string;
}

/** An endless text, token by token. */
export interface EndlessText {
  next(): string;
  /** The same for several tokens at once. */
  take?(count: number): string;
}

/** Prose of a planned length; `Infinity` never ends. */
export class ProseTokens implements TokenSource {
  readonly #prose: EndlessText;
  #left: number;

  /**
   * @param prose - where the words are taken from
   * @param tokens - the length, 1 or more
   */
  constructor(prose: EndlessText, tokens: number) {
    this.#prose = prose;
    this.#left = tokens;
  }

  get ended(): boolean {
    return this.#left <= 0;
  }

  get left(): number {
    return this.#left;
  }

  next(): string {
    this.#left--;
    return this.#prose.next();
  }

  take(count: number): string {
    this.#left -= count;
    if (this.#prose.take) return this.#prose.take(count);
    let text = '';
    for (let i = 0; i < count; i++) text += this.#prose.next();
    return text;
  }
}

/** A ready list of token texts. */
export class ListedTokens implements TokenSource {
  readonly #pieces: readonly string[];
  #at = 0;

  constructor(pieces: readonly string[]) {
    this.#pieces = pieces;
  }

  get ended(): boolean {
    return this.#at >= this.#pieces.length;
  }

  get left(): number {
    return this.#pieces.length - this.#at;
  }

  next(): string {
    return this.#pieces[this.#at++]!;
  }

  take(count: number): string {
    this.#at += count;
    return this.#pieces.slice(this.#at - count, this.#at).join('');
  }
}

/** One run of tokens behind another. */
export class ChainedTokens implements TokenSource {
  readonly #first: TokenSource;
  readonly #second: TokenSource;

  constructor(first: TokenSource, second: TokenSource) {
    this.#first = first;
    this.#second = second;
  }

  get ended(): boolean {
    return this.#first.ended && this.#second.ended;
  }

  get left(): number {
    return this.#first.left + this.#second.left;
  }

  next(): string {
    return this.#first.ended ? this.#second.next() : this.#first.next();
  }

  take(count: number): string {
    const first = Math.min(count, this.#first.left);
    const text = first > 0 ? this.#first.take(first) : '';
    return first < count ? text + this.#second.take(count - first) : text;
  }
}
