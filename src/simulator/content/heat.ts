/** What `temperature` and `top_p` do to words: how far they stray from the likeliest ones. */
import type { Digest } from '../../lib/digest.js';
import { createRandom, type Random, randomFamily } from '../../lib/random.js';
import { LEXICON } from '../../lib/text/lexicon.js';
import { Prose } from '../../lib/text/prose.js';
import { naturalTokens } from './lengths.js';
import type { EndlessText } from './token-source.js';

/** How words are drawn, where that is not as usual (`temperature` and `top_p` 1). */
export interface Heat {
  /** 0 to 2; at 0 the likeliest words alone. */
  readonly temperature: number;
  /** 0 to 1. */
  readonly topP: number;
  /** Digest of what was asked without the request's seed: it decides the likeliest words. */
  readonly likely: Digest;
}

/** What decides an answer, as far as its streams of chance go. */
export interface Decided {
  /** The server's seed. */
  readonly seed: number;
  readonly digest: Digest;
  readonly choice: number;
  readonly heat?: Heat | undefined;
}

/** Every noun with its leading space: words out of place. */
const ODD_WORDS: readonly string[] = LEXICON.nouns.map((word) => ` ${word}`);

/** A stream of chance of an answer; each temperature and `top_p` has its own. */
export function streamOf({ seed, digest, choice, heat }: Decided, name: string): Random {
  const { high, low } = digest;
  return heat
    ? createRandom(seed, name, high, low, choice, heat.temperature, heat.topP)
    : streamsOf(seed, name)(high, low, choice);
}

/** Those asked for last: a server has one seed, and most answers have one stream. */
let streams = { seed: 0, name: 'answer', random: randomFamily(0, 'answer') };

function streamsOf(seed: number, name: string): ReturnType<typeof randomFamily> {
  if (streams.seed !== seed || streams.name !== name)
    streams = { seed, name, random: randomFamily(seed, name) };
  return streams.random;
}

/**
 * The words of an answer.
 *
 * @param words - decides what is not the likeliest; its length has been drawn
 */
export function wordsOf(request: Decided, words: Random): EndlessText {
  const { heat } = request;
  return heat && heat.temperature > 0 ? new HeatedProse(request, heat, words) : new Prose(words);
}

/**
 * Prose that begins as it would at temperature 0: each sentence with probability 1 − min(1, temperature) · top_p, until
 * one is not. Above a temperature of 1, words out of place come between: up to half of all at 2.
 */
class HeatedProse implements EndlessText {
  readonly #random: Random;
  readonly #words: Random;
  readonly #keep: number;
  readonly #odd: number;
  #prose: Prose;
  #strayed = false;
  #opens = true;

  constructor(request: Decided, { temperature, topP, likely }: Heat, words: Random) {
    const { high, low } = likely;
    const random = createRandom(request.seed, 'answer', high, low, 0, 0, 1);
    // As at temperature 0, where it decides the length.
    naturalTokens(random);
    this.#random = streamOf(request, 'heat');
    this.#words = words;
    this.#keep = 1 - Math.min(1, temperature) * topP;
    this.#odd = (Math.max(0, temperature - 1) / 2) * topP;
    this.#prose = new Prose(random);
    this.#maybeStray(false);
  }

  next(): string {
    const piece = this.#prose.next();
    if (piece === '.') {
      this.#opens = true;
      this.#maybeStray(true);
      return piece;
    }
    const opens = this.#opens;
    this.#opens = false;
    return opens || piece === ',' ? piece : this.#maybeOdd(piece);
  }

  take(count: number): string {
    let text = '';
    let left = count;
    for (; left > 0 && !(this.#strayed && this.#odd === 0); left--) text += this.next();
    return left > 0 ? text + this.#prose.take(left) : text;
  }

  #maybeStray(continuing: boolean): void {
    if (this.#strayed || this.#random.next() < this.#keep) return;
    this.#strayed = true;
    this.#prose = new Prose(this.#words, { continuing });
  }

  #maybeOdd(piece: string): string {
    if (this.#odd === 0 || this.#random.next() >= this.#odd) return piece;
    return ODD_WORDS[this.#random.int(ODD_WORDS.length)]!;
  }
}
