/** Replicas whose layers are divided among stages: how full their pipelines are. */
import { describe, expect, it } from 'vitest';
import { createCostModel } from '../../../../src/simulator/cluster/cost-model.js';
import type { CostModel } from '../../../../src/simulator/cluster/cost.js';
import { createCluster, linearCost, type Recorder, request } from '../../../support/cluster.js';

/** 10 ms a round and 0.05 ms per prompt token, of one microbatch. */
const staged = (stages: number, blocks = 100_000): CostModel => ({
  ...linearCost(blocks),
  lanes: stages,
  stages,
});
const scheduler = { maxNumBatchedTokens: 1000, maxNumSeqs: 64 };
const firstTokens = (recorder: Recorder, count: number): number[] =>
  Array.from({ length: count }, (_, id) => recorder.of(id).tokenMs[0]!);

describe('a pipeline', () => {
  it('gives one request, or one that is alone in its microbatch, the time of all stages', () => {
    const tpotMs = (stages: number, count: number): number => {
      const cost = createCostModel({
        architecture: 'llama-3.3-70b',
        gpu: 'h100',
        tensorParallel: 4,
        pipelineParallel: stages,
      });
      const { cluster, recorder } = createCluster({ cost });
      for (let id = 0; id < count; id++)
        cluster.submit(request(id, { promptTokens: 100, outputTokens: 50 }), 100 * id);
      cluster.advance(Infinity);
      const { tokenMs } = recorder.of(count - 1);
      return (tokenMs[49]! - tokenMs[9]!) / 40;
    };
    const alone = tpotMs(1, 1);
    for (const stages of [2, 4]) {
      expect(tpotMs(stages, 1) / alone).toBeCloseTo(1, 2);
      expect(tpotMs(stages, 2) / alone).toBeCloseTo(1, 2);
    }
  });

  it('is not filled by requests that come together and fit into one batch', () => {
    const { cluster, recorder } = createCluster({ cost: staged(4), scheduler });
    for (let id = 0; id < 4; id++) cluster.submit(request(id, { promptTokens: 200, outputTokens: 3 }), 0);
    cluster.advance(Infinity);
    // 800 tokens in one microbatch, as with one stage; divided among four it would be 20 ms.
    expect(firstTokens(recorder, 4)).toEqual([50, 50, 50, 50]);
    // And four together go on decoding: 10 + 4 · 0.01 ms.
    expect(recorder.of(0).tokenMs[1]! - 50).toBeCloseTo(10.04, 1);
  });

  it('is filled by requests that come one after the other', () => {
    const { cluster, recorder } = createCluster({ cost: staged(4), scheduler });
    for (let id = 0; id < 4; id++)
      cluster.submit(request(id, { promptTokens: 20, outputTokens: 40 }), 15 * id);
    cluster.advance(Infinity);
    // Each decodes in a microbatch of its own: 10 + 0.01 ms.
    const { tokenMs } = recorder.of(0);
    expect(tokenMs[30]! - tokenMs[29]!).toBeCloseTo(10.01, 2);
  });

  it.each([
    { stages: 1, ms: 4 * 60 },
    // Chunks enter one behind the other: (chunks + stages - 1) times a stage's share of 60 ms.
    { stages: 2, ms: (5 * 60) / 2 },
    { stages: 4, ms: (7 * 60) / 4 },
  ])('has several chunks of a long prompt under way, of $stages stages', ({ stages, ms }) => {
    const { cluster, recorder } = createCluster({ cost: staged(stages), scheduler });
    cluster.submit(request(0, { promptTokens: 4000, outputTokens: 1 }), 0);
    cluster.advance(Infinity);
    expect(firstTokens(recorder, 1)[0]).toBeCloseTo(ms, 6);
  });

  it('takes one chunk of a prompt at a time when prompts are not divided', () => {
    const { cluster, recorder } = createCluster({
      cost: staged(4),
      scheduler: { ...scheduler, chunkedPrefill: false },
    });
    cluster.submit(request(0, { promptTokens: 900, outputTokens: 1 }), 0);
    cluster.submit(request(1, { promptTokens: 900, outputTokens: 1 }), 0);
    cluster.advance(Infinity);
    // Two microbatches of 55 ms, the second of which enters a stage later.
    expect(firstTokens(recorder, 2)).toEqual([55 + 55 / 4, 55 + 55 / 4]);
  });

  it('is as slow as its slowest microbatch', () => {
    const { cluster, recorder } = createCluster({ cost: staged(2), scheduler });
    cluster.submit(request(0, { promptTokens: 20, outputTokens: 40 }), 0);
    cluster.submit(request(1, { promptTokens: 1000, outputTokens: 1 }), 100);
    cluster.advance(Infinity);
    const gaps = recorder.of(0).tokenMs.map((atMs, i, all) => atMs - (all[i - 1] ?? 0));
    expect(Math.max(...gaps.slice(1))).toBeCloseTo(60, 6);
  });

  it('gives the same instants step by step as in runs, and forgets what was in it with a crash', () => {
    const lines = (runs: boolean): string[] => {
      const { cluster, recorder } = createCluster({
        cost: staged(3, 120),
        scheduler,
        runs,
        failures: [{ kind: 'crash', replica: 0, atMs: 700, downMs: 50 }],
      });
      for (let id = 0; id < 30; id++)
        cluster.submit(request(id, { promptTokens: 50 + 40 * id, outputTokens: 20 + id }), 23 * id);
      cluster.advance(Infinity);
      expect(cluster.snapshot().totals).toMatchObject({ completed: 30 });
      return [...recorder.seen.values()].map(({ tokenMs }) => tokenMs.map((ms) => ms.toFixed(6)).join());
    };
    expect(lines(true)).toEqual(lines(false));
  });
});
