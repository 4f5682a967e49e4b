/**
 * The sentences of generated prose: every combination of preface, subject, predicate and tail, laid out as one flat
 * array of slots, so that writing a sentence is a walk along bytes.
 *
 * A slot names a list of ready pieces. Each piece is one token: a word with its leading space, a comma or a full stop.
 */
import { LEXICON, type WordClass } from './lexicon.js';

/** Slot letters of the patterns below; anything else in a pattern is itself a piece. */
const LETTERS: Readonly<Record<string, WordClass>> = {
  D: 'singularDeterminers',
  DD: 'pluralDeterminers',
  N: 'nouns',
  NN: 'plurals',
  A: 'adjectives',
  VT: 'transitive',
  VI: 'intransitive',
  VL: 'linking',
  VR: 'reporting',
  VB: 'verbs',
  M: 'modals',
  ADV: 'adverbs',
  PRO: 'pronouns',
  NAME: 'names',
  P: 'prepositions',
  C: 'conjunctions',
  OA: 'openers',
  OP: 'openingPrepositions',
  OC: 'openingConjunctions',
};

/** The classes whose words may open a sentence or a text. */
export const OPENING_CLASSES: readonly WordClass[] = [
  'openers',
  'names',
  'pronouns',
  'singularDeterminers',
  'pluralDeterminers',
  'openingPrepositions',
  'openingConjunctions',
];

const PREFACES = ['', '', 'OA ,', 'OP D N ,', 'OC PRO VI ,', 'OC D N VL A ,'];
const SUBJECTS = ['D N', 'D A N', 'D N P DD NN', 'DD NN', 'DD A NN', 'PRO', 'NAME', 'NAME and NAME'];
const PREDICATES = [
  'VT D N',
  'VT DD A NN',
  'VI ADV',
  'VI P D A N',
  'M VB D N',
  'M VB DD NN and VB DD NN',
  'VL A',
  'VR that PRO VT D N',
  'ADV VT D A N',
];
const TAILS = ['', '', 'P D N', ', and PRO VT DD NN', 'C NAME VI', 'C D N VL A', ', but D A N VI P DD NN'];

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** The three spellings of a slot's words; equal indices are the same word. */
export interface Slot {
  /** Inside a sentence: " word". */
  readonly inside: readonly string[];
  /** At the start of a sentence that follows other text: " Word". */
  readonly opening: readonly string[];
  /** At the start of a text: "Word". */
  readonly first: readonly string[];
}

const slotOf = (symbol: string): Slot => {
  if (symbol === '.' || symbol === ',') return { inside: [symbol], opening: [], first: [] };
  const wordClass = LETTERS[symbol];
  const words = wordClass ? LEXICON[wordClass] : [symbol];
  const first = words.map(capitalised);
  return { inside: words.map((word) => ` ${word}`), opening: first.map((word) => ` ${word}`), first };
};

/** The index of the full stop in {@link SLOTS}; it ends every sentence. */
export const STOP = 0;

const compile = (): { slots: Slot[]; sentences: Uint8Array; starts: Uint16Array } => {
  const symbols = ['.'];
  const sentences: number[] = [];
  const starts: number[] = [];
  const write = (pattern: string): void => {
    for (const symbol of pattern.split(' ')) {
      if (symbol === '') continue;
      if (!symbols.includes(symbol)) symbols.push(symbol);
      sentences.push(symbols.indexOf(symbol));
    }
  };
  for (const preface of PREFACES)
    for (const subject of SUBJECTS)
      for (const predicate of PREDICATES)
        for (const tail of TAILS) {
          starts.push(sentences.length);
          write(`${preface} ${subject} ${predicate} ${tail} .`);
        }
  return {
    slots: symbols.map(slotOf),
    sentences: Uint8Array.from(sentences),
    starts: Uint16Array.from(starts),
  };
};

const compiled = compile();

/** Every slot that sentences refer to. */
export const SLOTS: readonly Slot[] = compiled.slots;
/** All sentences one after the other, each a run of slot indices that ends with {@link STOP}. */
export const SENTENCES = compiled.sentences;
/** Where each sentence begins in {@link SENTENCES}. */
export const STARTS = compiled.starts;
