/** Things that go with tokens and are shown when the tokens' text is: never before it, and not at all if it is cut off. */

/** A queue of things, each with the length of its token's text. */
export class ShownTokens<T> {
  readonly #waiting: { value: T; length: number }[] = [];
  #shown = 0;
  #begun = 0;

  /** A token was generated. */
  push(value: T, length: number): void {
    this.#waiting.push({ value, length });
  }

  /**
   * Text was shown.
   *
   * @param length - of the text
   * @returns what goes with the tokens of which something has been shown now
   */
  show(length: number): T[] {
    this.#shown += length;
    let count = 0;
    for (const { length: own } of this.#waiting) {
      if (this.#begun >= this.#shown && own > 0) break;
      this.#begun += own;
      count++;
    }
    return this.#waiting.splice(0, count).map(({ value }) => value);
  }
}
