/** A store that is opened when it is first asked for: a server that only chats never loads LMDB. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Clock } from '../../lib/clock.js';
import type { Store } from './store.js';

/** What it takes. */
export interface LazyStoreOptions {
  folder: string;
  clock: Clock;
  /** Gives a port to the thread that writes. */
  connect: (port: MessagePort) => void;
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
    (this.#opening ??= this.#open().catch((error: unknown) => {
      // Whoever comes next tries again.
      this.#opening = undefined;
      throw error;
    }));

  /** Closes the store if it was opened. */
  async close(): Promise<void> {
    const store = await this.#opening?.catch(() => undefined);
    await store?.close();
  }

  async #open(): Promise<Store> {
    const { folder, clock, connect } = this.#options;
    const { port1, port2 } = new MessageChannel();
    connect(port2);
    const [{ LmdbStore }, { RemoteWriter }] = await Promise.all([
      import('./lmdb-store.js'),
      import('./remote-writer.js'),
    ]);
    return new LmdbStore({ folder, clock, writer: await RemoteWriter.on(port1) });
  }
}
