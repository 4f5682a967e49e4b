import { describe, expect, it } from 'vitest';
import { countOf } from '../../../../src/lib/bucket-histogram.js';
import { StepRun } from '../../../../src/simulator/cluster/step-run.js';
import type { CostModel } from '../../../../src/simulator/cluster/cost.js';
import { createCluster, linearCost, request } from '../../../support/cluster.js';

const counting = (): { cost: CostModel; calls: () => number } => {
  const plain = linearCost(100_000);
  let calls = 0;
  const stepMs: CostModel['stepMs'] = (batch) => {
    calls++;
    return plain.stepMs(batch);
  };
  return { cost: { ...plain, stepMs }, calls: () => calls };
};

describe('a run of decode steps', () => {
  it('has the instants of its steps taken one by one', () => {
    const { cluster, recorder } = createCluster({ runs: true });
    for (const id of [1, 2, 3]) cluster.submit(request(id, { outputTokens: 700 }), 0);
    cluster.advance(Infinity);
    let at = 10 + 3 * 5;
    const expected = [at];
    for (let step = 0; step < 699; step++) expected.push((at += 10 + 0.03 + 1e-5 * 3 * (101 + step)));
    for (const [i, tokenMs] of recorder.of(2).tokenMs.entries()) expect(tokenMs).toBeCloseTo(expected[i]!, 6);
  });

  it('is priced twice, however long and wide it is', () => {
    const { cost, calls } = counting();
    const { cluster } = createCluster({ cost, runs: true });
    for (let id = 0; id < 50; id++) cluster.submit(request(id, { outputTokens: 10_000 }), 0);
    cluster.advance(Infinity);
    expect(calls()).toBeLessThan(2 * Math.ceil(10_000 / 256) + 4);
  });

  it('costs nothing on replicas that have nothing to do', () => {
    const pricings = (replicas: number): number => {
      const { cost, calls } = counting();
      const { cluster } = createCluster({ cost, replicas, runs: true });
      for (let id = 0; id < 50; id++) cluster.submit(request(id), id * 1000);
      cluster.advance(Infinity);
      return calls();
    };
    expect(pricings(256)).toBe(pricings(1));
  });

  it('knows how many steps have ended, strictly', () => {
    for (const [first, last] of [
      [10, 10],
      [10, 30],
      [30, 10],
      [10, 10 + 1e-9],
    ] as const) {
      const run = new StepRun();
      run.begin(1000, 100, first, last);
      for (let step = 0; step <= 100; step++) {
        expect(run.endedBefore(run.endOf(step))).toBe(Math.max(0, step - 1));
        expect(run.endedBefore(run.endOf(step) + 1e-6)).toBe(step);
      }
      expect(run.endedBefore(1e9)).toBe(100);
      expect(run.endedBefore(0)).toBe(0);
    }
  });
});

describe('the clock', () => {
  it('can be advanced in any pieces', () => {
    const lines = (pieces: number[]): string[] => {
      const { cluster, recorder } = createCluster();
      for (const id of [1, 2]) cluster.submit(request(id, { outputTokens: 40 }), 0);
      for (const piece of pieces) cluster.advance(piece);
      cluster.advance(10_000);
      return recorder.lines;
    };
    expect(lines([1, 2, 3, 30.5, 100, 222])).toEqual(lines([]));
  });

  it('tells when something happens next, and nothing happens before', () => {
    const { cluster, recorder } = createCluster();
    expect(cluster.nextEventMs()).toBeUndefined();
    cluster.submit(request(1, { outputTokens: 3 }), 7);
    expect(cluster.nextEventMs()).toBe(7);
    cluster.advance(7);
    const next = cluster.nextEventMs()!;
    cluster.advance(next - 1e-6);
    expect(recorder.of(1).tokenMs).toEqual([]);
    cluster.advance(next);
    expect(recorder.of(1).tokenMs).toEqual([next]);
    cluster.advance(Infinity);
    expect(cluster.nextEventMs()).toBeUndefined();
    expect(cluster.nowMs).toBe(recorder.of(1).finish!.atMs);
  });
});

describe('the snapshot', () => {
  it('agrees with what clients counted', () => {
    const { cluster, recorder } = createCluster({ replicas: 2 });
    for (let id = 0; id < 30; id++) cluster.submit(request(id, { outputTokens: 1 + id }), id * 10);
    cluster.advance(400);
    const { totals, replicas } = cluster.snapshot();
    const counted = [...recorder.seen.values()].reduce((sum, seen) => sum + seen.tokenMs.length, 0);
    expect(totals.generatedTokens).toBe(counted);
    const answered = [...recorder.seen.values()].filter((seen) => seen.tokenMs.length > 0).length;
    expect(totals.promptTokens).toBe(100 * answered);
    for (const { counters } of replicas) {
      expect(counters.iterationTokens.reduce((a, b) => a + b, 0)).toBe(counters.steps);
      expect(counters.busyMs).toBeLessThanOrEqual(400);
      expect(counters.tensorMs).toBeCloseTo(counters.busyMs * 0.25, 9);
      expect(counters.interconnectBytes).toBe(counters.steps * 1000);
    }
    expect(cluster.inFlight).toBe(replicas.reduce((sum, r) => sum + r.running + r.waiting, 0));
  });

  it('has no histograms of requests in a cluster that keeps none, and what happens is the same', () => {
    const lines = (meterRequests: boolean) => {
      const { cluster, recorder } = createCluster({ runs: true, replicas: 2, meterRequests });
      for (let id = 0; id < 30; id++) cluster.submit(request(id, { outputTokens: 1 + id }), id * 10);
      cluster.advance(Infinity);
      const { requests } = cluster.snapshot().replicas[0]!;
      return { lines: recorder.lines, metered: requests.finished.length, itls: countOf(requests.itlS) };
    };
    const [kept, none] = [lines(true), lines(false)];
    expect(none.lines).toEqual(kept.lines);
    expect(kept).toMatchObject({ metered: 15 });
    expect(kept.itls).toBeGreaterThan(100);
    expect(none).toMatchObject({ metered: 0, itls: 0 });
  });
});
