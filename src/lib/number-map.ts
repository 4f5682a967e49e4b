/**
 * Things by whole numbers, thousands of which come and go in a second. Not a `Map`: that makes a table anew whenever entries that were
 * deleted fill it, and each table that the garbage collector has found old keeps the next one alive, with all that was in it, until a
 * full collection. A third of what a server allocated under load outlived its requests like that, and had to be moved about.
 */

const FIRST_ROOM = 64;
/** More room where more than this share of it is taken. */
const FULL_SHARE = 0.5;

/** See the file's head. Deleted entries leave nothing behind; room for the most entries so far is kept. */
export class NumberMap<T extends object> {
  #keys = new Float64Array(FIRST_ROOM);
  /** Undefined where nothing is; what does not find its place free is in one of the next. */
  #values: (T | undefined)[] = emptyList(FIRST_ROOM);
  #mask = FIRST_ROOM - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: number): T | undefined {
    return this.#values[this.#find(key)];
  }

  set(key: number, value: T): void {
    const at = this.#find(key);
    if (this.#values[at] === undefined) {
      this.#size++;
      this.#keys[at] = key;
    }
    this.#values[at] = value;
    if (this.#size > FULL_SHARE * this.#values.length) this.#grow();
  }

  /** @returns whether it was there */
  delete(key: number): boolean {
    let hole = this.#find(key);
    if (this.#values[hole] === undefined) return false;
    this.#size--;
    const mask = this.#mask;
    for (let at = (hole + 1) & mask; this.#values[at] !== undefined; at = (at + 1) & mask) {
      // Whoever would be looked for beyond the hole, and not found, moves into it.
      const away = (at - this.#placeOf(this.#keys[at]!)) & mask;
      if (away < ((at - hole) & mask)) continue;
      this.#keys[hole] = this.#keys[at]!;
      this.#values[hole] = this.#values[at];
      hole = at;
    }
    this.#values[hole] = undefined;
    return true;
  }

  clear(): void {
    this.#values.fill(undefined);
    this.#size = 0;
  }

  /** What is there now, in no order. */
  entries(): [key: number, value: T][] {
    const all: [number, T][] = [];
    this.#values.forEach((value, at) => {
      if (value !== undefined) all.push([this.#keys[at]!, value]);
    });
    return all;
  }

  /**
   * The low bits, doubled: numbers that are counted up have places near each other, with a free one between two. Without it,
   * whoever deletes one of a thousand in a row would have to walk to the end of the row.
   */
  #placeOf(key: number): number {
    return (key << 1) & this.#mask;
  }

  /** Where a key is, or would be. */
  #find(key: number): number {
    let at = this.#placeOf(key);
    while (this.#values[at] !== undefined && this.#keys[at] !== key) at = (at + 1) & this.#mask;
    return at;
  }

  #grow(): void {
    const before = this.entries();
    const room = 2 * this.#values.length;
    this.#keys = new Float64Array(room);
    this.#values = emptyList(room);
    this.#mask = room - 1;
    this.#size = 0;
    for (const [key, value] of before) this.set(key, value);
  }
}

const emptyList = <T>(length: number): (T | undefined)[] => Array.from({ length }, () => undefined);
