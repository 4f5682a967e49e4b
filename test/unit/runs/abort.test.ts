import { describe, expect, it } from 'vitest';
import {
  LIVE_BUCKETS,
  liveBucketOf,
  type Progress,
  type TargetProgress,
} from '../../../src/results/progress.js';
import { AbortWatch, parseAborts } from '../../../src/runs/abort.js';

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
    expect(new AbortWatch(rules).reason(seen({ completed: 3, failed: 16 }))).toBeUndefined();
    expect(new AbortWatch(rules).reason(seen({ completed: 10, failed: 10 }))).toBeUndefined();
    expect(new AbortWatch(rules).reason(seen({ completed: 9, failed: 11 }))).toBe(
      "--abort 'error_rate > 50%' holds: it is 55.0 %.",
    );
  });

  it('on a percentile needs as many values as the percentile', () => {
    const rules = parseAborts(['ttft.p95 > 1s']);
    expect(
      new AbortWatch(rules).reason(
        seen(
          {},
          Array.from({ length: 58 }, () => 2000),
        ),
      ),
    ).toBeUndefined();
    expect(
      new AbortWatch(rules).reason(
        seen(
          {},
          Array.from({ length: 59 }, () => 2000),
        ),
      ),
    ).toMatch(/2,0\d\d ms/);
    expect(
      new AbortWatch(rules).reason(
        seen(
          {},
          Array.from({ length: 59 }, () => 900),
        ),
      ),
    ).toBeUndefined();
  });

  it('on one target does not look at others', () => {
    const progress = seen({ failed: 30 });
    expect(new AbortWatch(parseAborts(['error_rate{target:b} > 50%'])).reason(progress)).toBeUndefined();
    expect(new AbortWatch(parseAborts(['error_rate{target:a} > 50%'])).reason(progress)).toBeDefined();
  });

  it('on a rate looks at the measured time so far, once there is enough of it', () => {
    const watch = new AbortWatch(parseAborts(['request_rate < 10', 'output_token_rate > 900']));
    const at = (elapsedMs: number, completed: number, outputTokens: number): Progress => ({
      ...seen({ completed, outputTokens }),
      elapsedMs,
    });
    expect(watch.reason({ ...at(1000, 7, 0), phase: 'warmup' })).toBeUndefined();
    expect(watch.reason(at(2000, 40, 100))).toBeUndefined();
    expect(watch.reason(at(6900, 41, 100))).toBeUndefined();
    expect(watch.reason(at(7000, 90, 100))).toBeUndefined();
    expect(watch.reason(at(8000, 94, 100))).toBe("--abort 'request_rate < 10' holds: it is 9.00 req/s.");
    expect(watch.reason({ ...at(9000, 94, 100), phase: 'finishing' })).toBeUndefined();
    expect(watch.reason(at(12_000, 140, 9200))).toMatch(
      /output_token_rate > 900' holds: it is 910 tokens\/s/,
    );
  });

  it('on requests in flight holds at once, and for the target it names', () => {
    const progress = seen({ inFlight: 500 });
    const reasonOf = (text: string): string | undefined =>
      new AbortWatch(parseAborts([text])).reason(progress);
    expect(reasonOf(' in_flight >= 500 ')).toBe("--abort 'in_flight >= 500' holds: it is 500 requests.");
    expect(reasonOf('in_flight > 500')).toBeUndefined();
    expect(reasonOf('in_flight{target:b} > 1')).toBeUndefined();
  });

  it.each([
    ['ttft.mean > 190ms', 20, true],
    ['ttft.mean > 190ms', 19, false],
    ['ttft.mean > 210ms', 20, false],
    ['ttft.max >= 190ms', 1, true],
    ['ttft.min < 190ms', 1, false],
    ['ttft.count > 2', 3, true],
  ])('%s after %i values: %s', (text, count, holds) => {
    const values = Array.from({ length: count }, () => 200);
    expect(new AbortWatch(parseAborts([text])).reason(seen({}, values)) !== undefined).toBe(holds);
  });

  it('may be about latencies that nobody shows', () => {
    const late = bucketsOf(Array.from({ length: 60 }, () => 80));
    const watched = { lateness: late, ttfb: bucketsOf([]), response_time: bucketsOf([]) };
    const rules = parseAborts(['lateness.p95 > 50ms', 'ttfb.p50 > 1ms']);
    expect(new AbortWatch(rules).reason(seen({ watched }))).toContain('lateness.p95 > 50ms');
    expect(new AbortWatch(rules).reason(seen({}))).toBeUndefined();
  });

  it.each([
    ['ttft.stddev > 1s', /ttft\.stddev is not known while a run goes on/],
    ['tpot.p95 > 1s', /tpot is not known while a run goes on/],
    ['goodput < 1', /goodput is not known while a run goes on/],
    ['ttft{turn:2}.p95 > 1s', /turns are not told apart/],
    ['in_flight{turn:2} > 1', /in_flight is not kept per turn/],
    ['in_flight{tenant:2} > 1', /--abort 'in_flight\{tenant:2\} > 1': "tenant" is not a tag/],
    ['in_flight > many', /--abort 'in_flight > many': this is not a gate/],
    ['error_rate > 50ms', /^--abort 'error_rate > 50ms': "ms" is not a unit/],
  ])('is refused on %s', (text, said) => {
    expect(() => parseAborts([text])).toThrow(said);
  });
});
