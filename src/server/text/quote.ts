/** What a simulated model quotes of a text: the sentence that has most to do with what was asked. */
import { relevance } from '../../simulator/content/tool-choice.js';

/** Of a longer text only the beginning is looked at. */
const MAX_TEXT = 200_000;
const MAX_SENTENCES = 2000;
/** Longest quotation. */
const MAX_QUOTE = 300;

/** A sentence, and how much it has to do with the words. */
export interface Quote {
  text: string;
  score: number;
}

/** The best sentence of a text, in one line; undefined when it has none. */
export function bestSentence(text: string, words: string): Quote | undefined {
  let best: Quote | undefined;
  for (const raw of text.slice(0, MAX_TEXT).split(/(?<=[.!?])\s+|\n+/, MAX_SENTENCES)) {
    const sentence = raw.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_QUOTE);
    if (!/[\p{L}\p{N}]/u.test(sentence)) continue;
    const score = relevance({ type: 'function', name: '', description: sentence }, words);
    if (!best || score > best.score) best = { text: sentence, score };
  }
  return best;
}
