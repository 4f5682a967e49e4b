/**
 * The events of a response under way, for readers on any thread.
 *
 * Who makes a response and who reads its events may be on different threads, which share nothing but the store. A reader puts a
 * feed there; from then on the maker puts its events into it, all that were there before at once and the rest in batches, and
 * the store tells readers of each; what is in another process is looked for instead. A response that nobody
 * reads along costs a look a second. The feed goes in the transaction that ends the response, when all its events are in one blob. Chunks have their places by the numbers of their events, so
 * that a response which is begun anew goes on with the feed where it is: its events are the same.
 */
import type { Clock } from '../../../../lib/clock.js';
import type { HeldLease } from '../../../store/lease.js';
import type { Collection, Store, Transaction } from '../../../store/store.js';
import { ApiError } from '../errors.js';
import { CHUNK_EVENTS, type EventLog } from './event-log.js';
import { RESPONSE_LIFE_MS } from './records.js';

/** Of one response; its key is the response's id. */
interface Feed {
  /** How many events it has. */
  count: number;
}

export const FEEDS: Collection<Feed> = {
  name: 'response_feeds',
  maxCount: 100_000,
  atBound: 'evict',
  watched: true,
};

interface FeedChunk {
  events: readonly string[];
}

/** A reader that finds its chunk gone gets its events when the response is over. */
export const FEED_CHUNKS: Collection<FeedChunk> = {
  name: 'response_feed_chunks',
  maxCount: 100_000,
  atBound: 'evict',
};

/** The key of the chunk with an event. */
export const chunkKey = (id: string, event: number): string => `${id}/${Math.floor(event / CHUNK_EVENTS)}`;

/** Shortest time between two batches: a bound of what a feed costs, and of how late its events are. */
const BATCH_MS = 50;
/** How often both sides look for what they are not told of: the other one can be in another process. */
export const LOOK_MS = 1000;
/** Most chunks of one batch, so that no other thread waits long for its turn to write. */
const BATCH_CHUNKS = 16;

/** Puts an empty feed, unless there is one. The transaction should have read that the response is under way. */
export async function openFeed(transaction: Transaction, id: string, clock: Clock): Promise<void> {
  if (await transaction.get(FEEDS, id)) return;
  transaction.put(FEEDS, id, { count: 0 }, { expiresAtMs: clock.wallMs() + RESPONSE_LIFE_MS });
}

/** Deletes the feed of a response that is over, if there is one. */
export async function dropFeed(transaction: Transaction, id: string): Promise<void> {
  const feed = await transaction.get(FEEDS, id);
  if (!feed) return;
  for (let event = 0; event < feed.count; event += CHUNK_EVENTS)
    transaction.delete(FEED_CHUNKS, chunkKey(id, event));
  transaction.delete(FEEDS, id);
}

/** What a {@link FeedWriter} is made of. */
export interface FeedWriterOptions {
  store: Store;
  lease: HeldLease;
  id: string;
  log: EventLog;
  clock: Clock;
  /** Hears what went wrong. */
  onError: (error: Error) => void;
}

/** Puts events into the feed of a response, as soon as somebody reads along. */
export class FeedWriter {
  readonly #options: FeedWriterOptions;
  readonly #unwatch: () => void;
  #timer: NodeJS.Timeout | undefined;
  #state: 'idle' | 'busy' | 'closed' = 'idle';
  /** Whether there may be a feed. What is begun anew can have readers already. */
  #wanted = true;
  /** When that was found out. */
  #lookedMs = 0;
  /** Events that the feed has. */
  #told = 0;

  constructor(options: FeedWriterOptions) {
    this.#options = options;
    this.#unwatch = options.store.watch(FEEDS, (id) => {
      if (id !== options.id) return;
      this.#wanted = true;
      this.advance();
    });
    this.advance();
  }

  /** There are more events, or there may be a reader. */
  advance(): void {
    const { log, clock } = this.#options;
    if (this.#state !== 'idle' || this.#told >= log.count) return;
    if (!this.#wanted && clock.nowMs() - this.#lookedMs < LOOK_MS) return;
    this.#state = 'busy';
    this.#put().then(
      () => this.#pause(),
      (error: Error) => {
        this.close();
        // Without room the readers get the rest when the response is over.
        if (!(error instanceof ApiError)) this.#options.onError(error);
      },
    );
  }

  /** Puts nothing more. */
  close(): void {
    this.#state = 'closed';
    clearTimeout(this.#timer);
    this.#unwatch();
  }

  #pause(): void {
    if (this.#state === 'closed') return;
    const behind = this.#options.log.count - this.#told > CHUNK_EVENTS;
    this.#timer = setTimeout(
      () => {
        this.#state = 'idle';
        this.advance();
      },
      this.#wanted && !behind ? BATCH_MS : 0,
    ).unref();
  }

  /** Puts what the feed does not have yet, or finds that there is none. */
  async #put(): Promise<void> {
    // One that comes meanwhile is heard of.
    this.#wanted = false;
    this.#lookedMs = this.#options.clock.nowMs();
    const told = await this.#options.store.transact((transaction) => this.#putInto(transaction));
    if (told === undefined) return;
    this.#wanted = true;
    this.#told = told;
  }

  /** @returns how many events the feed has then; undefined when there is none */
  async #putInto(transaction: Transaction): Promise<number | undefined> {
    const { lease, id, log, clock } = this.#options;
    await lease.check(transaction);
    const feed = await transaction.get(FEEDS, id);
    if (!feed) return undefined;
    const first = Math.floor(feed.count / CHUNK_EVENTS);
    const count = Math.min(log.count, (first + BATCH_CHUNKS) * CHUNK_EVENTS);
    if (count <= feed.count) return feed.count;
    const expiresAtMs = clock.wallMs() + RESPONSE_LIFE_MS;
    for (let index = first; index * CHUNK_EVENTS < count; index++) {
      const chunk = { events: log.chunk(index) };
      transaction.put(FEED_CHUNKS, chunkKey(id, index * CHUNK_EVENTS), chunk, { expiresAtMs });
    }
    transaction.put(FEEDS, id, { count });
    return count;
  }
}
