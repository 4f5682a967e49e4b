/** A hash table from 64-bit keys to small integers, in typed arrays. */

/**
 * Open addressing with linear probing and backward-shift deletion: no tombstones, 12 bytes per place, no allocation per
 * entry. A JavaScript Map would hold a boxed number per key (about 60 bytes). Its size follows the number of entries,
 * which the owner bounds.
 */
export class KeyTable {
  #low = new Int32Array(64);
  #high = new Int32Array(64);
  /** Value + 1; 0 marks a free place. */
  #value = new Int32Array(64);
  #mask = 63;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  #find(low: number, high: number): number {
    let at = (low ^ (high >>> 7)) & this.#mask;
    while (this.#value[at] !== 0) {
      if (this.#low[at] === low && this.#high[at] === high) return at;
      at = (at + 1) & this.#mask;
    }
    return ~at;
  }

  /** The value of a key, or -1. */
  get(low: number, high: number): number {
    const at = this.#find(low, high);
    return at < 0 ? -1 : this.#value[at]! - 1;
  }

  /** Adds or replaces; `value` is at least 0. */
  set(low: number, high: number, value: number): void {
    if (this.#size * 2 > this.#mask) this.#grow();
    let at = this.#find(low, high);
    if (at < 0) {
      at = ~at;
      this.#low[at] = low;
      this.#high[at] = high;
      this.#size++;
    }
    this.#value[at] = value + 1;
  }

  /** Removes a key if it is there. */
  delete(low: number, high: number): void {
    let hole = this.#find(low, high);
    if (hole < 0) return;
    this.#size--;
    for (let at = (hole + 1) & this.#mask; this.#value[at] !== 0; at = (at + 1) & this.#mask) {
      const home = (this.#low[at]! ^ (this.#high[at]! >>> 7)) & this.#mask;
      // An entry may move into the hole unless its home lies cyclically behind the hole.
      if (((at - home) & this.#mask) < ((at - hole) & this.#mask)) continue;
      this.#low[hole] = this.#low[at]!;
      this.#high[hole] = this.#high[at]!;
      this.#value[hole] = this.#value[at]!;
      hole = at;
    }
    this.#value[hole] = 0;
  }

  clear(): void {
    this.#value.fill(0);
    this.#size = 0;
  }

  #grow(): void {
    const [low, high, value] = [this.#low, this.#high, this.#value];
    const places = value.length * 2;
    this.#low = new Int32Array(places);
    this.#high = new Int32Array(places);
    this.#value = new Int32Array(places);
    this.#mask = places - 1;
    for (let i = 0; i < value.length; i++) {
      if (value[i] === 0) continue;
      const at = ~this.#find(low[i]!, high[i]!);
      this.#low[at] = low[i]!;
      this.#high[at] = high[i]!;
      this.#value[at] = value[i]!;
    }
  }
}
