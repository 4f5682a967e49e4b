/** The thread of {@link WakerTicks}: sleeps until the instant that it finds in shared memory, then posts a message. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from './clock.js';
import { toWakerUs, WAKER_WORDS } from './waker.js';

const words = workerData as Int32Array;

for (;;) {
  const change = Atomics.load(words, WAKER_WORDS.change);
  if (Atomics.load(words, WAKER_WORDS.armed) === 0) {
    Atomics.wait(words, WAKER_WORDS.change, change);
    continue;
  }
  const waitUs = (Atomics.load(words, WAKER_WORDS.targetUs) - toWakerUs(systemClock.nowMs())) | 0;
  if (waitUs > 0) {
    // Returns early when the instant changes, at once when it changed since `change` was read.
    Atomics.wait(words, WAKER_WORDS.change, change, waitUs / 1e3);
    continue;
  }
  // The exchange decides against an instant that was set since: that one gets its own message.
  if (Atomics.compareExchange(words, WAKER_WORDS.armed, 1, 0) === 1) parentPort?.postMessage(0);
}
