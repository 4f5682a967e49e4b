import { describe, expect, it } from 'vitest';
import { blocks, createCluster, linearCost, request } from '../../../support/cluster.js';

const gaps = (tokenMs: number[]): number[] => tokenMs.slice(1).map((at, i) => at - tokenMs[i]!);

describe('a crash', () => {
  const failures = [{ kind: 'crash' as const, replica: 0, atMs: 205, downMs: 1000 }];

  it('sends the requests on to another replica, where they go on', () => {
    const { cluster, recorder } = createCluster({ replicas: 2, failures });
    cluster.submit(request(1, { outputTokens: 100 }), 0);
    cluster.advance(Infinity);
    const { finish, tokenMs } = recorder.of(1);
    expect(finish).toMatchObject({ reason: 'completed', usage: { replica: 1, outputTokens: 100 } });
    expect(tokenMs.length).toBe(100);
    expect(cluster.snapshot().totals.requeued).toBe(1);
    // The prompt and what was generated are computed again.
    expect(Math.max(...gaps(tokenMs))).toBeGreaterThan(15);
  });

  it('fails the requests, if so configured', () => {
    const { cluster, recorder } = createCluster({ replicas: 2, failures, onCrash: 'fail' });
    cluster.submit(request(1, { outputTokens: 100 }), 0);
    cluster.advance(Infinity);
    const { finish, tokenMs } = recorder.of(1);
    expect(finish).toMatchObject({ reason: 'replica_failed', atMs: 205 });
    expect(finish!.usage.outputTokens).toBe(tokenMs.length);
  });

  it('of the only replica lets them wait for its return, and new ones be refused', () => {
    const { cluster, recorder } = createCluster({ failures });
    cluster.submit(request(1, { outputTokens: 100 }), 0);
    cluster.submit(request(2), 500);
    expect(cluster.snapshot()).toMatchObject({ stranded: 1 });
    expect(cluster.snapshot().replicas[0]!.up).toBe(false);
    cluster.submit(request(3), 1300);
    cluster.advance(Infinity);
    expect(Math.max(...gaps(recorder.of(1).tokenMs))).toBeGreaterThan(1000);
    expect(recorder.of(1).tokenMs.length).toBe(100);
    expect(recorder.of(2).reject).toEqual({ reason: 'unavailable', atMs: 500 });
    expect(recorder.of(3).finish!.reason).toBe('completed');
  });

  it('loses the cache', () => {
    const { cluster, recorder } = createCluster({ failures });
    const again = (id: number) => request(id, { outputTokens: 1, blockHashes: blocks(0, 6) });
    cluster.submit(again(1), 0);
    cluster.submit(again(2), 100);
    cluster.submit(again(3), 2000);
    cluster.advance(Infinity);
    expect([1, 2, 3].map((id) => recorder.of(id).cachedTokens)).toEqual([0, 96, 0]);
  });

  it('that is for ever leaves nothing to happen', () => {
    const { cluster } = createCluster({
      failures: [{ kind: 'crash', replica: 0, atMs: 50, downMs: Infinity }],
    });
    cluster.submit(request(1, { outputTokens: 100 }), 0);
    cluster.advance(Infinity);
    expect(cluster.nextEventMs()).toBeUndefined();
    expect(cluster.snapshot().stranded).toBe(1);
    cluster.abort(1, 1000);
    expect(cluster.inFlight).toBe(0);
  });
});

describe('XID errors', () => {
  it('are shown, and crash the process when they are fatal', () => {
    const { cluster } = createCluster({
      replicas: 2,
      failures: [
        { kind: 'xid', replica: 0, atMs: 10, code: 13, downMs: 100 },
        { kind: 'xid', replica: 1, atMs: 10, code: 79, downMs: 100 },
      ],
    });
    cluster.advance(20);
    expect(cluster.snapshot().replicas.map((r) => [r.lastXid, r.up])).toEqual([
      [13, true],
      [79, false],
    ]);
    cluster.advance(200);
    // As with DCGM the last one stays, or a scrape after the restart would miss it.
    expect(cluster.snapshot().replicas[1]).toMatchObject({ lastXid: 79, up: true });
  });
});

