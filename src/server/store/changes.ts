/** Tells the threads of this process which values changed. */
import { BroadcastChannel } from 'node:worker_threads';

type Listener = (id: string) => void;

/** See the file's head. Another process is not reached. */
export class ChangeChannel {
  readonly #channel: BroadcastChannel;
  readonly #listeners = new Map<string, Set<Listener>>();

  /** @param name - the same for all that share a database */
  constructor(name: string) {
    this.#channel = new BroadcastChannel(name);
    // It must not keep a thread alive that has nothing else to do.
    this.#channel.unref();
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- Node's types do not know that it is an EventTarget
    this.#channel.onmessage = (message) => {
      const { data } = message as { data: [collection: string, id: string][] };
      for (const [collection, id] of data) this.#call(collection, id);
    };
  }

  say(changes: [collection: string, id: string][]): void {
    this.#channel.postMessage(changes);
    // A channel does not hear itself. Later, as from elsewhere: the writer has not seen its own promise settle yet.
    queueMicrotask(() => {
      for (const [collection, id] of changes) this.#call(collection, id);
    });
  }

  listen(collection: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(collection) ?? new Set();
    this.#listeners.set(collection, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
    this.#channel.close();
  }

  #call(collection: string, id: string): void {
    for (const listener of this.#listeners.get(collection) ?? []) listener(id);
  }
}
