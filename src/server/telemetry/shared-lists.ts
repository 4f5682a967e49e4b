/**
 * Named lists of numbers in memory that all threads read: one thread adds lists and writes their numbers, the others read them
 * without asking it. Numbers are written one by one, so a reader may see a sum without its count; nothing is lost by that.
 */

/** Places of the first number, which holds two words: where the next list begins, and whether the thread serves. */
const END_WORD = 0;
const SERVING_WORD = 1;
const FIRST_LIST = 1;
/** Numbers before a list: its kind, the length of its name, its length. */
const HEAD = 3;
/** Some hundred models and routes need a tenth of it; what is not written to takes no memory. */
const NUMBERS = 2 ** 19;
/** Kept for lists without which nothing could be counted. */
const RESERVE = 4096;

/** A list, as its writer and its readers see it. */
export interface NamedList {
  /** What it is; its writer says. */
  readonly kind: number;
  readonly name: string;
  readonly numbers: Float64Array;
}

/** Memory for the lists of one thread. */
export const shareLists = (): SharedArrayBuffer =>
  new SharedArrayBuffer(NUMBERS * Float64Array.BYTES_PER_ELEMENT);

/** See the file's head. Lists stay; a thread that takes the place of a crashed one goes on with those that it finds. */
export class SharedLists {
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #lists: NamedList[] = [];
  /** Behind the last list that was found. */
  #end = FIRST_LIST;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#numbers = new Float64Array(memory);
  }

  /** Whether the thread serves. */
  get serving(): boolean {
    return Atomics.load(this.#words, SERVING_WORD) === 1;
  }

  set serving(on: boolean) {
    Atomics.store(this.#words, SERVING_WORD, on ? 1 : 0);
  }

  /** All lists so far, in the order in which they were added. */
  read(): readonly NamedList[] {
    const end = Atomics.load(this.#words, END_WORD);
    while (this.#end < end) {
      const [kind, nameLength, length] = this.#numbers.subarray(this.#end, this.#end + HEAD);
      const nameAt = this.#end + HEAD;
      const at = nameAt + nameLength!;
      const name = String.fromCharCode(...this.#numbers.subarray(nameAt, at));
      this.#end = at + length!;
      this.#lists.push({ kind: kind!, name, numbers: this.#numbers.subarray(at, this.#end) });
    }
    return this.#lists;
  }

  /**
   * Adds a list of zeros; for the one writer.
   *
   * @param needed - whether it may take of the room that is kept for such
   * @returns its numbers; undefined when there is no room
   */
  add(kind: number, name: string, length: number, needed = false): Float64Array | undefined {
    const at = Math.max(FIRST_LIST, Atomics.load(this.#words, END_WORD));
    const end = at + HEAD + name.length + length;
    if (end > NUMBERS - (needed ? 0 : RESERVE)) return undefined;
    this.#numbers.set([kind, name.length, length], at);
    for (let i = 0; i < name.length; i++) this.#numbers[at + HEAD + i] = name.charCodeAt(i);
    // Only now can readers find it.
    Atomics.store(this.#words, END_WORD, end);
    return this.#numbers.subarray(end - length, end);
  }
}
