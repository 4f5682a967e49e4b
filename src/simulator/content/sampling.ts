/** Prose whose words bend to `logit_bias`, `presence_penalty`, `frequency_penalty` and `bad_words`. */
import type { Random } from '../../lib/random.js';
import { LEXICON } from '../../lib/text/lexicon.js';
import type { EndlessText } from './token-source.js';

/** What bends the choice of words; neutral values change nothing. */
export interface SamplingBias {
  /** Bias by the text of a token, from -100 (never) to 100 (nothing else). */
  readonly bias: ReadonlyMap<string, number>;
  /** -2 to 2: for words that were said already. */
  readonly presencePenalty: number;
  /** -2 to 2: for each time that a word was said already. */
  readonly frequencyPenalty: number;
  /** Runs of tokens that do not occur, each by the texts of its tokens; one token at least. Default none. */
  readonly bans?: readonly (readonly string[])[];
}

/** How much likelier than any given other token the word is that prose would choose: e to this power. */
const LEAD = 9;
/** Words that are tried for one that is refused. */
const TRIES = 64;

/** Every noun with its leading space: what stands in for a word that may not be said. */
const WORDS: readonly string[] = LEXICON.nouns.map((word) => ` ${word}`);

const isPunctuation = (piece: string): boolean => piece === '.' || piece === ',';

/** See the file's head. */
export class BiasedProse {
  readonly #prose: EndlessText;
  readonly #random: Random;
  readonly #sampling: SamplingBias;
  readonly #wanted: readonly (readonly [string, number])[];
  readonly #said = new Map<string, number>();
  readonly #bans: readonly (readonly string[])[];
  readonly #longestBan: number;
  /** The latest tokens, as many as a ban looks back on. */
  readonly #latest: string[] = [];

  /**
   * @param prose - the words without a bias
   * @param random - decides what is changed
   */
  constructor(prose: EndlessText, random: Random, sampling: SamplingBias) {
    this.#prose = prose;
    this.#random = random;
    this.#sampling = sampling;
    this.#wanted = [...sampling.bias].filter(([, bias]) => bias > 0);
    this.#bans = sampling.bans ?? [];
    this.#longestBan = Math.max(0, ...this.#bans.map(({ length }) => length));
  }

  next(): string {
    const forced = this.#forced();
    const piece = forced === undefined || this.#isBanned(forced) ? this.#allowed(this.#prose.next()) : forced;
    if (this.#longestBan > 1) {
      this.#latest.push(piece);
      if (this.#latest.length >= this.#longestBan) this.#latest.shift();
    }
    if (!isPunctuation(piece)) this.#said.set(piece, (this.#said.get(piece) ?? 0) + 1);
    return piece;
  }

  /** A token that a positive bias brings in: of each e^bias against e^{@link LEAD} for the word of the prose. */
  #forced(): string | undefined {
    if (this.#wanted.length === 0) return undefined;
    const top = Math.max(LEAD, ...this.#wanted.map(([, bias]) => bias));
    const weights = this.#wanted.map(([, bias]) => Math.exp(bias - top));
    const total = weights.reduce((sum, weight) => sum + weight, Math.exp(LEAD - top));
    let at = this.#random.next() * total;
    for (const [i, weight] of weights.entries()) {
      at -= weight;
      if (at < 0) return this.#wanted[i]![0];
    }
    return undefined;
  }

  #allowed(piece: string): string {
    if (this.#accepts(piece)) {
      const repeated = this.#repeated();
      return repeated === undefined || this.#isBanned(repeated) ? piece : repeated;
    }
    for (let i = 0; i < TRIES; i++) {
      const other = WORDS[this.#random.int(WORDS.length)]!;
      if (this.#accepts(other)) return other;
    }
    return (
      WORDS.find((word) => (this.#sampling.bias.get(word) ?? 0) > -100 && !this.#isBanned(word)) ?? piece
    );
  }

  /** Whether a token would complete what may not occur. */
  #isBanned(piece: string): boolean {
    return this.#bans.some((ban) => {
      if (ban.at(-1) !== piece) return false;
      const before = this.#latest.length - ban.length + 1;
      return before >= 0 && ban.every((one, i) => i === ban.length - 1 || this.#latest[before + i] === one);
    });
  }

  #accepts(piece: string): boolean {
    if (this.#isBanned(piece)) return false;
    const { bias, presencePenalty, frequencyPenalty } = this.#sampling;
    const said = this.#said.get(piece) ?? 0;
    const penalty = said > 0 ? Math.max(0, presencePenalty + frequencyPenalty * said) : 0;
    const logit = Math.min(0, bias.get(piece) ?? 0) - penalty;
    if (logit === 0) return true;
    return logit > -100 && this.#random.next() < Math.exp(logit);
  }

  /** With negative penalties words come again. */
  #repeated(): string | undefined {
    const { presencePenalty, frequencyPenalty } = this.#sampling;
    const pull = Math.max(0, -(presencePenalty + frequencyPenalty));
    if (pull === 0 || this.#said.size === 0) return undefined;
    if (this.#random.next() > 1 - Math.exp(-pull / 4)) return undefined;
    const words = [...this.#said.keys()];
    return words[this.#random.int(Math.min(words.length, 8))];
  }
}
