import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { PlanSummary } from '../../../src/results/plan-summary.js';
import { judge, VERDICT_LIMITS } from '../../../src/results/verdict.js';
import { STEADY_LIMITS } from '../../../src/results/verdict-steady.js';
import { closedPlan, distributionOf, openPlan, runOutcome, targetOutcome } from '../../fixtures/run.js';

const withCounters = (counters: object, target = targetOutcome()) => ({
  ...target,
  counters: { ...target.counters, ...counters },
});
const late = (ms: number, target = targetOutcome()) => ({
  ...target,
  distributions: {
    ...target.distributions,
    lateness: distributionOf('lateness', Array<number>(500).fill(ms)),
    response_time: distributionOf('response_time', Array<number>(500).fill(2750 + ms)),
  },
});
const many = (ms: number, responseMs: number) => {
  const target = withCounters({ sent: 5000, completed: 5000 }, late(ms));
  return {
    ...target,
    distributions: {
      ...target.distributions,
      response_time: distributionOf('response_time', Array<number>(500).fill(responseMs)),
    },
  };
};
const judgeOne = (target = targetOutcome(), plan: PlanSummary = openPlan) =>
  judge(runOutcome([target]), plan);

describe('judge', () => {
  test('a calm run is valid, without reasons', () => {
    expect(judgeOne()).toEqual({ state: 'valid', reasons: [] });
    expect(judgeOne(targetOutcome({ closed: true }), closedPlan)).toEqual({ state: 'valid', reasons: [] });
  });

  test('fewer requests than offered: degraded, then invalid, with both rates', () => {
    const constant: PlanSummary = { ...openPlan, arrivals: { kind: 'constant', ratePerSecond: 50 } };
    expect(judgeOne(withCounters({ sent: 470, completed: 470 }), constant)).toMatchObject({
      state: 'degraded',
    });
    const { state, reasons } = judgeOne(withCounters({ sent: 300, completed: 300 }), constant);
    expect(state).toBe('invalid');
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(
      /sent at 30\.1 of the 50\.0 req\/s offered \(60\.2%\): the load generator could not keep up/,
    );
  });

  test('the chance in Poisson arrivals is no shortfall', () => {
    expect(judgeOne(withCounters({ sent: 420, completed: 420 }))).toMatchObject({ state: 'valid' });
    expect(judgeOne(withCounters({ sent: 300, completed: 300 }))).toMatchObject({ state: 'invalid' });
  });

  test('a schedule that fell ever further behind counts as a lower rate', () => {
    const { state, reasons } = judgeOne(late(5000));
    expect(state).toBe('invalid');
    expect(reasons[0]).toMatch(/33\.\d of the 50\.0 req\/s offered/);
  });

  test('a trace is rated by its own rows and time', () => {
    const plan: PlanSummary = {
      ...openPlan,
      arrivals: { kind: 'trace', speed: 2 },
      workload: { kind: 'trace', path: 't.jsonl', format: 'mooncake', rows: 500, durationMs: 20_000 },
      stop: {},
    };
    expect(judgeOne(targetOutcome(), plan).state).toBe('valid');
    expect(judgeOne(late(1000), plan).reasons[0]).toMatch(/of the 50\.0 req\/s offered/);
  });

  test('the in-flight limit degrades but never makes invalid: the endpoint is slow, not the load generator', () => {
    const counted = judgeOne(withCounters({ heldBack: 400 }, late(5000)));
    expect(counted.state).toBe('degraded');
    expect(counted.reasons[0]).toContain('the limit of 10,000 requests in flight was reached');
    // Not counted: 50 req/s × 2.74 s are 137 in flight by Little's law.
    expect(judgeOne(late(5000), { ...openPlan, maxInFlight: 140 }).state).toBe('degraded');
    expect(judgeOne(late(5000), { ...openPlan, maxInFlight: 1000 }).state).toBe('invalid');
  });

  test('lateness matters when it is long and a large part of the response time', () => {
    const short: PlanSummary = { ...openPlan, stop: { durationMs: 100_000 } };
    expect(judgeOne(many(9, 10), short).state).toBe('valid');
    expect(judgeOne(many(50, 3000), short).state).toBe('valid');
    expect(judgeOne(many(50, 100), short)).toMatchObject({
      state: 'degraded',
      reasons: [expect.stringMatching(/50 ms late at p99/)],
    });
    expect(judgeOne(many(150, 140), short).state).toBe('invalid');
  });

  test.each([
    [{ eventLoopDelayP99Ms: 9 }, 'valid', undefined],
    [{ eventLoopDelayP99Ms: 40 }, 'degraded', /blocked for 40 ms/],
    [{ eventLoopDelayP99Ms: 140 }, 'invalid', /blocked for 140 ms/],
    [{ eventLoopDelayP99Ms: 1, cpuShare: 0.95 }, 'degraded', /95\.0% of its core/],
  ])('thread health %o: %s', (thread, state, reason) => {
    const verdict = judge({ ...runOutcome(), threads: [{ eventLoopDelayP99Ms: 0.1 }, thread] }, openPlan);
    expect(verdict.state).toBe(state);
    if (reason) expect(verdict.reasons[0]).toMatch(reason);
  });

  test('failures of the endpoint are results: they degrade, and only a run without any answer is invalid', () => {
    expect(judgeOne(targetOutcome({ completed: 460, failed: 40 })).state).toBe('valid');
    expect(judgeOne(targetOutcome({ completed: 100, failed: 400 }))).toMatchObject({
      state: 'degraded',
      reasons: [expect.stringMatching(/80\.0% of 500 requests failed/)],
    });
    const { state, reasons } = judgeOne(targetOutcome({ completed: 0, failed: 500 }));
    expect(state).toBe('invalid');
    expect(reasons).toEqual([
      expect.stringMatching(/No request of 500 completed.*http_429: HTTP 429: Rate limit/),
    ]);
  });

  test('unfinished requests degrade; in an interrupted run the interruption is the reason', () => {
    const target = withCounters({ sent: 520, incomplete: 20 });
    expect(judgeOne(target).reasons).toEqual([
      expect.stringMatching(/20 of 520 requests \(3\.85%\) had not finished.*--grace/),
    ]);
    const interrupted = judge(
      { ...runOutcome([withCounters({ sent: 100, completed: 80, incomplete: 20 })]), interrupted: true },
      openPlan,
    );
    expect(interrupted).toMatchObject({ state: 'degraded', reasons: [expect.stringMatching(/interrupted/)] });
  });

  test('with several targets each reason names its own, the invalid ones first', () => {
    const { state, reasons } = judge(
      runOutcome([
        targetOutcome({ name: 'a', completed: 100, failed: 400 }),
        targetOutcome({ name: 'b', completed: 0, failed: 9 }),
      ]),
      openPlan,
    );
    expect(state).toBe('invalid');
    expect(reasons.map((reason) => reason[0])).toEqual(['b', 'a']);
  });
});

