/** Events of one client between two messages, as numbers in one growing array. */

const FIRST_CAPACITY = 256;
/** A buffer that grew beyond this for a burst is not kept. */
const KEPT_CAPACITY = 64 * 1024;

/** See the file's head. `add2` to `add5` say how many numbers the event has, its code among them. */
export class EventBuffer {
  #numbers = new Float64Array(FIRST_CAPACITY);
  #length = 0;

  /** @returns where the event is, for {@link remove} */
  add2(code: number, id: number): number {
    const at = this.#room(2);
    this.#numbers[at] = code;
    this.#numbers[at + 1] = id;
    return at;
  }

  /** @returns where the event is, for {@link append} */
  add3(code: number, id: number, a: number): number {
    const at = this.add2(code, id);
    const end = this.#room(1);
    this.#numbers[end] = a;
    return at;
  }

  add4(code: number, id: number, a: number, b: number): void {
    const at = this.#room(4);
    this.#numbers[at] = code;
    this.#numbers[at + 1] = id;
    this.#numbers[at + 2] = a;
    this.#numbers[at + 3] = b;
  }

  add5(code: number, id: number, a: number, b: number, c: number): void {
    this.add4(code, id, a, b);
    // Its own statement: making room may replace the array.
    const at = this.#room(1);
    this.#numbers[at] = c;
  }

  /** Adds a number to a list that {@link add3} began, and counts it in the last place of what that added. */
  append(at: number, number: number): void {
    const end = this.#room(1);
    this.#numbers[end] = number;
    this.#numbers[at + 2]!++;
  }

  /** Takes an event out, whose place {@link add2} said. */
  remove(at: number, numbers: number): void {
    this.#numbers.copyWithin(at, at + numbers, this.#length);
    this.#length -= numbers;
  }

  /** Everything since the last call; undefined when there was nothing. */
  take(): Float64Array | undefined {
    if (this.#length === 0) return undefined;
    const taken = this.#numbers.slice(0, this.#length);
    this.#length = 0;
    if (this.#numbers.length > KEPT_CAPACITY) this.#numbers = new Float64Array(FIRST_CAPACITY);
    return taken;
  }

  #room(numbers: number): number {
    const at = this.#length;
    this.#length += numbers;
    if (this.#length > this.#numbers.length) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    return at;
  }
}
