/**
 * From the bytes of a token to its rank: an open-addressed hash table in shared memory.
 *
 * An entry is rank + 1 in the low bits and a fingerprint of the hash above, one word so that a look-up touches one cache
 * line. What the fingerprint lets through is compared byte by byte: a collision costs time and never a wrong rank.
 */
import type { Vocabulary } from './vocabulary.js';

/** No token has these bytes. */
export const NO_RANK = -1;
/** The text cannot be looked up by character, as it is not all ASCII. */
export const NOT_ASCII = -2;

const SEED = 0x811c9dc5 | 0;
const PRIME = 0x01000193;

const RANK_BITS = 18;
const RANK_MASK = 2 ** RANK_BITS - 1;

/** Spreads the FNV-1a state: low bits choose the slot, the bits above {@link RANK_BITS} are the fingerprint. */
const spread = (hash: number): number => {
  const h = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
};

/**
 * Builds the table for all tokens, at most half full.
 *
 * @param bytes - the bytes of all tokens, in rank order
 * @param offsets - where each token begins, and the end of the last
 */
export function fillTable(bytes: Uint8Array, offsets: Uint32Array): Int32Array<SharedArrayBuffer> {
  const tokens = offsets.length - 1;
  if (tokens > RANK_MASK) throw new Error(`it has more than ${RANK_MASK} tokens`);
  const slots = 2 ** Math.ceil(Math.log2(tokens * 2));
  const table = new Int32Array(new SharedArrayBuffer(slots * 4));
  const mask = slots - 1;
  for (let rank = 0; rank < tokens; rank++) {
    let hash = SEED;
    const end = offsets[rank + 1]!;
    for (let i = offsets[rank]!; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, PRIME);
    hash = spread(hash);
    let slot = hash & mask;
    while (table[slot] !== 0) slot = (slot + 1) & mask;
    table[slot] = (hash & ~RANK_MASK) | (rank + 1);
  }
  return table;
}

/** Looks tokens up by their bytes or by a range of a text. */
export class Ranks {
  readonly #bytes: Uint8Array;
  readonly #offsets: Uint32Array;
  readonly #table: Int32Array;
  readonly #mask: number;
  readonly #longest: number;

  constructor(vocabulary: Vocabulary) {
    this.#bytes = vocabulary.bytes;
    this.#offsets = vocabulary.offsets;
    this.#table = vocabulary.table;
    this.#mask = vocabulary.table.length - 1;
    this.#longest = vocabulary.longest;
  }

  /** The rank of `text[start, end)` if it is ASCII and one token; else {@link NO_RANK} or {@link NOT_ASCII}. */
  ofText(text: string, start: number, end: number): number {
    let hash = SEED;
    let seen = 0;
    for (let i = start; i < end; i++) {
      const code = text.charCodeAt(i);
      seen |= code;
      hash = Math.imul(hash ^ code, PRIME);
    }
    if (seen > 127) return NOT_ASCII;
    hash = spread(hash);
    const table = this.#table;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entry = table[slot]!;
      if (entry === 0) return NO_RANK;
      if ((entry ^ hash) >>> RANK_BITS !== 0) continue;
      const rank = (entry & RANK_MASK) - 1;
      if (this.#equalsText(rank, text, start, end)) return rank;
    }
  }

  /** The rank of `bytes[start, end)`, or {@link NO_RANK}. */
  ofBytes(bytes: Uint8Array, start: number, end: number): number {
    if (end - start > this.#longest) return NO_RANK;
    let hash = SEED;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, PRIME);
    hash = spread(hash);
    const table = this.#table;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entry = table[slot]!;
      if (entry === 0) return NO_RANK;
      if ((entry ^ hash) >>> RANK_BITS !== 0) continue;
      const rank = (entry & RANK_MASK) - 1;
      if (this.#equalsBytes(rank, bytes, start, end)) return rank;
    }
  }

  #equalsText(rank: number, text: string, start: number, end: number): boolean {
    const bytes = this.#bytes;
    let at = this.#offsets[rank]!;
    if (this.#offsets[rank + 1]! - at !== end - start) return false;
    for (let i = start; i < end; i++) if (text.charCodeAt(i) !== bytes[at++]) return false;
    return true;
  }

  #equalsBytes(rank: number, other: Uint8Array, start: number, end: number): boolean {
    const bytes = this.#bytes;
    let at = this.#offsets[rank]!;
    if (this.#offsets[rank + 1]! - at !== end - start) return false;
    for (let i = start; i < end; i++) if (other[i] !== bytes[at++]) return false;
    return true;
  }
}
