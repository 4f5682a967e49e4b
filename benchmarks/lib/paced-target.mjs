/**
 * A paced target: `INTERVAL_MS EVENTS`. Every stream gets one event per interval, at its own phase; each event's text is
 * the instant (CLOCK_MONOTONIC, milliseconds) at which it was handed to the socket. Prints its port.
 */
import { createServer } from 'node:net';

const [intervalMs, events] = process.argv.slice(2).map(Number);
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
const chunk = (text) => `${text.length.toString(16)}\r\n${text}\r\n`;
const event = (text) =>
  `data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"${text}"}}]}\n\n`;

// One timer for all streams: a wheel of absolute deadlines, a list that is short enough to walk.
const streams = new Set();
setInterval(() => {
  const now = nowMs();
  for (const stream of streams) {
    if (stream.dueMs > now) continue;
    stream.dueMs += intervalMs;
    if (stream.sent++ < events) stream.socket.write(chunk(event(nowMs().toFixed(4))), 'latin1');
    else {
      streams.delete(stream);
      stream.socket.write(`${chunk('data: [DONE]\n\n')}0\r\n\r\n`, 'latin1');
    }
  }
}, 1);

const server = createServer({ noDelay: true }, (socket) => {
  let pending = '';
  socket.setEncoding('latin1');
  socket.on('error', () => socket.destroy());
  socket.on('data', (text) => {
    pending += text;
    const head = pending.indexOf('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(pending)?.[1]);
    if (head < 0 || pending.length < head + 4 + length) return;
    pending = '';
    socket.write(HEAD, 'latin1');
    streams.add({ socket, dueMs: nowMs() + ((streams.size * 7919) % 1000) * (intervalMs / 1000), sent: 0 });
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () =>
  process.stdout.write(`${server.address().port}\n`),
);
