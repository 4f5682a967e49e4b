/**
 * Whole texts of prose as bytes: the same pieces as `Prose` gives one by one, copied from one table. Putting strings
 * together takes longer, and leaves a tree of pieces that is flattened when the text is sent.
 */
import type { Random } from '../random.js';
import { SENTENCES, SLOTS, STARTS, STOP } from './grammar.js';

/** Text is handed over in parts of so many bytes at most: the table's pieces are short, and the store stays small. */
const PART_BYTES = 64 * 1024;
/**
 * Every piece has a place of so many bytes and is copied with all of it: two moves whatever its length, where a loop over its
 * length is mispredicted once per word. What is copied beyond a piece is overwritten by the next one.
 */
const PLACE = 16;
/** Moved as numbers of 64 bits: of ASCII none is NaN, which need not keep its bits. */
const STEP = 8;

const places: string[] = [];
/** By spelling and slot ({@link INSIDE}): the first of its pieces, and how many there are. */
const FIRST_PIECE = new Uint16Array(3 * SLOTS.length);
const PIECES = new Uint16Array(3 * SLOTS.length);
for (const [slot, { inside, opening, first }] of SLOTS.entries())
  for (const [spelling, pieces] of [inside, opening, first].entries()) {
    const at = spelling * SLOTS.length + slot;
    FIRST_PIECE[at] = places.length;
    PIECES[at] = pieces.length;
    places.push(...pieces);
  }
const LENGTHS = Uint8Array.from(places, ({ length }) => length);
if (places.some(({ length }) => length > PLACE)) throw new Error(`a word has more than ${PLACE} letters`);
const source = viewOf(Buffer.from(places.map((piece) => piece.padEnd(PLACE)).join(''), 'latin1'));

/** Where the spellings of a slot begin: within a sentence, opening one, and opening a text. */
const INSIDE = 0;
const OPENING = SLOTS.length;
const FIRST = 2 * SLOTS.length;

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
    let piece: number;
    if (slot < 0) {
      const start = STARTS[random.int(STARTS.length)]!;
      const index = opening + SENTENCES[start]!;
      piece = FIRST_PIECE[index]! + random.int(PIECES[index]!);
      opening = OPENING;
      slot = start + 1;
    } else {
      const index = INSIDE + SENTENCES[slot]!;
      piece = FIRST_PIECE[index]!;
      if (PIECES[index]! > 1) piece += random.int(PIECES[index]!);
      slot = index === STOP ? -1 : slot + 1;
    }
    const begin = piece * PLACE;
    target.setFloat64(length, source.getFloat64(begin, true), true);
    target.setFloat64(length + STEP, source.getFloat64(begin + STEP, true), true);
    length += LENGTHS[piece]!;
    if (length > PART_BYTES - 2 * PLACE) {
      text += part.toString('latin1', 0, length);
      length = 0;
    }
  }
  state.at = slot;
  state.first = opening === FIRST;
  return text === '' ? part.toString('latin1', 0, length) : text + part.toString('latin1', 0, length);
}
