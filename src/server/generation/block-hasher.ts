/** Content hashes of a prompt's blocks, from its token ids: what a KV cache recognizes a prefix by. */

/** See the file's head. Tokens go in in order; every full block gives one hash, which the cluster chains to those before. */
export class BlockHasher {
  readonly #blockTokens: number;
  readonly #hashes: number[] = [];
  #inBlock = 0;
  #a = 0;
  #b = 0;

  /** @param blockTokens - tokens per block of the cache */
  constructor(blockTokens: number) {
    this.#blockTokens = blockTokens;
  }

  /** One token. Any 32-bit number: a vocabulary has its own ids, what is none of its tokens has others. */
  token(id: number): void {
    this.#a = Math.imul(this.#a ^ id, 0x9e3779b1);
    this.#a ^= this.#a >>> 15;
    this.#b = Math.imul(this.#b ^ id, 0x5f356495);
    this.#b ^= this.#b >>> 13;
    if (++this.#inBlock < this.#blockTokens) return;
    // 53 bits pass as a number.
    this.#hashes.push((this.#a >>> 0) * 2 ** 21 + (this.#b >>> 11));
    this.#inBlock = 0;
    this.#a = 0;
    this.#b = 0;
  }

  /** Tokens of a text. */
  tokens(ids: ArrayLike<number>): void {
    for (let i = 0; i < ids.length; i++) this.token(ids[i]!);
  }

  /**
   * Tokens that are no text, such as those of an image.
   *
   * @param name - tells what they are: equal names, equal tokens
   */
  placeholders(count: number, name: number): void {
    for (let i = 0; i < count; i++) this.token(Math.imul(name ^ i, 0x85ebca6b) | 0x40000000);
  }

  /** So many tokens so far. */
  get count(): number {
    return this.#hashes.length * this.#blockTokens + this.#inBlock;
  }

  /** Another one that goes on from here. */
  copy(): BlockHasher {
    const copy = new BlockHasher(this.#blockTokens);
    copy.#hashes.push(...this.#hashes);
    copy.#inBlock = this.#inBlock;
    copy.#a = this.#a;
    copy.#b = this.#b;
    return copy;
  }

  /** The hashes of all blocks so far, one that is not full among them. */
  get allHashes(): readonly number[] {
    if (this.#inBlock === 0) return this.#hashes;
    return [...this.#hashes, (this.#a >>> 0) * 2 ** 21 + ((this.#b ^ this.#inBlock) >>> 11)];
  }

  /** The hashes of all full blocks so far. A block that is not full has none. */
  get hashes(): readonly number[] {
    return this.#hashes;
  }
}
