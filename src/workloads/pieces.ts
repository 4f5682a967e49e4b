/** What prompts are made of, for whoever needs to know what they share and not what they say. */
import { hash32 } from '../lib/random.js';
import { cutFromSlabs } from '../lib/slab.js';

/** A stretch of text: two with the same identity and the same number of tokens are the same text. */
export interface Piece {
  /** A safe integer. */
  readonly identity: number;
  readonly tokens: number;
}

/** The identity of what is named by a path, as streams of chance are; 53 bits. */
export const identityOf = (...path: (string | number)[]): number =>
  hash32('piece', ...path) * 2 ** 21 + (hash32('piece-high', ...path) >>> 11);

export const piece = (tokens: number, ...path: (string | number)[]): Piece => ({
  identity: identityOf(...path),
  tokens,
});

/** A few dozen prompts; hashes that are kept keep no more than this. */
const SLAB_BYTES = 8192;

const numbers = cutFromSlabs(
  SLAB_BYTES,
  Float64Array.BYTES_PER_ELEMENT,
  (memory, fromByte, length) => new Float64Array(memory, fromByte, length),
);

/**
 * One hash per full block of pieces that follow each other, as a KV cache names its blocks: equal where all that a block
 * holds is equal. What is left at the end has none.
 *
 * @param blockTokens - tokens of a block
 */
export function blockHashesOf(pieces: readonly Piece[], blockTokens: number): Float64Array {
  let total = 0;
  for (const { tokens } of pieces) total += tokens;
  const hashes = numbers(Math.floor(total / blockTokens));
  let at = 0;
  let block = 0;
  /** Of a block that several pieces share, what is known of it. */
  let begun = 0;
  for (const { identity, tokens } of pieces) {
    const end = at + tokens;
    for (let offset = 0; block < hashes.length && offset < tokens;) {
      const blockEnd = (block + 1) * blockTokens;
      const whole = at + offset === block * blockTokens && end >= blockEnd;
      const taken = Math.min(end, blockEnd) - (at + offset);
      const hash = mixed(begun, identity, offset, whole ? 0 : taken);
      offset += taken;
      if (at + offset < blockEnd) begun = hash;
      else {
        hashes[block++] = hash;
        begun = 0;
      }
    }
    at = end;
  }
  return hashes;
}

/** 53 bits of what a block held before, a piece, and where in it; the two halves are mixed apart. */
function mixed(begun: number, identity: number, offset: number, taken: number): number {
  const high = Math.floor(identity / 2 ** 32);
  const low = identity | 0;
  const before = Math.imul(begun | 0, 0x85ebca6b) ^ Math.floor(begun / 2 ** 32);
  const a = spread(Math.imul(low ^ before, 0x27d4eb2f) ^ spread(offset + Math.imul(taken, 0x9e3779b1)));
  const b = spread(Math.imul(a ^ high, 0x165667b1) ^ spread(before + Math.imul(offset, 0xc2b2ae35)));
  return (a >>> 0) * 2 ** 21 + (b >>> 11);
}

function spread(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
