import { describe, expect, it } from 'vitest';
import {
  countWeights,
  expertsHit,
  expertSkew,
  kvBytesPerToken,
  linearFlopsPerToken,
  stateBytesPerSequence,
} from '../../../../src/simulator/architectures/architecture.js';
import { ARCHITECTURES, findArchitecture } from '../../../../src/simulator/architectures/catalogue.js';

const named = (name: string) => {
  const found = findArchitecture(name);
  if (found === undefined) throw new Error(`${name} is not in the catalogue`);
  return found;
};

describe('model figures', () => {
  it.each(ARCHITECTURES)('$name: the shape has the published number of weights', (architecture) => {
    const weights = Object.values(countWeights(architecture)).reduce((sum, count) => sum + count, 0);
    expect(Math.abs(weights / architecture.parameters.total - 1)).toBeLessThan(0.015);
  });

  it.each(ARCHITECTURES)('$name: a token visits about the published number of weights', (architecture) => {
    // Published figures count embeddings or not, and round to a digit or two.
    const active = linearFlopsPerToken(architecture) / 2 / architecture.parameters.active;
    expect(active).toBeGreaterThan(0.9);
    expect(active).toBeLessThan(1.1);
  });

  it('knows keys and values per token', () => {
    expect(kvBytesPerToken(named('llama-3.1-8b'), 2)).toBe(131_072);
    expect(kvBytesPerToken(named('deepseek-v3'), 2)).toBe(61 * 576 * 2);
    expect(kvBytesPerToken(named('gpt-oss-120b'), 2)).toBe(18 * 2 * 8 * 64 * 2);
    expect(stateBytesPerSequence(named('gpt-oss-120b'), 2)).toBe(18 * 128 * 2 * 8 * 64 * 2);
    expect(kvBytesPerToken(named('qwen3.5-397b-a17b'), 2)).toBe(15 * 2 * 2 * 256 * 2);
  });

  it.each([
    // Keys and values of the attention layers alone; states of 24, 27, 40, 36 and 28 layers in fp32, and their convolutions.
    ['nemotron-h-8b', 4 * 2 * 8 * 128 * 2, 24 * (128 * 64 * 128 * 4 + 3 * (2 * 8 * 128 + 128 * 64) * 2)],
    [
      'nemotron-nano-9b-v2',
      4 * 2 * 8 * 128 * 2,
      27 * (128 * 80 * 128 * 4 + 3 * (2 * 8 * 128 + 128 * 80) * 2),
    ],
    [
      'nemotron-3-super-120b-a12b',
      8 * 2 * 2 * 128 * 2,
      40 * (128 * 64 * 128 * 4 + 3 * (2 * 8 * 128 + 128 * 64) * 2),
    ],
    [
      'qwen3-next-80b-a3b',
      12 * 2 * 2 * 256 * 2,
      36 * (32 * 128 * 128 * 2 + 3 * (2 * 16 * 128 + 32 * 128) * 2),
    ],
    ['jamba-1.5-mini', 4 * 2 * 8 * 128 * 2, 28 * (8192 * 16 * 2 + 3 * (2 * 16 + 8192) * 2)],
    ['nemotron-super-49b', 49 * 2 * 8 * 128 * 2, 0],
  ])('%s caches %i bytes per token and %i per sequence', (name, perToken, perSequence) => {
    expect(kvBytesPerToken(named(name), 2)).toBe(perToken);
    expect(stateBytesPerSequence(named(name), 2)).toBe(perSequence);
  });

  it('expects as many experts as tokens can hit', () => {
    const experts = { count: 128, perToken: 8 };
    expect(expertsHit(experts, 0)).toBe(0);
    expect(expertsHit(experts, 1)).toBeCloseTo(8, 9);
    // Fewer than uniform routing would hit: rare experts stay unread for longer.
    const uniform = (tokens: number): number => 128 * (1 - (1 - 8 / 128) ** tokens);
    for (const tokens of [2, 16, 64, 256]) {
      expect(expertsHit(experts, tokens)).toBeLessThan(uniform(tokens));
      expect(expertsHit(experts, tokens)).toBeGreaterThan(0.8 * uniform(tokens));
    }
    // Popularities drawn from a gamma distribution with the same spread.
    expect(expertsHit(experts, 16)).toBeCloseTo(128 * gammaShare(-16 * Math.log(1 - 8 / 128)), 0);
    expect(expertsHit(experts, 10_000)).toBeCloseTo(128, 1);
  });

  it('takes the experts of sparser routers to differ more', () => {
    // As measured power-law workloads: 2 of 8, 8 of 128, 8 of 256, 10 of 512, 1 of 128.
    const skews = [
      [8, 2],
      [128, 8],
      [256, 8],
      [512, 10],
      [128, 1],
    ].map(([count, perToken]) => expertSkew({ count: count!, perToken: perToken! }));
    for (const [i, measured] of [0.01, 0.41, 0.68, 0.92, 1.35].entries())
      expect(Math.abs(skews[i]! - measured)).toBeLessThan(0.11);
  });
});

