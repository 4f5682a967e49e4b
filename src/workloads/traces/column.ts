/** Typed arrays in shared memory, and one that grows. */

type Values = Float64Array | Uint32Array;

/** A typed array that doubles when full. */
export class Column<A extends Values> {
  readonly #make: (length: number) => A;
  #values: A;
  length = 0;

  constructor(make: (length: number) => A) {
    this.#make = make;
    this.#values = make(1024);
  }

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = this.#make(this.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  at(index: number): number {
    return this.#values[index]!;
  }

  /** A copy of exactly the right length. */
  finish(): A {
    const exact = this.#make(this.length);
    exact.set(this.#values.subarray(0, this.length));
    return exact;
  }
}

// Shared memory: a plan goes to every load thread, and all of them read the same columns.
export const doubles = (length: number): Float64Array => new Float64Array(new SharedArrayBuffer(length * 8));
export const words = (length: number): Uint32Array => new Uint32Array(new SharedArrayBuffer(length * 4));
