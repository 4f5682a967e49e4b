import * as fc from '../support/fast-check.js';
import { describe, expect, test } from 'vitest';
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { Distribution } from '../../src/results/distribution.js';
import { FastCounts } from '../../src/results/fast-counts.js';
import { LIVE_BUCKETS, liveBucketFromMs, liveBucketOf, liveQuantileMs } from '../../src/results/progress.js';
import { sampleFloor } from '../../src/results/sample-floor.js';
import { distributionOf } from '../fixtures/run.js';

/** Whole microseconds from 0 to 20 minutes, small ones as often as large ones. */
const latencyMs = fc
  .double({ min: -3, max: 6, noNaN: true })
  .map((exponent) => Math.round(10 ** exponent * 1000) / 1000);
const latencies = fc.array(latencyMs, { maxLength: 200 });

const bucketsOf = (distribution: Distribution) => [...distribution.buckets()];
const merged = (...parts: number[][]): Distribution => {
  const all = new Distribution('e2e');
  for (const part of parts) all.merge(distributionOf('e2e', part));
  return all;
};

function expectSame(actual: Distribution, expected: Distribution): void {
  expect(bucketsOf(actual)).toEqual(bucketsOf(expected));
  expect(actual.count).toBe(expected.count);
  for (const name of ['min', 'max', 'p50', 'p90', 'p95', 'p99'] as const) {
    expect(actual.statistic(name)).toBe(expected.statistic(name));
  }
  for (const name of ['mean', 'stddev'] as const) {
    const want = expected.statistic(name);
    if (want === null) expect(actual.statistic(name)).toBeNull();
    else
      expect(Math.abs(actual.statistic(name)! - want)).toBeLessThanOrEqual(
        1e-9 * Math.max(1, expected.statistic('max')!),
      );
  }
}

describe('FastCounts', () => {
  test('counts in the buckets of HdrHistogram', () => {
    const value = fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 2 ** 31 - 1 }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 100 }), (values) => {
        const peer = build({ bitBucketSize: 64, numberOfSignificantValueDigits: 3, autoResize: true });
        const own = build({ bitBucketSize: 64, numberOfSignificantValueDigits: 3, autoResize: true });
        const counts = new FastCounts();
        for (const [i, v] of values.entries()) {
          peer.recordValue(v);
          expect(counts.add(v)).toBe(true);
          if (i % 7 === 0) counts.drain((lowest, count) => own.recordValueWithCount(lowest, count));
        }
        counts.drain((lowest, count) => own.recordValueWithCount(lowest, count));
        expect(encodeIntoCompressedBase64(own)).toBe(encodeIntoCompressedBase64(peer));
      }),
    );
  });

  test('does not count what is out of its range', () => {
    expect(new FastCounts().add(2 ** 31)).toBe(false);
    const hour = distributionOf('e2e', [3.6e6]);
    expect(hour.statistic('max')).toBe(3.6e6);
    expect(bucketsOf(hour)).toHaveLength(1);
  });
});

describe('Distribution', () => {
  test('merging parts equals recording all at once', () => {
    fc.assert(
      fc.property(fc.array(latencies, { maxLength: 4 }), (parts) =>
        expectSame(merged(...parts), distributionOf('e2e', parts.flat())),
      ),
    );
  });

  test('merging is commutative and associative', () => {
    fc.assert(
      fc.property(latencies, latencies, latencies, (a, b, c) => {
        expectSame(merged(a, b), merged(b, a));
        const right = distributionOf('e2e', a);
        right.merge(merged(b, c));
        expectSame(merged(a, b, c), right);
      }),
    );
  });

  test('encoding and decoding keeps everything, and can be merged and recorded into', () => {
    fc.assert(
      fc.property(latencies, latencies, (a, b) => {
        const original = distributionOf('e2e', a);
        const decoded = new Distribution('e2e', structuredClone(original.encode()));
        expectSame(decoded, original);
        expect(decoded.encode()).toEqual(original.encode());
        for (const value of b) decoded.record(value);
        expectSame(decoded, distributionOf('e2e', [...a, ...b]));
      }),
    );
  });

  test('a quantile is within 0.1 % (and half a microsecond) of the exact one', () => {
    fc.assert(
      fc.property(
        fc.array(latencyMs, { minLength: 1, maxLength: 400 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (values, share) => {
          const sorted = values.toSorted((a, b) => a - b);
          const exact = sorted[Math.max(0, Math.ceil(share * values.length - 1e-9) - 1)]!;
          const quantile = distributionOf('e2e', values).quantile(share);
          if (values.length < sampleFloor(share)) expect(quantile).toBeNull();
          else expect(Math.abs(quantile! - exact)).toBeLessThanOrEqual(0.001 * exact + 0.0005);
        },
      ),
    );
  });

  test('mean, standard deviation and extremes are exact', () => {
    fc.assert(
      fc.property(fc.array(latencyMs, { minLength: 2, maxLength: 200 }), (values) => {
        const distribution = distributionOf('e2e', values);
        const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
        const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1);
        const tolerance = 1e-9 * Math.max(1, ...values);
        expect(Math.abs(distribution.statistic('mean')! - mean)).toBeLessThanOrEqual(tolerance);
        expect(Math.abs(distribution.statistic('stddev')! - Math.sqrt(variance))).toBeLessThanOrEqual(
          tolerance,
        );
        expect(distribution.statistic('min')).toBe(Math.min(...values));
        expect(distribution.statistic('max')).toBe(Math.max(...values));
      }),
    );
  });

  test('a negative value counts as 0, and an empty distribution has no statistics', () => {
    const distribution = distributionOf('lateness', [-5]);
    expect(distribution.statistic('min')).toBe(0);
    expect(bucketsOf(distribution)).toEqual([{ from: 0, to: 0, count: 1 }]);
    expect(new Distribution('ttft').statistic('mean')).toBeNull();
    expect(bucketsOf(new Distribution('ttft'))).toEqual([]);
  });

  test('token counts are kept as they are', () => {
    const tokens = distributionOf('output_tokens', [1, 2, 2, 3, 128]);
    expect(tokens.statistic('p50')).toBe(2);
    expect(bucketsOf(tokens).map((b) => b.from)).toEqual([1, 2, 3, 128]);
  });
});

describe('live buckets', () => {
  test('a value lies in its bucket', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.0101, max: 900_000, noNaN: true }), (ms) => {
        const bucket = liveBucketOf(ms);
        expect(ms).toBeGreaterThanOrEqual(liveBucketFromMs(bucket) * (1 - 1e-9));
        expect(ms).toBeLessThan(liveBucketFromMs(bucket + 1) * (1 + 1e-9));
      }),
    );
  });

  test('values out of range fall into the outermost buckets', () => {
    expect([0, -1, 0.001].map(liveBucketOf)).toEqual([0, 0, 0]);
    expect([1e6, 1e9, Infinity].map(liveBucketOf)).toEqual(Array(3).fill(LIVE_BUCKETS - 1));
  });

  test('a live quantile is within 2 % of the exact one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.02, max: 5e5, noNaN: true }), { minLength: 1 }),
        fc.constantFrom(0.5, 0.9, 0.99),
        (values, share) => {
          const counts = new Uint32Array(LIVE_BUCKETS);
          for (const value of values) counts[liveBucketOf(value)]!++;
          const exact = values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1]!;
          expect(Math.abs(liveQuantileMs(counts, share)! / exact - 1)).toBeLessThan(0.02);
        },
      ),
    );
    expect(liveQuantileMs(new Uint32Array(LIVE_BUCKETS), 0.5)).toBeUndefined();
  });
});
