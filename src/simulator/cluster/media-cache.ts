/** Pictures, sounds and films that a replica has prepared for its model, so that the same ones need not be prepared again. */

/**
 * What is kept; the one that was not asked for the longest goes first. vLLM keeps 4 GiB by default, and prepared pictures have about
 * a MiB.
 */
const MOST_ITEMS = 4096;

/** By content. A replica that crashes forgets all of it. */
export class MediaCache {
  /** Items that were looked up, and those of them that were there. */
  readonly statistics = { queries: 0, hits: 0 };
  /** In the order in which they were asked for last. */
  readonly #kept = new Set<number>();

  /** Looks up what a prompt has, and keeps it. */
  query(items: ArrayLike<number>): void {
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      this.statistics.queries++;
      if (this.#kept.delete(item)) this.statistics.hits++;
      this.#kept.add(item);
    }
    for (const oldest of this.#kept) {
      if (this.#kept.size <= MOST_ITEMS) break;
      this.#kept.delete(oldest);
    }
  }

  clear(): void {
    this.#kept.clear();
  }
}
