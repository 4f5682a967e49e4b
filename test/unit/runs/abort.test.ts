import { describe, expect, it } from 'vitest';
import {
  LIVE_BUCKETS,
  liveBucketOf,
  type Progress,
  type TargetProgress,
} from '../../../src/results/progress.js';
import { abortReason, parseAborts } from '../../../src/runs/abort.js';

const bucketsOf = (values: number[]): Uint32Array => {
  const buckets = new Uint32Array(LIVE_BUCKETS);
  for (const ms of values) buckets[liveBucketOf(ms)]!++;
  return buckets;
};

const seen = (over: Partial<TargetProgress>, ttft: number[] = []): Progress => ({
  phase: 'measuring',
  elapsedMs: 1000,
  targets: [
    {
      name: 'a',
      url: 'u',
      sent: 0,
      completed: 0,
      failed: 0,
      inFlight: 0,
      outputTokens: 0,
      latencies: { ttft: bucketsOf(ttft), itl: bucketsOf([]), e2e: bucketsOf([]) },
      ...over,
    },
  ],
});

describe('a rule that ends a run', () => {
  it('holds as soon as there are enough requests to tell', () => {
    const rules = parseAborts(['error_rate > 50%']);
    expect(abortReason(rules, seen({ completed: 3, failed: 16 }))).toBeUndefined();
    expect(abortReason(rules, seen({ completed: 10, failed: 10 }))).toBeUndefined();
    expect(abortReason(rules, seen({ completed: 9, failed: 11 }))).toBe(
      "--abort 'error_rate > 50%' holds: it is 55.0 %.",
    );
  });

  it('on a percentile needs as many values as the percentile', () => {
    const rules = parseAborts(['ttft.p95 > 1s']);
    expect(
      abortReason(
        rules,
        seen(
          {},
          Array.from({ length: 58 }, () => 2000),
        ),
      ),
    ).toBeUndefined();
    expect(
      abortReason(
        rules,
        seen(
          {},
          Array.from({ length: 59 }, () => 2000),
        ),
      ),
    ).toMatch(/2,0\d\d ms/);
    expect(
      abortReason(
        rules,
        seen(
          {},
          Array.from({ length: 59 }, () => 900),
        ),
      ),
    ).toBeUndefined();
  });

  it('on one target does not look at others', () => {
    const progress = seen({ failed: 30 });
    expect(abortReason(parseAborts(['error_rate{target:b} > 50%']), progress)).toBeUndefined();
    expect(abortReason(parseAborts(['error_rate{target:a} > 50%']), progress)).toBeDefined();
  });

  it.each(['ttft.mean > 1s', 'tpot.p95 > 1s', 'request_rate < 1'])('is refused on %s', (text) => {
    expect(() => parseAborts([text])).toThrow(/not known while a run goes on/);
  });
});
