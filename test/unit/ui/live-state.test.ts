import * as fc from '../../support/fast-check.js';
import { describe, expect, test } from 'vitest';
import { LIVE_BUCKETS, type Progress } from '../../../src/results/progress.js';
import { axisOf, chartOf, sparkline, verticalBars } from '../../../src/ui/bars.js';
import {
  advance,
  currentRates,
  historyOf,
  LONGEST_HISTORY,
  remainingMs,
  type LiveState,
} from '../../../src/ui/live-state.js';
import { progressLine } from '../../../src/ui/progress-line.js';
import { measuring, targetProgress, warmingUp } from '../../fixtures/progress.js';
import { openPlan } from '../../fixtures/run.js';

const start: LiveState = { title: 'fakeai', plan: openPlan, samples: [] };
/** A target that completes 50 requests of 100 tokens a second. */
const at = (elapsedMs: number): Progress => ({
  phase: 'measuring',
  elapsedMs,
  targets: [
    targetProgress(
      'a',
      { ttft: 0, itl: 0, e2e: 0 },
      { sent: elapsedMs / 10, completed: elapsedMs / 20, outputTokens: elapsedMs * 5 },
    ),
  ],
});

describe('rates', () => {
  test('are means over the last seconds', () => {
    const state = [0, 250, 1000, 2000, 3000, 4000, 4250].map(at).reduce(advance, start);
    expect(currentRates(state, 0)).toEqual({ sentRps: 100, completedRps: 50, outputTokensPerSecond: 5000 });
    expect(historyOf(state, 'completedRps')).toEqual([50, 50, 50, 50]);
  });

  test('are unknown without a past', () => {
    expect(currentRates(start, 0)).toBeUndefined();
    expect(currentRates(advance(start, at(100)), 0)).toBeUndefined();
  });

  test('the past is bounded', () => {
    let state = start;
    for (let second = 0; second < 1000; second++) state = advance(state, at(second * 1000));
    expect(state.samples).toHaveLength(LONGEST_HISTORY);
    expect(state.samples.at(-1)?.elapsedMs).toBe(999_000);
  });
});

test('what is left follows from the share, while there is something to say', () => {
  expect(remainingMs(measuring)).toBe(8000);
  expect(remainingMs({ ...measuring, share: 0 })).toBeUndefined();
  expect(remainingMs({ ...measuring, phase: 'finishing' })).toBeUndefined();
});

describe('charts', () => {
  test('bars grow in eighths and show what is not nothing', () => {
    expect(sparkline([0, 0.001, 4, 8])).toBe(' ▁▄█');
    expect(verticalBars([1, 2, 4], 2)).toEqual(['  █', '▄██']);
    expect(verticalBars([0, 0], 2)).toEqual(['  ', '  ']);
  });

  test('spreading buckets over columns loses nothing, whatever the width', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(LIVE_BUCKETS - 1), fc.integer({ min: 1, max: 1e6 })), { minLength: 1 }),
        fc.integer({ min: 1, max: 200 }),
        (values, width) => {
          const counts = new Uint32Array(LIVE_BUCKETS);
          for (const [bucket, count] of values) counts[bucket]! += count;
          const total = counts.reduce((sum, count) => sum + count, 0);
          const columns = chartOf(counts, axisOf([counts])!, width);
          expect(columns).toHaveLength(width);
          expect(columns.reduce((sum, count) => sum + count, 0) / total).toBeCloseTo(1, 9);
        },
      ),
    );
  });

  test('nothing measured has no axis', () => expect(axisOf([new Uint32Array(LIVE_BUCKETS)])).toBeUndefined());
});

test('progressLine is one line with the figures that matter', () => {
  expect(progressLine(measuring)).toBe(
    'measuring 60% after 12 s | 600 done, 2 failed, 18 in flight, 50.0 req/s, TTFT p50 202 ms, End to end p50 2,690 ms',
  );
  expect(progressLine(warmingUp)).toBe('warmup 5% after 1 s | 0 done, 0 failed, 50 in flight, 0 req/s');
  const two = progressLine({
    ...measuring,
    targets: [measuring.targets[0]!, { ...measuring.targets[0]!, name: 'canary' }],
  });
  expect(
    two
      .split(' | ')
      .slice(1)
      .map((part) => part.split(':')[0]),
  ).toEqual(['simulator', 'canary']);
});
