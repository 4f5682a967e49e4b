/** Answers out of files: sentences that were found, each with a mark of where, and the annotations of these marks. */
import type { SearchResult } from './records.js';

/** A mark in a text. */
const MARK = /【\d+:(\d+)†[^】]*】/g;
/** Files that an answer cites, and the share of the best score that each of them has at least. */
const MAX_CITED = 3;
const NEAR_BEST = 0.6;
const MAX_SENTENCE = 400;

/** What an annotation says of a mark; places are in characters. */
export interface Citation {
  type: 'file_citation';
  text: string;
  start_index: number;
  end_index: number;
  file_citation: { file_id: string };
}

/**
 * What a model says that read what was found; undefined when nothing was.
 *
 * @param results - best first
 * @param query - the words of the user
 * @param message - number of the answer in its thread
 */
export function citedAnswer(
  results: readonly SearchResult[],
  query: string,
  message: number,
): string | undefined {
  const files = new Set<string>();
  const parts: string[] = [];
  const least = NEAR_BEST * Math.max(0, ...results.map(({ score }) => score));
  for (const [i, { file_id: id, file_name: name, score, content }] of results.entries()) {
    if (score < least) continue;
    const sentence = bestSentence(content?.[0]?.text ?? '', query);
    if (files.has(id) || sentence === '') continue;
    files.add(id);
    parts.push(`${sentence}【${message}:${i}†${name.replaceAll(/[【】]/g, '')}】`);
    if (files.size === MAX_CITED) break;
  }
  return parts.length === 0 ? undefined : parts.join(' ');
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [];

/** The sentence that has most words of a query; the first of equals. A heading brings what is under it. */
function bestSentence(text: string, query: string): string {
  const asked = new Set(wordsOf(query));
  const sentences = text
    .replaceAll(/[【】]/g, '')
    .split(/(?<=[.!?])\s+|\n+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
  const scores = sentences.map((one) => new Set(wordsOf(one).filter((word) => asked.has(word))).size);
  const best = scores.indexOf(Math.max(...scores));
  if (best < 0) return '';
  const isHeading = !/[.!?,;]$/.test(sentences[best]!) && best + 1 < sentences.length;
  return sentences
    .slice(best, isHeading ? best + 2 : best + 1)
    .join(' ')
    .slice(0, MAX_SENTENCE);
}

/** Characters as OpenAI counts them: whole ones, whatever they take in UTF-16. */
const lengthOf = (text: string): number => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};

/** The annotations of a text's marks, in order. */
export function citationsIn(text: string, results: readonly SearchResult[]): Citation[] {
  return [...text.matchAll(MARK)].flatMap((match) => {
    const result = results[Number(match[1])];
    if (!result) return [];
    const start = lengthOf(text.slice(0, match.index));
    return [
      {
        type: 'file_citation' as const,
        text: match[0],
        start_index: start,
        end_index: start + lengthOf(match[0]),
        file_citation: { file_id: result.file_id },
      },
    ];
  });
}

/** Hands text on in such pieces that no mark is torn. */
export class MarkBuffer {
  #held = '';

  /** @returns the pieces that can be shown now */
  push(text: string): string[] {
    const all = this.#held + text;
    const open = all.lastIndexOf('【');
    const isOpen = open >= 0 && !all.includes('】', open);
    this.#held = isOpen ? all.slice(open) : '';
    return piecesOf(isOpen ? all.slice(0, open) : all);
  }

  /** What was held back: a mark that never ended. */
  rest(): string[] {
    const held = this.#held;
    this.#held = '';
    return piecesOf(held);
  }
}

const piecesOf = (text: string): string[] => text.split(/(【[^】]*】)/).filter((piece) => piece !== '');
