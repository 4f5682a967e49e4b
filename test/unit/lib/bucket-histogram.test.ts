import * as fc from '../../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import {
  BucketHistogram,
  countOf,
  meanOf,
  mergeHistograms,
  quantileOf,
} from '../../../src/lib/bucket-histogram.js';

const filled = (bounds: readonly number[], values: readonly number[]): BucketHistogram => {
  const histogram = new BucketHistogram(bounds);
  for (const value of values) histogram.observe(value);
  return histogram;
};

describe('a histogram', () => {
  it('puts a value that is a bound into that bucket, and what is above all bounds into the last', () => {
    expect([...filled([1, 2, 5], [0, 1, 1.5, 2, 3, 5, 6, 1e9]).counts]).toEqual([2, 2, 2, 2]);
  });

  it('merges as if the values had been counted there in the first place', () => {
    const bounds = [1, 2, 5, 10, 20];
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30 })),
        fc.array(fc.integer({ min: 0, max: 30 })),
        (a, b) => {
          const merged = mergeHistograms(bounds, [filled(bounds, a), filled(bounds, b)]);
          expect(merged).toEqual(filled(bounds, [...a, ...b]));
          expect(countOf(merged)).toBe(a.length + b.length);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('refuses what it cannot answer exactly', () => {
    expect(() => new BucketHistogram([1]).merge(new BucketHistogram([1, 2]))).toThrow(RangeError);
  });

  it('estimates quantiles within the bucket', () => {
    const histogram = filled([10, 20, 40], [...Array<number>(50).fill(5), ...Array<number>(50).fill(15)]);
    expect(quantileOf(histogram, 0.5)).toBe(10);
    expect(quantileOf(histogram, 0.75)).toBe(15);
    expect(quantileOf(filled([10], [99]), 0.5)).toBe(10);
    expect(quantileOf(new BucketHistogram([10]), 0.5)).toBeUndefined();
    expect(meanOf(histogram)).toBe(10);
  });
});
