/** A stack of small integers that keeps its memory when it is emptied, as a JavaScript array does not. */
export class IntStack {
  #values = new Int32Array(16);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const grown = new Int32Array(2 * this.length);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.length++] = value;
  }

  /** Takes the last one off; there must be one. */
  pop(): number {
    return this.#values[--this.length]!;
  }

  /** The i-th from the bottom; it must be there. */
  at(index: number): number {
    return this.#values[index]!;
  }

  replaceTop(value: number): void {
    this.#values[this.length - 1] = value;
  }

  clear(): void {
    this.length = 0;
  }
}
