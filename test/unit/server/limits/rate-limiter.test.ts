import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rateHeaders, rateRefusal, resetText } from '../../../../src/server/limits/rate-headers.js';
import { RateLimiter, type RateLimits, shareRateLimits } from '../../../../src/server/limits/rate-limiter.js';

const limiterOf = (limits: RateLimits): RateLimiter => new RateLimiter(shareRateLimits(limits)!, limits);
const NOW = 1_000_000;

describe('a bucket', () => {
  test('allows its limit at once, then one unit after another', () => {
    const limiter = limiterOf({ rateLimitRpm: 3 });
    const take = (nowMs: number) => limiter.take('key', 0, nowMs).refused;
    expect([take(NOW), take(NOW), take(NOW)]).toEqual([undefined, undefined, undefined]);
    expect(take(NOW)).toEqual({ bucket: 'requests', retryMs: 20_000 });
    expect(take(NOW + 19_999)?.retryMs).toBeCloseTo(1, 2);
    expect(take(NOW + 20_000)).toBeUndefined();
    expect(take(NOW + 20_000)).toBeDefined();
    expect(take(NOW + 90_000)).toBeUndefined();
  });

  test('is of one key, whatever other keys do', () => {
    const limiter = limiterOf({ rateLimitRpm: 1 });
    for (let i = 0; i < 1000; i++) expect(limiter.take(`key-${i}`, 0, NOW).refused).toBeUndefined();
    expect(limiter.take('key-0', 0, NOW).refused).toBeDefined();
  });

  test('is shared by all who share the memory', () => {
    const limits = { rateLimitRpm: 2 };
    const memory = shareRateLimits(limits)!;
    const [a, b] = [new RateLimiter(memory, limits), new RateLimiter(memory, limits)];
    expect(a.take('key', 0, NOW).requests!.remaining).toBe(1);
    expect(b.take('key', 0, NOW).requests!.remaining).toBe(0);
    expect(a.take('key', 0, NOW).refused).toBeDefined();
  });

  test('of tokens refuses what it can never give without a time to try again', () => {
    const limiter = limiterOf({ rateLimitTpm: 1000 });
    expect(limiter.take('key', 1001, NOW).refused).toEqual({ bucket: 'tokens', retryMs: Infinity });
    expect(limiter.take('key', 1000, NOW).refused).toBeUndefined();
    expect(limiter.take('key', 500, NOW).refused).toEqual({ bucket: 'tokens', retryMs: 30_000 });
  });

  test('never allows more than its limit and what has come back, and never refuses that', () => {
    const step = fc.record({ gapMs: fc.nat(5000), tokens: fc.integer({ min: 1, max: 40 }) });
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 2000 }), fc.array(step, { maxLength: 60 }), (limit, steps) => {
        const limiter = limiterOf({ rateLimitTpm: limit });
        let nowMs = NOW;
        let level = limit;
        for (const { gapMs, tokens } of steps) {
          nowMs += gapMs;
          level = Math.min(limit, level + (gapMs / 60_000) * limit);
          const { refused } = limiter.take('key', tokens, nowMs);
          // Within the resolution of a microsecond per request either is right.
          if (Math.abs(level - tokens) > 0.01) expect(refused === undefined).toBe(level >= tokens);
          if (!refused) level -= tokens;
        }
      }),
    );
  });
});

test('no memory without limits', () => {
  expect(shareRateLimits({})).toBeUndefined();
});

test.each([
  [0, '0ms'],
  [58.2, '59ms'],
  [1500, '1.5s'],
  [20_000, '20s'],
  [360_000, '6m0s'],
  [90_500, '1m30.5s'],
])('%d ms are written as %s', (ms, text) => {
  expect(resetText(ms)).toBe(text);
});

test('headers and refusal', () => {
  const limiter = limiterOf({ rateLimitRpm: 1, rateLimitTpm: 100 });
  const first = limiter.take('key', 40, NOW);
  expect(rateRefusal(first, 40)).toBeUndefined();
  expect(rateHeaders(first).split('\r\n').slice(0, -1)).toEqual([
    'x-ratelimit-limit-requests: 1',
    'x-ratelimit-remaining-requests: 0',
    'x-ratelimit-reset-requests: 1m0s',
    'x-ratelimit-limit-tokens: 100',
    'x-ratelimit-remaining-tokens: 60',
    'x-ratelimit-reset-tokens: 24s',
  ]);
  const error = rateRefusal(limiter.take('key', 40, NOW), 40)!;
  expect(error).toMatchObject({ status: 429, type: 'requests', code: 'rate_limit_exceeded' });
  expect(error.headers).toBe('retry-after: 60\r\nretry-after-ms: 60000\r\n');
  expect(error.message).toContain('Limit 1, Used 1, Requested 1. Please try again in 1m0s');
});
