import * as fc from '../../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { bracket, type BracketOptions, type Trial } from '../../../src/runs/search/bracket.js';

const whole = { goal: 'max', start: 1, least: 1, most: 10_000, whole: true, precision: 0 } as const;

async function search(options: BracketOptions, passes: (value: number) => boolean) {
  const tried: number[] = [];
  const found = await bracket(options, (value) => {
    tried.push(value);
    return Promise.resolve(passes(value));
  });
  return { ...found, tried };
}

describe('a search for where a condition changes', () => {
  it('doubles, then halves', async () => {
    const { pass, fail, tried } = await search(whole, (value) => value <= 11);
    expect(tried).toEqual([1, 2, 4, 8, 16, 12, 10, 11]);
    expect([pass, fail]).toEqual([11, 12]);
  });

  it('halves from a start that is too much', async () => {
    const { pass, fail, tried } = await search({ ...whole, start: 20 }, (value) => value <= 3);
    expect(tried).toEqual([20, 10, 5, 2, 3, 4]);
    expect([pass, fail]).toEqual([3, 4]);
  });

  it('finds rates to a share of themselves', async () => {
    const rates = { goal: 'max', start: 1, least: 0.01, most: 1e6, whole: false, precision: 0.05 } as const;
    const { pass, fail, tried } = await search(rates, (value) => value <= 87.3);
    expect(tried).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 96, 80, 88, 84]);
    expect([pass, fail]).toEqual([84, 88]);
  });

  it('ends at its limits', async () => {
    expect(await search(whole, () => true)).toMatchObject({ pass: 10_000, fail: null });
    expect(await search({ ...whole, start: 9 }, () => false)).toMatchObject({ pass: null, fail: 1 });
  });

  it('goes up from values that are too small to tell, and reports none of them', async () => {
    const trial: Trial = (value) => Promise.resolve(value < 7 ? 'unknown' : value <= 11);
    expect(await bracket(whole, trial)).toEqual({ pass: 11, fail: 12 });
    const never: Trial = (value) => Promise.resolve(value < 7 ? 'unknown' : false);
    expect(await bracket(whole, never)).toEqual({ pass: null, fail: 7 });
  });

  it('keeps what is known when it is stopped', async () => {
    const found = await bracket(whole, (value) => Promise.resolve(value === 4 ? 'stop' : true));
    expect(found).toEqual({ pass: 2, fail: null });
  });

  it('finds every change there can be, with no value tried twice', async () => {
    const range = fc.record({
      limit: fc.integer({ min: 0, max: 5000 }),
      start: fc.integer({ min: 1, max: 5000 }),
    });
    await fc.assert(
      fc.asyncProperty(
        range,
        fc.constantFrom('max' as const, 'min' as const),
        async ({ limit, start }, goal) => {
          const options = { ...whole, most: 4000, goal, start: Math.min(start, 4000) };
          const { pass, fail, tried } = await search(options, (value) => value <= limit === (goal === 'max'));
          const [low, high] = goal === 'max' ? [pass, fail] : [fail, pass];
          expect(low).toBe(limit === 0 ? null : Math.min(limit, 4000));
          expect(high).toBe(limit >= 4000 ? null : limit + 1);
          expect(new Set(tried).size).toBe(tried.length);
          expect(tried.length).toBeLessThan(30);
        },
      ),
    );
  });
});
