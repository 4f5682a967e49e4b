import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Architecture } from '../../../../src/simulator/architectures/architecture.js';
import { findArchitecture } from '../../../../src/simulator/architectures/catalogue.js';
import { describeArchitecture } from '../../../../src/simulator/architectures/custom.js';
import { replicaKvBytes, replicaKvBytesPerToken } from '../../../../src/simulator/cluster/cost-memory.js';
import { createCostModel } from '../../../../src/simulator/cluster/cost-model.js';
import { type CostSetup, resolveCostSetup } from '../../../../src/simulator/cluster/cost-options.js';
import { findGpu } from '../../../../src/simulator/hardware/catalogue.js';
import type { Gpu, KvType, WeightType } from '../../../../src/simulator/hardware/gpu.js';

interface Logged {
  model: string;
  gpu?: string;
  memoryGib?: number;
  gpus: number;
  weights: WeightType;
  kv: KvType;
  utilization: number;
  tokens: number;
  sequences: number;
  gibPerGpu: number;
  cacheTokens?: number;
  source: string;
  excess?: boolean;
}

const LOGGED = JSON.parse(
  readFileSync(new URL('../../../fixtures/kv-cache/vllm-logs.json', import.meta.url), 'utf8'),
) as Logged[];
const GIB = 2 ** 30;

const architectureOf = (model: string): Architecture =>
  model === 'qwen2.5-1.5b'
    ? describeArchitecture(model, {
        model_type: 'qwen2',
        hidden_size: 1536,
        intermediate_size: 8960,
        num_hidden_layers: 28,
        num_attention_heads: 12,
        num_key_value_heads: 2,
        vocab_size: 151936,
        tie_word_embeddings: true,
      })
    : findArchitecture(model)!;

const gpuOf = ({ gpu, memoryGib }: Logged): Gpu =>
  gpu === undefined ? { ...findGpu('a40')!, memoryBytes: memoryGib! * GIB } : findGpu(gpu)!;

const setupOf = (row: Logged): CostSetup =>
  resolveCostSetup({
    architecture: architectureOf(row.model),
    gpu: gpuOf(row),
    tensorParallel: row.gpus,
    weightType: row.weights,
    kvType: row.kv,
    memory: {
      utilization: row.utilization,
      batchedTokens: row.tokens,
      reservedSequences: row.sequences,
    },
  });

/** vLLM takes the windows of local layers from the same pool, which its log counts in. */
const gibPerGpu = (row: Logged): number => {
  const setup = setupOf(row);
  const pool = { ...setup, architecture: { ...setup.architecture, local: undefined! } };
  return replicaKvBytes(pool) / row.gpus / GIB;
};

describe('memory that is left for the cache, against what vLLM logged', () => {
  const plain = LOGGED.filter(({ excess }) => !excess);

  it('has a dozen logs and more, with their sources', () => {
    expect(LOGGED.length).toBeGreaterThanOrEqual(12);
    expect(LOGGED.every(({ source }) => source.length > 20)).toBe(true);
  });

  it.each(plain)('$model on $gpus × $gpu: within 6 % of $gibPerGpu GiB a GPU', (row) => {
    expect(Math.abs(gibPerGpu(row) / row.gibPerGpu - 1)).toBeLessThan(0.06);
  });

  it.each(plain.filter(({ cacheTokens }) => cacheTokens !== undefined))(
    '$model on $gpus × $gpu: so many bytes a token as $cacheTokens tokens take',
    (row) => {
      const perToken = replicaKvBytesPerToken(setupOf(row));
      expect((row.gibPerGpu * GIB * row.gpus) / row.cacheTokens! / perToken).toBeCloseTo(1, 2);
    },
  );

  it.each(LOGGED.filter(({ excess, engine }: Logged & { engine?: string }) => excess && engine !== 'V0'))(
    '$model on $gpus × $gpu: more than a server that needed more for itself had ($source)',
    (row) => {
      expect(gibPerGpu(row)).toBeGreaterThan(row.gibPerGpu);
    },
  );
});

describe('what the engine keeps back', () => {
  const blocks = (memory: Record<string, number>, tensorParallel = 1): number =>
    createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100', tensorParallel, memory }).kvBlocks(16);

  it('grows with the tokens of a step and the sequences whose logits it holds', () => {
    expect(blocks({ batchedTokens: 16_384 })).toBeLessThan(blocks({ batchedTokens: 8192 }));
    expect(blocks({ reservedSequences: 1024 })).toBeLessThan(blocks({ reservedSequences: 256 }));
    // Four vectors of 4,096 and a gated block of 14,336 in bf16, at 131,072 bytes a token of the cache.
    const bytes = 8192 * 2 * (4 * 4096 + 3 * 14_336);
    expect((blocks({ batchedTokens: 8192 }) - blocks({ batchedTokens: 16_384 })) * 16).toBeCloseTo(
      bytes / 131_072,
      -2,
    );
    const logits = 768 * 128_256 * 8;
    expect((blocks({ reservedSequences: 256 }) - blocks({ reservedSequences: 1024 })) * 16).toBeCloseTo(
      logits / 131_072,
      -2,
    );
  });

  it('is what it is told to be', () => {
    const difference = blocks({ activationBytes: GIB }) - blocks({ activationBytes: 3 * GIB });
    expect(difference * 16 * 131_072).toBeCloseTo(2 * GIB, -8);
  });

  it('fills the width of mxfp4 experts up to whole tiles', () => {
    const left = (weightType: WeightType): number =>
      replicaKvBytes(resolveCostSetup({ architecture: 'gpt-oss-20b', gpu: 'h100', weightType }));
    // 24 layers of 32 experts, three matrices of 2,880 × 3,072 in place of 2,880.
    const routed = 24 * 32 * 3 * 2880;
    expect((left('fp4') - left('fp8')) / (routed * (2880 - 3072 * 0.53125))).toBeCloseTo(1, 1);
  });
});
