/**
 * What the live screen costs the load threads: the same open loop with and without it, in turns, against a bare target.
 * The screen is drawn to a terminal of 120 × 40 that only counts what it gets. Ratios are medians over the pairs of turns;
 * where both threads have a core of their own, they are 1 but for chance.
 *
 * Needs `dist/`. `node benchmarks/client-live-screen.mjs [pairs] [requests per second]`
 */
import { Writable } from 'node:stream';
import { runLoad } from '../dist/engine/index.js';
import { summarizePlan } from '../dist/results/plan-summary.js';
import { startLiveScreen } from '../dist/ui/live.js';
import { cpuPressure } from './lib/cpu-pressure.mjs';
import { beside, startTarget } from './lib/processes.mjs';
import { smallPlan } from './lib/plans.mjs';

const PAIRS = Number(process.argv[2] ?? 5);
const RATE = Number(process.argv[3] ?? 2000);
const SECONDS = 4;

// Ink draws nothing where it believes to be in CI.
for (const name of ['CI', 'CONTINUOUS_INTEGRATION']) delete process.env[name];

/** A terminal that throws everything away. */
class Terminal extends Writable {
  isTTY = true;
  columns = 120;
  rows = 40;
  bytes = 0;
  _write(chunk, _encoding, done) {
    this.bytes += chunk.length;
    done();
  }
}

async function turn(port, drawn) {
  const plan = smallPlan(port, {
    arrivals: { kind: 'poisson', ratePerSecond: RATE },
    warmupMs: 1000,
    stop: { durationMs: SECONDS * 1000 },
  });
  const terminal = new Terminal();
  const screen = drawn
    ? startLiveScreen({ title: 'fakeai', plan: summarizePlan(plan), stream: terminal, env: {} })
    : undefined;
  const { targets, threads } = await runLoad({
    plan,
    threads: 1,
    headers: {},
    ...(screen && { onProgress: (progress) => screen.update(progress) }),
  });
  await screen?.stop();
  if (drawn && terminal.bytes === 0) throw new Error('nothing was drawn');
  const { e2e, lateness } = targets[0].distributions;
  return {
    'e2e p50 ms': e2e.quantile(0.5),
    'e2e p99 ms': e2e.quantile(0.99),
    'lateness p99 ms': lateness.quantile(0.99),
    'CPU of the load thread': threads[0].cpuShare,
  };
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

const target = await startTarget(beside('./bare-target.mjs'));
try {
  const pressure = cpuPressure();
  const pairs = [];
  for (let i = 0; i < PAIRS; i++) {
    // Whoever goes first goes second the next time.
    const order = i % 2 === 0 ? [false, true] : [true, false];
    const pair = {};
    for (const drawn of order) pair[drawn ? 'with' : 'without'] = await turn(target.port, drawn);
    pairs.push(pair);
  }
  for (const figure of Object.keys(pairs[0].with)) {
    const [shown, bare] = ['with', 'without'].map((side) => median(pairs.map((pair) => pair[side][figure])));
    const ratio = median(pairs.map((pair) => pair.with[figure] / pair.without[figure]));
    process.stdout.write(
      `client-live-screen: ${RATE} req/s on one thread: ${figure}: with ${shown.toFixed(3)}, without ${bare.toFixed(3)}, ratio ${ratio.toFixed(2)}\n`,
    );
  }
  process.stdout.write(`client-live-screen: ${PAIRS} pairs of turns; ${pressure()}\n`);
} finally {
  await target.stop();
}
