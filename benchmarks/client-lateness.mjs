/**
 * How late an open loop sends: Poisson arrivals on one load thread, at 1,000, 5,000 and 10,000 requests per second against a bare
 * target; beside it, in the same run, plain `setTimeout` for instants of the same density that only takes the time.
 *
 * Needs `dist/`.
 */
import { runLoad } from '../dist/engine/index.js';
import { createRandom } from '../dist/lib/random.js';
import { systemClock } from '../dist/lib/clock.js';
import { cpuPressure } from './lib/cpu-pressure.mjs';
import { beside, startTarget } from './lib/processes.mjs';
import { smallPlan } from './lib/plans.mjs';

const SECONDS = 3;

async function engine(port, ratePerSecond) {
  const plan = smallPlan(port, {
    arrivals: { kind: 'poisson', ratePerSecond },
    warmupMs: 1000,
    stop: { durationMs: SECONDS * 1000 },
  });
  const { targets, threads } = await runLoad({ plan, threads: 1, headers: {} });
  const { lateness } = targets[0].distributions;
  return { p50: lateness.quantile(0.5), p99: lateness.quantile(0.99), cpu: threads[0].cpuShare };
}

async function timers(ratePerSecond) {
  const random = createRandom(1, 'timers');
  const late = [];
  const startMs = systemClock.nowMs() + 50;
  let dueMs = startMs;
  while (dueMs < startMs + SECONDS * 1000) {
    dueMs += (random.exponential() * 1000) / ratePerSecond;
    for (let now = systemClock.nowMs(); now < dueMs; now = systemClock.nowMs()) {
      await new Promise((resolve) => setTimeout(resolve, dueMs - now));
    }
    late.push(systemClock.nowMs() - dueMs);
  }
  late.sort((a, b) => a - b);
  return { p50: late[late.length >> 1], p99: late[Math.floor(late.length * 0.99)] };
}

const target = await startTarget(beside('./bare-target.mjs'));
try {
  for (const rate of [1000, 5000, 10_000]) {
    const pressure = cpuPressure();
    const own = await engine(target.port, rate);
    const peer = await timers(rate);
    const ms = (value) => value.toFixed(3);
    process.stdout.write(
      `client-lateness: ${rate} req/s on one thread: p50 ${ms(own.p50)} ms, p99 ${ms(own.p99)} ms ` +
        `(${rate <= 5000 ? 'target 0.3 ms; ' : ''}${(own.cpu * 100).toFixed(0)} % of a core); setTimeout alone p50 ${ms(peer.p50)} ms, p99 ${ms(peer.p99)} ms; ` +
        `ratio of p99 ${(own.p99 / peer.p99).toFixed(2)}; ${pressure()}\n`,
    );
  }
} finally {
  await target.stop();
}
