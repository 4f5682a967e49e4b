import { describe, expect, it } from 'vitest';
import { FakeaiError } from '../../../src/lib/errors.js';
import { concurrencyAt } from '../../../src/workloads/arrivals.js';
import { loadAt, parseStages, stageClock, stagesMs } from '../../../src/workloads/stages.js';

const stages = (text: string) => parseStages(text, '--stages').stages;

describe('the text', () => {
  it('is durations and loads, with ramps', () => {
    expect(parseStages('30s@10rps, 1m @ 10->50 rps,500ms@0.5rps', 'x')).toEqual({
      unit: 'rps',
      stages: [
        { durationMs: 30_000, from: 10, to: 10 },
        { durationMs: 60_000, from: 10, to: 50 },
        { durationMs: 500, from: 0.5, to: 0.5 },
      ],
    });
    expect(parseStages('30@8c,1m@8->32C', 'x').unit).toBe('c');
  });

  it.each([
    ['', 'is not a stage'],
    ['30s', 'is not a stage'],
    ['30s@10', 'is not a stage'],
    ['30s@-1rps', 'is not a stage'],
    ['30s@1rps,', 'is not a stage'],
    ['1.2.3s@1rps', 'is not a stage'],
    ['0s@10rps', 'takes no time'],
    ['30s@1.5c', 'whole number'],
    ['30s@10rps,30s@10c', 'mixes'],
    ['30s@0rps,1s@0->0rps', 'no load'],
    ['1s@2000000rps', 'above 1000000'],
    [Array.from({ length: 1001 }, () => '1s@1rps').join(','), 'more than 1000'],
  ])('is refused: %.30s', (text, problem) => {
    expect(() => parseStages(text, '--stages')).toThrow(FakeaiError);
    expect(() => parseStages(text, '--stages')).toThrow(problem);
  });
});

describe('the load', () => {
  it('follows stages and ramps, and is 0 outside', () => {
    const all = stages('10s@4rps,10s@4->8rps,10s@0rps');
    expect([-1, 0, 9999, 10_000, 15_000, 20_000, 30_000].map((ms) => loadAt(all, ms))).toEqual([
      0, 4, 4, 4, 6, 0, 0,
    ]);
    expect(stagesMs(all)).toBe(30_000);
  });

  it('of a closed loop is a whole number of requests', () => {
    const arrivals = { kind: 'closed' as const, concurrency: 4, stages: stages('10s@1->4c,1s@2c') };
    expect([0, 1000, 5000, 9999, 10_000, 11_000].map((ms) => concurrencyAt(arrivals, ms))).toEqual([
      1, 1, 3, 4, 2, 0,
    ]);
    expect(concurrencyAt({ kind: 'closed', concurrency: 7 }, 1e9)).toBe(7);
  });
});

describe('the clock of stages', () => {
  it('gives the instants of expected requests, through pauses and ramps from and to zero', () => {
    const clock = stageClock(stages('10s@2rps,10s@0rps,10s@0->4rps,10s@4->0rps'));
    expect([0, 1, 19].map(clock)).toEqual([0, 500, 9500]);
    expect([20, 25, 39].map(clock)).toEqual([
      20_000,
      20_000 + Math.sqrt(5 / 0.2) * 1000,
      20_000 + Math.sqrt(19 / 0.2) * 1000,
    ]);
    expect(clock(55)).toBeCloseTo(40_000 - Math.sqrt(5 / 0.2) * 1000, 6);
    expect(clock(60)).toBe(Number.POSITIVE_INFINITY);
    expect(clock(61)).toBe(Number.POSITIVE_INFINITY);
  });
});
