/**
 * The simulated cluster behind the API: 4 replicas of 128 running streams on two threads. How late tokens are written, counted
 * from the instant at which the engine's step ended, as the server itself measures it. Aim: p99 at most 3 ms.
 *
 * Usage: node benchmarks/server-physics.mjs [--rounds 4]
 *
 * What counts is the time in which all streams run. In the same rounds a bare loop over sockets, without requests, engine and
 * text, writes as many bytes in the same bursts: what that is late by is the machine's. Which thread takes a connection is the kernel's
 * choice, and the thread with more of them has longer bursts: the bare loop's threads get the shares that ours had. The readers have the lowest priority, as
 * they would be on other machines. A round before, with cold code, is told apart.
 *
 * Where autogroups are on (Linux), what other sessions do counts as much as all of this: `echo -19 > /proc/self/autogroup` first.
 */
import { connect } from 'node:net';
import { setPriority } from 'node:os';
import { parseArgs } from 'node:util';
import { LatenessHistogram } from '../dist/lib/lateness.js';
import { median, startProcess } from './server-lib.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '4' } } });
const THREADS = 2;
const REPLICAS = 4;
const STREAMS = REPLICAS * 128;
const TOKENS = 250;
const STEP_MS = 22;
const LOWEST_PRIORITY = 19;
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

/** One stream; its bytes are not looked at. */
const stream = (url, i, onFirst) =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    let first = true;
    const callback = () => {
      if (first) onFirst();
      first = false;
      return true;
    };
    const socket = connect({ port: Number(port), host: hostname, onread: { buffer, callback } });
    socket.on('error', reject).on('close', resolve);
    socket.write(request(i));
  });

const stats = async (server) => server.ask('stats');

/** Which URL each stream goes to, so that each gets its share of them at any time. */
function spread(urls, shares) {
  const taken = urls.map(() => 0);
  return Array.from({ length: STREAMS }, (_, i) => {
    const due = shares.map((share, url) => share * (i + 1) - taken[url]);
    const url = due.indexOf(Math.max(...due));
    taken[url]++;
    return urls[url];
  });
}

/**
 * All streams once. Lateness is that of the time in which all of them run, of both threads together.
 *
 * @param shares - of the streams, by URL
 */
async function round(server, shares = [1]) {
  const beganMs = performance.now();
  const cpu = server.cpuSeconds();
  let begun = 0;
  /** When the last stream begins, and when the first one ends: [instant, what all threads did so far]. */
  const marks = [];
  const mark = async () => [performance.now(), await stats(server)];
  const onFirst = () => {
    if (++begun === STREAMS) marks.push(mark());
  };
  const onEnd = () => {
    if (begun < STREAMS) throw new Error('the streams never ran all together: this machine is too slow');
    if (marks.length < 2) marks.push(mark());
  };
  const streams = [];
  const urls = spread(server.urls, shares);
  for (let i = 0; i < STREAMS; i++) {
    streams.push(stream(urls[i], i, onFirst).then(onEnd));
    if (i % 8 === 7) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await Promise.all(streams);
  const [[fromMs, from], [toMs, to]] = await Promise.all(marks);
  const all = new LatenessHistogram();
  to.forEach(({ lateness }, i) => all.merge(new LatenessHistogram(lateness).since(from[i].lateness)));
  return {
    ...all.report(),
    shares: from.map(({ activeStreams }) => activeStreams / STREAMS),
    fullShare: (toMs - fromMs) / (performance.now() - beganMs),
    cpuUs: ((server.cpuSeconds() - cpu) * 1e6) / (STREAMS * TOKENS),
  };
}

/** Medians of the rounds. */
function text(rounds) {
  const of = (key) => median(rounds.map((round) => round[key])).toFixed(2);
  const p99 = rounds.map(({ p99Ms }) => p99Ms.toFixed(2)).join(' ');
  return (
    `p50 ${of('p50Ms')}, p99 ${of('p99Ms')} (rounds: ${p99}), p99.9 ${of('p999Ms')}, max ${of('maxMs')} ms, ` +
    `${of('cpuUs')} µs of CPU per token`
  );
}

const bare = await startProcess('server-socket-steps.mjs', THREADS, REPLICAS, STEP_MS, TOKENS);
const server = await startProcess('server-process.mjs', THREADS, 'physics', 0, JSON.stringify(fleet));
const ours = { ...server, urls: [server.url] };
setPriority(LOWEST_PRIORITY);
try {
  const cold = await round(ours);
  await round(bare, [0.5, 0.5]);
  const rounds = { ours: [], bare: [] };
  for (let i = 0; i < Number(values.rounds); i++) {
    rounds.ours.push(await round(ours));
    rounds.bare.push(await round(bare, rounds.ours.at(-1).shares));
  }
  const ratios = rounds.ours.map(({ p99Ms }, i) => p99Ms / rounds.bare[i].p99Ms);
  const share = median(rounds.ours.map(({ fullShare }) => fullShare));
  const most = rounds.ours.map(({ shares }) => Math.round(Math.max(...shares) * STREAMS)).join(' ');
  process.stdout.write(
    `server-physics: ${STREAMS} streams of ${REPLICAS} replicas on ${THREADS} threads, all of them in ${Math.round(share * 100)} % of ` +
      `the time; lateness of the write after the engine's step then ${text(rounds.ours)}, engine included; aim p99 3 ms\n` +
      `streams on the thread that took the most of them: ${most} (rounds)\n` +
      `a bare loop over sockets: ${text(rounds.bare)}; p99 ${median(ratios).toFixed(2)} times that of the bare loop\n` +
      `the first round, with cold code: p99 ${cold.p99Ms.toFixed(2)}, max ${cold.maxMs.toFixed(1)} ms\n`,
  );
} finally {
  await Promise.all([server.stop(), bare.stop()]);
}
