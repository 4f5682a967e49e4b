// Writes to a store from two threads, and says on stdout what was acknowledged: `THREAD NUMBER` lines.
// Usage: node store-writer.mjs FOLDER [CRASHES]: until it is killed, or its threads were ended and replaced so many times
import { writeSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { LazyStore } from '../../dist/server/store/lazy-store.js';
import { StoreHost } from '../../dist/server/store/store-host.js';

const THINGS = { name: 'things', maxCount: 1e6, atBound: 'refuse' };
const TOTAL = { name: 'total', maxCount: 1, atBound: 'refuse' };
/** More than one thread ever writes. */
const RUN = 1e6;

if (isMainThread) await main(process.argv[2], process.argv[3]);
else await write(workerData);

async function main(folder, crashes = 0) {
  const host = new StoreHost({ folder, maxBytes: 1e9 });
  const start = (thread, run) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { folder, thread, from: run * RUN } });
    worker.on('error', () => process.exit(1));
    worker.on('message', ({ port }) => port && host.connect(port, `${thread}${run}`));
    return worker;
  };
  const workers = ['a', 'b'].map((thread) => start(thread, 0));
  for (let run = 1; run <= crashes; run++) {
    const index = run % 2;
    await new Promise((resolve) => workers[index].on('message', ({ number }) => number && resolve()));
    await workers[index].terminate();
    workers[index] = start('ab'[index], run);
  }
  if (crashes === 0) return;
  await Promise.all(workers.map((worker) => worker.terminate()));
  await host.close();
}

async function write({ folder, thread, from }) {
  const clock = { nowMs: () => performance.now(), wallMs: () => Date.now() };
  const connect = (port) => parentPort.postMessage({ port }, [port]);
  const store = await new LazyStore({ folder, clock, connect }).open();
  for (let number = from; ; number++) {
    const id = `${thread}-${number}`;
    await store.writeBlob(id, Buffer.from(id.repeat(100)));
    await store.transact(async (transaction) => {
      const { sum = 0 } = (await transaction.get(TOTAL, 'total')) ?? {};
      transaction.put(THINGS, id, { id }, { blobs: [id] });
      transaction.put(TOTAL, 'total', { sum: sum + 1 });
    });
    writeSync(1, `${thread} ${number}\n`);
    if (number > from + 3) parentPort.postMessage({ number });
  }
}
