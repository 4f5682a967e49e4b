/** How much of one prompt each replica has cached. */

/**
 * Sets of replicas that share a value, a bit for each replica: whoever walks a chain learns of 32 replicas at once. When the first
 * replica is asked for they become a value for each. One object per router, filled anew for each request by the index.
 */
export class Overlaps {
  /** Words of a set. */
  readonly #words: number;
  /** By level: of which tier it is, what it is worth, and the set. In a tier, worth grows and no replica is in two sets. */
  readonly #tiers: number[] = [];
  readonly #values: number[] = [];
  #sets: Int32Array;
  #levels = 0;
  #tiered = false;
  /** By replica, once they are {@link #spread}. */
  readonly #units: Float64Array;
  #spread = false;

  /** @param unitBlocks - blocks per unit, in which values are given */
  constructor(
    readonly replicas: number,
    readonly unitBlocks: number,
  ) {
    this.#words = Math.ceil(replicas / 32);
    this.#sets = new Int32Array(8 * this.#words);
    this.#units = new Float64Array(32 * this.#words);
  }

  clear(): void {
    this.#levels = 0;
    this.#tiered = false;
    this.#spread = false;
  }

  /** Adds a level, which is more than the one before in that tier; its set is empty. Returns its number. */
  add(tier: number, value: number): number {
    const level = this.#levels++;
    this.#tiers[level] = tier;
    this.#values[level] = value;
    if (tier > 0) this.#tiered = true;
    const words = this.#words;
    const from = level * words;
    if (from >= this.#sets.length) {
      const sets = new Int32Array(2 * this.#sets.length);
      sets.set(this.#sets);
      this.#sets = sets;
    }
    for (let at = from; at < from + words; at++) this.#sets[at] = 0;
    return level;
  }

  /** Puts replicas, the bits of a word, into the set of a level. */
  put(level: number, word: number, bits: number): void {
    this.#sets[level * this.#words + word]! |= bits;
    this.#spread = false;
  }

  /** Blocks that a replica holds without a gap from the start, weighted by tier. */
  of(replica: number): number {
    if (!this.#spread) this.#spreadOut();
    return this.#units[replica]! * this.unitBlocks;
  }

  #spreadOut(): void {
    const units = this.#units;
    units.fill(0);
    for (let level = 0; level < this.#levels; level++) {
      const value = this.#values[level]!;
      for (let word = 0; word < this.#words; word++) {
        let bits = this.#sets[level * this.#words + word]!;
        if (bits === -1) for (let r = 32 * word; r < 32 * (word + 1); r++) units[r]! += value;
        else for (; bits !== 0; bits &= bits - 1) units[32 * word + 31 - Math.clz32(bits & -bits)]! += value;
      }
    }
    this.#spread = true;
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
