import { describe, expect, it } from 'vitest';
import { FakeaiError } from '../../../../src/lib/errors.js';
import type { StepBatch } from '../../../../src/simulator/cluster/cost.js';
import { createCostModel } from '../../../../src/simulator/cluster/cost-model.js';
import { blocks, createCluster, linearCost, request } from '../../../support/cluster.js';

describe('continuous batching', () => {
  it('computes the prompt in one step and then a token per step', () => {
    const { cluster, recorder } = createCluster();
    cluster.submit(request(1, { promptTokens: 100, outputTokens: 3 }), 5);
    cluster.advance(Infinity);
    const seen = recorder.of(1);
    expect(seen.firstScheduledMs).toBe(5);
    // 10 ms and 0.05 ms per prompt token; then 10 ms, 0.01 ms per token, 1e-5 ms per token of context.
    expect(seen.tokenMs[0]).toBeCloseTo(20, 9);
    expect(seen.tokenMs[1]).toBeCloseTo(20 + 10.01 + 101e-5, 9);
    expect(seen.tokenMs[2]).toBeCloseTo(20 + 20.02 + 203e-5, 9);
    expect(seen.finish).toMatchObject({ reason: 'completed', atMs: seen.tokenMs[2] });
  });

  it('starts requests of one instant in the same step', () => {
    const { cluster, recorder } = createCluster();
    for (const id of [1, 2, 3]) cluster.submit(request(id), 0);
    cluster.advance(Infinity);
    expect([1, 2, 3].map((id) => recorder.of(id).tokenMs[0])).toEqual([25, 25, 25]);
  });

  it('lets a newcomer in when the step in progress ends', () => {
    const { cluster, recorder } = createCluster();
    cluster.submit(request(1, { outputTokens: 100 }), 0);
    cluster.submit(request(2, { promptTokens: 1000, outputTokens: 1 }), 42);
    cluster.advance(Infinity);
    const first = recorder.of(1).tokenMs;
    const start = recorder.of(2).firstScheduledMs!;
    expect(start).toBe(first.find((at) => at >= 42));
    // The prompt shares a step with the other's token, which comes 50 ms later for it.
    expect(recorder.of(2).tokenMs[0]).toBe(first[first.indexOf(start) + 1]);
    expect(recorder.of(2).tokenMs[0]! - start).toBeCloseTo(60.01, 1);
  });

  it('makes steps longer when the batch is larger', () => {
    const itl = (batch: number): number => {
      const { cluster, recorder } = createCluster();
      for (let id = 0; id < batch; id++) cluster.submit(request(id, { outputTokens: 11 }), 0);
      cluster.advance(Infinity);
      const { tokenMs } = recorder.of(0);
      return (tokenMs[10]! - tokenMs[0]!) / 10;
    };
    expect(itl(64)).toBeGreaterThan(itl(1) + 0.5);
  });

  it('never batches more than max_num_seqs', () => {
    const { cluster } = createCluster({ scheduler: { maxNumSeqs: 4 } });
    for (let id = 0; id < 20; id++) cluster.submit(request(id), 0);
    let most = 0;
    for (let next = cluster.nextEventMs(); next !== undefined; next = cluster.nextEventMs()) {
      cluster.advance(next);
      most = Math.max(most, cluster.snapshot().replicas[0]!.running);
    }
    expect(most).toBe(4);
  });
});

