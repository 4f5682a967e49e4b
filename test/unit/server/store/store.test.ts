import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LmdbStore } from '../../../../src/server/store/lmdb-store.js';
import { UnknownCursorError } from '../../../../src/server/store/store.js';
import { FEW, FEW_NEWEST, HandClock, openTestStore, type TestStore, THINGS } from '../../../support/store.js';

const clock = new HandClock();
let opened: TestStore;
let store: LmdbStore;

beforeEach(() => {
  opened = openTestStore({ clock, maxBytes: 4_000_000 });
  ({ store } = opened);
});
afterEach(() => opened.close());

const putAll = async (...ids: string[]): Promise<void> => {
  for (const id of ids) await store.put(THINGS, id, { id, color: id < 'c' ? 'red' : 'blue' });
};
const idsOf = async (query: object): Promise<string[]> => {
  const page = await store.list(THINGS, { limit: 10, order: 'desc', ...query });
  return page.data.map(({ id }) => id);
};

describe('values', () => {
  test('are put, replaced and deleted', async () => {
    await putAll('a');
    expect(await store.get(THINGS, 'a')).toEqual({ id: 'a', color: 'red' });
    await store.put(THINGS, 'a', { id: 'a', color: 'blue' });
    expect(await store.get(THINGS, 'a')).toEqual({ id: 'a', color: 'blue' });
    expect(await store.count(THINGS)).toBe(1);
    expect(await store.delete(THINGS, 'a')).toBe(true);
    expect(await store.delete(THINGS, 'a')).toBe(false);
    expect(await store.get(THINGS, 'a')).toBeUndefined();
    expect(await store.count(THINGS)).toBe(0);
  });

  test('have ids that only look like keys', async () => {
    for (const id of ['', '\0', 'x'.repeat(5000), 'ä'.repeat(200), '../x']) {
      expect(await store.get(THINGS, id)).toBeUndefined();
    }
  });

  test('expire, and are cleared away by later writes', async () => {
    await store.writeBlob('bytes', Buffer.from('abc'));
    await store.put(THINGS, 'a', { id: 'a' }, { expiresAtMs: clock.ms + 1000, blobs: ['bytes'] });
    clock.ms += 999;
    expect(await store.get(THINGS, 'a')).toEqual({ id: 'a' });
    clock.ms += 1;
    expect(await store.get(THINGS, 'a')).toBeUndefined();
    expect(await idsOf({})).toEqual([]);
    await putAll('b');
    expect(await store.count(THINGS)).toBe(1);
    expect(await store.readBlob('bytes')).toBeUndefined();
  });
});

describe('pages', () => {
  test('go in both directions from both sides of a value', async () => {
    await putAll('a', 'b', 'c', 'd', 'e');
    expect(await idsOf({})).toEqual(['e', 'd', 'c', 'b', 'a']);
    expect(await idsOf({ order: 'asc' })).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await idsOf({ limit: 2, after: 'd' })).toEqual(['c', 'b']);
    expect(await idsOf({ limit: 2, before: 'b' })).toEqual(['d', 'c']);
    expect(await idsOf({ limit: 2, order: 'asc', after: 'b' })).toEqual(['c', 'd']);
    expect(await idsOf({ limit: 2, order: 'asc', before: 'd' })).toEqual(['b', 'c']);
  });

  test('say whether more follows', async () => {
    await putAll('a', 'b', 'c');
    expect(await store.list(THINGS, { limit: 2, order: 'desc' })).toMatchObject({ hasMore: true });
    expect(await store.list(THINGS, { limit: 3, order: 'desc' })).toMatchObject({ hasMore: false });
    expect(await store.list(THINGS, { limit: 1, order: 'desc', after: 'b' })).toMatchObject({
      hasMore: false,
    });
    expect(await store.list(THINGS, { limit: 1, order: 'desc', before: 'a' })).toMatchObject({
      hasMore: true,
    });
  });

  test('are of one group of an index, which follows the value', async () => {
    await putAll('a', 'b', 'c', 'd');
    const red = { index: { name: 'color', group: 'red' } };
    expect(await idsOf(red)).toEqual(['b', 'a']);
    await store.put(THINGS, 'c', { id: 'c', color: 'red' });
    await store.put(THINGS, 'a', { id: 'a' });
    expect(await idsOf(red)).toEqual(['c', 'b']);
  });

  test('are of what a condition holds for', async () => {
    await putAll('a', 'b', 'c', 'd');
    expect(await idsOf({ where: ({ id }: { id: string }) => id !== 'c', limit: 2 })).toEqual(['d', 'b']);
  });

  test('go on behind a value that was deleted meanwhile, and not behind one that never was', async () => {
    await putAll('a', 'b', 'c');
    await store.delete(THINGS, 'b');
    expect(await idsOf({ after: 'b' })).toEqual(['a']);
    await expect(idsOf({ after: 'z' })).rejects.toThrow(UnknownCursorError);
  });
});

