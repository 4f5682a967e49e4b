/** The texts of scrapes, kept from one to the next: little but their numbers is written anew. */
import { Exposition } from '../../lib/exposition.js';

/** Bytes to be sent. */
export interface Sendable {
  readonly bytes: Uint8Array;
  /** To be called when they have been sent: their memory is written to again. */
  readonly release: () => void;
}

interface Page {
  readonly text: Exposition;
  /** Whoever still sends it, where somebody does. */
  lent: object | undefined;
}

/**
 * An answer has as much as a megabyte. Made anew or copied for each scrape it would push everything else out of the processor's caches,
 * and have the garbage collector run every few of them: so it is sent from where it is kept. Only when a socket has not
 * taken all of it by the next scrape does that go on in a copy.
 */
export class ScrapePages<Name extends string> {
  readonly #pages = new Map<string, Page>();

  /**
   * Writes the parts of a page, one below the other.
   *
   * @param names - its parts; each combination is kept, so there should be few
   * @param write - writes one of them
   */
  write(names: readonly Name[], write: (name: Name, page: Exposition) => void): Sendable {
    const page = this.#pageOf(names.join());
    if (page.lent) page.text.detach();
    page.text.begin();
    for (const name of names) write(name, page.text);
    const bytes = page.text.finish();
    const lent = {};
    page.lent = lent;
    return { bytes, release: releaser(page, lent) };
  }

  #pageOf(key: string): Page {
    let page = this.#pages.get(key);
    if (!page) this.#pages.set(key, (page = { text: new Exposition(), lent: undefined }));
    return page;
  }
}

/** A function of its own, so that it keeps nothing else alive. */
const releaser = (page: Page, lent: object) => (): void => {
  if (page.lent === lent) page.lent = undefined;
};
