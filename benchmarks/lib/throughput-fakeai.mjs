/** Our engine at full speed: `PORT SECONDS CONNECTIONS`. Prints requests and the CPU seconds of this process. */
import { runLoad } from '../../dist/engine/index.js';
import { smallPlan } from './plans.mjs';

const [port, seconds, connections] = process.argv.slice(2).map(Number);
const plan = smallPlan(port, {
  arrivals: { kind: 'closed', concurrency: connections },
  stop: { durationMs: seconds * 1000 },
});
const before = process.cpuUsage();
const { targets } = await runLoad({ plan, threads: 1, headers: {} });
const { user, system } = process.cpuUsage(before);
const { completed, failed } = targets[0].counters;
process.stdout.write(`${JSON.stringify({ requests: completed, failed, cpuSeconds: (user + system) / 1e6 })}\n`);
