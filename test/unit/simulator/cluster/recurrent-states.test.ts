import { describe, expect, it } from 'vitest';
import { createCostModel } from '../../../../src/simulator/cluster/cost-model.js';
import type { CostModelOptions } from '../../../../src/simulator/cluster/cost-options.js';
import { blocks, createCluster, request, type TestOptions } from '../../../support/cluster.js';

const STATE = 528;

/** Prompts one after the other on one replica, and how many tokens of each were cached. */
function cachedOf(
  prompts: readonly { tokens: number; hashes?: number[]; outputTokens?: number }[],
  options: TestOptions = {},
): (number | undefined)[] {
  const { cluster, recorder } = createCluster({
    ...options,
    cache: { stateTokens: STATE, ...options.cache },
  });
  prompts.forEach(({ tokens, hashes = blocks(1, 400), outputTokens = 1 }, id) => {
    cluster.submit(request(id, { promptTokens: tokens, outputTokens, blockHashes: hashes }), cluster.nowMs);
    cluster.advance(Infinity);
  });
  return prompts.map((_, id) => recorder.of(id).cachedTokens);
}

describe('models with recurrent layers', () => {
  it('find a prompt again up to the last state in it, and nothing of one that is shorter than a block', () => {
    expect(cachedOf([{ tokens: 500 }, { tokens: 500 }])).toEqual([0, 0]);
    expect(cachedOf([{ tokens: 2000 }, { tokens: 2000 }])).toEqual([0, 3 * STATE]);
    // The same without recurrent layers.
    expect(cachedOf([{ tokens: 500 }, { tokens: 500 }], { cache: { stateTokens: 0 } })).toEqual([0, 496]);
  });

  it('keep states where steps end, so that a prompt that parts earlier finds none', () => {
    const parting = [...blocks(1, 70), ...blocks(7, 60)];
    expect(cachedOf([{ tokens: 2000 }, { tokens: 2000, hashes: parting }])).toEqual([0, 0]);
    // In steps of two blocks there is a state after 1,056 of the 1,120 tokens in common.
    const scheduler = { maxNumBatchedTokens: 1200 };
    expect(cachedOf([{ tokens: 2000 }, { tokens: 2000, hashes: parting }], { scheduler })).toEqual([
      0,
      2 * STATE,
    ]);
  });

  it('go on from a state inside the answer before, in the next turn of a conversation', () => {
    expect(cachedOf([{ tokens: 1000, outputTokens: 700 }, { tokens: 2000 }])).toEqual([0, 3 * STATE]);
  });

  it('lose states with the blocks that they follow', () => {
    const other = blocks(9, 400);
    const options = { cache: { totalBlocks: 150 } };
    expect(cachedOf([{ tokens: 1700 }, { tokens: 1700 }], options)).toEqual([0, 3 * STATE]);
    expect(cachedOf([{ tokens: 1700 }, { tokens: 2200, hashes: other }, { tokens: 1700 }], options)).toEqual([
      0, 0, 0,
    ]);
  });

  it('take as long a piece of a prompt as reaches a state, then the rest', () => {
    const { cluster, recorder } = createCluster({ cache: { stateTokens: STATE } });
    cluster.submit(request(0, { promptTokens: 2000, outputTokens: 1, blockHashes: blocks(1, 125) }), 0);
    cluster.advance(Infinity);
    // Two steps: 10 ms each, and 0.05 ms per token.
    expect(recorder.of(0).tokenMs[0]).toBeCloseTo(2 * 10 + 2000 * 0.05, 6);
  });

  it('have states as far apart as one layer of attention needs tokens to be as large as one', () => {
    const spacing = (options: Partial<CostModelOptions>): number | undefined =>
      createCostModel({ architecture: 'qwen3.5-27b', gpu: 'h200', ...options }).stateTokens;
    // What vLLM logs as the block size of attention.
    expect(spacing({})).toBe(784);
    // Keys and values of half the width need twice the tokens, but for rounding to whole 16.
    expect(spacing({ kvType: 'fp8' })).toBe(2 * 784);
    expect(spacing({ architecture: 'llama-3.1-8b' })).toBeUndefined();
    // Qwen3-Next's file does not ask for a wide state, Qwen3.5's does; both as vLLM logged them.
    for (const tensorParallel of [1, 2])
      expect(spacing({ architecture: 'qwen3-next-80b-a3b', weightType: 'fp8', tensorParallel })).toBe(544);
    expect(spacing({ architecture: 'qwen3.5-35b-a3b' })).toBe(1056);
    expect(spacing({ architecture: 'qwen3.5-35b-a3b', kvType: 'fp8' })).toBe(2096);
  });
});
