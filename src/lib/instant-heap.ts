/**
 * What waits for instants, earliest first: a heap whose instants lie side by side, apart from what waits for them. To compare two of
 * them, processors need not look into things that lie anywhere in memory, which is what a heap of thousands takes most of its time for.
 */

/** What can be in an {@link InstantHeap}. */
export interface Placed {
  /** Where it is in the heap, which alone writes it; -1 when it is in none. */
  place: number;
}

/** Children of one place: the more, the fewer levels, and theirs lie side by side. */
const CHILDREN = 4;

/** A heap with {@link CHILDREN} children per place. */
export class InstantHeap<T extends Placed> {
  readonly #instantsMs: number[] = [];
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The item with the earliest instant. */
  get first(): T | undefined {
    return this.#items[0];
  }

  /** The earliest instant; infinite when nothing waits. */
  get firstMs(): number {
    return this.#items.length === 0 ? Number.POSITIVE_INFINITY : this.#instantsMs[0]!;
  }

  /** Takes in an item that is in no heap. */
  add(item: T, instantMs: number): void {
    const place = this.#items.length;
    this.#items.push(item);
    this.#instantsMs.push(instantMs);
    this.#siftUp(item, instantMs, place);
  }

  /** Puts an item that is in no heap into the place of the first one, of which nothing is told: its place is for its owner to reset. */
  replaceFirst(item: T, instantMs: number): void {
    this.#siftDown(item, instantMs, 0);
  }

  /** Takes the first one out, whose place is for its owner to reset. */
  dropFirst(): void {
    const item = this.#items.pop()!;
    const instantMs = this.#instantsMs.pop()!;
    if (this.#items.length > 0) this.#siftDown(item, instantMs, 0);
  }

  /** Takes an item out that is in it. */
  remove(item: T): void {
    const { place } = item;
    const last = this.#items.pop()!;
    const instantMs = this.#instantsMs.pop()!;
    item.place = -1;
    if (last === item) return;
    this.#siftUp(last, instantMs, place);
    this.#siftDown(last, instantMs, last.place);
  }

  /** Takes all out. */
  clear(): void {
    for (const item of this.#items) item.place = -1;
    this.#items.length = 0;
    this.#instantsMs.length = 0;
  }

  /** Puts an item into a place, or above it, which is vacant. */
  #siftUp(item: T, instantMs: number, from: number): void {
    const items = this.#items;
    const instantsMs = this.#instantsMs;
    let place = from;
    while (place > 0) {
      const above = ((place - 1) / CHILDREN) | 0;
      const aboveMs = instantsMs[above]!;
      if (aboveMs <= instantMs) break;
      const moved = items[above]!;
      items[place] = moved;
      instantsMs[place] = aboveMs;
      moved.place = place;
      place = above;
    }
    items[place] = item;
    instantsMs[place] = instantMs;
    item.place = place;
  }

  /** Puts an item into a place, or below it, which is vacant. */
  #siftDown(item: T, instantMs: number, from: number): void {
    const items = this.#items;
    const instantsMs = this.#instantsMs;
    const { length } = items;
    let place = from;
    for (;;) {
      const first = CHILDREN * place + 1;
      if (first >= length) break;
      const end = Math.min(first + CHILDREN, length);
      let child = first;
      let childMs = instantsMs[first]!;
      for (let other = first + 1; other < end; other++) {
        const otherMs = instantsMs[other]!;
        if (otherMs < childMs) {
          child = other;
          childMs = otherMs;
        }
      }
      if (childMs >= instantMs) break;
      const moved = items[child]!;
      items[place] = moved;
      instantsMs[place] = childMs;
      moved.place = place;
      place = child;
    }
    items[place] = item;
    instantsMs[place] = instantMs;
    item.place = place;
  }
}