describe('chunked prefill', () => {
  const gapOfOther = (maxNumBatchedTokens: number): { stall: number; ttft: number } => {
    const { cluster, recorder } = createCluster({ scheduler: { maxNumBatchedTokens } });
    cluster.submit(request(1, { outputTokens: 200 }), 0);
    cluster.submit(request(2, { promptTokens: 4000, outputTokens: 1 }), 200);
    cluster.advance(Infinity);
    const { tokenMs } = recorder.of(1);
    const gaps = tokenMs.slice(1).map((at, i) => at - tokenMs[i]!);
    return { stall: Math.max(...gaps), ttft: recorder.of(2).tokenMs[0]! - 200 };
  };

  it('trades the time to first token of one for the stall of the others', () => {
    const whole = gapOfOther(8192);
    const chunked = gapOfOther(512);
    expect(chunked.stall).toBeLessThan(whole.stall / 4);
    expect(chunked.ttft).toBeGreaterThan(whole.ttft);
  });

  it('spends exactly the budget on each chunk', () => {
    const { cluster, recorder } = createCluster({ scheduler: { maxNumBatchedTokens: 400, maxNumSeqs: 8 } });
    cluster.submit(request(1, { promptTokens: 1000, outputTokens: 1 }), 0);
    cluster.advance(Infinity);
    expect(recorder.of(1).tokenMs[0]).toBeCloseTo(10 + 20 + (10 + 20) + (10 + 10), 9);
    expect(cluster.snapshot().replicas[0]!.counters.steps).toBe(3);
  });

  it('without it a prompt that does not fit into the step waits', () => {
    const { cluster, recorder } = createCluster({
      scheduler: { maxNumBatchedTokens: 1000, chunkedPrefill: false },
    });
    cluster.submit(request(1, { promptTokens: 600, outputTokens: 1 }), 0);
    cluster.submit(request(2, { promptTokens: 600, outputTokens: 1 }), 0);
    cluster.advance(Infinity);
    expect(recorder.of(1).tokenMs).toEqual([40]);
    expect(recorder.of(2).firstScheduledMs).toBe(40);
  });

  it('without it a request for which no step has room is refused, and holds nobody up', () => {
    const { cluster, recorder } = createCluster({
      scheduler: { maxNumBatchedTokens: 500, chunkedPrefill: false },
    });
    expect(cluster.longestTokens).toBe(500);
    // Preempted at its last token it would be as long as this.
    cluster.submit(request(1, { promptTokens: 495, outputTokens: 6 }), 0);
    cluster.submit(request(2, { promptTokens: 495, outputTokens: 5 }), 0);
    cluster.advance(Infinity);
    expect(recorder.of(1).reject?.reason).toBe('context_too_long');
    expect(recorder.of(2).finish?.reason).toBe('completed');
  });

  it('limits one long prompt by its threshold', () => {
    const { cluster, recorder } = createCluster({ scheduler: { longPrefillTokenThreshold: 100 } });
    cluster.submit(request(1, { promptTokens: 1000, outputTokens: 1 }), 0);
    cluster.advance(Infinity);
    expect(recorder.of(1).tokenMs[0]).toBeCloseTo(10 * (10 + 5), 9);
  });
});

describe('replicas whose step has several lanes', () => {
  const lanes = (count: number) => ({ ...linearCost(), lanes: count });

  it('gives each lane the whole budget', () => {
    const { cluster, recorder } = createCluster({
      cost: lanes(2),
      scheduler: { maxNumBatchedTokens: 600, chunkedPrefill: false },
    });
    for (const id of [1, 2, 3]) cluster.submit(request(id, { promptTokens: 400, outputTokens: 1 }), 0);
    cluster.advance(Infinity);
    // Two prompts of 400 do not share a lane of 600.
    expect([1, 2, 3].map((id) => recorder.of(id).tokenMs[0])).toEqual([50, 50, 80]);
  });

  it('computes one prompt in one lane', () => {
    const { cluster, recorder } = createCluster({
      cost: lanes(4),
      scheduler: { maxNumBatchedTokens: 400, maxNumSeqs: 8 },
    });
    cluster.submit(request(1, { promptTokens: 1000, outputTokens: 1 }), 0);
    cluster.advance(Infinity);
    expect(cluster.snapshot().replicas[0]!.counters.steps).toBe(3);
    expect(recorder.of(1).tokenMs[0]).toBeCloseTo(30 + 30 + 20, 9);
  });

  it('fills what is left of the lanes with pieces of further prompts', () => {
    const { cluster, recorder } = createCluster({
      cost: lanes(2),
      scheduler: { maxNumBatchedTokens: 600, maxNumSeqs: 8 },
    });
    for (const id of [1, 2, 3]) cluster.submit(request(id, { promptTokens: 400, outputTokens: 1 }), 0);
    cluster.advance(Infinity);
    // 400 + 200 and 400 in the first step, the other 200 in the second.
    expect([1, 2, 3].map((id) => recorder.of(id).tokenMs[0])).toEqual([60, 60, 80]);
  });

  it('keeps every stage of a pipeline busy with long prompts', () => {
    const seconds = (pipelineParallel: number): number => {
      const cost = createCostModel({
        architecture: 'llama-3.3-70b',
        gpu: 'rtx-pro-6000',
        pipelineParallel,
        weightType: 'fp4',
        kvType: 'fp8',
      });
      const { cluster, recorder } = createCluster({ cost });
      for (let id = 0; id < 16; id++) cluster.submit(request(id, { promptTokens: 8192, outputTokens: 1 }), 0);
      cluster.advance(Infinity);
      return Math.max(...Array.from({ length: 16 }, (_, id) => recorder.of(id).tokenMs[0]!)) / 1e3;
    };
    const speedup = seconds(1) / seconds(2);
    expect(speedup).toBeGreaterThan(1.8);
    expect(speedup).toBeLessThanOrEqual(2);
  });

  it('never computes more than the lanes hold, nor a prompt in more than one, whoever is preempted', () => {
    const chunks: number[] = [];
    const cost = {
      ...linearCost(60),
      lanes: 3,
      stepMs: (batch: StepBatch) => {
        const prompts = batch.prefills.map(({ newTokens }) => newTokens);
        chunks.push(...prompts);
        expect(prompts.reduce((sum, tokens) => sum + tokens, batch.decodeTokens)).toBeLessThanOrEqual(3 * 64);
        return 10;
      },
    };
    const { cluster, recorder } = createCluster({
      cost,
      cache: { prefixCaching: false },
      scheduler: { maxNumBatchedTokens: 64, maxNumSeqs: 32 },
    });
    for (let id = 0; id < 12; id++)
      cluster.submit(request(id, { promptTokens: 90 + 17 * id, outputTokens: 60 }), 0);
    cluster.advance(Infinity);
    expect(Math.max(...chunks)).toBe(64);
    expect(cluster.snapshot().replicas[0]!.preemptions).toBeGreaterThan(0);
    for (let id = 0; id < 12; id++) expect(recorder.of(id).tokenMs.length).toBe(60);
  });
});

