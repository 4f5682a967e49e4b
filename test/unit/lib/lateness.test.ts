import * as fc from '../../support/fast-check.js';
import { expect, it } from 'vitest';
import { LatenessHistogram } from '../../../src/lib/lateness.js';

it('gives quantiles within one bucket (4.5 %) of the exact ones', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.002, max: 50_000, noNaN: true }), { minLength: 1 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (values, share) => {
        const histogram = new LatenessHistogram();
        for (const value of values) histogram.record(value);
        const exact = values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1]!;
        const got = histogram.quantileMs(share);
        expect(got).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
        expect(got).toBeLessThanOrEqual(exact * 1.046);
      },
    ),
  );
});

it('counts what is early as on time and keeps the exact maximum', () => {
  const histogram = new LatenessHistogram();
  histogram.record(-3);
  histogram.record(0.5);
  expect(histogram.report()).toMatchObject({ count: 2, maxMs: 0.5, meanMs: 0.25 });
  expect(new LatenessHistogram().report()).toEqual({
    count: 0,
    meanMs: 0,
    maxMs: 0,
    p50Ms: 0,
    p99Ms: 0,
    p999Ms: 0,
  });
});

it('tells apart what was recorded since, and adds up', () => {
  const histogram = new LatenessHistogram();
  histogram.record(40);
  const before = histogram.counts();
  for (const value of [1, 2, 3]) histogram.record(value);
  const part = histogram.since(before);
  expect(part.report()).toMatchObject({ count: 3, meanMs: 2 });
  expect(part.report().maxMs / 3).toBeCloseTo(1, 1);
  part.merge(histogram);
  expect(part.report()).toMatchObject({ count: 7, maxMs: 40 });
  expect(histogram.since(histogram.counts()).report()).toMatchObject({ count: 0, maxMs: 0 });
});
