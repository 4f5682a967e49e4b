/**
 * Events of one stream after another, unpaced (`instant`), against what `socket.write` of the same bytes reaches when
 * every event is one write: the ceiling of a server that writes each token as it comes. Aim: at least 0.8.
 *
 * Both sides are read by the same client in this process; the figure is events per second of the server's CPU.
 */
import { connect } from 'node:net';
import { median, startProcess } from './server-lib.mjs';

const TOKENS = 50_000;
const ROUNDS = 5;
const body = JSON.stringify({
  model: 'fakeai-1',
  messages: [{ role: 'user', content: 'Count.' }],
  stream: true,
  max_tokens: TOKENS,
  ignore_eos: true,
});
const request = `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** Reads one answer to its end; gives the number of its bytes. */
const readAll = (url, keep) =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    let bytes = 0;
    socket.on('data', (part) => {
      bytes += part.length;
      keep?.push(part);
    });
    socket.on('error', reject).on('close', () => resolve(bytes));
    socket.write(request);
  });

async function round(server) {
  const cpu = server.cpuSeconds();
  const start = performance.now();
  for (let i = 0; i < 3; i++) await readAll(server.url);
  return {
    perCpuSecond: (3 * TOKENS) / (server.cpuSeconds() - cpu),
    perSecond: (3 * TOKENS) / ((performance.now() - start) / 1000),
  };
}

const ours = await startProcess('server-process.mjs', 1);
const parts = [];
await readAll(ours.url, parts);
const events = Buffer.concat(parts).toString('latin1').split('data: ').length - 4;
if (events !== TOKENS) throw new Error(`${events} content events instead of ${TOKENS}`);
const ceiling = await startProcess('server-socket-write.mjs', TOKENS);
try {
  for (const server of [ours, ceiling]) await round(server);
  const rounds = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push([await round(ours), await round(ceiling)]);
  const ratio = (key) => median(rounds.map(([a, b]) => a[key] / b[key])).toFixed(2);
  const rate = (i, key) => Math.round(median(rounds.map((one) => one[i][key])));
  process.stdout.write(
    `server-sse: ${ratio('perCpuSecond')} of socket.write of the same events, one write each, in events per CPU second ` +
      `(${rate(0, 'perCpuSecond')} against ${rate(1, 'perCpuSecond')}), ${ratio('perSecond')} per wall second; aim 0.8\n`,
  );
} finally {
  await Promise.all([ours.stop(), ceiling.stop()]);
}
