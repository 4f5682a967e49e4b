import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../src/workloads/arrivals.js';
import type { Arrivals } from '../../../src/workloads/plan.js';
import { planOf, replayOf } from './plans.js';

const targets = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `t${i}`, url: 'http://h' }));

const instants = (
  arrivals: Arrivals,
  count: number,
  target = 0,
  changes: Parameters<typeof planOf>[0] = {},
): number[] => {
  const schedule = createSchedule(planOf({ arrivals, targets: targets(4), ...changes }), target);
  return Array.from({ length: count }, (_, i) => schedule.at(i)!);
};

const gapsOf = (values: number[]): number[] => values.slice(1).map((value, i) => value - values[i]!);
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const variation = (values: number[]): number => {
  const average = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - average) ** 2))) / average;
};

describe('closed loop', () => {
  it('has no intended instants', () => {
    expect(createSchedule(planOf(), 0).at(5)).toBeUndefined();
  });
});

describe('constant', () => {
  it('has equal gaps', () => {
    expect(instants({ kind: 'constant', ratePerSecond: 250 }, 4)).toEqual([0, 4, 8, 12]);
  });

  it('shifts targets by equal parts of the gap', () => {
    const first = [0, 1, 2, 3].map(
      (target) => instants({ kind: 'constant', ratePerSecond: 250 }, 1, target)[0],
    );
    expect(first).toEqual([0, 1, 2, 3]);
  });

  it('does not drift over ten million requests at a gap that is no binary fraction', () => {
    const schedule = createSchedule(planOf({ arrivals: { kind: 'constant', ratePerSecond: 3000 } }), 0);
    expect(schedule.at(30_000_000)).toBeCloseTo(10_000_000, 6);
  });
});

describe('poisson', () => {
  const arrivals: Arrivals = { kind: 'poisson', ratePerSecond: 1000 };

  it('has the rate, exponential gaps and no memory', () => {
    const gaps = gapsOf(instants(arrivals, 100_001));
    // Five standard errors of the mean and of the coefficient of variation of 100,000 exponential gaps.
    expect(Math.abs(mean(gaps) - 1)).toBeLessThan(5 / Math.sqrt(100_000));
    expect(Math.abs(variation(gaps) - 1)).toBeLessThan(5 / Math.sqrt(100_000));
    const beyond = gaps.filter((gap) => gap > 2).length / gaps.length;
    expect(Math.abs(beyond - Math.exp(-2))).toBeLessThan(0.006);
    const [even, odd] = [0, 1].map((parity) => gaps.filter((_, i) => i % 2 === parity));
    const products = even!.map((gap, i) => (gap - 1) * (odd![i]! - 1));
    expect(Math.abs(mean(products))).toBeLessThan(5 / Math.sqrt(50_000));
  });

  it('counts per second vary as in a Poisson process', () => {
    const counts = Array.from({ length: 100 }, () => 0);
    for (const instant of instants(arrivals, 100_000)) {
      const second = Math.floor(instant / 1000);
      if (second < 99) counts[second]!++;
    }
    const dispersion = variation(counts.slice(0, 99)) ** 2 * mean(counts.slice(0, 99));
    expect(dispersion).toBeGreaterThan(0.5);
    expect(dispersion).toBeLessThan(1.7);
  });

  it('is the same for the same seed, another one for another seed or target', () => {
    const first = instants(arrivals, 50);
    expect(instants(arrivals, 50)).toEqual(first);
    expect(instants(arrivals, 50, 0, { seed: 8 })).not.toEqual(first);
    const second = instants(arrivals, 50, 1);
    expect(second.filter((instant) => first.includes(instant))).toEqual([]);
  });

  it('refuses to go back', () => {
    const schedule = createSchedule(planOf({ arrivals }), 0);
    schedule.at(10);
    expect(() => schedule.at(9)).toThrow(RangeError);
  });
});

describe('bursts', () => {
  it('come at once, as often as the rate needs', () => {
    expect(instants({ kind: 'constant', ratePerSecond: 250, burst: 3 }, 7)).toEqual([
      0, 0, 0, 12, 12, 12, 24,
    ]);
    const poisson = instants({ kind: 'poisson', ratePerSecond: 1000, burst: 4 }, 40_001);
    for (let i = 0; i < 40_000; i += 4) expect(poisson[i + 3]).toBe(poisson[i]);
    expect(Math.abs(poisson.at(-1)! / 40_000 - 1)).toBeLessThan(5 / Math.sqrt(10_000));
  });

  it('come a single time without a rate', () => {
    const schedule = createSchedule(planOf({ arrivals: { kind: 'burst', requests: 2 } }), 0);
    expect([0, 1, 2].map((index) => schedule.at(index))).toEqual([0, 0, Number.POSITIVE_INFINITY]);
  });
});

describe('stages', () => {
  it('have the rate of each stage, with the gaps asked for', () => {
    const stages = [
      { durationMs: 100_000, from: 100, to: 100 },
      { durationMs: 100_000, from: 500, to: 500 },
    ];
    for (const [gaps, burstiness, expected] of [
      ['constant', undefined, 0],
      ['poisson', undefined, 1],
      ['gamma', 0.25, 2],
    ] as const) {
      const schedule = createSchedule(
        planOf({ arrivals: { kind: 'stages', stages, gaps, ...(burstiness && { burstiness }) } }),
        0,
      );
      const all: number[] = [];
      for (let ms = schedule.at(0)!; ms !== Number.POSITIVE_INFINITY; ms = schedule.at(all.length)!)
        all.push(ms);
      const [first, second] = [all.filter((ms) => ms < 100_000), all.filter((ms) => ms >= 100_000)];
      expect(Math.abs(first.length - 10_000)).toBeLessThanOrEqual(5 * expected * 100);
      expect(Math.abs(second.length - 50_000)).toBeLessThanOrEqual(5 * expected * 224);
      expect(Math.abs(variation(gapsOf(second)) - expected)).toBeLessThan(0.1);
    }
  });
});

describe('trace', () => {
  const rows = [0, 0, 30, 100.5].map((ms) => ({ ms, input: 1 }));

  it('plays rows at their instants, as much faster as asked, for every target', () => {
    for (const target of [0, 1]) {
      const schedule = createSchedule(
        replayOf(rows, { targets: targets(2), arrivals: { kind: 'trace', speed: 2 } }),
        target,
      );
      expect([0, 1, 2, 3].map((row) => schedule.at(row))).toEqual([0, 0, 15, 50.25]);
    }
  });

  it('needs a trace', () => {
    expect(() => createSchedule(planOf({ arrivals: { kind: 'trace', speed: 1 } }), 0)).toThrow(TypeError);
  });
});
