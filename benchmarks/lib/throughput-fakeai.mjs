/**
 * Our engine at full speed: `PORT SECONDS CONNECTIONS`. Prints the requests and the CPU seconds of this process, all of
 * its threads, after the first two seconds: start-up and compilation are not what is compared.
 */
import { runLoad } from '../../dist/engine/index.js';
import { smallPlan } from './plans.mjs';

const [port, seconds, connections] = process.argv.slice(2).map(Number);
const WARM_UP_MS = 2000;
const plan = smallPlan(port, {
  arrivals: { kind: 'closed', concurrency: connections },
  stop: { durationMs: seconds * 1000 + WARM_UP_MS },
});
const samples = [];
const { targets } = await runLoad({
  plan,
  threads: 1,
  headers: {},
  onProgress: ({ phase, elapsedMs, targets: [target] }) => {
    if (phase !== 'measuring' || elapsedMs < WARM_UP_MS) return;
    const { user, system } = process.cpuUsage();
    samples.push({ requests: target.completed, cpuSeconds: (user + system) / 1e6 });
  },
});
const [first, last] = [samples[0], samples.at(-1)];
process.stdout.write(
  `${JSON.stringify({
    requests: last.requests - first.requests,
    failed: targets[0].counters.failed,
    cpuSeconds: last.cpuSeconds - first.cpuSeconds,
  })}\n`,
);
