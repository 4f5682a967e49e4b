/** Events of a response that was made in the background: those behind a number at once, and those to come as they come. */
import type { ServerContext } from '../../../context.js';
import type { EventStream } from '../../../routing/event-stream.js';
import type { Reply } from '../../../routing/reply.js';
import type { Store } from '../../../store/store.js';
import { CHUNK_EVENTS, eventsIn } from './event-log.js';
import { chunkKey, FEED_CHUNKS, FEEDS, LOOK_MS, openFeed } from './feed.js';
import { isOver, type ResponseRecord, RESPONSES } from './records.js';

/**
 * Sends the events until the last one, or until the client goes. That of a response which is cancelled or deleted meanwhile
 * ends without a last event, as there is none that says so.
 *
 * @param first - number of the first event
 * @param shown - how each whole event is sent
 */
export async function follow(
  context: ServerContext,
  id: string,
  first: number,
  reply: Reply,
  shown: (event: string) => string,
): Promise<void> {
  let next = first;
  const store = await context.store();
  if (reply.response.done) return;
  const changes = new Changes(store, id, reply);
  const stream = reply.events();
  try {
    while (!stream.done) {
      changes.seen();
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const feed = await store.get(FEEDS, id);
      if (!feed) {
        // oxlint-disable-next-line no-await-in-loop -- as above
        const record = await requireFeed(context, store, id);
        if (!record || isOver(record)) {
          // oxlint-disable-next-line no-await-in-loop -- the last thing
          stream.end((await rest(store, record, next)).map(shown).join(''));
          return;
        }
      }
      // oxlint-disable-next-line no-await-in-loop -- as above
      const sent = feed && next < feed.count ? await sendChunk(store, id, next, stream, shown) : 0;
      next += sent;
      // oxlint-disable-next-line no-await-in-loop -- a client that lags gets its events later, and nothing is kept for it
      await (sent > 0 ? stream.ready() : changes.next());
    }
  } finally {
    changes.close();
  }
}

/** Has the maker of a response tell its events, unless it is over. */
function requireFeed(context: ServerContext, store: Store, id: string): Promise<ResponseRecord | undefined> {
  return store.transact(async (transaction) => {
    const record = await transaction.get(RESPONSES, id);
    if (record && !isOver(record)) await openFeed(transaction, id, context.clock);
    return record;
  });
}

async function rest(store: Store, record: ResponseRecord | undefined, next: number): Promise<string[]> {
  const bytes = record?.eventsBlob ? await store.readBlob(record.eventsBlob) : undefined;
  return eventsIn(bytes?.toString('latin1') ?? '').slice(next);
}

/** @returns how many events were sent */
async function sendChunk(
  store: Store,
  id: string,
  next: number,
  stream: EventStream,
  shown: (event: string) => string,
): Promise<number> {
  const chunk = await store.get(FEED_CHUNKS, chunkKey(id, next));
  const events = chunk?.events.slice(next % CHUNK_EVENTS) ?? [];
  if (events.length > 0) stream.frames(events.map(shown).join(''));
  return events.length;
}

/** Waits until a feed changes or the client goes; not long, as another process is not heard of. */
class Changes {
  readonly #unwatch: () => void;
  #changed = false;
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;

  constructor(store: Store, id: string, reply: Reply) {
    const change = (): void => {
      this.#changed = true;
      this.#wake?.();
    };
    this.#unwatch = store.watch(FEEDS, (changed) => {
      if (changed === id) change();
    });
    reply.onAbort(change);
  }

  /** What changed so far will be looked at. */
  seen(): void {
    this.#changed = false;
  }

  /** Resolves when something has changed since, or may have. */
  async next(): Promise<void> {
    if (this.#changed) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(resolve, LOOK_MS);
    });
    clearTimeout(this.#timer);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#unwatch();
  }
}
