/** Generated prose of exact length under any tokenizer. */
import type { Random } from '../lib/random.js';
import { Prose, type ProseOptions } from '../lib/text/prose.js';
import type { TextTokenizer } from '../lib/tokens/text-tokenizer.js';

/** Writes a text of so many tokens; a function of the state of `random` alone. */
export type ProseWriter = (random: Random, tokens: number, options?: ProseOptions) => string;

/** Guesses at the number of words; each is nearer, and the last ones seldom differ. */
const GUESSES = 6;
/** Short pieces that fill up what is missing; one of them is one token in any tokenizer. */
const FILLERS = [' the', ' a', ' of', '.', ',', 'a', ' '];

/**
 * A writer of prose under a tokenizer whose words are not those of the prose's own: it cuts the text where the tokenizer
 * says, and fills up with short words.
 */
export const fittedProse =
  (tokenizer: TextTokenizer): ProseWriter =>
  (random, tokens, options) => {
    const stream = new Prose(random, options);
    const pieces: string[] = [];
    const textOf = (length: number): string => {
      while (pieces.length < length) pieces.push(stream.next());
      return pieces.slice(0, length).join('');
    };
    let length = tokens;
    let best = '';
    let bestTokens = 0;
    let [low, high] = [0, Number.POSITIVE_INFINITY];
    for (let guess = 0; guess < GUESSES && bestTokens < tokens && low + 1 < high; guess++) {
      const text = textOf(length);
      const count = tokenizer.count(text);
      if (count <= tokens) [low, best, bestTokens] = [length, text, count];
      else high = length;
      // As many words as that many tokens have been so far, between what is known to be too few and too many.
      const next = Math.round((length * tokens) / Math.max(1, count));
      length = Math.max(low + 1, Math.min(next, high - 1));
    }
    return fill(tokenizer, best, bestTokens, tokens);
  };

function fill(tokenizer: TextTokenizer, begun: string, has: number, tokens: number): string {
  let text = begun;
  for (let count = has; count < tokens; count++) {
    const longer = FILLERS.map((filler) => text + filler).find((one) => tokenizer.count(one) === count + 1);
    // No tokenizer is known that would have none of them as one token.
    if (longer === undefined) return text;
    text = longer;
  }
  return text;
}
