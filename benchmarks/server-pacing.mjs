/**
 * A thousand streams with a token every 20 ms on one thread: how late tokens are written, as the server's own wheel
 * measures it, beside the lateness of one `setTimeout` per token in an otherwise idle process.
 */
import { connect } from 'node:net';
import { startProcess } from './server-lib.mjs';

const STREAMS = 1000;
const ITL_MS = 20;
const TOKENS = 400;
const body = JSON.stringify({
  model: 'fakeai-1',
  messages: [{ role: 'user', content: 'Go.' }],
  stream: true,
  max_tokens: TOKENS,
  ignore_eos: true,
});
const request = `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const stream = (url) =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.on('data', () => {});
    socket.on('error', reject).on('close', resolve);
    socket.write(request);
  });

/** Lateness of chained timers at the 99th percentile, in ms. */
async function timerLatenessMs() {
  const late = [];
  for (let i = 0; i < 100; i++) {
    const dueMs = performance.now() + ITL_MS;
    await new Promise((resolve) => setTimeout(resolve, ITL_MS));
    late.push(performance.now() - dueMs);
  }
  return late.toSorted((a, b) => a - b)[98];
}

const timerMs = await timerLatenessMs();
const server = await startProcess('server-process.mjs', 1, 'fixed', ITL_MS);
try {
  const cpu = server.cpuSeconds();
  const start = performance.now();
  const streams = [];
  for (let i = 0; i < STREAMS; i++) {
    streams.push(stream(server.url));
    // Spread over one interval, as independent users are.
    if (i % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(streams);
  const seconds = (performance.now() - start) / 1000;
  const [{ pacing }] = await server.ask('stats');
  process.stdout.write(
    `server-pacing: ${STREAMS} streams of ${ITL_MS} ms on one thread, lateness of the write p50 ${pacing.p50Ms.toFixed(2)} ms, ` +
      `p99 ${pacing.p99Ms.toFixed(2)} ms, max ${pacing.maxMs.toFixed(1)} ms over ${pacing.count} writes ` +
      `(${((server.cpuSeconds() - cpu) / seconds).toFixed(2)} cores); a lone setTimeout: p99 ${timerMs.toFixed(2)} ms\n`,
  );
} finally {
  await server.stop();
}
