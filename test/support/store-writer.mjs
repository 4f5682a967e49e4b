// Writes to a store from two threads until it is killed, and says on stdout what was acknowledged: `THREAD NUMBER` lines.
// Usage: node store-writer.mjs FOLDER
import { writeSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { LmdbStore } from '../../dist/server/store/lmdb-store.js';

const THINGS = { name: 'things', maxCount: 1e6, atBound: 'refuse' };
const TOTAL = { name: 'total', maxCount: 1, atBound: 'refuse' };

if (isMainThread) {
  const folder = process.argv[2];
  for (const thread of ['a', 'b']) {
    new Worker(new URL(import.meta.url), { workerData: { folder, thread } }).on('error', () =>
      process.exit(1),
    );
  }
} else {
  const { folder, thread } = workerData;
  const clock = { nowMs: () => performance.now(), wallMs: () => Date.now() };
  const store = new LmdbStore({ folder, clock, maxBytes: 1e9 });
  for (let number = 0; ; number++) {
    const id = `${thread}-${number}`;
    await store.writeBlob(id, Buffer.from(id.repeat(100)));
    await store.transact(async (transaction) => {
      const { sum = 0 } = (await transaction.get(TOTAL, 'total')) ?? {};
      transaction.put(THINGS, id, { id }, { blobs: [id] });
      transaction.put(TOTAL, 'total', { sum: sum + 1 });
    });
    writeSync(1, `${thread} ${number}\n`);
  }
}
