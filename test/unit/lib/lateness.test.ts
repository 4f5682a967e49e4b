import fc from 'fast-check';
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
  expect(new LatenessHistogram().report()).toEqual({ count: 0, meanMs: 0, maxMs: 0, p50Ms: 0, p99Ms: 0 });
});
