import { describe, expect, it } from 'vitest';
import { OpenLane } from '../../../src/engine/open-lane.js';
import { LaneBench, planOf } from './lane-bench.js';

const constant = (ratePerSecond: number) => ({ kind: 'constant', ratePerSecond }) as const;

describe('the open loop', () => {
  it('sends each request at its own instant, whatever becomes of the others', () => {
    const bench = new LaneBench(OpenLane, planOf({ arrivals: constant(100), stop: { requests: 5 } }));
    bench.to(1000);
    expect(bench.instants).toEqual([0, 10, 20, 30, 40]);
    expect(bench.over).toBe(true);
    expect(bench.lane.recorder.counters).toMatchObject({ sent: 5, incomplete: 5, heldBack: 0 });
  });

  it('sends late ones at once, all of them, and puts the lateness on record', () => {
    const bench = new LaneBench(OpenLane, planOf({ arrivals: constant(100), stop: { requests: 5 } }));
    bench.sleepTo(35);
    expect(bench.instants).toEqual([0, 35, 35, 35]);
    bench.to(40);
    for (const got of bench.open) bench.answer(got);
    const { distributions } = bench.lane.recorder.outcome({ name: 't', url: 'u' }, 1000);
    expect(distributions.lateness!.statistic('max')).toBeCloseTo(25, 1);
    expect(distributions.lateness!.statistic('mean')).toBeCloseTo((0 + 25 + 15 + 5 + 0) / 5, 1);
    expect(distributions.response_time!.statistic('max')).toBeCloseTo(40, 1);
    expect(distributions.e2e!.statistic('max')).toBeCloseTo(40, 1);
    expect(distributions.e2e!.statistic('min')).toBe(0);
  });

  it('lets I/O in while it catches up with a long backlog', () => {
    const bench = new LaneBench(
      OpenLane,
      planOf({ arrivals: constant(1000), stop: { requests: 200 }, maxInFlight: 1000 }),
    );
    const perTurn: number[] = [];
    bench.nowMs = 1300;
    for (let turn = 0; bench.got.length < 200 && turn < 10; turn++) {
      const before = bench.got.length;
      bench.to(300 + turn * 0.0011);
      perTurn.push(bench.got.length - before);
    }
    expect(perTurn).toEqual([64, 64, 64, 7]);
  });

  it('holds requests back at the in-flight limit, in order, and says so', () => {
    const bench = new LaneBench(
      OpenLane,
      planOf({ arrivals: constant(100), stop: { requests: 6 }, maxInFlight: 2 }),
    );
    bench.to(35);
    expect(bench.instants).toEqual([0, 10]);
    bench.answer(bench.got[0]);
    expect(bench.instants).toEqual([0, 10, 35]);
    bench.to(41);
    bench.answer(bench.got[1]);
    expect(bench.instants).toEqual([0, 10, 35, 41]);
    for (const at of [50, 60, 70, 80]) {
      bench.to(at);
      bench.answer(bench.open[0]);
    }
    expect(bench.over).toBe(true);
    const { counters, distributions } = bench.lane.recorder.outcome({ name: 't', url: 'u' }, 1000);
    expect(counters).toMatchObject({ sent: 6, completed: 6, heldBack: 4 });
    // Intended at 20, sent at 35; response time counts from 20.
    expect(distributions.lateness!.statistic('max')).toBeCloseTo(15, 0);
    expect(distributions.response_time!.statistic('max')).toBeGreaterThan(
      distributions.e2e!.statistic('max')! - 1,
    );
  });

  it('measures what is intended after the warm-up, and for as long as asked', () => {
    const bench = new LaneBench(
      OpenLane,
      planOf({ arrivals: constant(100), warmupMs: 50, stop: { durationMs: 30 } }),
    );
    for (let at = 0; at <= 300; at += 5) {
      bench.to(at);
      for (const got of bench.open) bench.answer(got);
    }
    expect(bench.instants).toEqual([0, 10, 20, 30, 40, 50, 60, 70]);
    expect(bench.lane.recorder.counters).toMatchObject({ warmup: 5, sent: 3, completed: 3 });
    expect(bench.over).toBe(true);
  });

  it('sends those that are due when its time is over, but not those that the limit holds back', () => {
    const plan = planOf({ arrivals: constant(100), stop: { durationMs: 50 } });
    const late = new LaneBench(OpenLane, plan);
    late.sleepTo(80);
    expect(late.got).toHaveLength(5);
    const held = new LaneBench(OpenLane, { ...plan, maxInFlight: 1 });
    held.to(60);
    held.answer(held.got[0]);
    expect(held.got).toHaveLength(1);
    expect(held.over).toBe(true);
  });

  it('gives the last ones the grace time, counted from the end of the time for sending', () => {
    const bench = new LaneBench(
      OpenLane,
      planOf({ arrivals: constant(10), stop: { durationMs: 150 }, graceMs: 100 }),
    );
    bench.to(120);
    expect(bench.instants).toEqual([0, 100]);
    bench.to(249);
    expect(bench.over).toBe(false);
    bench.to(250);
    expect(bench.over).toBe(true);
  });

  it('splits the schedule exactly', () => {
    const plan = planOf({ arrivals: { kind: 'poisson', ratePerSecond: 500 }, stop: { durationMs: 200 } });
    const whole = new LaneBench(OpenLane, plan);
    whole.to(200);
    const parts = [0, 1, 2].map((index) => new LaneBench(OpenLane, plan, { index, count: 3 }));
    for (const part of parts) part.to(200);
    const sent = parts.flatMap((p) => p.got.map((g) => `${g.atMs.toFixed(6)} ${g.body}`));
    expect(sent.sort()).toEqual(whole.got.map((g) => `${g.atMs.toFixed(6)} ${g.body}`).sort());
    expect(whole.got.length).toBeGreaterThan(50);
  });
});
