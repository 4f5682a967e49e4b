/** Ranks chunks for a query: by their vectors, and by the words that they share with it. */
import type { Chunks } from './chunks.js';

/** A chunk and how well it fits, from 0 to 1. */
export interface Ranked {
  file: number;
  chunk: number;
  score: number;
}

/** Share of the words in a score, the rest being the vectors', unless something else is asked for. */
export const WORDS_SHARE = 0.4;

const wordsOf = (text: string): Set<string> => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu));

/**
 * Ranks all chunks of some files.
 *
 * @param queries - texts with their vectors; a chunk is as good as for the query that it fits best
 * @param wordsShare - share of the words in the score, from 0 to 1; with 0 it is the cosine alone
 * @param limit - most results
 */
export function rank(
  queries: readonly { text: string; vector: Float32Array }[],
  files: readonly Chunks[],
  wordsShare: number,
  limit: number,
): Ranked[] {
  const all: Ranked[] = [];
  const prepared = queries.map(({ text, vector }) => ({ vector, words: wordsOf(text) }));
  const rarity = wordsShare > 0 ? rarityOf(files) : undefined;
  for (const [file, { texts, vectors }] of files.entries()) {
    for (const [chunk, text] of texts.entries()) {
      const words = rarity && wordsOf(text);
      let score = 0;
      for (const query of prepared) {
        const cosine = Math.max(0, dot(query.vector, vectors, chunk * query.vector.length));
        const shared = words ? sharedWords(query.words, words, rarity) : cosine;
        score = Math.max(score, words ? (1 - wordsShare) * cosine + wordsShare * shared : cosine);
      }
      all.push({ file, chunk, score: Math.min(1, score) });
    }
  }
  all.sort((a, b) => b.score - a.score || a.file - b.file || a.chunk - b.chunk);
  return all.slice(0, limit);
}

function dot(query: Float32Array, vectors: Float32Array, from: number): number {
  let sum = 0;
  for (let i = 0; i < query.length; i++) sum += query[i]! * vectors[from + i]!;
  return sum;
}

/** How much a word tells: the fewer chunks have it, the more (inverse document frequency). */
function rarityOf(files: readonly Chunks[]): (word: string) => number {
  const counts = new Map<string, number>();
  let chunks = 0;
  for (const { texts } of files) {
    for (const text of texts) {
      chunks++;
      for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return (word) => Math.log(1 + (chunks + 1) / ((counts.get(word) ?? 0) + 0.5));
}

/** The share of a query's words, by what they tell, that a chunk has. */
function sharedWords(
  query: ReadonlySet<string>,
  words: ReadonlySet<string>,
  rarity: (word: string) => number,
): number {
  let shared = 0;
  let all = 0;
  for (const word of query) {
    const weight = rarity(word);
    all += weight;
    if (words.has(word)) shared += weight;
  }
  return all === 0 ? 0 : shared / all;
}
