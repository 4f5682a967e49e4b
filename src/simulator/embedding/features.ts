/**
 * What a text is about, as weighted features: its words, their stems, their meanings where they are common words, pairs
 * of neighbours, and pieces of letters (which bring related and misspelt words near each other).
 */
import { conceptOf } from './concepts.js';
import { stemOf, wordsOf } from './words.js';

/** Weights of the kinds of features; a word's own weight multiplies them. */
const WEIGHT = { word: 1, stem: 0.9, concept: 1.7, pair: 0.5, piece: 0.25 } as const;
/** Longest word whose pieces are looked at; longer ones are cut. */
const MAX_WORD = 40;
const PIECE = 4;

/** Words that say little about what a text is about: they count a tenth. */
const STOP_WORDS = new Set(
  (
    'a an the and or but if then else of at by for with about against between into through during before after above ' +
    'below to from up down in out on off over under again further once here there when where why how all any both each ' +
    'few more most other some such no nor not only own same so than too very can will just should now is are was were be ' +
    'been being have has had having do does did doing would could i me my we our you your he him his she her it its they ' +
    'them their this that these those am what which who whom as until while also'
  ).split(' '),
);

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a over a part of a text, begun with a salt that tells kinds of features apart. */
export function hashText(salt: number, text: string, start = 0, end = text.length): number {
  let hash = FNV_OFFSET ^ salt;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash >>> 0;
}

/** How much a word tells: little if it is everywhere, more the longer it is. */
const weightOf = (word: string): number =>
  STOP_WORDS.has(word) ? 0.1 : 0.8 + Math.min(word.length, 10) * 0.06;

/**
 * The features of a text: hashes with weights. A feature that comes n times weighs √n times as much.
 *
 * @returns at least one feature, whatever the text
 */
export function featuresOf(text: string): Map<number, number> {
  const features = new Map<number, number>();
  const squares = (hash: number, weight: number): void => {
    features.set(hash, (features.get(hash) ?? 0) + weight * weight);
  };
  const words = wordsOf(text);
  let before = '';
  for (const long of words) {
    const word = long.slice(0, MAX_WORD);
    const weight = weightOf(word);
    squares(hashText(1, word), weight * WEIGHT.word);
    if (weight >= 0.5) {
      const stem = stemOf(word);
      squares(hashText(2, stem), weight * WEIGHT.stem);
      const concept = conceptOf(word, stem);
      if (concept !== undefined) squares(hashText(3, concept), weight * WEIGHT.concept);
      addPieces(word, weight, squares);
    }
    if (before !== '')
      squares(hashText(4, `${before} ${word}`), Math.min(weight, weightOf(before)) * WEIGHT.pair);
    before = word;
  }
  // Punctuation alone, or a script of signs.
  if (features.size === 0) squares(hashText(5, text), 1);
  for (const [hash, square] of features) features.set(hash, Math.sqrt(square));
  return features;
}

function addPieces(word: string, weight: number, add: (hash: number, weight: number) => void): void {
  const framed = `<${word}>`;
  const count = framed.length - PIECE + 1;
  // However long a word is, its pieces together weigh the same.
  const each = (weight * WEIGHT.piece * 2) / Math.sqrt(Math.max(count, 1));
  for (let i = 0; i < count; i++) add(hashText(6, framed, i, i + PIECE), each);
}
