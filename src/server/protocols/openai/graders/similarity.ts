/** How alike two texts are, from 0 to 1, in the measures that OpenAI's graders have. */
import { distance } from 'fastest-levenshtein';
import { cosineOfUnits, type Embedder } from '../../../../simulator/embedding/embedder.js';

export const METRICS = [
  'cosine',
  'fuzzy_match',
  'bleu',
  'gleu',
  'meteor',
  'rouge_1',
  'rouge_2',
  'rouge_3',
  'rouge_4',
  'rouge_5',
  'rouge_l',
] as const;

export type Metric = (typeof METRICS)[number];

/** Longest n-grams of BLEU and GLEU. */
const MAX_N = 4;

/**
 * Compares a text with a reference.
 *
 * BLEU after Papineni et al. (2002) with add-one smoothing of missing n-grams, GLEU after Wu et al. (2016), ROUGE (F1)
 * after Lin (2004), METEOR after Banerjee and Lavie (2005) with exact matches only.
 */
export function similarity(metric: Metric, text: string, reference: string, embedder: Embedder): number {
  if (metric === 'cosine') return Math.max(0, cosineOfUnits(embedder.embed(text), embedder.embed(reference)));
  if (metric === 'fuzzy_match') {
    const longest = Math.max(text.length, reference.length);
    return longest === 0 ? 1 : 1 - distance(text, reference) / longest;
  }
  const [a, b] = [wordsOf(text), wordsOf(reference)];
  if (a.length === 0 || b.length === 0) return a.length === b.length ? 1 : 0;
  if (metric === 'bleu') return bleu(a, b);
  if (metric === 'gleu') return gleu(a, b);
  if (metric === 'meteor') return meteor(a, b);
  if (metric === 'rouge_l') return f1(longestCommon(a, b), a.length, b.length);
  const n = Number(metric.at(-1));
  return f1(sharedGrams(a, b, n), gramCount(a, n), gramCount(b, n));
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

const gramCount = (words: readonly string[], n: number): number => Math.max(0, words.length - n + 1);

function grams(words: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i < gramCount(words, n); i++) {
    const gram = words.slice(i, i + n).join(' ');
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

function sharedGrams(a: readonly string[], b: readonly string[], n: number): number {
  const other = grams(b, n);
  let shared = 0;
  for (const [gram, count] of grams(a, n)) shared += Math.min(count, other.get(gram) ?? 0);
  return shared;
}

const f1 = (shared: number, a: number, b: number): number => (a + b === 0 ? 0 : (2 * shared) / (a + b));

function bleu(a: readonly string[], b: readonly string[]): number {
  const longest = Math.min(MAX_N, a.length);
  if (sharedGrams(a, b, 1) === 0) return 0;
  let logs = 0;
  for (let n = 1; n <= longest; n++) {
    const shared = sharedGrams(a, b, n);
    logs += Math.log(shared > 0 ? shared / gramCount(a, n) : 1 / (gramCount(a, n) + 1) / 2);
  }
  const brevity = a.length >= b.length ? 1 : Math.exp(1 - b.length / a.length);
  return brevity * Math.exp(logs / longest);
}

function gleu(a: readonly string[], b: readonly string[]): number {
  let shared = 0;
  let all = 0;
  for (let n = 1; n <= MAX_N; n++) {
    shared += sharedGrams(a, b, n);
    all += Math.max(gramCount(a, n), gramCount(b, n));
  }
  return shared / all;
}

function meteor(a: readonly string[], b: readonly string[]): number {
  const used = new Set<number>();
  const matches: number[] = [];
  for (const word of a) {
    const at = b.findIndex((other, i) => other === word && !used.has(i));
    if (at >= 0) used.add(at);
    matches.push(at);
  }
  const count = used.size;
  if (count === 0) return 0;
  const chunks = matches.filter((at, i) => at >= 0 && (i === 0 || matches[i - 1] !== at - 1)).length;
  const [precision, recall] = [count / a.length, count / b.length];
  const mean = (10 * precision * recall) / (recall + 9 * precision);
  // A text that is the reference is one chunk, which is no penalty.
  const penalty = chunks === 1 && count === b.length ? 0 : 0.5 * (chunks / count) ** 3;
  return mean * (1 - penalty);
}

function longestCommon(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, () => 0);
  for (const word of a) {
    const next = [0];
    for (const [i, other] of b.entries()) {
      next.push(word === other ? row[i]! + 1 : Math.max(row[i + 1]!, next[i]!));
    }
    row = next;
  }
  return row[b.length]!;
}