/** Mean of 1 − e^(−x·p) over popularities p of mean 1 that vary as those of 8 of 128 experts do, by quadrature. */
function gammaShare(exponent: number): number {
  const shape = 1 / 0.41;
  let mass = 0;
  let visited = 0;
  for (let popularity = 0.0005; popularity < 20; popularity += 0.001) {
    const density = popularity ** (shape - 1) * Math.exp(-shape * popularity);
    mass += density;
    visited += density * -Math.expm1(-exponent * popularity);
  }
  return visited / mass;
}

describe('finding a model by name', () => {
  it.each([
    ['llama-3.3-70b', 'llama-3.3-70b'],
    ['meta-llama/Llama-3.3-70B-Instruct', 'llama-3.3-70b'],
    ['nvidia/Llama-3.3-70B-Instruct-FP8', 'llama-3.3-70b'],
    ['meta-llama/Meta-Llama-3.1-8B-Instruct', 'llama-3.1-8b'],
    ['meta-llama/Meta-Llama-3-70B', 'llama-3.3-70b'],
    ['llama3.1:8b', undefined],
    ['meta-llama/Llama-2-7b-hf', 'llama-2-7b'],
    ['openai/gpt-oss-120b', 'gpt-oss-120b'],
    ['deepseek-ai/DeepSeek-R1-0528', 'deepseek-v3'],
    ['Qwen/Qwen3-235B-A22B-Instruct-2507', 'qwen3-235b-a22b'],
    ['qwen3-8b', 'qwen3-8b'],
    ['meta-llama/Llama-4-Maverick-17B-128E-Instruct', 'llama-4-maverick'],
    ['meta-llama/Llama-3.2-3B-Instruct', 'llama-3.2-3b'],
    ['Qwen/Qwen2.5-72B-Instruct', 'qwen2.5-72b'],
    ['google/gemma-3-27b-it', 'gemma-3-27b'],
    ['microsoft/phi-4', 'phi-4'],
    ['mistralai/Mistral-Small-24B-Instruct-2501', 'mistral-small-24b'],
    ['nvidia/Llama-3.1-Nemotron-70B-Instruct-HF', 'llama-3.3-70b'],
    // A small model that learnt from a large one is not the large one.
    ['deepseek-ai/DeepSeek-R1-Distill-Llama-70B', 'llama-3.3-70b'],
    ['deepseek-ai/DeepSeek-R1-Distill-Qwen-32B', 'qwen2.5-32b'],
    ['deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B', undefined],
    ['deepseek-r1:8b', undefined],
    ['deepseek-r1:671b', 'deepseek-v3'],
    ['microsoft/Phi-4-mini-instruct', 'phi-4-mini'],
    ['microsoft/Phi-4-reasoning', 'phi-4'],
    ['Qwen/Qwen2.5-Coder-32B-Instruct', 'qwen2.5-32b'],
    ['deepseek-ai/DeepSeek-V3.1', 'deepseek-v3'],
    ['nvidia/NVIDIA-Nemotron-Nano-9B-v2', 'nemotron-nano-9b-v2'],
    ['nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4', 'nemotron-3-super-120b-a12b'],
    ['nvidia/Llama-3_3-Nemotron-Super-49B-v1_5', 'nemotron-super-49b'],
    ['Qwen/Qwen3-Next-80B-A3B-Instruct-FP8', 'qwen3-next-80b-a3b'],
    ['ai21labs/AI21-Jamba-1.5-Large', 'jamba-1.5-large'],
    ['ibm-granite/granite-4.0-h-small', 'granite-4.0-h-small'],
    // Searched like the 49B, but its widths are not published in a form that could be read.
    ['nvidia/Llama-3_1-Nemotron-Ultra-253B-v1', 'nemotron-ultra-253b'],
    ['gpt-4o', undefined],
    ['qwen3', undefined],
    ['', undefined],
  ])('%s is %s', (given, expected) => {
    expect(findArchitecture(given)?.name).toBe(expected);
  });
});
