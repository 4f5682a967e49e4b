/** A hash table from 64-bit keys to small integers, in one typed array. */

/** Words per place: low, high, value + 1 (0 marks a free place), unused. A place never straddles two cache lines. */
const WIDTH = 4;
const VALUE = 2;

/**
 * Open addressing with linear probing and backward-shift deletion: no tombstones, 16 bytes per place, one cache miss per
 * look-up, no allocation per entry. A JavaScript Map would hold a boxed number per key (about 60 bytes). Its size follows
 * the number of entries, which the owner bounds.
 */
export class KeyTable {
  #words = new Int32Array(64 * WIDTH);
  #mask = 63;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  #home(low: number, high: number): number {
    return (low ^ (high >>> 7)) & this.#mask;
  }

  /** Index of the key's first word, or the complement of where it would go. */
  #find(low: number, high: number): number {
    const words = this.#words;
    let place = this.#home(low, high);
    for (;;) {
      const at = place * WIDTH;
      if (words[at + VALUE] === 0) return ~at;
      if (words[at] === low && words[at + 1] === high) return at;
      place = (place + 1) & this.#mask;
    }
  }

  /** The value of a key, or -1. */
  get(low: number, high: number): number {
    const at = this.#find(low, high);
    return at < 0 ? -1 : this.#words[at + VALUE]! - 1;
  }

  /** Adds or replaces; `value` is at least 0. */
  set(low: number, high: number, value: number): void {
    if (this.#size * 2 > this.#mask) this.#grow();
    const found = this.#find(low, high);
    if (found < 0) this.#size++;
    this.#put(found < 0 ? ~found : found, low, high, value + 1);
  }

  #put(at: number, low: number, high: number, stored: number): void {
    this.#words[at] = low;
    this.#words[at + 1] = high;
    this.#words[at + VALUE] = stored;
  }

  /** Adds a key; false, changing nothing, when it is there. */
  add(low: number, high: number, value: number): boolean {
    if (this.#size * 2 > this.#mask) this.#grow();
    const found = this.#find(low, high);
    if (found >= 0) return false;
    this.#size++;
    this.#put(~found, low, high, value + 1);
    return true;
  }

  /** Removes a key if it is there. */
  delete(low: number, high: number): void {
    const found = this.#find(low, high);
    if (found < 0) return;
    this.#size--;
    const words = this.#words;
    let hole = found / WIDTH;
    for (
      let place = (hole + 1) & this.#mask;
      words[place * WIDTH + VALUE] !== 0;
      place = (place + 1) & this.#mask
    ) {
      const at = place * WIDTH;
      const home = this.#home(words[at]!, words[at + 1]!);
      // An entry may move into the hole unless its home lies cyclically behind the hole.
      if (((place - home) & this.#mask) < ((place - hole) & this.#mask)) continue;
      this.#put(hole * WIDTH, words[at]!, words[at + 1]!, words[at + VALUE]!);
      hole = place;
    }
    words[hole * WIDTH + VALUE] = 0;
  }

  clear(): void {
    this.#words.fill(0);
    this.#size = 0;
  }

  #grow(): void {
    const old = this.#words;
    this.#words = new Int32Array(old.length * 2);
    this.#mask = this.#words.length / WIDTH - 1;
    for (let at = 0; at < old.length; at += WIDTH) {
      const stored = old[at + VALUE]!;
      if (stored !== 0) this.#put(~this.#find(old[at]!, old[at + 1]!), old[at]!, old[at + 1]!, stored);
    }
  }
}
