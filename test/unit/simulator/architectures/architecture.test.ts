import { describe, expect, it } from 'vitest';
import {
  countWeights,
  expertsHit,
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

  it('expects as many experts as tokens can hit', () => {
    const experts = { count: 128, perToken: 8 };
    expect(expertsHit(experts, 0)).toBe(0);
    expect(expertsHit(experts, 1)).toBeCloseTo(8, 9);
    expect(expertsHit(experts, 16)).toBeCloseTo(128 * (1 - (1 - 8 / 128) ** 16), 9);
    expect(expertsHit(experts, 10_000)).toBeCloseTo(128, 6);
  });
});

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
    ['gpt-4o', undefined],
    ['qwen3', undefined],
    ['', undefined],
  ])('%s is %s', (given, expected) => {
    expect(findArchitecture(given)?.name).toBe(expected);
  });
});
