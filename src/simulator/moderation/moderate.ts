/** Scores of a text in all categories. */
import { createRandom } from '../../lib/random.js';
import { digestOf } from '../../lib/digest.js';
import { CATEGORIES, type Category, HARMLESS, RULES } from './rules.js';

export type Scores = Record<Category, number>;

/** From this score on a category is flagged. */
export const FLAG_SCORE = 0.5;
/** Longest part of a text that is looked at in one go: patterns that look across a sentence have to end somewhere. */
const MAX_SENTENCE = 2000;
/** Characters of a portion. */
const PORTION = 16 * 1024;

/** Of an innocent text: small, but never 0, and different from text to text. */
function background(text: string): Scores {
  const { high, low } = digestOf([text]);
  const random = createRandom(0, 'moderation', high, low);
  const entries = CATEGORIES.map((category) => [category, 1e-6 * Math.exp(5 * random.next())] as const);
  return Object.fromEntries(entries) as Scores;
}

/** The sentences of a text, none longer than is looked at in one go. */
function sentencesOf(text: string): string[] {
  const sentences = text.split(/(?<=[.!?\n])\s+/);
  return sentences.flatMap((sentence) =>
    sentence.length <= MAX_SENTENCE
      ? sentence
      : (sentence.match(new RegExp(`[^]{1,${MAX_SENTENCE}}`, 'g')) ?? []),
  );
}

/**
 * Scores a text. Rules that agree raise a score towards 1 as independent witnesses would.
 *
 * @returns a share between 0 and 1 for each category; the same for the same text
 */
export function moderateText(text: string): Scores {
  const scoring = scoreInPortions(text);
  for (;;) {
    const { done, value } = scoring.next();
    if (done) return value;
  }
}

/** The same for texts that take long: whoever reads it may let others have their turn between two portions. */
export function* scoreInPortions(text: string): Generator<undefined, Scores> {
  const scores = background(text);
  let characters = 0;
  for (const sentence of sentencesOf(text)) {
    characters += sentence.length;
    if (characters > PORTION) {
      characters = 0;
      yield;
    }
    const looked = HARMLESS.reduce((rest, pattern) => rest.replace(pattern, ' '), sentence);
    for (const { pattern, scores: found } of RULES) {
      if (!pattern.test(looked)) continue;
      for (const [category, score] of Object.entries(found) as [Category, number][])
        scores[category] = 1 - (1 - scores[category]) * (1 - score);
    }
  }
  return scores;
}

/** The higher of two scores in each category. */
export const highest = (a: Scores, b: Scores): Scores =>
  Object.fromEntries(CATEGORIES.map((category) => [category, Math.max(a[category], b[category])])) as Scores;
