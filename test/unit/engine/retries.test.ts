import { describe, expect, it } from 'vitest';
import { ClosedLane } from '../../../src/engine/closed-lane.js';
import { OpenLane } from '../../../src/engine/open-lane.js';
import { isRetried, retryDelayMs } from '../../../src/engine/retries.js';
import type { Plan } from '../../../src/workloads/plan.js';
import { LaneBench, planOf, type Got } from './lane-bench.js';

const RETRIES = { most: 2, backoffMs: 100 };

const closed = (over: Partial<Plan> = {}) =>
  new LaneBench(
    ClosedLane,
    planOf({
      arrivals: { kind: 'closed', concurrency: 1 },
      stop: { requests: 1 },
      retries: RETRIES,
      timeoutMs: 60_000,
      graceMs: 60_000,
      ...over,
    }),
  );

function refuse(bench: LaneBench, got: Got, status: number, retryAfter?: string): void {
  got.answered = true;
  got.observer.onHead(status, 'application/json', retryAfter, bench.nowMs);
  got.observer.onEnd(bench.nowMs);
}

const outcomeOf = (bench: LaneBench) =>
  bench.lane.recorder.outcome({ name: 't', url: 'u' }, 1000, { retries: true });

describe('a request that fails', () => {
  it('is sent again, byte for byte, and is one request', () => {
    const bench = closed();
    refuse(bench, bench.got[0]!, 503);
    bench.to(74);
    expect(bench.got).toHaveLength(1);
    bench.to(100);
    expect(bench.got).toHaveLength(2);
    expect(bench.got[1]!.body).toBe(bench.got[0]!.body);
    bench.to(110);
    bench.answer(bench.got[1]);
    expect(bench.over).toBe(true);
    const { counters, distributions, retried, errors } = outcomeOf(bench);
    expect(counters).toMatchObject({ sent: 1, completed: 1, failed: 0 });
    expect(errors).toEqual([]);
    expect(retried).toMatchObject([{ kind: 'http_5xx', count: 1 }]);
    // The service time of the attempt that succeeded, and what the user waited.
    expect(distributions.e2e!.statistic('max')).toBeLessThan(36);
    expect(distributions.total_time!.statistic('max')).toBeCloseTo(110, 0);
  });

  it('is given up after the last attempt, with its last error', () => {
    const bench = closed();
    for (let attempt = 0; attempt < 3; attempt++) {
      bench.to(attempt * 1000);
      bench.fail(bench.open[0], 'connection_reset');
    }
    expect(bench.got).toHaveLength(3);
    bench.to(10_000);
    expect(bench.over).toBe(true);
    const { counters, errors, retried } = outcomeOf(bench);
    expect(counters).toMatchObject({ sent: 1, completed: 0, failed: 1 });
    expect(errors).toMatchObject([{ kind: 'connection_reset', count: 1 }]);
    expect(retried).toMatchObject([{ kind: 'connection_reset', count: 2 }]);
  });

  it('waits as long as the server asks', () => {
    const bench = closed();
    refuse(bench, bench.got[0]!, 429, '2');
    bench.to(1999);
    expect(bench.got).toHaveLength(1);
    bench.to(2000);
    expect(bench.got).toHaveLength(2);
  });

  it('holds its place while it waits: the in-flight limit counts it', () => {
    const arrivals = { kind: 'constant', ratePerSecond: 10 } as const;
    const plan = planOf({ arrivals, stop: { durationMs: 1000 }, maxInFlight: 1, retries: RETRIES });
    const bench = new LaneBench(OpenLane, plan);
    refuse(bench, bench.got[0]!, 503, '1');
    bench.to(900);
    expect(bench.got).toHaveLength(1);
    bench.to(1000);
    expect(bench.got).toHaveLength(2);
    expect(bench.got[1]!.body).toBe(bench.got[0]!.body);
  });

  it('counts its response time from its intended instant, over all attempts', () => {
    const arrivals = { kind: 'constant', ratePerSecond: 10 } as const;
    const bench = new LaneBench(
      OpenLane,
      planOf({ arrivals, stop: { requests: 1 }, retries: RETRIES, graceMs: 5000 }),
    );
    refuse(bench, bench.got[0]!, 503, '1');
    bench.to(1005);
    bench.answer(bench.got[1]);
    const { distributions } = outcomeOf(bench);
    expect(distributions.response_time!.statistic('max')).toBeCloseTo(1005, -1);
    expect(distributions.lateness!.count).toBe(1);
  });

  it('between two attempts when the run ends is incomplete', () => {
    const bench = closed({ graceMs: 50 });
    refuse(bench, bench.got[0]!, 503, '30');
    bench.lane.interrupt();
    expect(bench.over).toBe(true);
    expect(outcomeOf(bench).counters).toMatchObject({ sent: 1, incomplete: 1, failed: 0 });
    bench.to(60_000);
    expect(bench.got).toHaveLength(1);
  });

  it('is not tried again where nobody asked for it', () => {
    const bench = closed({ retries: undefined });
    refuse(bench, bench.got[0]!, 503);
    bench.to(1);
    expect(bench.over).toBe(true);
    expect(outcomeOf(bench).counters.failed).toBe(1);
  });
});

describe('the rules of retrying', () => {
  it.each([
    ['connect_refused', 1, true],
    ['http_429', 2, true],
    ['http_429', 3, false],
    ['http_4xx', 1, false],
    ['timeout', 1, false],
    ['truncated', 1, false],
  ] as const)('%s after attempt %s: %s', (kind, attempt, again) => {
    expect(isRetried(RETRIES, kind, attempt)).toBe(again);
  });

  const of = { seed: 1, index: 2, turn: 0 };
  const NOW = Date.UTC(2030, 0, 1);
  const delay = (attempt: number, retryAfter?: string) => retryDelayMs(RETRIES, attempt, retryAfter, NOW, of);

  it('doubles up to 8 s, shortened by a quarter at most', () => {
    for (const [attempt, most] of [100, 200, 400, 800, 1600, 3200, 6400, 8000, 8000].entries()) {
      expect(delay(attempt + 1)).toBeLessThanOrEqual(most);
      expect(delay(attempt + 1)).toBeGreaterThanOrEqual(0.75 * most);
    }
  });

  it('takes seconds and dates of retry-after, up to a minute', () => {
    expect(delay(1, '1.5')).toBe(1500);
    expect(delay(1, new Date(NOW + 20_000).toUTCString())).toBe(20_000);
    expect(delay(1, new Date(NOW - 20_000).toUTCString())).toBe(0);
    expect(delay(1, '3600')).toBeLessThanOrEqual(100);
    expect(delay(1, 'soon')).toBeLessThanOrEqual(100);
  });
});
