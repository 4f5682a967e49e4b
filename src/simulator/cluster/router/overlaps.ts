/** How much of one prompt each replica has cached. */

/**
 * Sets of replicas that hold at least so much, a bit for each replica, in place of a value per replica: writing one for hundreds of
 * replicas would cost more than all the rest of a decision, which asks for a few. One object per router, filled anew for each
 * request by the index.
 */
export class Overlaps {
  /** Words of a set. */
  readonly #words: number;
  /** By level: of which tier it is, what it is worth, and the set. Tier by tier, in each of which worth grows and sets shrink. */
  readonly #tiers: number[] = [];
  readonly #values: number[] = [];
  #sets: Int32Array;
  #levels = 0;
  #tiered = false;

  /** @param unitBlocks - blocks per unit, in which values are given */
  constructor(
    readonly replicas: number,
    readonly unitBlocks: number,
  ) {
    this.#words = Math.ceil(replicas / 32);
    this.#sets = new Int32Array(8 * this.#words);
  }

  clear(): void {
    this.#levels = 0;
    this.#tiered = false;
  }

  /** Puts replicas, the bits of a word, into the set of the level that {@link add} adds next. */
  put(word: number, bits: number): void {
    this.#sets[this.#levels * this.#words + word] = bits;
  }

  /** Adds a level: replicas of which each word was {@link put} hold at least so much. */
  add(tier: number, value: number): void {
    const level = this.#levels++;
    this.#tiers[level] = tier;
    this.#values[level] = value;
    if (tier > 0) this.#tiered = true;
    if (this.#levels * this.#words < this.#sets.length) return;
    const sets = new Int32Array(2 * this.#sets.length);
    sets.set(this.#sets);
    this.#sets = sets;
  }

  /** Blocks that a replica holds without a gap from the start, weighted by tier. */
  of(replica: number): number {
    let sum = 0;
    for (let from = 0; from < this.#levels;) {
      const end = this.#tiered ? this.#tierEnd(from) : this.#levels;
      const level = this.#highest(replica, from, end);
      if (level >= from) sum += this.#values[level]!;
      from = end;
    }
    return sum * this.unitBlocks;
  }

  /** The level behind the last one of the tier that one is of. */
  #tierEnd(from: number): number {
    let end = from + 1;
    while (end < this.#levels && this.#tiers[end] === this.#tiers[from]) end++;
    return end;
  }

  /** The highest of the levels of a tier that a replica is in; the one before the first if it is in none. */
  #highest(replica: number, from: number, end: number): number {
    const word = replica >> 5;
    const bit = 1 << (replica & 31);
    let low = from - 1;
    let high = end - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#sets[middle * this.#words + word]! & bit) === 0) high = middle - 1;
      else low = middle;
    }
    return low;
  }

  /** No replica holds more blocks than that. */
  get most(): number {
    let sum = 0;
    for (let level = 0; level < this.#levels; level++) {
      if (level + 1 < this.#levels && this.#tiers[level + 1] === this.#tiers[level]) continue;
      sum += this.#values[level]!;
    }
    return sum * this.unitBlocks;
  }

  /** The first of the replicas with the most, of those allowed; -1 when none of them has any. */
  closest(allowed: Uint8Array): number {
    if (this.#tiered) return this.#closestOfAll(allowed);
    for (let level = this.#levels - 1; level >= 0; level--) {
      for (let word = 0; word < this.#words; word++) {
        for (let bits = this.#sets[level * this.#words + word]!; bits !== 0; bits &= bits - 1) {
          const replica = word * 32 + 31 - Math.clz32(bits & -bits);
          if (allowed[replica] === 1) return replica;
        }
      }
    }
    return -1;
  }

  #closestOfAll(allowed: Uint8Array): number {
    let closest = -1;
    let most = 0;
    for (let replica = 0; replica < this.replicas; replica++) {
      const value = allowed[replica] === 1 ? this.of(replica) : 0;
      if (value <= most) continue;
      closest = replica;
      most = value;
    }
    return closest;
  }
}
