/**
 * A state that one thread shows another again and again: plain data of which, from one time to the next, little but its numbers
 * changes. The numbers go through memory that both see and are put into the objects that the reader already has. So neither
 * makes text or objects anew, of which there would be thousands, and what reads them stays compiled for objects that stay.
 */
import { deserialize, serialize } from 'node:v8';

/** What the writer says to the reader; both parts are left out while they stay as they are. */
export interface StateMessage {
  /** Where the numbers are from now on. */
  readonly memory?: SharedArrayBuffer;
  /** All of the state, as it was first with this shape. */
  readonly shape?: Uint8Array;
}

/** Numbers that there is room for at first; more are made room for. */
const FIRST_NUMBERS = 1024;

/** What stands at a place of a state: a text itself, the length of a list, or one of these. */
const NUMBER = -1;
const BOOLEAN = -2;
const UNDEFINED = -3;
const NULL = -4;
const OBJECT = -5;
const END = -6;
/** Lists of numbers count down from here. */
const NUMBERS = -7;

type Mark = string | number;
/** Data by name. Of class instances, what they own. */
type Parts = Record<string, unknown>;

const makeMemory = (numbers: number): SharedArrayBuffer =>
  new SharedArrayBuffer(numbers * Float64Array.BYTES_PER_ELEMENT);

/**
 * The writer's side, one for each reader. A state has numbers, booleans, texts, lists, lists of doubles, and objects of them.
 * What it wrote is the reader's until that asks again.
 */
export class StateWriter {
  readonly #fixed: string;
  /** Names and marks of the last state, in the order of writing. */
  readonly #names: string[] = [];
  readonly #marks: Mark[] = [];
  #item = 0;
  #same = true;
  #memory = makeMemory(FIRST_NUMBERS);
  #numbers = new Float64Array(this.#memory);
  #count = 0;
  /** The reader has the memory of now. */
  #known = false;

  /** @param fixed - name of parts that are always the same: they travel with the shape alone */
  constructor(fixed = '') {
    this.#fixed = fixed;
  }

  /**
   * @param state - read at once; live objects may be in it
   * @returns what the reader is to be told
   */
  write(state: object): StateMessage {
    this.#item = 0;
    this.#count = 0;
    this.#same = true;
    this.#put('', state);
    if (this.#item !== this.#names.length) {
      this.#same = false;
      this.#names.length = this.#item;
      this.#marks.length = this.#item;
    }
    const message = {
      ...(!this.#known && { memory: this.#memory }),
      ...(!this.#same && { shape: serialize(state) }),
    };
    this.#known = true;
    return message;
  }

  #put(name: string, value: unknown): void {
    if (typeof value === 'number') {
      this.#mark(name, NUMBER);
      this.#number(value);
    } else if (typeof value === 'boolean') {
      this.#mark(name, BOOLEAN);
      this.#number(value ? 1 : 0);
    } else if (typeof value === 'string') this.#mark(name, value);
    else if (typeof value === 'object' && value !== null) this.#putParts(name, value);
    else this.#mark(name, value === null ? NULL : UNDEFINED);
  }

  #putParts(name: string, value: object): void {
    if (value instanceof Float64Array) {
      this.#mark(name, NUMBERS - value.length);
      this.#room(value.length);
      this.#numbers.set(value, this.#count);
      this.#count += value.length;
    } else if (Array.isArray(value)) {
      this.#mark(name, value.length);
      for (const part of value) this.#put('', part);
    } else {
      this.#mark(name, OBJECT);
      // Methods are not enumerable, and there is nothing else to inherit.
      for (const key in value) if (key !== this.#fixed) this.#put(key, (value as Parts)[key]);
      // Without it the parts of what is inside and of what is around it could be taken for each other.
      this.#mark('', END);
    }
  }

  #mark(name: string, mark: Mark): void {
    const at = this.#item++;
    if (this.#names[at] === name && this.#marks[at] === mark) return;
    this.#same = false;
    this.#names[at] = name;
    this.#marks[at] = mark;
  }

  #number(value: number): void {
    this.#room(1);
    this.#numbers[this.#count++] = value;
  }

  #room(numbers: number): void {
    const needed = this.#count + numbers;
    if (needed <= this.#numbers.length) return;
    const before = this.#numbers;
    this.#memory = makeMemory(Math.max(needed, 2 * before.length));
    this.#numbers = new Float64Array(this.#memory);
    this.#numbers.set(before);
    this.#known = false;
  }
}

/** Where a number goes: into an object, as a number or a boolean. */
interface Place {
  readonly whole: Parts;
  readonly key: string;
  readonly isBoolean: boolean;
  /** Which of the numbers it is. */
  readonly at: number;
}

/** The reader's side. It takes every message of its writer, in their order. */
export class StateReader<State extends object> {
  readonly #fixed: string;
  readonly #complete: (state: State) => void;
  #shared: Float64Array = new Float64Array(0);
  /** A copy of those that count; the state's lists of numbers are parts of it. */
  #numbers: Float64Array = new Float64Array(0);
  #state: State | undefined;
  /** Of all numbers that are no part of a list. */
  readonly #places: Place[] = [];
  /** Their numbers of the last time: most of them stay, and their objects need not be touched. */
  #last: Float64Array = new Float64Array(0);

  /**
   * @param fixed - as the writer's
   * @param complete - changes a new shape before it is used
   */
  constructor(fixed = '', complete: (state: State) => void = () => {}) {
    this.#fixed = fixed;
    this.#complete = complete;
  }

  /** @returns the state, in the objects of the last time unless its shape has changed: each reading writes over the one before */
  read({ memory, shape }: StateMessage): State {
    if (memory) this.#shared = new Float64Array(memory);
    if (shape) {
      this.#state = deserialize(shape) as State;
      this.#complete(this.#state);
      this.#places.length = 0;
      this.#numbers = new Float64Array(this.#countIn(this.#state as Parts));
      this.#find(this.#state as Parts, 0);
      this.#last = new Float64Array(this.#places.length).fill(NaN);
    }
    this.#take();
    return this.#state!;
  }

  /** Numbers that travel. */
  #countIn(whole: Parts): number {
    let count = 0;
    for (const key in whole) {
      if (key === this.#fixed) continue;
      const part = whole[key];
      if (part instanceof Float64Array) count += part.length;
      else if (typeof part === 'number' || typeof part === 'boolean') count++;
      else if (typeof part === 'object' && part !== null) count += this.#countIn(part as Parts);
    }
    return count;
  }

  /** @returns behind the numbers of this part, which begin at `from` */
  #find(whole: Parts, from: number): number {
    let at = from;
    // Of a list its places, as they are written.
    for (const key in whole) {
      if (key === this.#fixed) continue;
      const part = whole[key];
      const isBoolean = typeof part === 'boolean';
      if (part instanceof Float64Array) {
        whole[key] = this.#numbers.subarray(at, at + part.length);
        at += part.length;
      } else if (isBoolean || typeof part === 'number')
        this.#places.push({ whole, key, isBoolean, at: at++ });
      else if (typeof part === 'object' && part !== null) at = this.#find(part as Parts, at);
    }
    return at;
  }

  #take(): void {
    const numbers = this.#numbers;
    const places = this.#places;
    const last = this.#last;
    numbers.set(this.#shared.subarray(0, numbers.length));
    for (let i = 0; i < places.length; i++) {
      const { whole, key, isBoolean, at } = places[i]!;
      const number = numbers[at]!;
      if (number === last[i]) continue;
      last[i] = number;
      whole[key] = isBoolean ? number === 1 : number;
    }
  }
}
