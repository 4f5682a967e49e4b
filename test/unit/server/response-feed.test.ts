/** Feeds of the events of responses: what gets into the store, and when. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { CHUNK_EVENTS, EventLog } from '../../../src/server/protocols/openai/responses/event-log.js';
import {
  chunkKey,
  dropFeed,
  FEED_CHUNKS,
  FEEDS,
  FeedWriter,
  openFeed,
} from '../../../src/server/protocols/openai/responses/feed.js';
import { HeldLease } from '../../../src/server/store/lease.js';
import { openTestStore, type TestStore } from '../../support/store.js';

const ID = 'resp_1';

let stored: TestStore;
let lease: HeldLease;
const writers: FeedWriter[] = [];
beforeEach(async () => {
  stored = openTestStore();
  lease = (await HeldLease.take(stored.store, systemClock, 'response/resp_1', 'me'))!;
});
afterEach(async () => {
  for (const writer of writers.splice(0)) writer.close();
  await lease.release();
  await stored.close();
});

const eventsUpTo = (count: number, from = 0): string =>
  Array.from({ length: count - from }, (_, i) => `event: x\ndata: {"n":${from + i}}\n\n`).join('');

interface Writing {
  log: EventLog;
  /** Adds events until there are so many. */
  grow: (count: number) => void;
  errors: Error[];
}

function write(): Writing {
  const log = new EventLog();
  const errors: Error[] = [];
  const onError = (error: Error): void => void errors.push(error);
  const writer = new FeedWriter({ store: stored.store, lease, id: ID, log, clock: systemClock, onError });
  writers.push(writer);
  const grow = (count: number): void => {
    log.add(eventsUpTo(count, log.count));
    writer.advance();
  };
  return { log, grow, errors };
}

const open = (): Promise<void> =>
  stored.store.transact((transaction) => openFeed(transaction, ID, systemClock));

/** Resolves when the feed has so many events; gives what a reader of all chunks reads. */
async function untilHas(count: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      stored.store.get(FEEDS, ID).then((feed) => {
        if (feed?.count !== count) return;
        unwatch();
        resolve();
      }, reject);
    };
    const unwatch = stored.store.watch(FEEDS, look);
    look();
  });
  let text = '';
  for (let event = 0; event < count; event += CHUNK_EVENTS)
    text += (await stored.store.get(FEED_CHUNKS, chunkKey(ID, event)))!.events.join('');
  return text;
}

test('a log has its events in chunks, and all of them', () => {
  const log = new EventLog();
  log.add('');
  for (let count = 1; count <= 3 * CHUNK_EVENTS + 1; count += 3) log.add(eventsUpTo(count, log.count));
  expect(log.text()).toBe(eventsUpTo(log.count));
  expect(log.chunk(1)).toHaveLength(CHUNK_EVENTS);
  expect(log.chunk(1)[0]).toContain(`{"n":${CHUNK_EVENTS}}`);
  expect(log.chunk(4)).toEqual([]);
});

test('nothing is put without a reader; with one, all that there is, and what comes', async () => {
  const { grow, errors } = write();
  // More than one batch.
  const many = 20 * CHUNK_EVENTS + 5;
  grow(many);
  expect(await stored.store.count(FEED_CHUNKS)).toBe(0);
  await open();
  expect(await untilHas(many)).toBe(eventsUpTo(many));
  for (const more of [1, 2, CHUNK_EVENTS]) {
    grow(many + more);
    expect(await untilHas(many + more)).toBe(eventsUpTo(many + more));
  }
  await stored.store.transact((transaction) => dropFeed(transaction, ID));
  grow(many + 100);
  expect(await stored.store.count(FEED_CHUNKS)).toBe(0);
  expect(await stored.store.count(FEEDS)).toBe(0);
  expect(errors).toEqual([]);
});

test('what is begun anew goes on with the feed where it is', async () => {
  await open();
  const first = write();
  first.grow(CHUNK_EVENTS + 10);
  await untilHas(CHUNK_EVENTS + 10);
  writers.pop()!.close();
  const second = write();
  second.grow(3);
  second.grow(CHUNK_EVENTS + 12);
  expect(await untilHas(CHUNK_EVENTS + 12)).toBe(eventsUpTo(CHUNK_EVENTS + 12));
});

test('nothing is put by who does not work on the response any more', async () => {
  await open();
  await lease.release();
  const { grow, errors } = write();
  grow(5);
  await expect.poll(() => errors.length).toBe(1);
  expect(errors[0]!.message).toContain('lease');
  expect(await stored.store.get(FEEDS, ID)).toEqual({ count: 0 });
});