const percent = (share: number) => `${share * 100} %`;

test('docs/validity.md states the limits that the code applies', () => {
  // Tables may be padded for the eye.
  const page = readFileSync('docs/validity.md', 'utf8').replaceAll(/ +/g, ' ');
  const {
    achievedShare,
    latenessMs,
    latenessOfResponse,
    eventLoopDelayMs,
    cpuShare,
    errorShare,
    incompleteShare,
    clock,
  } = VERDICT_LIMITS;
  const steady = STEADY_LIMITS;
  const rows = [
    `| below ${percent(achievedShare.degraded)} | below ${percent(achievedShare.invalid)} |`,
    `| above ${latenessMs.degraded} ms and ${percent(latenessOfResponse.degraded)} | above ${latenessMs.invalid} ms and ${percent(latenessOfResponse.invalid)} |`,
    `| above ${eventLoopDelayMs.degraded} ms | above ${eventLoopDelayMs.invalid} ms |`,
    `| above ${percent(cpuShare.degraded)} | – |`,
    `| above ${percent(errorShare.degraded)} | – |`,
    `| above ${percent(incompleteShare.degraded)} | – |`,
    `| above ${clock.stepMs} ms and ${percent(clock.slew)} of the run | – |`,
    `| above ${percent(steady.trendShare)}, if chance does so once in 1,000 runs | – |`,
    `| above ${percent(steady.littleShare)} and ${steady.smallest} request | – |`,
    `| above ${steady.cacheDriftPoints} percentage points | – |`,
  ];
  for (const row of rows) expect(page).toContain(row);
});

test('a wall clock that was set, or stood still, degrades; one that is adjusted slowly does not', () => {
  const clock = (clockStepMs: number) => judge({ ...runOutcome(), clockStepMs }, openPlan);
  expect(clock(-100)).toMatchObject({ state: 'valid' });
  const { state, reasons } = clock(60_000);
  expect(state).toBe('degraded');
  expect(reasons[0]).toContain('went 1 min forward');
  expect(clock(-2_000).reasons[0]).toContain('back');
});
