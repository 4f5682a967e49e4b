/**
 * What a long run keeps: resident memory of the whole process while one load thread sends a million requests (or as many
 * as given), at 50 connections against a bare target. Memory that grows with the number of requests would show as the
 * difference between the first tenth of them and the end.
 *
 * Usage: `client-memory.mjs [REQUESTS]`. Needs `dist/`.
 */
import { runLoad } from '../dist/engine/index.js';
import { cpuPressure } from './lib/cpu-pressure.mjs';
import { smallPlan } from './lib/plans.mjs';
import { beside, startTarget } from './lib/processes.mjs';

const REQUESTS = Number(process.argv[2] ?? 1_000_000);
const MIB = 2 ** 20;

const target = await startTarget(beside('./bare-target.mjs'));
try {
  const pressure = cpuPressure();
  const samples = [];
  const { targets } = await runLoad({
    plan: smallPlan(target.port, { stop: { requests: REQUESTS } }),
    threads: 1,
    headers: {},
    onProgress: ({ targets: [{ completed }] }) =>
      samples.push({ completed, rssMiB: process.memoryUsage.rss() / MIB }),
  });
  const early = samples.filter(({ completed }) => completed <= REQUESTS / 10);
  const late = samples.filter(({ completed }) => completed > 0.9 * REQUESTS);
  const mean = (list) => list.reduce((sum, { rssMiB }) => sum + rssMiB, 0) / list.length;
  const most = Math.max(...samples.map(({ rssMiB }) => rssMiB));
  const { completed, failed } = targets[0].counters;
  process.stdout.write(
    `client-memory: ${completed} requests, ${failed} failed: at most ${most.toFixed(0)} MiB resident (target 150); ` +
      `${mean(early).toFixed(0)} MiB in the first tenth, ${mean(late).toFixed(0)} MiB in the last: ` +
      `ratio ${(mean(late) / mean(early)).toFixed(2)}; ${pressure()}\n`,
  );
} finally {
  await target.stop();
}
