/** Steady and unsteady runs, played request by request. */
import { describe, expect, it, test } from 'vitest';
import { createRandom } from '../../../src/lib/random.js';
import type { TargetOutcome } from '../../../src/results/outcome.js';
import type { PlanSummary } from '../../../src/results/plan-summary.js';
import { liveBucketOf } from '../../../src/results/progress.js';
import { TimeSeries } from '../../../src/results/time-series.js';
import { trendOf } from '../../../src/results/trend.js';
import { judge } from '../../../src/results/verdict.js';
import { judgeSteadiness } from '../../../src/results/verdict-steady.js';
import { closedPlan, distributionOf, openPlan, runOutcome, targetOutcome } from '../../fixtures/run.js';

interface Played {
  sentMs: number;
  ttftMs: number;
  e2eMs: number;
  cached?: number;
}

/** A target of which these requests are all. */
function played(requests: readonly Played[]): TargetOutcome {
  const series = new TimeSeries();
  for (const { sentMs, ttftMs, e2eMs, cached = 0 } of requests) {
    const endMs = sentMs + e2eMs;
    series.add('offered', 1, sentMs);
    series.add('sent', 1, sentMs);
    series.add('completed', 1, endMs);
    series.add('inputTokens', 100, endMs);
    series.add('cachedTokens', cached, endMs);
    series.inFlight(1, sentMs, endMs);
    series.record('ttft', liveBucketOf(ttftMs), ttftMs, sentMs + ttftMs);
    series.record('e2e', liveBucketOf(e2eMs), e2eMs, endMs);
  }
  const e2e = distributionOf(
    'e2e',
    requests.map((request) => request.e2eMs),
  );
  const target = targetOutcome({ completed: 30 });
  const counters = { ...target.counters, sent: requests.length, completed: requests.length };
  return { ...target, counters, distributions: { e2e }, series };
}

/** Poisson arrivals for a time; `serve` says what becomes of each. */
function arrivals(
  seed: number,
  rps: number,
  seconds: number,
  serve: (sentMs: number, random: ReturnType<typeof createRandom>) => Omit<Played, 'sentMs'>,
): Played[] {
  const random = createRandom(seed, 'arrivals');
  const requests: Played[] = [];
  for (let sentMs = 0; sentMs < seconds * 1000; sentMs += -Math.log(1 - random.next()) * (1000 / rps))
    requests.push({ sentMs, ...serve(sentMs, random) });
  return requests;
}

/** As many in flight as it takes, each for about two seconds. */
const calm = (seed: number, rps = 10, seconds = 60): Played[] =>
  arrivals(seed, rps, seconds, (_, random) => {
    const ttftMs = 200 * (0.8 + 0.4 * random.next());
    return { ttftMs, e2eMs: ttftMs - Math.log(1 - random.next()) * 1800 };
  });

/** One after the other, 100 ms each: ten a second, whatever comes. */
const oneServer = (seed: number, rps: number): Played[] => {
  let freeMs = 0;
  return arrivals(seed, rps, 60, (sentMs) => {
    freeMs = Math.max(freeMs, sentMs) + 100;
    return { ttftMs: freeMs - sentMs, e2eMs: freeMs - sentMs };
  });
};

const plan: PlanSummary = { ...openPlan, warmupMs: 0 };
const reasonsOf = (requests: readonly Played[], of = plan): string[] => judgeSteadiness(played(requests), of);

describe('judgeSteadiness', () => {
  it('finds nothing in runs that are steady but for chance, few as their requests may be', () => {
    const runs = Array.from({ length: 60 }, (_, seed) => [
      calm(seed),
      calm(seed, 1, 120),
      calm(seed, 100, 20),
    ]);
    const found = runs
      .flat()
      .map((requests) => reasonsOf(requests))
      .filter((reasons) => reasons.length > 0);
    expect(found.length / (3 * runs.length)).toBeLessThan(0.02);
  });

  it('sees a queue that grows', () => {
    const [reason, ...others] = reasonsOf(oneServer(1, 20));
    expect(others).toEqual([]);
    expect(reason).toMatch(
      /^The number of requests in flight rose from about \d+\.?\d* to \d+ in .*Lower the load/,
    );
    expect(judge(runOutcome([played(oneServer(1, 20))]), plan).reasons.join()).toContain('no steady state');
  });

  it('sees a queue that grows in a load that is not open by its TTFT', () => {
    expect(reasonsOf(oneServer(1, 20), { ...closedPlan, warmupMs: 0 })[0]).toMatch(/^The median TTFT rose/);
  });

  it('sees an endpoint that was still warming up', () => {
    const warming = arrivals(3, 20, 60, (sentMs) => {
      const ttftMs = 2000 - sentMs / 40;
      return { ttftMs, e2eMs: ttftMs };
    });
    expect(reasonsOf(warming, { ...closedPlan, warmupMs: 0 })[0]).toMatch(
      /fell from about .* longer --warmup/,
    );
  });

  it('sees by Little’s law that rates and latencies do not belong together', () => {
    // Half of the requests never come back, without being counted as lost.
    const target = played(calm(5));
    for (let bucket = 0; bucket < 60; bucket++)
      target.series!.inFlight(20, bucket * 1000, (bucket + 1) * 1000);
    expect(judgeSteadiness(target, plan)).toEqual([
      expect.stringMatching(
        /^(39|4\d)\.\d requests were in flight on average, but .* is (19|2\d)\.\d \(Little/,
      ) as string,
    ]);
  });

  it('does not ask for the law where requests were lost', () => {
    const target = played(calm(5));
    for (let bucket = 0; bucket < 60; bucket++)
      target.series!.inFlight(20, bucket * 1000, (bucket + 1) * 1000);
    target.counters.failed = 30;
    expect(judgeSteadiness(target, plan)).toEqual([]);
  });

  it('sees a cache that fills', () => {
    const filling = calm(6).map((request) => ({ ...request, cached: request.sentMs < 30_000 ? 10 : 60 }));
    expect(reasonsOf(filling)).toEqual([
      expect.stringMatching(/cache was not in a steady state: it held 10\.0% .* 57\.5%/) as string,
    ]);
  });

  test.each<[string, PlanSummary]>([
    ['loads that change by plan', { ...plan, arrivals: { kind: 'stages', stages: [], gaps: 'poisson' } }],
    ['loads that are warming up all the time', { ...plan, warmupMs: 58_000 }],
  ])('says nothing about %s', (_, of) => {
    expect(reasonsOf(oneServer(1, 20), of)).toEqual([]);
  });
});

describe('trendOf', () => {
  it('measures a straight line exactly, whatever outlier is in it', () => {
    expect(trendOf([1, 2, 3, 4, 5, 6, 7, 8, 9])).toMatchObject({ change: 8, median: 5 });
    expect(trendOf([1, 2, 3, 4, 500, 6, 7, 8, 9])!.change).toBeCloseTo(8);
  });

  it('has the certainty of the published test', () => {
    // Ten values in order: S = 45, Var = 10·9·25/18 = 125, Z = 44/√125.
    expect(trendOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])!.sigmas).toBeCloseTo(44 / Math.sqrt(125), 10);
    // Ties: S = 0 + 5 + 4 …; all equal have none.
    expect(trendOf([4, 4, 4, 4])!.sigmas).toBe(0);
    expect(trendOf([1, 2, 3])).toBeUndefined();
  });
});
