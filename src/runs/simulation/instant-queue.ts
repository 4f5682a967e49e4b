/** A queue of instants that are added in rising order. */
export class InstantQueue {
  #ids: number[] = [];
  #instants: number[] = [];
  #head = 0;

  /** The earliest instant; Infinity while empty. */
  get firstMs(): number {
    return this.#instants[this.#head] ?? Number.POSITIVE_INFINITY;
  }

  /** @param atMs - not before any that was added */
  push(atMs: number, id: number): void {
    this.#instants.push(atMs);
    this.#ids.push(id);
  }

  /** Removes the earliest entry. */
  shift(): number {
    const id = this.#ids[this.#head++]!;
    // Dropping the used half now and then keeps the cost of an entry constant and the memory in proportion.
    if (this.#head * 2 > this.#ids.length && this.#head > 1024) {
      this.#ids = this.#ids.slice(this.#head);
      this.#instants = this.#instants.slice(this.#head);
      this.#head = 0;
    }
    return id;
  }
}
