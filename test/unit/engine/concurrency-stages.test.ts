import * as fc from '../../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { ClosedLane } from '../../../src/engine/closed-lane.js';
import { concurrencyAt, nextConcurrencyMs } from '../../../src/workloads/arrivals.js';
import type { Stage } from '../../../src/workloads/plan.js';
import { LaneBench, planOf } from './lane-bench.js';

const closed = (...stages: [durationMs: number, from: number, to: number][]) => ({
  kind: 'closed' as const,
  concurrency: Math.max(...stages.flatMap(([, from, to]) => [from, to])),
  stages: stages.map(([durationMs, from, to]) => ({ durationMs, from, to })),
});

describe('a closed loop with stages', () => {
  it('opens slots along a ramp and closes them as requests end', () => {
    const arrivals = closed([100, 1, 1], [100, 1, 5], [100, 2, 2]);
    const bench = new LaneBench(ClosedLane, planOf({ arrivals, stop: { durationMs: 300 } }));
    const open = [0, 99, 113, 114, 138, 139, 163, 164, 188, 189].map((at) => {
      bench.to(at);
      return bench.open.length;
    });
    // The load is 1 + (t - 100) / 25, rounded: it passes 1.5 at 112.5, 2.5 at 137.5, and so on.
    expect(open).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    bench.to(210);
    expect(bench.open).toHaveLength(5);
    for (let left = 5; left > 2; left--) {
      bench.answer(bench.open[0]);
      expect(bench.open).toHaveLength(left - 1);
    }
    bench.answer(bench.open[0]);
    expect(bench.open).toHaveLength(2);
    bench.to(299);
    expect(bench.over).toBe(false);
    for (const got of bench.open) got.answered = true;
    bench.to(500);
    expect(bench.over).toBe(true);
  });

  it('pauses at zero and goes on', () => {
    const arrivals = closed([50, 2, 2], [50, 0, 0], [50, 1, 1]);
    const bench = new LaneBench(ClosedLane, planOf({ arrivals, stop: { durationMs: 150 } }));
    bench.to(60);
    for (const got of bench.open) bench.answer(got);
    bench.to(99);
    expect(bench.instants).toEqual([0, 0]);
    bench.to(120);
    expect(bench.instants).toEqual([0, 0, 100]);
  });

  it('ends by its number of requests too', () => {
    const arrivals = closed([1000, 0, 10]);
    const bench = new LaneBench(ClosedLane, planOf({ arrivals, stop: { requests: 3, durationMs: 1000 } }));
    for (let at = 0; at <= 400; at += 10) {
      bench.to(at);
      for (const got of bench.open) bench.answer(got);
    }
    expect(bench.got).toHaveLength(3);
    expect(bench.over).toBe(true);
  });

  it('never has more than the in-flight limit, and its shards have the whole', () => {
    const arrivals = closed([100, 0, 9]);
    const plan = planOf({ arrivals, stop: { durationMs: 100 }, maxInFlight: 7 });
    const shards = [0, 1, 2].map((index) => new LaneBench(ClosedLane, plan, { index, count: 3 }));
    for (const [at, load] of [
      [20, 2],
      [52, 5],
      [99, 7],
    ] as const) {
      for (const bench of shards) bench.to(at);
      expect(shards.reduce((sum, bench) => sum + bench.open.length, 0)).toBe(load);
    }
  });
});

describe('nextConcurrencyMs', () => {
  const stage: fc.Arbitrary<Stage> = fc.record({
    durationMs: fc.integer({ min: 1, max: 2000 }),
    from: fc.nat(50),
    to: fc.nat(50),
  });

  it('misses no change by more than a millisecond', () => {
    fc.assert(
      fc.property(
        fc.array(stage, { minLength: 1, maxLength: 4 }),
        fc.double({ min: 0, max: 8000, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (stages, ms, share) => {
          const arrivals = { kind: 'closed' as const, concurrency: 50, stages };
          const next = nextConcurrencyMs(arrivals, ms);
          const now = concurrencyAt(arrivals, ms);
          if (next === undefined) {
            expect(concurrencyAt(arrivals, ms + share * 1e5)).toBe(now);
            return;
          }
          expect(next).toBeGreaterThan(ms);
          if (next > ms + 1) {
            const before = ms + (next - ms) * share * (1 - 1e-9);
            expect(concurrencyAt(arrivals, before)).toBe(now);
          }
        },
      ),
    );
  });

  it('knows of nothing without stages', () => {
    expect(nextConcurrencyMs({ kind: 'closed', concurrency: 3 }, 5)).toBeUndefined();
  });
});