describe('slow hardware', () => {
  it('stretches the steps for its time, and overlapping causes multiply', () => {
    const { cluster, recorder } = createCluster({
      failures: [
        { kind: 'slow', replica: 0, atMs: 1000, durationMs: 2000, factor: 2 },
        { kind: 'thermal', replica: 0, atMs: 2000, durationMs: 500, factor: 1.5 },
      ],
    });
    cluster.submit(request(1, { outputTokens: 400 }), 0);
    cluster.advance(2100);
    expect(cluster.snapshot().replicas[0]).toMatchObject({ slowness: 3, thermalFactor: 1.5 });
    cluster.advance(Infinity);
    const { tokenMs } = recorder.of(1);
    const gapAt = (atMs: number): number => {
      const next = tokenMs.findIndex((at) => at > atMs);
      return tokenMs[next + 1]! - tokenMs[next]!;
    };
    expect([500, 1500, 2200, 2800, 3500].map((at) => Math.round(gapAt(at) / 10))).toEqual([1, 2, 3, 2, 1]);
  });
});

describe('disaggregated prefill', () => {
  const options = {
    replicas: 2,
    cost: linearCost(200),
    disaggregation: { prefillReplicas: 1, gigabytesPerSecond: 1, latencyMs: 2 },
  };

  it('moves keys and values to a decode replica after the first token', () => {
    const { cluster, recorder } = createCluster(options);
    cluster.submit(request(1, { promptTokens: 1000, outputTokens: 3 }), 0);
    cluster.advance(Infinity);
    const { tokenMs, finish, replica } = recorder.of(1);
    expect(replica).toBe(0);
    expect(finish!.usage.replica).toBe(1);
    expect(tokenMs[0]).toBeCloseTo(60, 9);
    // 1000 tokens of 100 kB at 1 GB/s, 2 ms latency, then a decode step.
    expect(tokenMs[1]! - tokenMs[0]!).toBeCloseTo(100 + 2 + 10.01 + 1001e-5, 6);
    expect(cluster.snapshot().replicas[0]!.handedOverBytes).toBe(1e8);
    expect(cluster.snapshot().replicas[1]!.counters.prefillTokens).toBe(0);
  });

  it('keeps decodes free of prefill stalls', () => {
    const stall = (disaggregated: boolean): number => {
      const { disaggregation, ...together } = options;
      const { cluster, recorder } = createCluster(
        disaggregated ? { ...together, disaggregation } : { cost: options.cost },
      );
      cluster.submit(request(1, { outputTokens: 200 }), 0);
      cluster.submit(request(2, { promptTokens: 2000, outputTokens: 2 }), 500);
      cluster.advance(Infinity);
      return Math.max(...gaps(recorder.of(1).tokenMs.slice(2)));
    };
    expect(stall(true)).toBeLessThan(15);
    expect(stall(false)).toBeGreaterThan(100);
  });

  it('shares the link between transfers', () => {
    const { cluster, recorder } = createCluster(options);
    for (const id of [1, 2]) cluster.submit(request(id, { promptTokens: 1000, outputTokens: 2 }), 0);
    cluster.advance(Infinity);
    const { tokenMs } = recorder.of(1);
    expect(tokenMs[1]! - tokenMs[0]!).toBeGreaterThan(200);
  });

  it('frees the memory of a request aborted on its way', () => {
    const { cluster, recorder } = createCluster(options);
    cluster.submit(request(1, { promptTokens: 1000, outputTokens: 20 }), 0);
    cluster.abort(1, 100);
    cluster.advance(Infinity);
    expect(recorder.of(1).tokenMs.length).toBe(1);
    for (const replica of cluster.snapshot().replicas) expect(replica.usedBlocks).toBe(0);
  });
});
