/**
 * Paced streams with nothing but their writes: server-socket-paced.mjs EVENTS ITL. Every connection gets prepared frames on
 * absolute instants from one loop over all sockets; what it is late by is what the machine leaves.
 */
import { createServer } from 'node:net';
import { LatenessHistogram } from '../dist/lib/lateness.js';
import { PACING_S } from '../dist/server/telemetry/report.js';

const [events, itlMs] = process.argv.slice(2).map(Number);
const data = `data: ${'x'.repeat(250)}\n\n`;
const frame = `${data.length.toString(16)}\r\n${data}\r\n`;
const lateness = new LatenessHistogram();
const streams = new Set();

function tick() {
  const nowMs = performance.now();
  for (const stream of streams) {
    if (stream.nextMs > nowMs) continue;
    lateness.record(performance.now() - stream.nextMs);
    stream.nextMs += itlMs;
    if (--stream.left > 0) stream.socket.write(frame, 'latin1');
    else {
      streams.delete(stream);
      stream.socket.end(frame, 'latin1');
    }
  }
}
setInterval(tick, 1);

const server = createServer({ noDelay: true }, (socket) => {
  const stream = { socket, left: events, nextMs: 0 };
  socket.on('error', () => {});
  socket.on('close', () => streams.delete(stream));
  socket.once('data', () => {
    stream.nextMs = performance.now() + 50;
    streams.add(stream);
  });
});
process.on('message', () =>
  process.send([{ pacing: lateness.report(), pacingS: lateness.histogram(PACING_S) }]),
);
process.on('SIGTERM', () => process.exit(0));
// Whoever measures it has gone, perhaps without a word.
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});