describe('memory', () => {
  it('preempts the last to come when blocks run out, and delivers every token all the same', () => {
    const { cluster, recorder } = createCluster({ cost: linearCost(20), cache: { prefixCaching: false } });
    cluster.submit(request(1, { promptTokens: 100, outputTokens: 150 }), 0);
    cluster.submit(request(2, { promptTokens: 100, outputTokens: 150 }), 0);
    cluster.advance(Infinity);
    expect(recorder.of(1).finish!.usage.preemptions).toBe(0);
    expect(recorder.of(2).finish!.usage.preemptions).toBeGreaterThan(0);
    expect(recorder.of(2).tokenMs.length).toBe(150);
    expect(cluster.snapshot().replicas[0]!.preemptions).toBe(recorder.of(2).finish!.usage.preemptions);
  });

  it('under priority preempts the least important and starts the most important', () => {
    const { cluster, recorder } = createCluster({
      cost: linearCost(20),
      cache: { prefixCaching: false },
      scheduler: { policy: 'priority', maxNumSeqs: 2 },
    });
    cluster.submit(request(1, { priority: 5, outputTokens: 150 }), 0);
    cluster.submit(request(2, { priority: 1, outputTokens: 150 }), 0);
    cluster.submit(request(3, { priority: 9, outputTokens: 1 }), 0);
    cluster.submit(request(4, { priority: 0, outputTokens: 1 }), 0);
    cluster.advance(Infinity);
    expect(recorder.of(4).firstScheduledMs).toBe(0);
    expect(recorder.of(2).finish!.usage.preemptions).toBe(0);
    expect(recorder.of(1).finish!.usage.preemptions).toBeGreaterThan(0);
    expect(recorder.of(3).finish!.atMs).toBeGreaterThan(recorder.of(2).finish!.atMs);
  });

  it('rejects what can never fit', () => {
    const { cluster, recorder } = createCluster({ cost: linearCost(20) });
    expect(cluster.longestTokens).toBe(320);
    cluster.submit(request(1, { promptTokens: 300, outputTokens: 20 }), 0);
    cluster.submit(request(2, { promptTokens: 300, outputTokens: 21 }), 0);
    cluster.advance(Infinity);
    expect(recorder.of(1).finish!.reason).toBe('completed');
    expect(recorder.of(2).reject).toEqual({ reason: 'context_too_long', atMs: 0 });
  });
});

