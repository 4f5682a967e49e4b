import * as fc from '../../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { BucketHistogram } from '../../../src/lib/bucket-histogram.js';
import { Exposition, expositionText, labelText } from '../../../src/lib/exposition.js';
import { parseExposition, valueOf } from '../../support/prometheus.js';

describe('the text format', () => {
  it('escapes labels and help so that a strict reader gets back what was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.double(), (value, number) => {
        fc.pre(!value.includes('\r'));
        const text = expositionText((out) =>
          out
            .family('a_metric', 'gauge', 'first\nsecond \\ line')
            .sample({ label: value, other: 'x' }, number),
        );
        const { labels, value: read } = parseExposition(text).get('a_metric')!.samples[0]!;
        expect(labels['label']).toBe(value);
        expect(read).toBe(number === 0 ? read : number);
      }),
      { numRuns: 200 },
    );
  });

  it('writes histograms with cumulative buckets, with and without labels', () => {
    const histogram = new BucketHistogram([0.5, 1]);
    for (const value of [0.1, 0.7, 3]) histogram.observe(value);
    const text = expositionText((out) =>
      out
        .family('h', 'histogram', 'help')
        .histogram({ model: 'm' }, histogram)
        .family('plain', 'histogram', 'help')
        .histogram('', histogram)
        .comment('a remark'),
    );
    const families = parseExposition(text);
    expect(valueOf(families, 'h_bucket', { le: '1.0', model: 'm' })).toBe(2);
    expect(valueOf(families, 'plain_count')).toBe(3);
    expect(valueOf(families, 'plain_sum')).toBeCloseTo(3.8);
  });

  it('shows fewer bounds than were counted as if the values had been counted with those', () => {
    const counted = (bounds: number[], values: readonly number[]): BucketHistogram => {
      const histogram = new BucketHistogram(bounds);
      for (const value of values) histogram.observe(value);
      return histogram;
    };
    const all = [1, 2, 5, 10, 20];
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 })), fc.subarray(all), (values, fewer) => {
        const written = (histogram: BucketHistogram): string =>
          expositionText((out) => out.family('h', 'histogram', 'help').histogram('', histogram, fewer));
        expect(written(counted(all, values))).toBe(written(counted(fewer, values)));
      }),
      { numRuns: 100 },
    );
    const without = new BucketHistogram([1, 2]);
    expect(() => new Exposition().family('h', 'histogram', '').histogram('', without, [1.5])).toThrow(
      RangeError,
    );
  });

  it('joins labels in the order given', () => {
    expect(labelText({ b: 1, a: 'x"y' })).toBe(String.raw`b="1",a="x\"y"`);
  });
});

/** One scrape's worth: a series that is absent has no value. */
const scrapes = fc.array(
  fc.array(
    fc.record({
      label: fc.constantFrom('a', 'ü', '模型 😀'),
      value: fc.oneof(
        fc.constantFrom(0, -0, 9, 10, 2 ** 31 - 1, 2 ** 31, 1e21, NaN, Infinity, -Infinity, 0.1, 12.5, -3),
        fc.nat(),
        fc.double(),
      ),
      buckets: fc.option(fc.tuple(fc.nat(), fc.nat(12), fc.nat(2e9), fc.double()), { nil: undefined }),
    }),
    { maxLength: 4 },
  ),
  { minLength: 2, maxLength: 6 },
);

const BOUNDS = [0.5, 1];

describe('an exposition that is kept', () => {
  it('writes what a new one would, whatever changed since', () => {
    const kept = new Exposition();
    fc.assert(
      fc.property(scrapes, (all) => {
        for (const series of all) {
          const write = (out: Exposition): void => {
            out.family('one', 'gauge', 'help');
            for (const { label, value } of series) out.sample({ label }, value);
            out.family('h', 'histogram', 'help');
            for (const { label, buckets } of series) {
              if (!buckets) continue;
              const [a, b, c, sum] = buckets;
              out.histogram({ label }, { bounds: BOUNDS, counts: Float64Array.of(a, b, c), sum });
            }
          };
          write(kept.begin());
          expect(kept.finish().toString()).toBe(expositionText(write));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('writes plain text with each number in its place', () => {
    const kept = new Exposition();
    const write = (first: number, second: number): string => {
      kept.begin().family('m', 'counter', 'Things.').sample('a="1"', first).sample('', second);
      return kept.finish().toString();
    };
    const head = '# HELP m Things.\n# TYPE m counter\n';
    for (const [first, second] of [
      [1, 2],
      [3, 4],
      [12, 5],
      [12, 100],
      [7, 0.25],
      [7, 8],
    ] as const)
      expect(write(first, second)).toBe(`${head}m{a="1"} ${first}\nm ${second}\n`);
  });

  it('begins anew after one that was broken off', () => {
    const kept = new Exposition();
    const write = (value: number): Exposition => kept.begin().family('m', 'gauge', '').sample('', value);
    const before = write(1).finish().toString();
    write(200);
    expect(write(3).finish().toString()).toBe(before.replace('m 1', 'm 3'));
  });

  it('tells apart what differs in nothing but its type, help or bounds', () => {
    const kept = new Exposition();
    const histogram = new BucketHistogram([1, 2]);
    histogram.observe(1.5);
    const variants: ((out: Exposition) => Exposition)[] = [
      (out) => out.family('m', 'gauge', 'help').sample('', 1),
      (out) => out.family('m', 'counter', 'help').sample('', 1),
      (out) => out.family('m', 'counter', 'other').sample('', 1),
      (out) => out.family('m', 'histogram', 'help').histogram('', histogram),
      (out) => out.family('m', 'histogram', 'help').histogram('', histogram, [2]),
      (out) => out.comment('help'),
    ];
    for (const write of [...variants, ...variants.toReversed()])
      expect(write(kept.begin()).finish().toString()).toBe(expositionText((out) => void write(out)));
  });
});