describe('transactions', () => {
  test('take effect whole or not at all', async () => {
    await putAll('a');
    const failing = store.transact((transaction) => {
      transaction.delete(THINGS, 'a');
      for (const id of ['1', '2', '3', '4']) transaction.put(FEW, id, { id });
    });
    await expect(failing).rejects.toThrow('at most 3 of few things');
    expect(await store.get(THINGS, 'a')).toBeDefined();
    expect(await store.count(FEW)).toBe(0);
  });

  test('run again when what they read has changed', async () => {
    await store.put(THINGS, 'n', { id: '0' });
    const increments = Array.from({ length: 20 }, () =>
      store.update(THINGS, 'n', ({ id }) => ({ id: String(Number(id) + 1) })),
    );
    await Promise.all(increments);
    expect(await store.get(THINGS, 'n')).toEqual({ id: '20' });
  });

  test('notice a value that was deleted and put again', async () => {
    await putAll('a');
    let runs = 0;
    await store.transact(async (transaction) => {
      await transaction.get(THINGS, 'a');
      if (runs++ === 0) {
        await store.delete(THINGS, 'a');
        await store.put(THINGS, 'a', { id: 'a', color: 'red' });
      }
      transaction.put(THINGS, 'a', { id: 'a' });
    });
    expect(runs).toBe(2);
  });

  test('leave things alone that an update does not change', async () => {
    await putAll('a');
    expect(await store.update(THINGS, 'a', () => undefined)).toEqual({ id: 'a', color: 'red' });
    expect(await store.update(THINGS, 'z', (value) => value)).toBeUndefined();
  });
});

describe('bounds', () => {
  test('a collection that evicts keeps the newest', async () => {
    for (const id of ['1', '2', '3', '4']) await store.put(FEW_NEWEST, id, { id });
    const { data } = await store.list(FEW_NEWEST, { limit: 10, order: 'desc' });
    expect(data.map(({ id }) => id)).toEqual(['4', '3', '2']);
  });

  test('all bytes together; deleting makes room', async () => {
    await store.writeBlob('a', Buffer.alloc(3_000_000));
    await store.put(THINGS, 'a', { id: 'a' }, { blobs: ['a'] });
    await expect(store.writeBlob('b', Buffer.alloc(1_000_001))).rejects.toThrow('--data-limit');
    await store.delete(THINGS, 'a');
    await store.writeBlob('c', Buffer.alloc(2_500_000));
  });
});

test('what has expired makes room for what would not fit', async () => {
  const expiresAtMs = clock.ms + 1000;
  for (let i = 0; i < 20; i++) {
    await store.writeBlob(`blob-${i}`, Buffer.alloc(190_000));
    await store.put(THINGS, `old-${i}`, { id: `old-${i}` }, { blobs: [`blob-${i}`], expiresAtMs });
  }
  await expect(store.writeBlob('new', Buffer.alloc(3_500_000))).rejects.toThrow('--data-limit');
  for (const id of ['x', 'y', 'z']) await store.put(FEW, id, { id }, { expiresAtMs });
  await expect(store.put(FEW, 'new', { id: 'new' })).rejects.toThrow('at most 3');
  clock.ms += 1000;
  await store.writeBlob('new', Buffer.alloc(3_500_000));
  await store.put(FEW, 'new', { id: 'new' });
});

test('bytes that were not put in the end take no room', async () => {
  for (let i = 0; i < 3; i++) await store.put(FEW, `${i}`, { id: `${i}` });
  for (let i = 0; i < 3; i++) {
    await store.writeBlob(`blob-${i}`, Buffer.alloc(3_000_000));
    const put = store.put(FEW, `more-${i}`, { id: 'more' }, { blobs: [`blob-${i}`] });
    await expect(put).rejects.toThrow('at most 3');
  }
});

test('blobs of any size come back as they were', async () => {
  for (const size of [0, 1, 1024 * 1024, 1024 * 1024 + 1, 3_000_000]) {
    const bytes = Buffer.alloc(size, size.toString());
    await store.writeBlob('x', bytes);
    expect((await store.readBlob('x'))!.equals(bytes)).toBe(true);
    await store.put(THINGS, 'x', { id: 'x' }, { blobs: ['x'] });
    await store.put(THINGS, 'x', { id: 'x' }, { blobs: [] });
    expect(await store.readBlob('x')).toBeUndefined();
  }
});

test('a blob that several values have goes with the last of them', async () => {
  await store.writeBlob('x', Buffer.from('abc'));
  await store.put(THINGS, 'own', { id: 'own' }, { blobs: ['x'], expiresAtMs: clock.ms + 1000 });
  const shared = { sharedBlobs: ['x'] };
  for (const id of ['a', 'b', 'b']) await store.put(THINGS, id, { id }, shared);
  // Put again without a word of it.
  await store.put(THINGS, 'a', { id: 'a', color: 'red' });
  const isThere = async (): Promise<boolean> => (await store.readBlob('x'))?.toString() === 'abc';
  clock.ms += 1000;
  await putAll('c');
  expect(await isThere()).toBe(true);
  await store.put(THINGS, 'a', { id: 'a' }, { blobs: [] });
  expect(await isThere()).toBe(true);
  await store.delete(THINGS, 'b');
  expect(await isThere()).toBe(false);
  // Nothing of it counts any more.
  await store.writeBlob('all', Buffer.alloc(3_999_000));
});

test('numbers count up by name', async () => {
  expect([await store.nextNumber('a'), await store.nextNumber('a'), await store.nextNumber('b')]).toEqual([
    1, 2, 1,
  ]);
});

test('watchers hear of changes until they stop', async () => {
  const heard: string[] = [];
  const stop = store.watch(THINGS, (id) => heard.push(id));
  await putAll('a');
  await store.delete(THINGS, 'a');
  stop();
  await putAll('b');
  expect(heard).toEqual(['a', 'a']);
});
