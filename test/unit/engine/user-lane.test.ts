import { describe, expect, it } from 'vitest';
import { UserLane } from '../../../src/engine/user-lane.js';
import type { Plan, Shard } from '../../../src/workloads/plan.js';
import { createLane } from '../../../src/workloads/requests.js';
import { LaneBench, planOf } from './lane-bench.js';

const thinking = (users: number, ms: number, over: Partial<Plan> = {}): Plan =>
  planOf({
    arrivals: { kind: 'users', users, thinkMs: { kind: 'fixed', value: ms } },
    stop: { durationMs: 10_000 },
    timeoutMs: 60_000,
    ...over,
  });

const scheduled = (users: number, ratePerSecond: number, over: Partial<Plan> = {}): Plan =>
  planOf({
    arrivals: { kind: 'users', users, ratePerSecond },
    stop: { durationMs: 10_000 },
    timeoutMs: 60_000,
    ...over,
  });

/** Which requests of the plan were sent, by their bodies. */
function indicesOf({ got, plan }: LaneBench): number[] {
  const lane = createLane(plan, 0, { index: 0, count: 1 });
  const bodies = Array.from({ length: 60 }, (_, index) => lane.at(index)!.body);
  return got.map(({ body }) => bodies.indexOf(body));
}

const outcomeOf = (bench: LaneBench) => bench.lane.recorder.outcome({ name: 't', url: 'u' }, 1000);

describe('users who think', () => {
  it('begin at random within a think time, and ask again a think time after each answer', () => {
    const bench = new LaneBench(UserLane, thinking(20, 1000));
    bench.to(1000);
    expect(bench.got).toHaveLength(20);
    expect(new Set(bench.instants.map((ms) => Math.floor(ms / 250))).size).toBe(4);
    bench.to(2000);
    expect(bench.got).toHaveLength(20);
    for (const got of bench.open) bench.answer(got);
    bench.to(2999.9);
    expect(bench.got).toHaveLength(20);
    bench.to(3000);
    expect(bench.got).toHaveLength(40);
    expect(outcomeOf(bench).distributions.response_time).toBeUndefined();
  });

  it('each send their own requests of the plan, however fast the others are', () => {
    const bench = new LaneBench(UserLane, thinking(3, 0));
    bench.to(1);
    const [slow] = bench.got;
    for (let i = 2; i < 6; i++) {
      bench.answer(bench.open.findLast((got) => got !== slow));
      bench.to(i);
    }
    const indices = indicesOf(bench).toSorted((a, b) => a - b);
    expect(indices.slice(0, 3)).toEqual([0, 1, 2]);
    for (const index of indices) expect(index < 3 || indices.includes(index - 3)).toBe(true);
  });

  it('wait for the in-flight limit in turn', () => {
    const bench = new LaneBench(UserLane, thinking(4, 0, { maxInFlight: 1 }));
    bench.to(1);
    expect(bench.open).toHaveLength(1);
    for (let i = 0; i < 3; i++) {
      bench.answer(bench.open[0]);
      bench.to(i + 2);
      expect(bench.open).toHaveLength(1);
    }
    expect(new Set(indicesOf(bench)).size).toBe(4);
  });

  it('play their sessions before they think', () => {
    const workload: Plan['workload'] = {
      kind: 'synthetic',
      inputTokens: { kind: 'fixed', value: 5 },
      outputTokens: { kind: 'fixed', value: 3 },
      session: { turns: { kind: 'fixed', value: 2 }, delayMs: { kind: 'fixed', value: 10 } },
    };
    const bench = new LaneBench(UserLane, thinking(1, 500, { workload }));
    bench.to(500);
    bench.answer(bench.got[0]);
    bench.to(510);
    expect(bench.got).toHaveLength(2);
    bench.answer(bench.got[1]);
    bench.to(1009);
    expect(bench.got).toHaveLength(2);
    bench.to(1010);
    expect(bench.got).toHaveLength(3);
  });

  it('do not hammer an endpoint that refuses connections', () => {
    const bench = new LaneBench(UserLane, thinking(1, 0));
    bench.to(1);
    bench.fail(bench.got[0], 'connect_refused');
    bench.to(100);
    expect(bench.got).toHaveLength(1);
    bench.to(101);
    expect(bench.got).toHaveLength(2);
  });

  it('end with the number of requests of the plan', () => {
    const bench = new LaneBench(UserLane, thinking(2, 0, { stop: { requests: 5 } }));
    for (let i = 1; i < 10 && !bench.over; i++) {
      bench.to(i);
      for (const got of bench.open) bench.answer(got);
    }
    expect(bench.over).toBe(true);
    expect(outcomeOf(bench).counters).toMatchObject({ sent: 5, completed: 5 });
  });
});

describe('users with a rate', () => {
  it('are due one after the other, and late where the answer before took longer', () => {
    const bench = new LaneBench(UserLane, scheduled(2, 10));
    bench.to(150);
    expect(bench.instants).toEqual([0, 100]);
    bench.answer(bench.got[1]);
    bench.to(349);
    // User 0, due again at 200, still waits; user 1 is on time.
    expect(bench.instants).toEqual([0, 100, 300]);
    bench.to(350);
    bench.answer(bench.got[0]);
    bench.to(360);
    expect(bench.instants).toEqual([0, 100, 300, 350]);
    expect(indicesOf(bench)).toEqual([0, 1, 3, 2]);
    bench.answer(bench.got[3]);
    bench.to(420);
    expect(bench.instants.at(-1)).toBe(400);
    const { counters, distributions } = outcomeOf(bench);
    expect(counters.heldBack).toBe(1);
    expect(distributions.lateness!.statistic('max')).toBeCloseTo(150, 0);
    // Due at 200, answered at 360.
    expect(distributions.response_time!.statistic('min')).toBeCloseTo(50, 0);
    expect(distributions.response_time!.statistic('max')).toBeCloseTo(350, 0);
  });

  it('of a shard keep their own instants', () => {
    const shard: Shard = { index: 1, count: 2 };
    const bench = new LaneBench(UserLane, scheduled(3, 10), shard);
    for (let ms = 0; ms < 1000; ms += 50) {
      bench.to(ms);
      for (const got of bench.open) bench.answer(got);
    }
    expect(bench.instants).toEqual([100, 400, 700]);
  });
});
