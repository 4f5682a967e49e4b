/** A stack of small integers that keeps its memory when it is emptied, as a JavaScript array does not. */
export class IntStack {
  #values = new Int32Array(16);
  length = 0;
  /** Places that were ever in use. */
  #used = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const grown = new Int32Array(2 * this.length);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.length++] = value;
    if (this.length > this.#used) this.#used = this.length;
  }

  /** Takes the last one off; there must be one. */
  pop(): number {
    return this.#values[--this.length]!;
  }

  /** The i-th from the bottom; it must be there. */
  at(index: number): number {
    return this.#values[index]!;
  }

  /** What stood where the next one will be pushed; -1 if nothing did. */
  get left(): number {
    return this.length < this.#used ? this.#values[this.length]! : -1;
  }

  replaceTop(value: number): void {
    this.#values[this.length - 1] = value;
  }

  clear(): void {
    this.length = 0;
  }
}
