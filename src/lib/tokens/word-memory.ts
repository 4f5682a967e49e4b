/**
 * The token counts of short pieces that were counted lately, which most pieces are: compared as four numbers, where finding a
 * piece among all tokens takes a step per byte and looks at three places of a few megabytes.
 *
 * Each piece has one place, which the latest piece takes; so memory is fixed (256 kB). All bytes are compared, so an answer is
 * never that of another piece.
 */

/** Longest piece that is remembered, in bytes. */
const LONGEST = 16;
const PLACES = 8192;
/** Numbers of a place: four of bytes, the length, the count, and two that fill a cache line with a neighbour. */
const NUMBERS = 8;

/** By length, which bits of each of the four numbers are of the piece. */
const MASKS = [0, 4, 8, 12].map((from) =>
  Int32Array.from({ length: LONGEST + 1 }, (_, length) => {
    const bytes = Math.max(0, Math.min(4, length - from));
    return bytes === 4 ? -1 : 2 ** (8 * bytes) - 1;
  }),
);
const [MASK_A, MASK_B, MASK_C, MASK_D] = MASKS as [Int32Array, Int32Array, Int32Array, Int32Array];

/** See the file's head. */
export class WordMemory {
  readonly #numbers = new Int32Array(PLACES * NUMBERS);
  /** What {@link recall} was asked for last. */
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;
  #length = 0;
  #at = 0;

  /**
   * The remembered count of a piece, or 0.
   *
   * @param view - has {@link LONGEST} bytes from `start` on
   */
  recall(view: DataView, start: number, length: number): number {
    this.#length = length;
    if (length > LONGEST) return 0;
    const a = view.getInt32(start, true) & MASK_A[length]!;
    const b = view.getInt32(start + 4, true) & MASK_B[length]!;
    const c = view.getInt32(start + 8, true) & MASK_C[length]!;
    const d = view.getInt32(start + 12, true) & MASK_D[length]!;
    const hash =
      Math.imul(a, 0x9e3779b1) ^
      Math.imul(b, 0x85ebca6b) ^
      Math.imul(c, 0xc2b2ae35) ^
      Math.imul(d, 0x27d4eb2f);
    const at = ((hash ^ (hash >>> 15)) & (PLACES - 1)) * NUMBERS;
    const numbers = this.#numbers;
    if (numbers[at] === a && numbers[at + 1] === b && numbers[at + 2] === c && numbers[at + 3] === d)
      if (numbers[at + 4] === length) return numbers[at + 5]!;
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
    this.#at = at;
    return 0;
  }

  /** Remembers the count of the piece that {@link recall} was asked for last and did not know. */
  remember(count: number): void {
    if (this.#length > LONGEST) return;
    const at = this.#at;
    const numbers = this.#numbers;
    numbers[at] = this.#a;
    numbers[at + 1] = this.#b;
    numbers[at + 2] = this.#c;
    numbers[at + 3] = this.#d;
    numbers[at + 4] = this.#length;
    numbers[at + 5] = count;
  }
}
