/**
 * A thousand streams with a token every 20 ms on one thread: how late tokens are written, as the server's own wheel
 * measures it, beside a bare loop over sockets that does nothing but write as many bytes at the same pace.
 *
 * Of the whole run, and of the time in which all streams run: before that a thousand connections and requests come, which take
 * from the same thread. (The latter from the server's histogram: within its buckets, half a millisecond wide around 2 ms.)
 *
 * Streams begin as those of independent users do: a Poisson process, so that their phases within the 20 ms are spread evenly
 * and by chance. (Begun in groups on a raster, all tokens would fall due in a few bursts, and what is late would be the raster.)
 * The seed is fixed: ours and the bare loop get the same instants.
 *
 * When the machine has no core to spare both are late: then only the comparison says something.
 */
import { connect } from 'node:net';
import { quantileOf } from '../dist/lib/bucket-histogram.js';
import { createRandom } from '../dist/lib/random.js';
import { startProcess } from './server-lib.mjs';

const STREAMS = 1000;
const ITL_MS = 20;
const TOKENS = 500;
/** Streams begin over about so long: the burst of their requests is not what is measured. */
const RAMP_MS = 1000;
const SEED = 1;
/** Short streams before, one after the other: a server that runs has its code optimized. */
const WARM_UP_STREAMS = 300;
const WARM_UP_AT_ONCE = 5;
const requestOf = (tokens) => {
  const body = JSON.stringify({
    model: 'fakeai-1',
    messages: [{ role: 'user', content: 'Go.' }],
    stream: true,
    max_tokens: tokens,
    ignore_eos: true,
  });
  return `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
};
const buffer = Buffer.allocUnsafeSlow(64 * 1024);

const stream = (url, tokens) =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const onread = { buffer, callback: () => true };
    const socket = connect({ port: Number(port), host: hostname, onread });
    socket.on('error', reject).on('close', resolve);
    socket.write(requestOf(tokens));
  });

/** Runs all streams against a server. */
async function measure(server) {
  const cpu = server.cpuSeconds();
  const streams = [];
  const random = createRandom(SEED);
  let startMs = performance.now();
  for (let i = 0; i < STREAMS; i++) {
    // Instants are absolute: one that is begun late makes no other late.
    startMs += (random.exponential() * RAMP_MS) / STREAMS;
    const waitMs = startMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    streams.push(stream(server.url, TOKENS));
  }
  const [{ pacingS: begun }] = await server.ask('stats');
  await Promise.all(streams);
  const [{ pacing, pacingS }] = await server.ask('stats');
  const counts = pacingS.counts.map((count, bucket) => count - begun.counts[bucket]);
  const steadyP99Ms = 1000 * quantileOf({ ...pacingS, counts }, 0.99);
  return { ...pacing, steadyP99Ms, cpuUs: ((server.cpuSeconds() - cpu) * 1e6) / pacing.count };
}

const text = ({ p50Ms, p99Ms, steadyP99Ms, maxMs, cpuUs }) =>
  `p50 ${p50Ms.toFixed(2)}, p99 ${p99Ms.toFixed(2)} (about ${steadyP99Ms.toFixed(1)} once all run), max ${maxMs.toFixed(1)} ms, ` +
  `${cpuUs.toFixed(1)} µs of CPU per write`;

const ours = await startProcess('server-process.mjs', 1, 'fixed', ITL_MS);
const bare = await startProcess('server-socket-paced.mjs', TOKENS, ITL_MS);
try {
  for (let i = 0; i < WARM_UP_STREAMS; i += WARM_UP_AT_ONCE)
    await Promise.all(Array.from({ length: WARM_UP_AT_ONCE }, () => stream(ours.url, 2)));
  const a = await measure(ours);
  const b = await measure(bare);
  process.stdout.write(
    `server-pacing: ${STREAMS} streams of ${ITL_MS} ms on one thread, lateness of the write ${text(a)}; ` +
      `a bare loop over sockets ${text(b)}; p99 ${(a.p99Ms / b.p99Ms).toFixed(2)} times that of the bare loop\n`,
  );
} finally {
  await Promise.all([ours.stop(), bare.stop()]);
}
