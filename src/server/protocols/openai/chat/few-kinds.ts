/**
 * A few kinds of something that were met lately. A new one takes the place of the one that was met least, after so many others that it
 * is no passing one: where there are more kinds than places, each would drive another one out.
 */

/** So many are enough for the bodies of a few clients, and few enough to compare each. */
const PLACES = 4;
/** So many that are of none of the kinds come before one of them takes a place. */
const PATIENCE = 16;

/** See the file's head. */
export class FewKinds<T> {
  readonly #kinds: T[] = [];
  /** How often each was met, lately. */
  readonly #met: number[] = [];
  #strangers = 0;

  /** In no order. */
  get all(): readonly T[] {
    return this.#kinds;
  }

  /** One of a kind came: that which is at this place of {@link all}. */
  met(place: number): void {
    this.#met[place]!++;
  }

  /** One came that is of no kind: whether it may be added. */
  hasRoom(): boolean {
    return this.#kinds.length < PLACES || ++this.#strangers > PATIENCE;
  }

  /** Adds a kind, in place of another one if there are too many. */
  add(kind: T): void {
    this.#strangers = 0;
    if (this.#kinds.length < PLACES) {
      this.#kinds.push(kind);
      this.#met.push(1);
      return;
    }
    const least = this.#met.indexOf(Math.min(...this.#met));
    this.#kinds[least] = kind;
    // What was met often once is not kept for that for ever.
    for (let place = 0; place < PLACES; place++)
      this.#met[place] = place === least ? 1 : this.#met[place]! >> 1;
  }
}
