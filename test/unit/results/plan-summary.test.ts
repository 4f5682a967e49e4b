import { expect, test } from 'vitest';
import { offeredRps, plannedSendingMs } from '../../../src/results/offered-load.js';
import { summarizePlan, type PlanSummary } from '../../../src/results/plan-summary.js';
import { describeLoad, describeWorkload } from '../../../src/results/plan-text.js';
import type { Plan } from '../../../src/workloads/plan.js';
import { closedPlan, openPlan } from '../../fixtures/run.js';

const trace: PlanSummary = {
  ...openPlan,
  arrivals: { kind: 'trace', speed: 2 },
  workload: { kind: 'trace', path: 'traces/a.jsonl', format: 'mooncake', rows: 1200, durationMs: 60_000 },
  stop: {},
  warmupMs: 0,
};

test('a trace is named, not included, and targets are left to their results', () => {
  const plan: Plan = {
    ...openPlan,
    tokenizer: undefined,
    endpointOptions: undefined,
    endpoint: 'chat',
    stop: { requests: 3 },
    targets: [{ name: 'a', url: 'http://user:secret@h' }],
    arrivals: { kind: 'trace', speed: 1 },
    workload: {
      kind: 'trace',
      trace: {
        source: { path: 'a.csv', format: 'azure' },
        instantMs: Float64Array.of(0, 10, 2500),
        inputTokens: Uint32Array.of(1, 2, 3),
        outputTokens: Uint32Array.of(1, 2, 3),
        hashIds: new Uint32Array(),
        hashStart: Uint32Array.of(0, 0, 0, 0),
        hashBlockTokens: 512,
      },
    },
  };
  const summary = summarizePlan(plan);
  expect(summary.workload).toEqual({
    kind: 'trace',
    path: 'a.csv',
    format: 'azure',
    rows: 3,
    durationMs: 2500,
  });
  expect(JSON.stringify(summary)).not.toContain('secret');
});

test('the load and the workload in a line each', () => {
  expect(describeLoad(openPlan)).toBe('open loop, poisson 50.0 req/s · 10 s · 2 s warm-up');
  expect(describeLoad({ ...closedPlan, stop: { requests: 1500 }, warmupMs: 0 })).toBe(
    'closed loop, 8 in flight · 1,500 requests',
  );
  expect(describeLoad(trace)).toBe('trace at 2× speed · 30 s');
  expect(describeWorkload(openPlan)).toBe('550 → normal(128,20) tokens · streaming · seed 0');
  expect(describeWorkload({ ...trace, streaming: false })).toBe(
    'mooncake trace traces/a.jsonl · 1,200 rows · not streaming · seed 0',
  );
});

test('what an open loop offers and for how long', () => {
  expect([openPlan, closedPlan, trace].map(offeredRps)).toEqual([50, undefined, 40]);
  expect([openPlan, closedPlan, trace].map(plannedSendingMs)).toEqual([10_000, 10_000, 30_000]);
  expect(plannedSendingMs({ ...openPlan, stop: { requests: 100, durationMs: 10_000 } })).toBe(2000);
  expect(plannedSendingMs({ ...closedPlan, stop: { requests: 100 } })).toBeUndefined();
});
