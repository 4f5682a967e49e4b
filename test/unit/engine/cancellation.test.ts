import { describe, expect, it } from 'vitest';
import { ClosedLane } from '../../../src/engine/closed-lane.js';
import { OpenLane } from '../../../src/engine/open-lane.js';
import type { Plan } from '../../../src/workloads/plan.js';
import { LaneBench, planOf } from './lane-bench.js';

const outcomeOf = (bench: LaneBench) => bench.lane.recorder.outcome({ name: 't', url: 'u' }, 1000);

describe('request cancellation', () => {
  it('gives requests up after their time, and counts them apart', () => {
    const bench = new LaneBench(
      ClosedLane,
      planOf({
        arrivals: { kind: 'closed', concurrency: 1 },
        cancel: { share: 1, afterMs: 50 },
        stop: { requests: 3 },
      }),
    );
    bench.to(20);
    bench.answer(bench.open[0]);
    bench.to(69);
    expect(bench.open).toHaveLength(1);
    bench.to(200);
    // The one that was answered in time is complete; the others end at 70 and 120, each makes room for the next.
    expect(bench.instants).toEqual([0, 20, 70]);
    expect(bench.got.map(({ cancelled }) => cancelled)).toEqual([false, true, true]);
    expect(bench.over).toBe(true);
    expect(outcomeOf(bench).counters).toMatchObject({
      sent: 3,
      completed: 1,
      failed: 0,
      incomplete: 0,
      cancelled: 2,
    });
    expect(outcomeOf(bench).errors).toEqual([]);
    expect(outcomeOf(bench).distributions.e2e!.count).toBe(1);
  });

  const chosen = (over: Partial<Plan>, shards = 1): string[] =>
    Array.from({ length: shards }, (_, index) => {
      const bench = new LaneBench(
        OpenLane,
        planOf({
          arrivals: { kind: 'constant', ratePerSecond: 1000 },
          stop: { requests: 200 },
          cancel: { share: 0.3, afterMs: 10 },
          maxInFlight: 1000,
          ...over,
        }),
        { index, count: shards },
      );
      bench.to(1000);
      return bench.got.filter(({ cancelled, atMs }) => cancelled && atMs < 1000).map(({ body }) => body);
    }).flat();

  it('chooses by seed and request alone, whatever the shards', () => {
    const over = { graceMs: 1e6, timeoutMs: 1e6 };
    const whole = chosen(over);
    expect(whole.length).toBeGreaterThan(30);
    expect(whole.length).toBeLessThan(90);
    expect(chosen(over, 3).sort()).toEqual(whole.toSorted());
    expect(chosen({ ...over, cancel: { share: 0, afterMs: 10 } })).toEqual([]);
    expect(chosen({ ...over, seed: 2 })).not.toHaveLength(0);
  });

  it('ends the session of a turn, and makes room at the in-flight limit', () => {
    const bench = new LaneBench(
      OpenLane,
      planOf({
        arrivals: { kind: 'burst', requests: 2 },
        workload: {
          kind: 'synthetic',
          inputTokens: { kind: 'fixed', value: 5 },
          outputTokens: { kind: 'fixed', value: 3 },
          session: { turns: { kind: 'fixed', value: 2 }, delayMs: { kind: 'fixed', value: 0 } },
        },
        cancel: { share: 1, afterMs: 50 },
        stop: {},
        maxInFlight: 1,
      }),
    );
    bench.to(500);
    expect(bench.instants).toEqual([0, 50]);
    expect(bench.over).toBe(true);
    expect(outcomeOf(bench).counters).toMatchObject({ sent: 2, cancelled: 2, heldBack: 1 });
  });

  it('does not hold up the end of a run', () => {
    const bench = new LaneBench(
      ClosedLane,
      planOf({
        cancel: { share: 1, afterMs: 10_000 },
        graceMs: 100,
        timeoutMs: 20_000,
        stop: { requests: 2 },
      }),
    );
    bench.answer(bench.open[0]);
    bench.to(5000);
    expect(bench.over).toBe(true);
    bench.to(20_000);
    expect(outcomeOf(bench).counters).toMatchObject({ sent: 2, completed: 1, incomplete: 1, cancelled: 0 });
  });
});
