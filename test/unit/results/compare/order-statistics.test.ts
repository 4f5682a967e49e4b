import { describe, expect, test } from 'vitest';
import { quantileRanks, wilsonInterval } from '../../../../src/results/compare/order-statistics.js';

/** P(B ≤ k) for B ~ Binomial(n, p), term by term. */
function binomialAtMost(k: number, n: number, p: number): number {
  let sum = 0;
  let term = (1 - p) ** n;
  for (let i = 0; i <= k; i++) {
    sum += term;
    term *= ((n - i) / (i + 1)) * (p / (1 - p));
  }
  return sum;
}

describe('quantileRanks', () => {
  test.each([
    // Le Boudec 2010, table A.1: 95 % intervals of the median.
    [10, 0.5, 0.95, { lower: 2, upper: 9 }],
    [31, 0.5, 0.95, { lower: 10, upper: 22 }],
    [70, 0.5, 0.95, { lower: 27, upper: 44 }],
  ])('n = %i, share %f, confidence %f', (n, share, confidence, ranks) => {
    expect(quantileRanks(n, share, confidence)).toEqual(ranks);
  });

  test.each([
    [5, 0.5],
    [40, 0.9],
    [100, 0.95],
    [500, 0.05],
  ])(
    'covers with at least the confidence, and one rank fewer on either side would not: n = %i, share %f',
    (n, share) => {
      const { lower, upper } = quantileRanks(n, share, 0.975);
      const tail = 0.0125;
      if (lower === undefined) expect(binomialAtMost(0, n, share)).toBeGreaterThan(tail);
      else {
        expect(binomialAtMost(lower - 1, n, share)).toBeLessThanOrEqual(tail);
        expect(binomialAtMost(lower, n, share)).toBeGreaterThan(tail);
      }
      if (upper === undefined) expect(1 - binomialAtMost(n - 1, n, share)).toBeGreaterThan(tail);
      else {
        expect(1 - binomialAtMost(upper - 1, n, share)).toBeLessThanOrEqual(tail);
        expect(1 - binomialAtMost(upper - 2, n, share)).toBeGreaterThan(tail);
      }
    },
  );

  test('of many values the interval is that of the normal distribution', () => {
    const n = 1_000_000;
    const { lower, upper } = quantileRanks(n, 0.99, 0.95);
    const half = 1.96 * Math.sqrt(n * 0.99 * 0.01);
    expect(Math.abs(lower! - (n * 0.99 - half))).toBeLessThan(3);
    expect(Math.abs(upper! - (n * 0.99 + half))).toBeLessThan(3);
  });
});

test('wilsonInterval: no failures still leave a chance, and both ends are symmetric', () => {
  const [low, high] = wilsonInterval(0, 100, 1.96);
  expect(low).toBe(0);
  expect(high).toBeCloseTo(0.037, 3);
  const [mirroredLow, mirroredHigh] = wilsonInterval(100, 100, 1.96);
  expect(mirroredLow).toBeCloseTo(1 - high, 12);
  expect(mirroredHigh).toBe(1);
  // 241 of 241: rounding alone would leave 1e-17.
  for (let n = 1; n < 500; n++) expect(wilsonInterval(0, n, 2.2414)[0]).toBe(0);
});
