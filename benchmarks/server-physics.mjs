/**
 * The simulated cluster behind the API: 4 replicas of 128 running streams on two threads. How late tokens are written, counted
 * from the instant at which the engine's step ended, as the server itself measures it. Aim: p99 at most 3 ms.
 *
 * Streams are begun within two seconds; all of them run at the same time until the first ones end. When the machine has
 * no core to spare the writes are late: then the figure says nothing, and the CPU time per token still does.
 */
import { connect } from 'node:net';
import { startProcess } from './server-lib.mjs';

const REPLICAS = 4;
const STREAMS = REPLICAS * 128;
const TOKENS = 250;
const MODEL = 'llama-3.3-70b';
const fleet = { model: [MODEL], tp: 4, replicas: REPLICAS, router: 'least-loaded', maxNumSeqs: 128 };

const buffer = Buffer.allocUnsafeSlow(64 * 1024);
const request = (i) => {
  const body = JSON.stringify({
    model: MODEL,
    messages: [{ role: 'user', content: `Go ${i}.` }],
    stream: true,
    max_tokens: TOKENS,
    ignore_eos: true,
  });
  return `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
};

const stream = (url, i) =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const onread = { buffer, callback: () => true };
    const socket = connect({ port: Number(port), host: hostname, onread });
    socket.on('error', reject).on('close', resolve);
    socket.write(request(i));
  });

const server = await startProcess('server-process.mjs', 2, 'physics', 0, JSON.stringify(fleet));
try {
  const cpu = server.cpuSeconds();
  const streams = [];
  for (let i = 0; i < STREAMS; i++) {
    streams.push(stream(server.url, i));
    if (i % 8 === 7) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await Promise.all(streams);
  const threads = await server.ask('stats');
  const cpuUs = ((server.cpuSeconds() - cpu) * 1e6) / (STREAMS * TOKENS);
  const worst = (key) => Math.max(...threads.map(({ pacing }) => pacing[key])).toFixed(2);
  process.stdout.write(
    `server-physics: ${STREAMS} streams of ${REPLICAS} replicas on ${threads.length} threads, lateness of the write after the engine's step ` +
      `p50 ${worst('p50Ms')}, p99 ${worst('p99Ms')}, max ${worst('maxMs')} ms (the worse thread), ` +
      `${cpuUs.toFixed(1)} µs of CPU per token, engine included; aim p99 3 ms\n`,
  );
} finally {
  await server.stop();
}
