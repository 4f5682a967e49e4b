/** The texts of the dialects, kept from scrape to scrape, and the memory in which they are sent. */
import { Exposition } from '../../lib/exposition.js';

/** Room for a page to grow by some digits before it needs other memory. */
const ROOM = 1.25;
/** More than this is not kept for the next answer. */
const MOST_KEPT_BYTES = 2 ** 25;

/** Bytes to be sent. */
export interface Sendable {
  readonly bytes: Uint8Array;
  /** To be called when they have been sent: the memory is used again. */
  readonly release: () => void;
}

/**
 * An answer has as much as a megabyte. Made anew for each scrape it would have the garbage collector run every few of them,
 * which costs far more than the text: so one answer's memory is kept, and used again when the socket has taken it all.
 */
export class ScrapePages<Name extends string> {
  readonly #pages = new Map<Name, Exposition>();
  #spare: Buffer | undefined;

  /**
   * Writes pages, one below the other.
   *
   * @param names - the pages; each is kept, so they should be few
   * @param write - writes one of them
   */
  write(names: readonly Name[], write: (name: Name, page: Exposition) => void): Sendable {
    const texts = new Map<Name, Buffer>();
    for (const name of names) {
      if (texts.has(name)) continue;
      const page = this.#pageOf(name).begin();
      write(name, page);
      texts.set(name, page.finish());
    }
    return this.#together(names.map((name) => texts.get(name)!));
  }

  #pageOf(name: Name): Exposition {
    let page = this.#pages.get(name);
    if (!page) this.#pages.set(name, (page = new Exposition()));
    return page;
  }

  #together(parts: readonly Buffer[]): Sendable {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    let memory = this.#spare;
    this.#spare = undefined;
    if (!memory || memory.length < length) memory = Buffer.allocUnsafe(Math.ceil(length * ROOM));
    let at = 0;
    for (const part of parts) at += part.copy(memory, at);
    return { bytes: memory.subarray(0, length), release: this.#releaser(memory) };
  }

  /** A function of its own, so that it keeps nothing else alive. */
  #releaser(memory: Buffer): () => void {
    return () => {
      if (memory.length <= MOST_KEPT_BYTES) this.#spare = memory;
    };
  }
}
