/**
 * Whole texts of prose as bytes: the same pieces as `Prose` gives one by one, copied from one table. Putting strings
 * together takes longer, and leaves a tree of pieces that is flattened when the text is sent.
 */
import type { Random } from '../random.js';
import { SENTENCES, SLOTS, STARTS, STOP, type Slot } from './grammar.js';

/** Text is handed over in parts of so many bytes at most: the table's pieces are short, and the store stays small. */
const PART_BYTES = 64 * 1024;
/** No piece is longer. */
const LONGEST_PIECE = Math.max(
  ...SLOTS.flatMap(({ inside, opening }) => [...inside, ...opening].map(({ length }) => length)),
);

/** The pieces of one spelling of a slot: piece i is `bytes[from[i], from[i + 1])`. */
interface Pieces {
  count: number;
  from: Uint32Array;
}

/** Pieces are copied so many bytes at a time; what is copied beyond a piece is overwritten by the next one. */
const STEP = 4;

const spellings = SLOTS.flatMap(({ inside, opening, first }) => [inside, opening, first]);
const source = viewOf(Buffer.from(spellings.flat().join('') + ' '.repeat(STEP), 'latin1'));

const tables: Pieces[] = [];
let at = 0;
for (const pieces of spellings) {
  const from = new Uint32Array(pieces.length + 1);
  for (const [i, piece] of pieces.entries()) {
    from[i] = at;
    at += piece.length;
  }
  from[pieces.length] = at;
  tables.push({ count: pieces.length, from });
}

/** Of {@link tables}, by the spelling's place in a slot. */
const spelling = (place: number): Pieces[] => SLOTS.map((_: Slot, slot) => tables[slot * 3 + place]!);
const INSIDE = spelling(0);
const OPENING = spelling(1);
const FIRST = spelling(2);

const part = Buffer.allocUnsafeSlow(PART_BYTES);
const target = viewOf(part);

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Where a text is between two of its pieces. */
export interface ProseState {
  /** Position of the next slot in SENTENCES; -1 where a sentence is to begin. */
  at: number;
  /** Whether nothing is before the next piece, which has no leading space then. */
  first: boolean;
}

/**
 * The next pieces of a text.
 *
 * @param random - decides every word, in the order in which `Prose` asks it
 * @param tokens - how many pieces
 * @param state - where the text is; moved on
 */
export function proseText(random: Random, tokens: number, state: ProseState): string {
  let text = '';
  let length = 0;
  let slot = state.at;
  let opening = state.first ? FIRST : OPENING;
  for (let left = tokens; left > 0; left--) {
    let pieces: Pieces;
    let chosen = 0;
    if (slot < 0) {
      const start = STARTS[random.int(STARTS.length)]!;
      pieces = opening[SENTENCES[start]!]!;
      chosen = random.int(pieces.count);
      opening = OPENING;
      slot = start + 1;
    } else {
      const index = SENTENCES[slot]!;
      pieces = INSIDE[index]!;
      if (pieces.count > 1) chosen = random.int(pieces.count);
      slot = index === STOP ? -1 : slot + 1;
    }
    const { from } = pieces;
    const begin = from[chosen]!;
    const size = from[chosen + 1]! - begin;
    for (let i = 0; i < size; i += STEP) target.setUint32(length + i, source.getUint32(begin + i));
    length += size;
    if (length > PART_BYTES - LONGEST_PIECE - STEP) {
      text += part.toString('latin1', 0, length);
      length = 0;
    }
  }
  state.at = slot;
  state.first = opening === FIRST;
  return text === '' ? part.toString('latin1', 0, length) : text + part.toString('latin1', 0, length);
}
