/**
 * What a simulated cluster makes of its sockets, with nothing but their writes: server-socket-steps.mjs THREADS REPLICAS STEP_MS
 * EVENTS. Every connection belongs to a replica; when a step of the replica ends, all of its connections get a prepared frame.
 * The threads sleep until a thread without an event loop tells them, as a cluster's does. Their lateness is what the machine leaves.
 */
import { createServer } from 'node:net';
import { once } from 'node:events';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { systemClock as clock } from '../dist/lib/clock.js';
import { LatenessHistogram } from '../dist/lib/lateness.js';

const FRAME_BYTES = 250;
/** Steps of the replicas are not of quite the same length, so that they meet now and then. */
const SPREAD = 0.03;

function startThreads([threads, replicas, stepMs, events]) {
  const shared = { replicas, stepMs, events, startMs: clock.nowMs() };
  const start = (role) => new Worker(new URL(import.meta.url), { workerData: { ...shared, role } });
  const listeners = Array.from({ length: threads }, () => start('listen'));
  const waker = start('wake');
  for (const listener of listeners) {
    const { port1, port2 } = new MessageChannel();
    waker.postMessage(port1, [port1]);
    listener.postMessage(port2, [port2]);
  }
  return listeners;
}

const stepOf = ({ stepMs }, replica) => stepMs * (1 + SPREAD * replica);

/** Sleeps from step to step. */
function wake({ replicas, startMs, ...rest }) {
  const ports = [];
  parentPort.on('message', (port) => ports.push(port));
  const nextMs = Array.from({ length: replicas }, (_, i) => startMs + (i / replicas) * stepOf(rest, i));
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const turn = () => {
    Atomics.wait(bell, 0, 0, Math.max(0, Math.min(...nextMs) - clock.nowMs()));
    const nowMs = clock.nowMs();
    for (let replica = 0; replica < replicas; replica++) {
      if (nextMs[replica] > nowMs) continue;
      for (const port of ports) port.postMessage([replica, nextMs[replica]]);
      nextMs[replica] += stepOf(rest, replica);
    }
    setImmediate(turn);
  };
  setImmediate(turn);
}

/** Serves its connections. */
function listen({ replicas, events }) {
  const data = `data: ${'x'.repeat(FRAME_BYTES)}\n\n`;
  const frame = `${data.length.toString(16)}\r\n${data}\r\n`;
  const lateness = new LatenessHistogram();
  const streams = Array.from({ length: replicas }, () => new Set());
  let connections = 0;
  const step = ([replica, readyMs]) => {
    for (const stream of streams[replica]) {
      lateness.record(clock.nowMs() - readyMs);
      if (--stream.left > 0) stream.socket.write(frame, 'latin1');
      else {
        streams[replica].delete(stream);
        stream.socket.end(frame, 'latin1');
      }
    }
  };
  const server = createServer({ noDelay: true }, (socket) => {
    const stream = { socket, left: events };
    const mine = streams[connections++ % replicas];
    socket.on('error', () => {});
    socket.on('close', () => mine.delete(stream));
    socket.once('data', () => mine.add(stream));
  });
  parentPort.on('message', (message) => {
    if (message === 'stats') parentPort.postMessage({ lateness: lateness.counts() });
    else message.on('message', step);
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
}

if (isMainThread) {
  const listeners = startThreads(process.argv.slice(2).map(Number));
  const ports = await Promise.all(listeners.map(async (listener) => (await once(listener, 'message'))[0]));
  process.on('message', () => {
    const answers = listeners.map((listener) => once(listener, 'message'));
    for (const listener of listeners) listener.postMessage('stats');
    void Promise.all(answers).then((all) => process.send(all.map(([stats]) => stats)));
  });
  process.on('SIGTERM', () => process.exit(0));
  // Whoever measures it has gone, perhaps without a word.
  process.on('disconnect', () => process.exit(0));
  process.stdout.write(JSON.stringify({ urls: ports.map((port) => `http://127.0.0.1:${port}`) }));
} else if (workerData.role === 'listen') listen(workerData);
else wake(workerData);
