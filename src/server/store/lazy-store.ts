/** A store that is opened when it is first asked for: a server that only chats never loads LMDB. */
import type { Clock } from '../../lib/clock.js';
import type { Store } from './store.js';

/** What it takes. */
export interface LazyStoreOptions {
  folder: string;
  clock: Clock;
  maxBytes: number;
}

/** See the file's head. */
export class LazyStore {
  readonly #options: LazyStoreOptions;
  #opening: Promise<Store> | undefined;

  constructor(options: LazyStoreOptions) {
    this.#options = options;
  }

  /** The store; the same for every caller. */
  readonly open = (): Promise<Store> =>
    (this.#opening ??= import('./lmdb-store.js').then(({ LmdbStore }) => new LmdbStore(this.#options)));

  /** Closes the store if it was opened. */
  async close(): Promise<void> {
    const store = await this.#opening?.catch(() => undefined);
    await store?.close();
  }
}
