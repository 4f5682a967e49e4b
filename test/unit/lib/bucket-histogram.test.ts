import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BucketHistogram,
  coarsen,
  countOf,
  meanOf,
  mergeHistograms,
  quantileOf,
} from '../../../src/lib/bucket-histogram.js';
import { Exposition, labelText } from '../../../src/lib/exposition.js';
import { parseExposition, valueOf } from '../../support/prometheus.js';

const filled = (bounds: readonly number[], values: readonly number[]): BucketHistogram => {
  const histogram = new BucketHistogram(bounds);
  for (const value of values) histogram.observe(value);
  return histogram;
};

describe('a histogram', () => {
  it('puts a value that is a bound into that bucket, and what is above all bounds into the last', () => {
    expect([...filled([1, 2, 5], [0, 1, 1.5, 2, 3, 5, 6, 1e9]).counts]).toEqual([2, 2, 2, 2]);
  });

  it('merges and coarsens as if the values had been counted there in the first place', () => {
    const bounds = [1, 2, 5, 10, 20];
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30 })),
        fc.array(fc.integer({ min: 0, max: 30 })),
        fc.subarray(bounds),
        (a, b, fewer) => {
          const merged = mergeHistograms(bounds, [filled(bounds, a), filled(bounds, b)]);
          const direct = filled(fewer, [...a, ...b]);
          expect(coarsen(merged, fewer)).toEqual({ bounds: fewer, counts: direct.counts, sum: direct.sum });
          expect(countOf(merged)).toBe(a.length + b.length);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('refuses what it cannot answer exactly', () => {
    expect(() => coarsen(new BucketHistogram([1, 2]), [1.5])).toThrow(RangeError);
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

describe('the text format', () => {
  it('escapes labels and help so that a strict reader gets back what was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.double(), (value, number) => {
        fc.pre(!value.includes('\r'));
        const text = new Exposition()
          .family('a_metric', 'gauge', 'first\nsecond \\ line')
          .sample({ label: value, other: 'x' }, number)
          .toString();
        const { labels, value: read } = parseExposition(text).get('a_metric')!.samples[0]!;
        expect(labels['label']).toBe(value);
        expect(read).toBe(number === 0 ? read : number);
      }),
      { numRuns: 200 },
    );
  });

  it('writes histograms with cumulative buckets, with and without labels', () => {
    const histogram = filled([0.5, 1], [0.1, 0.7, 3]);
    const text = new Exposition()
      .family('h', 'histogram', 'help')
      .histogram({ model: 'm' }, histogram)
      .family('plain', 'histogram', 'help')
      .histogram('', histogram)
      .comment('a remark')
      .toString();
    const families = parseExposition(text);
    expect(valueOf(families, 'h_bucket', { le: '1.0', model: 'm' })).toBe(2);
    expect(valueOf(families, 'plain_count')).toBe(3);
    expect(valueOf(families, 'plain_sum')).toBeCloseTo(3.8);
  });

  it('joins labels in the order given', () => {
    expect(labelText({ b: 1, a: 'x"y' })).toBe(String.raw`b="1",a="x\"y"`);
  });
});
