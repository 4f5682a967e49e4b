/**
 * The counting part of an HDR histogram of three significant digits, for the hot path: one shift and one increment per
 * value. Buckets are exactly those of HdrHistogram, so handing them over loses nothing.
 */

/** 2,048 buckets of one unit each, then 1,024 per power of two. */
const HALF = 1024;
const EXACT = 2 * HALF;
/** Values are below 2^31: in microseconds, 35 minutes. */
const HIGHEST = 2 ** 31 - 1;
const BUCKETS = 22 * HALF;

/** Counts of whole numbers. */
export class FastCounts {
  readonly #counts = new Uint32Array(BUCKETS);
  #any = false;

  /**
   * Adds one value.
   *
   * @param value - a whole number, not negative
   * @param times - how often
   * @returns false for a value out of range, which is not counted here
   */
  add(value: number, times = 1): boolean {
    if (value > HIGHEST) return false;
    this.#any = true;
    if (value < EXACT) this.#counts[value]! += times;
    else {
      const shift = 21 - Math.clz32(value);
      this.#counts[shift * HALF + (value >> shift)]! += times;
    }
    return true;
  }

  /** Hands over all counts, each with the lowest value of its bucket, and forgets them. */
  drain(take: (value: number, count: number) => void): void {
    if (!this.#any) return;
    this.#any = false;
    for (let index = 0; index < BUCKETS; index++) {
      const count = this.#counts[index]!;
      if (count === 0) continue;
      const shift = index < EXACT ? 0 : Math.floor(index / HALF) - 1;
      take((index - shift * HALF) * 2 ** shift, count);
    }
    this.#counts.fill(0);
  }
}
