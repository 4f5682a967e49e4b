/** How likely each token was, and what else it might have been: made up, but of one piece. */
import type { Random } from '../../lib/random.js';
import { LEXICON } from '../../lib/text/lexicon.js';

/** A token with the natural logarithm of its probability. */
export interface TokenLogprob {
  token: string;
  logprob: number;
}

/** A token that was generated, beside the likeliest ones at its place, the likeliest first. */
export interface PlacedLogprob extends TokenLogprob {
  top: readonly TokenLogprob[];
  /** How many tokens were at least as likely; the likeliest has 1. */
  rank: number;
}

/** The likeliest token has at least this probability, and at most the sum of both. */
const LEAST_FIRST = 0.4;
const FIRST_SPAN = 0.595;
/** Each further token has this share of the probability of the one before it. */
const DECAY = 0.55;
/** A token that was generated is among so many likeliest. */
const MAX_RANK = 24;

const ALTERNATIVES: readonly string[] = [...LEXICON.nouns, ...LEXICON.adjectives].map((word) => ` ${word}`);

/** Log probabilities of the tokens of one answer, in order. */
export class Logprobs {
  readonly #random: Random;
  readonly #top: number;
  readonly #greedy: boolean;

  /**
   * @param random - decides them; `top` changes none of the others
   * @param top - how many alternatives are shown
   * @param greedy - always the likeliest token was taken
   */
  constructor(random: Random, top: number, greedy: boolean) {
    this.#random = random;
    this.#top = top;
    this.#greedy = greedy;
  }

  /** Of the next token. */
  of(token: string): PlacedLogprob {
    const random = this.#random;
    const first = LEAST_FIRST + FIRST_SPAN * Math.sqrt(random.next());
    const rank = rankOf(random.next(), first);
    const start = random.int(ALTERNATIVES.length);
    const chosenRank = this.#greedy ? 0 : rank;
    const top: TokenLogprob[] = [];
    for (let i = 0, offset = 0; i < this.#top; i++) {
      if (i === chosenRank) {
        top.push({ token, logprob: logprobAt(i, first) });
        continue;
      }
      let other = ALTERNATIVES[(start + offset++) % ALTERNATIVES.length]!;
      if (other === token) other = ALTERNATIVES[(start + offset++) % ALTERNATIVES.length]!;
      top.push({ token: other, logprob: logprobAt(i, first) });
    }
    return { token, logprob: logprobAt(chosenRank, first), top, rank: chosenRank + 1 };
  }
}

/** What is left after the first is shared by the others geometrically, so that all sum to one. */
function logprobAt(rank: number, first: number): number {
  if (rank === 0) return Math.log(first);
  return Math.log((1 - first) * (1 - DECAY)) + (rank - 1) * Math.log(DECAY);
}

function rankOf(uniform: number, first: number): number {
  if (uniform < first) return 0;
  const within = (uniform - first) / (1 - first);
  return Math.min(1 + Math.floor(Math.log(1 - within) / Math.log(DECAY)), MAX_RANK);
}
