import { describe, expect, it } from 'vitest';
import { ClosedLane } from '../../../src/engine/closed-lane.js';
import { LaneBench, planOf } from './lane-bench.js';

describe('the closed loop', () => {
  it('keeps its concurrency in flight and sends exactly the requests asked for', () => {
    const bench = new LaneBench(ClosedLane, planOf({ stop: { requests: 5 } }));
    expect(bench.got).toHaveLength(2);
    for (let i = 0; i < 5; i++) {
      expect(bench.open).toHaveLength(Math.min(2, 5 - i));
      bench.to(10 * (i + 1));
      bench.answer(bench.open[0]);
    }
    expect(bench.got).toHaveLength(5);
    expect(bench.over).toBe(true);
    const { counters } = bench.lane.recorder;
    expect(counters).toMatchObject({ sent: 5, completed: 5, failed: 0, incomplete: 0, warmup: 0 });
    expect(counters).toMatchObject({ inputTokens: 35, outputTokens: 15, withoutUsage: 0 });
    const { distributions, measuredMs } = bench.lane.recorder.outcome({ name: 't', url: 'u' }, 1000);
    expect(Object.keys(distributions).sort()).toEqual(['e2e', 'input_tokens', 'output_tokens', 'ttfb']);
    expect(distributions.e2e!.statistic('max')).toBe(20);
    expect(measuredMs).toBe(50);
  });

  it('does not count what is sent before measuring starts', () => {
    const bench = new LaneBench(
      ClosedLane,
      planOf({ arrivals: { kind: 'closed', concurrency: 1 }, warmupMs: 50, stop: { requests: 2 } }),
    );
    for (const at of [20, 40, 60, 80, 100]) {
      bench.to(at);
      bench.answer(bench.open[0]);
    }
    // Sent at 0, 20 and 40 to warm up; at 60 and 80 to be measured.
    expect(bench.instants).toEqual([0, 20, 40, 60, 80]);
    expect(bench.over).toBe(true);
    expect(bench.lane.recorder.counters).toMatchObject({ warmup: 3, sent: 2, completed: 2 });
  });

  it('stops sending when its time is over, gives those in flight the grace time, and cuts the rest', () => {
    const bench = new LaneBench(ClosedLane, planOf({ warmupMs: 10, stop: { durationMs: 100 } }));
    bench.to(50);
    bench.answer(bench.open[0]);
    bench.to(111);
    expect(bench.open).toHaveLength(2);
    bench.answer(bench.open[0]);
    expect(bench.got).toHaveLength(3);
    bench.to(309);
    expect(bench.over).toBe(false);
    bench.to(310);
    expect(bench.over).toBe(true);
    expect(bench.open).toHaveLength(0);
    expect(bench.got.filter((g) => g.cancelled)).toHaveLength(1);
    expect(bench.lane.recorder.counters).toMatchObject({ warmup: 2, sent: 1, completed: 0, incomplete: 1 });
  });

  it('times requests out one by one', () => {
    const bench = new LaneBench(ClosedLane, planOf({ timeoutMs: 100, graceMs: 1000, stop: { requests: 3 } }));
    bench.to(40);
    bench.answer(bench.got[0]);
    bench.to(99);
    expect(bench.got.filter((g) => g.cancelled)).toHaveLength(0);
    bench.to(100);
    expect(bench.got.map((g) => g.cancelled)).toEqual([false, true, false]);
    bench.to(140);
    expect(bench.over).toBe(true);
    const { errors } = bench.lane.recorder.outcome({ name: 't', url: 'u' }, 1000);
    expect(errors).toEqual([{ kind: 'timeout', count: 2, example: 'no answer within 100 ms' }]);
  });

  it('pauses after failed connections, longer each time, up to 100 ms', () => {
    const bench = new LaneBench(
      ClosedLane,
      planOf({ arrivals: { kind: 'closed', concurrency: 1 }, stop: { requests: 12 } }),
    );
    const pauses: number[] = [];
    for (let i = 0; i < 9; i++) {
      const failedMs = bench.nowMs - 1000;
      bench.fail(bench.open[0], 'connect_refused');
      expect(bench.open).toHaveLength(0);
      while (bench.open.length === 0) bench.to(bench.nowMs - 1000 + 1);
      pauses.push(bench.open[0]!.atMs - failedMs);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 100, 100]);
    // The first answer ends it.
    bench.answer(bench.open[0]);
    bench.fail(bench.open[0], 'dns');
    bench.to(bench.nowMs - 1000 + 1);
    expect(bench.open).toHaveLength(1);
  });

  it('does not pause after an answer that is a refusal', () => {
    const bench = new LaneBench(ClosedLane, planOf({ arrivals: { kind: 'closed', concurrency: 1 } }));
    bench.fail(bench.open[0], 'http_5xx');
    expect(bench.instants).toEqual([0, 0]);
  });

  it('ends when the source of requests ends', () => {
    let left = 3;
    const source = {
      at: () => undefined,
      dueMs: () => undefined,
      next: () =>
        left-- > 0
          ? { index: 0, intendedMs: undefined, inputTokens: 1, outputTokens: 1, body: '{}' }
          : undefined,
    };
    const bench = new LaneBench(ClosedLane, planOf({ stop: {} }), { index: 0, count: 1 }, source);
    while (bench.open.length > 0) bench.answer(bench.open[0]);
    expect(bench.got).toHaveLength(3);
    expect(bench.over).toBe(true);
  });

  it('stops at once when interrupted, before and after it started', () => {
    const bench = new LaneBench(ClosedLane, planOf({}));
    bench.to(10);
    bench.answer(bench.open[0]);
    bench.lane.interrupt();
    expect(bench.over).toBe(true);
    expect(bench.lane.recorder.counters).toMatchObject({ sent: 3, completed: 1, incomplete: 2 });
    bench.to(1000);
    expect(bench.got).toHaveLength(3);
  });

  it('splits concurrency and requests over shards, the remainder to the first', () => {
    const plan = planOf({ arrivals: { kind: 'closed', concurrency: 5 }, stop: { requests: 8 } });
    const benches = [0, 1, 2].map((index) => new LaneBench(ClosedLane, plan, { index, count: 3 }));
    expect(benches.map((b) => b.got.length)).toEqual([2, 2, 1]);
    for (const bench of benches) while (bench.open.length > 0) bench.answer(bench.open[0]);
    expect(benches.map((b) => b.got.length)).toEqual([3, 3, 2]);
    const whole = new LaneBench(ClosedLane, plan);
    while (whole.open.length > 0) whole.answer(whole.open[0]);
    const bodies = benches.flatMap((b) => b.got.map((g) => g.body));
    expect(bodies.sort()).toEqual(whole.got.map((g) => g.body).sort());
  });
});
