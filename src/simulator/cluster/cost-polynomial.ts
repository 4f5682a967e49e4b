/** The built-in timing of Dynamo's mocker: polynomials in the prompt tokens and in the share of the cache in use. */
import type { CostModel, StepBatch } from './cost.js';
import type { CostSetup, PolynomialRatios } from './cost-options.js';
import { createActivity, memoryOf } from './cost-step.js';

/** Milliseconds for `tokens` new prompt tokens. */
const prefillMs = (tokens: number): number => 4.209989e-7 * tokens ** 2 + 1.518344e-2 * tokens + 16.50142;

/** Milliseconds for one token of every running sequence while `used` (0 to 1) of the cache is active. */
const decodeMs = (used: number): number => Math.max(1, -25.74 * used ** 2 + 54.01 * used + 5.74);

/** Tokens of the blocks that the polynomial's cache is counted in; any size gives the same share. */
const BLOCK_TOKENS = 16;

/**
 * Prices steps as Dynamo's mocker does by default, whatever the model and the GPU; they only set the size of the cache.
 * A step with prompts and running sequences takes the sum.
 *
 * @param setup - for the size of the cache and for telemetry
 * @param ratios - both divide prompt times; the second divides decode times once more
 */
export const createPolynomialCostModel = (setup: CostSetup, ratios: PolynomialRatios): CostModel => {
  const memory = memoryOf(setup);
  const cacheTokens = Math.max(1, memory.kvBlocks(BLOCK_TOKENS) * BLOCK_TOKENS);
  const stepMs = (batch: StepBatch): number => {
    let tokens = 0;
    for (const { newTokens } of batch.prefills) tokens += newTokens;
    const prefill = tokens > 0 ? prefillMs(tokens) / ratios.speedup : 0;
    if (batch.decodeSequences <= 0) return prefill;
    const used = Math.min(1, batch.decodeContextTokens / cacheTokens);
    return prefill + decodeMs(used) / (ratios.speedup * ratios.decodeSpeedup);
  };
  // Its times do not know of a split, so that one budget of tokens is all that a step has.
  return { stepMs, ...memory, lanes: 1, activity: createActivity(setup) };
};
