/**
 * Gil Tene's experiment with wrk2: a server that answers within 2 ms, but stands still for 1.4 s of a 10 s run. What a
 * user who arrives on schedule waits is in `response_time`; service times hide it wherever requests wait for others to
 * be answered before they are sent.
 */
import { describe, expect, it } from 'vitest';
import { ClosedLane } from '../../../src/engine/closed-lane.js';
import { OpenLane } from '../../../src/engine/open-lane.js';
import type { LaneRunner, LaneRunnerOptions } from '../../../src/engine/lane-runner.js';
import type { Arrivals } from '../../../src/workloads/plan.js';
import { LaneBench, planOf } from './lane-bench.js';

const SERVICE_MS = 2;
const FROZEN = { fromMs: 3000, toMs: 4400 };

function measure(
  Runner: new (options: LaneRunnerOptions) => LaneRunner,
  arrivals: Arrivals,
  maxInFlight: number,
) {
  const stop = { durationMs: 10_000 };
  const bench = new LaneBench(Runner, planOf({ arrivals, maxInFlight, stop, timeoutMs: 60_000 }));
  for (let ms = 1; ms <= 10_100; ms++) {
    bench.to(ms);
    if (ms >= FROZEN.fromMs && ms < FROZEN.toMs) continue;
    for (const got of bench.open) if (ms - got.atMs >= SERVICE_MS) bench.answer(got);
  }
  const { distributions, counters } = bench.lane.recorder.outcome({ name: 't', url: 'u' }, 1000);
  const p99 = (name: 'response_time' | 'e2e') => distributions[name]?.quantile(0.99) ?? undefined;
  return {
    sent: counters.sent,
    heldBack: counters.heldBack,
    response: p99('response_time'),
    service: p99('e2e'),
  };
}

describe('a server that stands still for 1.4 s', () => {
  it('shows in the response time at a rate, and hides in the service time', () => {
    const found = measure(OpenLane, { kind: 'constant', ratePerSecond: 100 }, 4);
    expect(found.sent).toBe(1000);
    // All that was due while it stood still, without the four that were on their way.
    expect(found.heldBack).toBeGreaterThan(130);
    // The slowest hundredth of 1,000 users arrived in the first tenth of a second of the pause.
    expect(found.response).toBeGreaterThan(1250);
    expect(found.response).toBeLessThan(1400);
    expect(found.service).toBeLessThan(10);
  });

  it('shows in both where nothing holds requests back', () => {
    const found = measure(OpenLane, { kind: 'constant', ratePerSecond: 100 }, 1000);
    expect(found.heldBack).toBe(0);
    expect(found.response).toBeGreaterThan(1250);
    expect(found.service).toBeGreaterThan(1250);
  });

  it('hides in a closed loop, which has no response time to show it', () => {
    const found = measure(ClosedLane, { kind: 'closed', concurrency: 4 }, 4);
    expect(found.response).toBeUndefined();
    expect(found.service).toBeLessThan(10);
  });
});
