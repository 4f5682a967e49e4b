/**
 * Seeded prose of exactly known token length: the content of simulated answers and of benchmark prompts.
 *
 * Every piece is one token in o200k_base and in cl100k_base, and pieces never merge: any first n pieces are exactly n
 * tokens, and a text made with `continuing` adds exactly its own tokens to the text before it. Pieces hold only ASCII
 * letters, space, comma and full stop, so their length is their size in bytes and JSON needs no escapes.
 */
import type { Random } from '../random.js';
import { SENTENCES, SLOTS, STARTS, STOP } from './grammar.js';
import { type ProseState, proseText } from './prose-bytes.js';

export interface ProseOptions {
  /** The text goes on after other text: the first piece has a leading space too. Default false. */
  continuing?: boolean;
}

/** An endless stream of pieces, each exactly one token, that read as sentences. */
export class Prose {
  readonly #random: Random;
  readonly #state: ProseState;

  /**
   * @param random - decides every word; equal streams give equal texts
   * @param options - how the text begins
   */
  constructor(random: Random, options?: ProseOptions) {
    this.#random = random;
    this.#state = beginning(options);
  }

  /** The next piece, exactly one token. */
  next(): string {
    const state = this.#state;
    if (state.at < 0) return this.#open();
    const index = SENTENCES[state.at]!;
    if (index === STOP) {
      state.at = -1;
      return '.';
    }
    state.at++;
    const pieces = SLOTS[index]!.inside;
    return pieces.length === 1 ? pieces[0]! : pieces[this.#random.int(pieces.length)]!;
  }

  /** The next pieces in one text: what {@link next} would give one by one, in less time. */
  take(count: number): string {
    return proseText(this.#random, count, this.#state);
  }

  #open(): string {
    const state = this.#state;
    const start = STARTS[this.#random.int(STARTS.length)]!;
    const slot = SLOTS[SENTENCES[start]!]!;
    const pieces = state.first ? slot.first : slot.opening;
    state.first = false;
    state.at = start + 1;
    return pieces[this.#random.int(pieces.length)]!;
  }
}

const beginning = (options: ProseOptions | undefined): ProseState => ({
  at: -1,
  first: options?.continuing !== true,
});

/**
 * A text of exactly `tokens` tokens: the first pieces of a {@link Prose} with the same arguments.
 *
 * @param random - decides every word
 * @param tokens - the length in tokens, 0 or more
 * @param options - how the text begins
 */
export function prose(random: Random, tokens: number, options?: ProseOptions): string {
  return proseText(random, tokens, beginning(options));
}
