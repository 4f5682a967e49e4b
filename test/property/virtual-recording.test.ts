import { expect, it } from 'vitest';
import { Cluster } from '../../src/simulator/cluster/cluster.js';
import type { ClusterSink } from '../../src/simulator/cluster/types.js';
import { Collector } from '../../src/runs/simulation/collector.js';
import type { Plan } from '../../src/workloads/plan.js';
import { linearCost, workload } from '../support/cluster.js';
import * as fc from '../support/fast-check.js';

const PLAN = {
  goodput: undefined,
  workload: { kind: 'trace', trace: { requests: [] } },
} as unknown as Pick<Plan, 'goodput' | 'workload'>;

const METRICS = ['itl', 'icl', 'ttft', 'ttst', 'tpot', 'stall_max', 'e2e'] as const;

/** What a collector has recorded of a load, told of runs of steps or of every token. */
function recorded(seed: number, runs: boolean) {
  const collector = new Collector(() => {}, 'given up', PLAN);
  const sink: ClusterSink = {
    onFirstScheduled: () => collector.onFirstScheduled(),
    onTokens: (id, count, atMs) => collector.onTokens(id, count, atMs),
    onFinish: (id, reason, atMs, usage) => collector.onFinish(id, reason, atMs, usage),
    onReject: (id, reason, atMs) => collector.onReject(id, reason, atMs),
  };
  if (runs) sink.onTokenRun = (ids, from, to, times) => collector.onTokenRun(ids, from, to, times);
  // Little memory, so that some are preempted; equal ones in flight together are computed once.
  const cluster = new Cluster({
    replicas: 2,
    cost: linearCost(120),
    seed: 1,
    sink,
    router: { coalescing: true },
  });
  const shape = { seed, requests: 40, gapMs: 60, promptTokens: 300, outputTokens: 200, families: 3 };
  for (const [i, request] of workload(shape).entries()) {
    const { id, arrivalMs } = request;
    cluster.advance(arrivalMs);
    if (i % 7 === 6) collector.cancelling(id - 3);
    if (i % 7 === 6) cluster.abort(id - 3, arrivalMs);
    const outline = { index: id, turn: undefined } as unknown as Parameters<Collector['launched']>[1];
    collector.launched(id, outline, {
      intendedMs: arrivalMs,
      sentMs: arrivalMs,
      // As after a warm-up.
      measured: i >= 10,
    });
    cluster.submit({ ...request, coalesceKey: `${request.promptTokens % 4}` }, arrivalMs);
  }
  cluster.advance(Infinity);
  const { distributions, counters } = collector.recorder.outcome({ name: 'fleet', url: 'virtual:' }, 0);
  return {
    counters,
    series: collector.series.encode(),
    distributions: METRICS.map((name) => ({ name, ...distributions[name]?.encode() })),
  };
}

/** Sums of many values differ in the last digits, as they are added up in another order. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(9));
  if (Array.isArray(value)) return value.map(rounded);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, rounded(part)]));
}

it('records the same whether it hears of runs of steps or of every token', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const runs = recorded(seed, true);
      expect(rounded(runs)).toEqual(rounded(recorded(seed, false)));
      expect(runs.counters.completed).toBeGreaterThan(5);
    }),
    { numRuns: 25 },
  );
});