describe('bounds', () => {
  it('rejects a request when the queue is full', () => {
    const { cluster, recorder } = createCluster({ scheduler: { maxNumSeqs: 1, maxQueue: 2 } });
    cluster.submit(request(0), 0);
    cluster.advance(0);
    for (const id of [1, 2, 3]) cluster.submit(request(id), 1);
    cluster.advance(Infinity);
    expect(recorder.of(3).reject).toEqual({ reason: 'queue_full', atMs: 1 });
    expect(recorder.of(2).finish!.reason).toBe('completed');
    expect(cluster.snapshot().totals.rejected.queue_full).toBe(1);
  });

  it.each([0, 2])('takes as many at once as there are places, and %d more', (maxQueue) => {
    const { cluster, recorder } = createCluster({ scheduler: { maxNumSeqs: 3, maxQueue } });
    for (let id = 0; id < 8; id++) cluster.submit(request(id), 0);
    cluster.advance(Infinity);
    const refused = [0, 1, 2, 3, 4, 5, 6, 7].filter((id) => recorder.of(id).reject !== undefined);
    expect(refused).toEqual([0, 1, 2, 3, 4, 5, 6, 7].slice(3 + maxQueue));
  });

  it('a place in the batch is none for those whom the cache has no room for', () => {
    const { cluster, recorder } = createCluster({
      cost: linearCost(20),
      scheduler: { maxNumSeqs: 8, maxQueue: 1 },
    });
    const long = { promptTokens: 200, outputTokens: 50 };
    for (const id of [0, 1]) cluster.submit(request(id, long), id);
    cluster.advance(100);
    cluster.submit(request(2, long), 101);
    expect(recorder.of(2).reject?.reason).toBe('queue_full');
  });

  it.each([
    [{ scheduler: { maxNumSeqs: 0 } }, /max-num-seqs/],
    [{ scheduler: { maxNumSeqs: 10, maxNumBatchedTokens: 9 } }, /max-num-batched-tokens/],
    [{ cache: { hashTokens: 24 } }, /multiple of the block size/],
    [{ cost: linearCost(0) }, /does not fit/],
    [{ replicas: 2, disaggregation: { prefillReplicas: 2 } }, /at least one replica for decoding/],
    [
      { failures: [{ kind: 'crash' as const, replica: 1, atMs: 0, downMs: 1 }] },
      /names replica 1, but the fleet has 1, numbered from 0/,
    ],
  ])('refuses settings that make no cluster: %o', (options, message) => {
    expect(() => createCluster(options)).toThrow(FakeaiError);
    expect(() => createCluster(options)).toThrow(message);
  });
});

describe('aborting', () => {
  it('takes the request out of the batch at once and frees its memory at the end of the step', () => {
    const { cluster, recorder } = createCluster({ cache: { prefixCaching: false } });
    cluster.submit(request(1, { outputTokens: 1000 }), 0);
    cluster.submit(request(2, { outputTokens: 20 }), 0);
    cluster.advance(101);
    cluster.abort(1, 101);
    const { finish, tokenMs } = recorder.of(1);
    expect(finish).toMatchObject({ reason: 'aborted', atMs: 101 });
    expect(finish!.usage.outputTokens).toBe(tokenMs.length);
    cluster.advance(115);
    expect(cluster.snapshot().replicas[0]).toMatchObject({ running: 1, usedBlocks: 7 });
    cluster.advance(Infinity);
    expect(recorder.of(1).tokenMs.every((at) => at <= 101)).toBe(true);
    expect(recorder.of(2).tokenMs.length).toBe(20);
  });

  it('takes a waiting request out of the queue', () => {
    const { cluster, recorder } = createCluster({ scheduler: { maxNumSeqs: 1 } });
    for (const id of [1, 2, 3]) cluster.submit(request(id), 0);
    cluster.abort(2, 1);
    expect(cluster.snapshot().replicas[0]!.waiting).toBe(1);
    cluster.advance(Infinity);
    expect(recorder.of(2).tokenMs).toEqual([]);
    expect(recorder.of(3).finish!.reason).toBe('completed');
  });

  it('ignores an id that it does not know', () => {
    const { cluster } = createCluster();
    cluster.abort(7, 1);
    expect(cluster.snapshot().totals.aborted).toBe(0);
  });
});

describe('a request without output', () => {
  it('ends when its prompt is computed', () => {
    const { cluster, recorder } = createCluster();
    cluster.submit(request(1, { outputTokens: 0, blockHashes: blocks(0, 6) }), 0);
    cluster.advance(Infinity);
    expect(recorder.of(1).finish).toMatchObject({ reason: 'completed', atMs: 15 });
    expect(cluster.snapshot().totals).toMatchObject({ promptTokens: 100, generatedTokens: 0 });
  });
});
