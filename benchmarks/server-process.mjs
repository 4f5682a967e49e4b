/** The simulated server in a process of its own: server-process.mjs THREADS [LATENCY] [ITL] [SETTINGS as JSON]. */
import { serverSchema } from '../dist/config/schema.js';
import { collectAlone } from '../dist/lib/garbage.js';
import { startServer } from '../dist/server/index.js';

const [threads, latency = 'instant', itl = '20', more = '{}'] = process.argv.slice(2);
// As `fakeai server` does.
collectAlone();
const server = await startServer({
  ...serverSchema.parse({}),
  port: 0,
  threads: Number(threads),
  model: ['fakeai-1'],
  latency,
  ttft: 50,
  itl: Number(itl),
  jitter: 0,
  drain: 1000,
  ...JSON.parse(more),
});
process.on('message', () => void server.stats().then((stats) => process.send(stats)));
// Whoever measures it has gone, perhaps without a word.
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => void server.close().then(() => process.exit(0)));
process.stdout.write(JSON.stringify({ url: server.url }));
