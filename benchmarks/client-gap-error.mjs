/**
 * How wrong a measured gap between two tokens is: a paced target in its own process writes the instant of each write into
 * the event; the gap between two reads, as the engine's transport, framing and reader measure it, is compared with the
 * gap between the two writes. One thread, 1,000 streams, one event per 20 ms each. Beside it, in the same run, undici, and
 * the least that a Node client can do, which is the limit that the runtime and the machine set.
 *
 * Usage: `client-gap-error.mjs [STREAMS]`. Needs `dist/`.
 */
import { AnswerReader } from '../dist/engine/answer-reader.js';
import { chatDialect } from '../dist/engine/dialects/chat.js';
import { Http1Transport } from '../dist/engine/transport/http1-transport.js';
import { UndiciTransport } from '../dist/engine/transport/undici-transport.js';
import { systemClock } from '../dist/lib/clock.js';
import { bareGaps } from './lib/bare-gaps.mjs';
import { cpuPressure } from './lib/cpu-pressure.mjs';
import { beside, startTarget } from './lib/processes.mjs';

const STREAMS = Number(process.argv[2] ?? 1000);
const INTERVAL_MS = 20;
const EVENTS = 250;

/** One stream: what the engine's flight does, keeping each gap beside the stamps that the target sent. */
function measure(transport, errors) {
  return new Promise((resolve, reject) => {
    let stampMs = Number.NaN;
    let lastStampMs = Number.NaN;
    const reader = new AnswerReader(chatDialect, true, {
      onText: (_atMs, gapMs) => {
        if (!Number.isNaN(gapMs)) errors.push(Math.abs(gapMs - (stampMs - lastStampMs)));
        lastStampMs = stampMs;
      },
    });
    // Wraps the reader's own handler of events, to see the text that it does not decode.
    const read = reader.onEvent.bind(reader);
    reader.onEvent = (buffer, start, end) => {
      const text = buffer.indexOf('"content":"', start) + 11;
      stampMs = Number(buffer.toString('latin1', text, buffer.indexOf('"', text)));
      read(buffer, start, end);
    };
    transport.send(transport.prepare('{"stream":true}'), {
      onHead: (status, contentType) => reader.head(status, contentType, undefined),
      onData: (buffer, start, end, atMs) => reader.data(buffer, start, end, atMs),
      onEnd: () => {
        reader.end();
        if (reader.kind) reject(new Error(`${reader.kind}: ${reader.message}`));
        else resolve();
      },
      onFailure: ({ message }) => reject(new Error(message)),
    });
  });
}

/** Runs one client to its end. `client` resolves to its errors, sorted. */
async function costOf(client) {
  const before = process.cpuUsage();
  const errors = await client();
  const { user, system } = process.cpuUsage(before);
  const at = (share) => errors[Math.floor(share * errors.length)];
  const cpuSeconds = (user + system) / 1e6;
  return {
    p99: at(0.99),
    gaps: errors.length,
    shown: `p50 ${at(0.5).toFixed(3)} ms, p99 ${at(0.99).toFixed(3)} ms, ${cpuSeconds.toFixed(1)} CPU s`,
  };
}

async function throughTransport(Transport, port) {
  const transport = new Transport(
    {
      method: 'POST',
      url: new URL(`http://127.0.0.1:${port}/v1/chat/completions`),
      headers: { 'content-type': 'application/json' },
    },
    systemClock,
  );
  const errors = [];
  await Promise.all(Array.from({ length: STREAMS }, () => measure(transport, errors)));
  transport.close();
  return errors.sort((a, b) => a - b);
}

const target = await startTarget(beside('./paced-target.mjs'), String(INTERVAL_MS), String(EVENTS));
try {
  const pressure = cpuPressure();
  const own = await costOf(() => throughTransport(Http1Transport, target.port));
  const limit = await costOf(() => bareGaps(target.port, STREAMS));
  const peer = await costOf(() => throughTransport(UndiciTransport, target.port));
  process.stdout.write(
    `client-gap-error: ${STREAMS} streams of ${INTERVAL_MS} ms on one thread, ${own.gaps} gaps: error ${own.shown} ` +
      `(target p99 0.5 at 1,000 streams); bare sockets ${limit.shown}; undici ${peer.shown}; ` +
      `ratio of p99 ${(own.p99 / limit.p99).toFixed(2)} to bare, ${(own.p99 / peer.p99).toFixed(2)} to undici; ${pressure()}\n`,
  );
} finally {
  await target.stop();
}
