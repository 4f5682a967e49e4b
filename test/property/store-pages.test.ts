import * as fc from '../support/fast-check.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Collection } from '../../src/server/store/store.js';
import { openTestStore, type TestStore, type Thing } from '../support/store.js';

let opened: TestStore;
beforeAll(() => {
  opened = openTestStore();
});
afterAll(() => opened.close());

let collections = 0;
const fresh = (): Collection<Thing> => ({ name: `c${collections++}`, maxCount: 1000, atBound: 'refuse' });

/** What happens between two pages: so many new values, and which of the old ones go. */
const between = fc.record({ added: fc.nat(3), deleted: fc.array(fc.nat(30), { maxLength: 3 }) });

test('walking visits every value once, in order, whatever is put and deleted meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(30),
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom('asc' as const, 'desc' as const),
      fc.array(between, { maxLength: 10 }),
      async (count, limit, order, changes) => {
        const { store } = opened;
        const collection = fresh();
        const initial = Array.from({ length: count }, (_, i) => `old-${i}`);
        await store.transact((transaction) => {
          for (const id of initial) transaction.put(collection, id, { id });
        });
        const gone = new Set<string>();
        const seen: string[] = [];
        let after: string | undefined;
        for (let page = 0; ; page++) {
          const { data, hasMore } = await store.list(collection, { limit, order, after });
          seen.push(...data.map(({ id }) => id));
          after = data.at(-1)?.id;
          if (!hasMore) break;
          const { added = 0, deleted = [] } = changes[page] ?? {};
          for (let i = 0; i < added; i++)
            await store.put(collection, `new-${page}-${i}`, { id: `new-${page}-${i}` });
          for (const index of deleted) {
            if (await store.delete(collection, `old-${index}`)) gone.add(`old-${index}`);
          }
        }
        expect(new Set(seen).size).toBe(seen.length);
        const old = seen.filter((id) => id.startsWith('old'));
        const wanted = order === 'asc' ? initial : initial.toReversed();
        expect(wanted.filter((id) => old.includes(id))).toEqual(old);
        expect(initial.filter((id) => !gone.has(id) && !old.includes(id))).toEqual([]);
        // What is newer than everything comes before the first page when the newest come first.
        if (order === 'desc') expect(old).toEqual(seen);
      },
    ),
    { numRuns: 60 },
  );
});

test('walking backwards with before is walking forwards, reversed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 8 }),
      async (count, limit) => {
        const { store } = opened;
        const collection = fresh();
        await store.transact((transaction) => {
          for (let i = 0; i < count; i++) transaction.put(collection, String(i), { id: String(i) });
        });
        const seen: string[] = [];
        let before = String(0);
        for (;;) {
          const { data, hasMore } = await store.list(collection, { limit, order: 'desc', before });
          seen.unshift(...data.map(({ id }) => id));
          if (!hasMore) break;
          before = data[0]!.id;
        }
        expect(seen).toEqual(Array.from({ length: count - 1 }, (_, i) => String(count - 1 - i)));
      },
    ),
    { numRuns: 30 },
  );
});
