/**
 * From the bytes of a token to its rank: an open-addressed hash table in shared memory.
 *
 * An entry is found by a 32-bit hash and then compared byte by byte, so a collision costs time and never a wrong rank.
 */
import type { Vocabulary } from './vocabulary.js';

/** No token has these bytes. */
export const NO_RANK = -1;
/** The text cannot be looked up by character, as it is not all ASCII. */
export const NOT_ASCII = -2;

const SEED = 0x811c9dc5 | 0;
const PRIME = 0x01000193;

/** Spreads the FNV-1a state, whose low bits alone are weak. */
const spread = (hash: number): number => Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);

/**
 * Builds the table for all tokens, at most half full.
 *
 * @param bytes - the bytes of all tokens, in rank order
 * @param offsets - where each token begins, and the end of the last
 */
export function fillTable(bytes: Uint8Array, offsets: Uint32Array): Int32Array<SharedArrayBuffer> {
  const tokens = offsets.length - 1;
  const slots = 2 ** Math.ceil(Math.log2(tokens * 2));
  const table = new Int32Array(new SharedArrayBuffer(slots * 8));
  const mask = slots - 1;
  for (let rank = 0; rank < tokens; rank++) {
    let hash = SEED;
    const end = offsets[rank + 1]!;
    for (let i = offsets[rank]!; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, PRIME);
    hash = spread(hash);
    let slot = (hash >>> 7) & mask;
    while (table[slot * 2 + 1] !== 0) slot = (slot + 1) & mask;
    table[slot * 2] = hash;
    table[slot * 2 + 1] = rank + 1;
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
    this.#mask = vocabulary.table.length / 2 - 1;
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
    for (let slot = (hash >>> 7) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const rank = table[slot * 2 + 1]! - 1;
      if (rank < 0) return NO_RANK;
      if (table[slot * 2] === hash && this.#equalsText(rank, text, start, end)) return rank;
    }
  }

  /** The rank of `bytes[start, end)`, or {@link NO_RANK}. */
  ofBytes(bytes: Uint8Array, start: number, end: number): number {
    if (end - start > this.#longest) return NO_RANK;
    let hash = SEED;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, PRIME);
    hash = spread(hash);
    const table = this.#table;
    for (let slot = (hash >>> 7) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const rank = table[slot * 2 + 1]! - 1;
      if (rank < 0) return NO_RANK;
      if (table[slot * 2] === hash && this.#equalsBytes(rank, bytes, start, end)) return rank;
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
