/** A store in a folder of its own, and collections for it. */
import { type Clock, systemClock } from '../../src/lib/clock.js';
import { LmdbStore } from '../../src/server/store/lmdb-store.js';
import { StoreWriter } from '../../src/server/store/store-writer.js';
import type { Collection } from '../../src/server/store/store.js';
import { temporaryFolder } from './cli.js';

export interface Thing {
  id: string;
  color?: string;
}

export const THINGS: Collection<Thing> = {
  name: 'things',
  indexes: { color: ({ color }) => color },
  maxCount: 1000,
  atBound: 'evict',
  watched: true,
};

export const FEW: Collection<Thing> = { name: 'few_things', maxCount: 3, atBound: 'refuse' };
export const FEW_NEWEST: Collection<Thing> = { name: 'newest_things', maxCount: 3, atBound: 'evict' };

/** A wall clock that is moved by hand. */
export class HandClock implements Clock {
  ms = 1_700_000_000_000;
  nowMs = (): number => this.ms;
  wallMs = (): number => this.ms;
}

export interface TestStore {
  store: LmdbStore;
  folder: string;
  close(): Promise<void>;
}

export function openTestStore({
  clock = systemClock,
  maxBytes = 64 * 1024 * 1024,
  folder = temporaryFolder(),
} = {}): TestStore {
  const all = new StoreWriter({ folder: folder.path, maxBytes, process: 'test' });
  all.forgetEnded(clock.wallMs());
  const writer = all.for('test', clock.wallMs());
  const store = new LmdbStore({ folder: folder.path, clock, writer });
  return {
    store,
    folder: folder.path,
    close: async () => {
      await store.close();
      await all.close();
      folder.remove();
    },
  };
}
