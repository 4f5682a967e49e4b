import * as fc from '../../../support/fast-check.js';
import { describe, expect, test } from 'vitest';
import { rateHeaders, rateRefusal, resetText } from '../../../../src/server/limits/rate-headers.js';
import { RateLimiter, shareRateLimits } from '../../../../src/server/limits/rate-limiter.js';
import {
  allowanceOf,
  limitGroupOf,
  type RateLimits,
  type RateLimitTier,
} from '../../../../src/server/limits/tiers.js';

const limiterOf = (limits: RateLimits): RateLimiter => new RateLimiter(shareRateLimits(limits)!, limits);
const NOW = 1_000_000;
const of = (apiKey: string, model = 'gpt-4o') => ({ apiKey, kind: 'text' as const, model });
const ASK = of('key');
const HOUR_MS = 3_600_000;

describe('a bucket', () => {
  test('allows its limit at once, then one unit after another', () => {
    const limiter = limiterOf({ rateLimitRpm: 3 });
    const take = (nowMs: number) => limiter.take(ASK, 0, nowMs).refused;
    expect([take(NOW), take(NOW), take(NOW)]).toEqual([undefined, undefined, undefined]);
    expect(take(NOW)).toEqual({ bucket: 'requests', retryMs: 20_000 });
    expect(take(NOW + 19_999)?.retryMs).toBeCloseTo(1, 2);
    expect(take(NOW + 20_000)).toBeUndefined();
    expect(take(NOW + 20_000)).toBeDefined();
    expect(take(NOW + 90_000)).toBeUndefined();
  });

  test('is of one key, whatever other keys do', () => {
    const limiter = limiterOf({ rateLimitRpm: 1 });
    for (let i = 0; i < 1000; i++) expect(limiter.take(of(`key-${i}`), 0, NOW).refused).toBeUndefined();
    expect(limiter.take(of('key-0'), 0, NOW).refused).toBeDefined();
  });

  test('is of one model, its dated versions and what was tuned from it', () => {
    const limiter = limiterOf({ rateLimitRpm: 1 });
    const take = (model: string) => limiter.take(of('key', model), 0, NOW).refused;
    expect([take('gpt-4o'), take('gpt-4o-mini')]).toEqual([undefined, undefined]);
    for (const model of ['gpt-4o', 'gpt-4o-2024-08-06', 'ft:gpt-4o-2024-08-06:me::x'])
      expect(take(model), model).toBeDefined();
    expect(limitGroupOf('gpt-4-0613')).toBe('gpt-4');
  });

  test('of a day is full again after a day, and is shown when it takes longest', () => {
    const limiter = limiterOf({ rateLimitRpm: 3, rateLimitRpd: 4 });
    const take = (nowMs: number) => limiter.take(ASK, 0, nowMs);
    expect(take(NOW).requests).toEqual({ limit: 4, per: 'day', remaining: 3, resetMs: 6 * HOUR_MS });
    take(NOW);
    take(NOW);
    const minute = take(NOW);
    expect(minute.refused).toEqual({ bucket: 'requests', retryMs: 20_000 });
    expect(minute.requests).toMatchObject({ limit: 3, per: 'minute', remaining: 0 });
    expect(take(NOW + 60_000).refused).toBeUndefined();
    const day = take(NOW + 120_000);
    expect(day.refused!.retryMs).toBeCloseTo(6 * HOUR_MS - 120_000, 0);
    expect(rateRefusal(day, 0, 'm')!.message).toContain('on requests per day (RPD): Limit 4, Used 4');
    expect(take(NOW + 6 * HOUR_MS).refused).toBeUndefined();
  });

  test('of tokens of a day', () => {
    const limiter = limiterOf({ rateLimitTpd: 1000 });
    expect(limiter.take(ASK, 900, NOW).tokens).toMatchObject({ per: 'day', remaining: 100 });
    const decision = limiter.take(ASK, 200, NOW);
    expect(rateRefusal(decision, 200, '')!.message).toContain('tokens per day (TPD)');
  });

  test('is shared by all who share the memory', () => {
    const limits = { rateLimitRpm: 2 };
    const memory = shareRateLimits(limits)!;
    const [a, b] = [new RateLimiter(memory, limits), new RateLimiter(memory, limits)];
    expect(a.take(ASK, 0, NOW).requests!.remaining).toBe(1);
    expect(b.take(ASK, 0, NOW).requests!.remaining).toBe(0);
    expect(a.take(ASK, 0, NOW).refused).toBeDefined();
  });

  test('of tokens refuses what it can never give without a time to try again', () => {
    const limiter = limiterOf({ rateLimitTpm: 1000 });
    expect(limiter.take(ASK, 1001, NOW).refused).toEqual({ bucket: 'tokens', retryMs: Infinity });
    expect(limiter.take(ASK, 1000, NOW).refused).toBeUndefined();
    expect(limiter.take(ASK, 500, NOW).refused).toEqual({ bucket: 'tokens', retryMs: 30_000 });
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
          const { refused } = limiter.take(ASK, tokens, nowMs);
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
  expect(shareRateLimits({ rateLimitRpm: 1, rateLimitEnabled: false })).toBeUndefined();
});

describe('tiers', () => {
  const text = (limits: RateLimits, model = 'gpt-4o') => allowanceOf(limits, 'text', model);

  test('allow more from one to the next, and small models more', () => {
    const tiers: RateLimitTier[] = ['free', 'tier1', 'tier2', 'tier3', 'tier4', 'tier5'];
    for (const kind of ['text', 'embeddings', 'moderations', 'media'] as const) {
      const allowed = tiers.map((rateLimitTier) => allowanceOf({ rateLimitTier }, kind, 'gpt-4o'));
      const requests = allowed.map(({ requestsPerMinute }) => requestsPerMinute!);
      expect(requests).toEqual(requests.toSorted((a, b) => a - b));
    }
    expect(text({ rateLimitTier: 'free' })).toMatchObject({ requestsPerMinute: 3, requestsPerDay: 200 });
    const tier1 = { rateLimitTier: 'tier1' } as const;
    expect(text(tier1).tokensPerMinute).toBeLessThan(text(tier1, 'gpt-4o-mini').tokensPerMinute!);
  });

  test('give way to numbers; numbers alone limit nothing else; on without either is the first tier', () => {
    expect(text({ rateLimitTier: 'tier1', rateLimitRpm: 7 })).toMatchObject({
      requestsPerMinute: 7,
      tokensPerMinute: 30_000,
    });
    expect(text({ rateLimitRpm: 7 })).toEqual({ requestsPerMinute: 7 });
    expect(text({ rateLimitEnabled: true })).toEqual(text({ rateLimitTier: 'tier1' }));
  });
});

test.each([
  [0, '0ms'],
  [58.2, '59ms'],
  [1500, '1.5s'],
  [20_000, '20s'],
  [360_000, '6m0s'],
  [90_500, '1m30.5s'],
  [86_399_000, '23h59m59s'],
])('%d ms are written as %s', (ms, text) => {
  expect(resetText(ms)).toBe(text);
});

test('headers and refusal', () => {
  const limiter = limiterOf({ rateLimitRpm: 1, rateLimitTpm: 100 });
  const first = limiter.take(ASK, 40, NOW);
  expect(rateRefusal(first, 40, '')).toBeUndefined();
  expect(rateHeaders(first).split('\r\n').slice(0, -1)).toEqual([
    'x-ratelimit-limit-requests: 1',
    'x-ratelimit-remaining-requests: 0',
    'x-ratelimit-reset-requests: 1m0s',
    'x-ratelimit-limit-tokens: 100',
    'x-ratelimit-remaining-tokens: 60',
    'x-ratelimit-reset-tokens: 24s',
  ]);
  const error = rateRefusal(limiter.take(ASK, 40, NOW), 40, 'gpt-4o')!;
  expect(error).toMatchObject({ status: 429, type: 'requests', code: 'rate_limit_exceeded' });
  expect(error.headers).toBe('retry-after: 60\r\nretry-after-ms: 60000\r\n');
  expect(error.message).toBe(
    'Rate limit reached for gpt-4o in organization fakeai on requests per min (RPM): Limit 1, Used 1, Requested 1. Please try again in 1m0s.',
  );
});
