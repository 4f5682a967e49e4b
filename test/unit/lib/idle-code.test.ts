import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { busyThreads, codeSettled } from '../../../src/lib/idle-code.js';

test('waits until no thread is at work', async () => {
  const answers = [2, 1, 0, 1];
  await codeSettled(() => answers.shift()!, true);
  expect(answers).toEqual([1]);
});

test('does not wait for a thread that never rests', async () => {
  let looked = 0;
  await codeSettled(() => ++looked, true, 40);
  expect(looked).toBe(4);
});

test('asks nothing where it is not needed', async () => {
  await codeSettled(() => expect.unreachable(), false);
});

test.runIf(process.platform === 'linux')('sees threads at work', async () => {
  const looked = new Int32Array(new SharedArrayBuffer(4));
  const code = `const { workerData, parentPort } = require('node:worker_threads');
    parentPort.postMessage('working'); while (Atomics.load(workerData, 0) === 0);`;
  const worker = new Worker(code, { eval: true, workerData: looked });
  await once(worker, 'message');
  expect(busyThreads()).toBeGreaterThan(0);
  const ended = once(worker, 'exit');
  Atomics.store(looked, 0, 1);
  await ended;
});
