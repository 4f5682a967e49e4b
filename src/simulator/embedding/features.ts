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

/** The same, gone on with from what the letters before gave. */
function hashMore(before: number, text: string): number {
  let hash = before;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash >>> 0;
}

/** How much a word tells: little if it is everywhere, more the longer it is. */
const weightOf = (word: string): number =>
  STOP_WORDS.has(word) ? 0.1 : 0.8 + Math.min(word.length, 10) * 0.06;

/** What a word gives by itself. */
interface WordFeatures {
  readonly weight: number;
  /** Features, and the squares of their weights. */
  readonly hashes: readonly number[];
  readonly squares: readonly number[];
  /** Of pairs that it begins, before the second word. */
  readonly pairHash: number;
}

/** Texts are made of the same words again and again; at this many all are forgotten. */
const MOST_WORDS = 4096;
const known = new Map<string, WordFeatures>();

function ofWord(word: string): WordFeatures {
  const before = known.get(word);
  if (before) return before;
  if (known.size >= MOST_WORDS) known.clear();
  const features = newWordFeatures(word);
  // A copy: a part of a text would keep all of it in memory.
  known.set(Buffer.from(word, 'utf16le').toString('utf16le'), features);
  return features;
}

function newWordFeatures(word: string): WordFeatures {
  const hashes: number[] = [];
  const squares: number[] = [];
  const add = (hash: number, weight: number): void => {
    hashes.push(hash);
    squares.push(weight * weight);
  };
  const weight = weightOf(word);
  add(hashText(1, word), weight * WEIGHT.word);
  if (weight >= 0.5) {
    const stem = stemOf(word);
    add(hashText(2, stem), weight * WEIGHT.stem);
    const concept = conceptOf(word, stem);
    if (concept !== undefined) add(hashText(3, concept), weight * WEIGHT.concept);
    addPieces(word, weight, add);
  }
  return { weight, hashes, squares, pairHash: hashText(4, `${word} `) };
}

function addPieces(word: string, weight: number, add: (hash: number, weight: number) => void): void {
  const framed = `<${word}>`;
  const count = framed.length - PIECE + 1;
  // However long a word is, its pieces together weigh the same.
  const each = (weight * WEIGHT.piece * 2) / Math.sqrt(Math.max(count, 1));
  for (let i = 0; i < count; i++) add(hashText(6, framed, i, i + PIECE), each);
}

/** Places of an empty table, and of one that is small enough to be kept; powers of two. */
const FIRST_SLOTS = 1024;
const MOST_KEPT_SLOTS = 64 * 1024;

/**
 * The features of a text: hashes with weights, in the order in which they come first. A feature that comes n times weighs √n times as
 * much. At least one feature, whatever the text. Its memory is used again for the next text that is read.
 */
export class TextFeatures {
  /** How many there are. */
  count = 0;
  #hashes = new Uint32Array(FIRST_SLOTS / 2);
  #weights = new Float64Array(FIRST_SLOTS / 2);
  /** Open addressing: the place of a feature and 1, or 0. */
  #slots = new Int32Array(FIRST_SLOTS);

  hash(place: number): number {
    return this.#hashes[place]!;
  }

  weight(place: number): number {
    return this.#weights[place]!;
  }

  /** Of a feature; 0 if the text does not have it. */
  weightOf(hash: number): number {
    const place = this.#slots[this.#slotOf(hash)]! - 1;
    return place < 0 ? 0 : this.#weights[place]!;
  }

  /** Takes those of a text, in place of those of the one before. */
  read(text: string): this {
    if (this.#slots.length > MOST_KEPT_SLOTS) this.#begin();
    else this.#slots.fill(0);
    this.count = 0;
    let before: WordFeatures | undefined;
    for (const long of wordsOf(text)) {
      const word = long.length > MAX_WORD ? long.slice(0, MAX_WORD) : long;
      const features = ofWord(word);
      const { hashes, squares, weight } = features;
      for (let i = 0; i < hashes.length; i++) this.#add(hashes[i]!, squares[i]!);
      if (before) {
        const paired = Math.min(weight, before.weight) * WEIGHT.pair;
        this.#add(hashMore(before.pairHash, word), paired * paired);
      }
      before = features;
    }
    // Punctuation alone, or a script of signs.
    if (this.count === 0) this.#add(hashText(5, text), 1);
    for (let place = 0; place < this.count; place++) this.#weights[place] = Math.sqrt(this.#weights[place]!);
    return this;
  }

  #begin(): void {
    this.#hashes = new Uint32Array(FIRST_SLOTS / 2);
    this.#weights = new Float64Array(FIRST_SLOTS / 2);
    this.#slots = new Int32Array(FIRST_SLOTS);
  }

  #slotOf(hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const place = this.#slots[slot]! - 1;
      if (place < 0 || this.#hashes[place] === hash) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #add(hash: number, square: number): void {
    const slot = this.#slotOf(hash);
    const place = this.#slots[slot]! - 1;
    if (place >= 0) {
      this.#weights[place]! += square;
      return;
    }
    this.#hashes[this.count] = hash;
    this.#weights[this.count] = square;
    this.#slots[slot] = ++this.count;
    if (this.count === this.#hashes.length) this.#grow();
  }

  #grow(): void {
    const size = 2 * this.#slots.length;
    const hashes = new Uint32Array(size / 2);
    const weights = new Float64Array(size / 2);
    hashes.set(this.#hashes);
    weights.set(this.#weights);
    this.#hashes = hashes;
    this.#weights = weights;
    this.#slots = new Int32Array(size);
    for (let place = 0; place < this.count; place++) this.#slots[this.#slotOf(hashes[place]!)] = place + 1;
  }
}
