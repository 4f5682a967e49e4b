/** What a simulated model quotes of a text: the sentence that has most to do with what was asked. */
import { relevance } from '../../simulator/content/tool-choice.js';
import { writtenIn } from '../../simulator/prompt/media-tokens.js';
import type { PromptMessage } from './prompt.js';

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

/** A text that can be quoted. */
interface Document {
  name: string | undefined;
  text: string;
}

/** Words that a sentence must have in common with the user's to be quoted. */
const LEAST_SCORE = 2;

/** What an answer says first where the user's words are about something in a file; undefined where they are not. */
export function quoteFromFiles(messages: readonly PromptMessage[], words: string): string | undefined {
  const files = messages.flatMap(({ media = [] }) => media.filter((part) => part.kind === 'file'));
  return quoteFrom(
    files.map((part) => ({ name: part.name, text: writtenIn(part) ?? '' })),
    words,
  );
}

/** The same of texts. */
export function quoteFrom(documents: readonly Document[], words: string): string | undefined {
  let best: (Quote & Pick<Document, 'name'>) | undefined;
  for (const { name, text } of documents) {
    const found = bestSentence(text, words);
    if (found && found.score >= LEAST_SCORE && (!best || found.score > best.score)) best = { ...found, name };
  }
  return best && `${best.name ?? 'The document'} says: "${best.text}"`;
}
