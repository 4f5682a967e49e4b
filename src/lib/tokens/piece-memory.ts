/**
 * The token counts of pieces that had to be merged lately: words of most languages, names and numbers come again, and
 * merging one costs a hundred times this look-up.
 *
 * Each piece has one place, which the latest piece takes; so memory is fixed (about 320 kB) and nothing is evicted by
 * search. The bytes themselves are compared, so an answer is never that of another piece.
 */

/** Longest piece that is remembered, in bytes. */
const LONGEST = 64;
const PLACES = 4096;

/** A direct-mapped cache from the bytes of a piece to its number of tokens. */
export class PieceMemory {
  readonly #bytes = new Uint8Array(PLACES * LONGEST);
  readonly #lengths = new Uint8Array(PLACES);
  readonly #counts = new Uint8Array(PLACES);
  #place = 0;

  /** The remembered count of `bytes[0, length)`, or 0. */
  recall(bytes: Uint8Array, length: number): number {
    if (length > LONGEST) return 0;
    let hash = length;
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    this.#place = (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 16) & (PLACES - 1);
    if (this.#lengths[this.#place] !== length) return 0;
    const start = this.#place * LONGEST;
    for (let i = 0; i < length; i++) if (this.#bytes[start + i] !== bytes[i]) return 0;
    return this.#counts[this.#place]!;
  }

  /** Remembers the count of the piece that {@link recall} was asked for last and did not know. */
  remember(bytes: Uint8Array, length: number, count: number): void {
    if (length > LONGEST) return;
    const start = this.#place * LONGEST;
    for (let i = 0; i < length; i++) this.#bytes[start + i] = bytes[i]!;
    this.#lengths[this.#place] = length;
    this.#counts[this.#place] = count;
  }
}
