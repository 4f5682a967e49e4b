import { describe, expect, test } from 'vitest';
import { hasPassed, pointOf, runOfPoint, sweepRun } from '../../../src/results/load-points.js';
import { mergeShards } from '../../../src/results/merge.js';
import { parseRunFile } from '../../../src/results/read-run-file.js';
import type { RunFile } from '../../../src/results/run-file.js';
import { parseSlo } from '../../../src/results/slo.js';
import { formatRunFile } from '../../../src/results/write-run-file.js';
import { openPlan, runFile, runOutcome, targetOutcome } from '../../fixtures/run.js';

const TOOL = { name: 'fakeai', version: '0.0.0-test' } as const;
const shards = (...runs: RunFile[]) => runs.map((run, i) => ({ path: `${i}.json`, run }));
const halfPlan = { ...openPlan, arrivals: { kind: 'poisson', ratePerSecond: 100 } } as const;

/** Half of a run at 100 requests a second. */
const half = (startedAt = '2026-01-02T03:04:05.000Z', options = {}): RunFile =>
  runFile({
    outcome: { ...runOutcome([targetOutcome(options)]), startedAt },
    plan: halfPlan,
    sloExpressions: ['ttft.p99 < 1s', 'request_rate > 90'].map(parseSlo),
  });

describe('mergeShards', () => {
  test('halves become one valid run file, though each alone fell short of the plan', () => {
    // Alone, a shard sent half of the rate; its own verdict is about the plan of the whole.
    const [a, b] = [half(), half('2026-01-02T03:04:05.500Z', { ttftMs: 210 })].map((run) => ({
      ...run,
      verdict: { state: 'valid' as const, reasons: [] },
    }));
    const merged = mergeShards(shards(a!, b!), TOOL);
    expect(merged.verdict).toEqual({ state: 'valid', reasons: [] });
    expect(merged.targets[0]).toMatchObject({
      measuredMs: 10_500,
      counters: { completed: 1000, sent: 1000 },
    });
    expect(merged.targets[0]!.rates.request_rate.value).toBeCloseTo(1000 / 10.5, 9);
    expect(merged.slo).toMatchObject([{ passed: true }, { passed: true }]);
    expect(merged.threads).toHaveLength(2);
    expect(parseRunFile(formatRunFile(merged), 'merged.json')).toEqual(JSON.parse(formatRunFile(merged)));
  });

  test('is no better than its worst shard, and says which one that was', () => {
    const bad = {
      ...half('2026-01-02T03:04:05.100Z'),
      verdict: { state: 'invalid' as const, reasons: ['Too late.'] },
    };
    const { verdict } = mergeShards(shards(half(), bad), TOOL);
    expect(verdict.state).toBe('invalid');
    expect(verdict.reasons).toContain('1.json: Too late.');
  });

  test('shards one after the other are degraded: their rates are over all of the time', () => {
    const calm = (run: RunFile): RunFile => ({
      ...run,
      plan: { ...openPlan },
      verdict: { state: 'valid', reasons: [] },
    });
    const merged = mergeShards(shards(calm(half()), calm(half('2026-01-02T03:05:05.000Z'))), TOOL);
    expect(merged.verdict.state).toBe('degraded');
    expect(merged.verdict.reasons.join()).toContain('did not run at the same time');
    expect(merged.targets[0]!.rates.request_rate.value).toBeCloseTo(1000 / 70, 9);
  });

  test.each([
    ['a single one', [half()], 'FAKEAI_SHARDS_UNFIT', /fewer than two/],
    ['the same one twice', [half(), half()], 'FAKEAI_SHARDS_UNFIT', /1\.json is the same run as 0\.json/],
    [
      'other targets',
      [half(), half(undefined, { name: 'other' })],
      'FAKEAI_SHARDS_UNFIT',
      /different targets/,
    ],
    ['another plan', [half(), runFile()], 'FAKEAI_PLANS_DIFFER', /arrivals\.ratePerSecond/],
  ])('refuses %s', (_, runs, code, said) => {
    expect(() => mergeShards(shards(...runs), TOOL)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(said) as string }),
    );
  });

  /** Part k of 3 of the load, about whose own rate the verdict is. */
  const part = (k: number, startedAt?: string): RunFile => {
    const outcome = { ...runOutcome([targetOutcome({ ttftMs: 200 + k })]), ...(startedAt && { startedAt }) };
    const plan = { ...openPlan, arrivals: { kind: 'poisson', ratePerSecond: 150 } } as const;
    return runFile({ outcome, plan, shard: { index: k - 1, count: 3 } });
  };

  test('a part is judged by its own share of the rate, and all parts are the whole', () => {
    expect(part(1)).toMatchObject({ shard: { k: 1, of: 3 }, verdict: { state: 'valid' } });
    const merged = mergeShards(shards(part(2), part(1), part(3)), TOOL);
    expect(merged.verdict).toEqual({ state: 'valid', reasons: [] });
    expect(merged.shard).toBeUndefined();
    expect(merged.targets[0]!.counters.completed).toBe(1500);
  });

  test('names the parts that are missing', () => {
    const { verdict } = mergeShards(shards(part(1), part(3)), TOOL);
    expect(verdict.state).not.toBe('valid');
    expect(verdict.reasons.join()).toContain('Of 3 parts, 1 are missing (2)');
  });

  /** Part k of 3 of a sweep in which only the first part has something to do in the first load. */
  const sweepPart = (k: number, startedAt?: string): RunFile => {
    const closed = (concurrency: number) =>
      ({ ...openPlan, arrivals: { kind: 'closed', concurrency } }) as const;
    const points = [1, 6]
      .flatMap((concurrency, index) => (concurrency < k ? [] : [{ concurrency, index }]))
      .map(({ concurrency, index }) => {
        const outcome = {
          ...runOutcome([targetOutcome({ closed: true, ttftMs: 200 + k + index, completed: 100 * k })]),
          ...(startedAt && { startedAt }),
        };
        const plan = { ...closed(concurrency), seed: index };
        const gates = ['ttft.p50 < 300ms'].map(parseSlo);
        const run = runFile({ outcome, plan, shard: { index: k - 1, count: 3 }, sloExpressions: gates });
        return { run, point: pointOf(`${concurrency} in flight`, hasPassed(run), run, index) };
      });
    return sweepRun(
      'concurrency=1,6',
      points.map(({ run }) => run),
      points.map(({ point }) => point),
    );
  };

  test('sweeps are merged load by load, without parts that had nothing to do in one', () => {
    const parts = [sweepPart(2), sweepPart(3), sweepPart(1)];
    const merged = mergeShards(shards(...parts), TOOL);
    expect(merged.points).toMatchObject([
      { name: '1 in flight', index: 0, passed: true, targets: [{ counters: { completed: 100 } }] },
      { name: '6 in flight', index: 1, passed: true, targets: [{ counters: { completed: 600 } }] },
    ]);
    expect(merged).toMatchObject({ sweep: { expression: 'concurrency=1,6' }, plan: { seed: 1 } });
    expect(merged.shard).toBeUndefined();
    expect(merged.verdict.reasons.join()).not.toContain('missing');
    // Without loss: the load's distribution is that of all values, as merged from runs of this load alone.
    const whole = mergeShards(shards(...parts.map((run) => runOfPoint(run, run.points!.at(-1)!))), TOOL);
    expect(merged.targets).toEqual(whole.targets);
    expect(merged.histograms).toEqual(whole.histograms);
    expect(parseRunFile(formatRunFile(merged), 'merged.json')).toEqual(JSON.parse(formatRunFile(merged)));
  });

  test('a load of a sweep does not pass where a part of it is missing', () => {
    const { points, plan } = mergeShards(shards(sweepPart(1), sweepPart(3)), TOOL);
    expect(points!.map(({ passed }) => passed)).toEqual([true, false]);
    expect(points![1]!.verdict.reasons.join()).toContain('Of 3 parts, 1 are missing (2)');
    expect(plan.seed).toBe(0);
  });

  test('parts that started far apart are degraded, and one that ended early ends the whole early', () => {
    const late = part(2, '2026-01-02T03:04:09.000Z');
    const cut = { ...part(3), stopped: { reason: 'It was hopeless.', atMs: 9 } };
    const merged = mergeShards(shards(part(1), late, cut), TOOL);
    expect(merged.verdict.reasons.join()).toContain('started up to 4 s apart');
    expect(merged.stopped).toEqual({ reason: 'It was hopeless.', atMs: 9 });
  });

  const searched = (k: number): RunFile => ({
    ...sweepPart(k),
    search: {
      expression: 'max rate where e2e.p50 < 1s',
      subject: 'rate',
      answer: null,
      nextFailing: null,
      points: [],
    },
  });

  test.each([
    ['searches', [searched(1), searched(2)], /chose its loads by its own answers \(a search\)/],
    ['a sweep and a single load', [sweepPart(1), part(2)], /0\.json is a sweep, and 1\.json is a run of one/],
    [
      'different sweeps',
      [sweepPart(1), { ...sweepPart(2), sweep: { expression: 'rate=1' } }],
      /of --sweep concurrency=1,6, and 1\.json of --sweep rate=1/,
    ],
    [
      'a part twice',
      [part(1), part(2), part(1, '2026-01-02T03:04:06.000Z')],
      /0\.json and 2\.json are both part 1 of 3/,
    ],
    ['a part and a whole', [part(1), half()], /0\.json is part 1 of 3, and 1\.json is no part/],
  ])('refuses %s', (_, runs, said) => {
    expect(() => mergeShards(shards(...runs), TOOL)).toThrow(
      expect.objectContaining({
        code: 'FAKEAI_SHARDS_UNFIT',
        message: expect.stringMatching(said) as string,
      }),
    );
  });
});
