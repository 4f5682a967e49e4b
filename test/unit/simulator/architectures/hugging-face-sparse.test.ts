import { describe, expect, it } from 'vitest';
import { findArchitecture } from '../../../../src/simulator/architectures/catalogue.js';
import {
  kvBytesPerToken,
  stateBytesPerSequence,
} from '../../../../src/simulator/architectures/architecture.js';
import { describeArchitecture } from '../../../../src/simulator/architectures/custom.js';
import { createCostModel } from '../../../../src/simulator/cluster/cost-model.js';

/** `length` entries, of which every `period`-th is `other`, beginning with number `first`. */
const every = <T>(length: number, period: number, first: number, other: T, most: T): T[] =>
  Array.from({ length }, (_, i) => (i >= first && (i - first) % period === 0 ? other : most));

const V4_FLASH = {
  model_type: 'deepseek_v4',
  hidden_size: 4096,
  num_hidden_layers: 43,
  num_attention_heads: 64,
  num_key_value_heads: 1,
  head_dim: 512,
  q_lora_rank: 1024,
  o_groups: 8,
  o_lora_rank: 1024,
  qk_rope_head_dim: 64,
  sliding_window: 128,
  index_topk: 512,
  index_n_heads: 64,
  index_head_dim: 128,
  // The last entry is that of the layer for speculation.
  compress_ratios: [0, 0, ...every(41, 2, 0, 4, 128), 0],
  hc_mult: 4,
  n_routed_experts: 256,
  n_shared_experts: 1,
  num_experts_per_tok: 6,
  moe_intermediate_size: 2048,
  topk_method: 'noaux_tc',
  vocab_size: 129280,
  max_position_embeddings: 1048576,
  torch_dtype: 'bfloat16',
  expert_dtype: 'fp4',
  quantization_config: { quant_method: 'fp8', fmt: 'e4m3', weight_block_size: [128, 128] },
};

const GEMMA_4 = {
  model_type: 'gemma4',
  tie_word_embeddings: true,
  text_config: {
    model_type: 'gemma4_text',
    hidden_size: 2816,
    num_hidden_layers: 30,
    num_attention_heads: 16,
    num_key_value_heads: 8,
    num_global_key_value_heads: 2,
    head_dim: 256,
    global_head_dim: 512,
    attention_k_eq_v: true,
    intermediate_size: 2112,
    sliding_window: 1024,
    layer_types: every(30, 6, 5, 'full_attention', 'sliding_attention'),
    enable_moe_block: true,
    num_experts: 128,
    top_k_experts: 8,
    moe_intermediate_size: 704,
    hidden_size_per_layer_input: 0,
    num_kv_shared_layers: 0,
    vocab_size: 262144,
    max_position_embeddings: 262144,
    dtype: 'bfloat16',
  },
};

const MIMO = {
  model_type: 'mimo_v2_flash',
  hidden_size: 4096,
  num_hidden_layers: 48,
  num_attention_heads: 64,
  num_key_value_heads: 4,
  head_dim: 192,
  v_head_dim: 128,
  intermediate_size: 16384,
  sliding_window: 128,
  swa_num_attention_heads: 64,
  swa_num_key_value_heads: 8,
  swa_head_dim: 192,
  swa_v_head_dim: 128,
  hybrid_layer_pattern: [0, ...every(47, 6, 4, 0, 1).slice(0, 46), 0],
  moe_layer_freq: [0, ...Array.from({ length: 47 }, () => 1)],
  n_routed_experts: 256,
  num_experts_per_tok: 8,
  moe_intermediate_size: 2048,
  topk_method: 'noaux_tc',
  vocab_size: 152576,
  torch_dtype: 'bfloat16',
  quantization_config: { quant_method: 'fp8', weight_block_size: [128, 128] },
};

const KIMI_LINEAR = {
  model_type: 'kimi_linear',
  hidden_size: 2304,
  num_hidden_layers: 27,
  num_attention_heads: 32,
  num_key_value_heads: 32,
  intermediate_size: 9216,
  kv_lora_rank: 512,
  q_lora_rank: null,
  qk_rope_head_dim: 64,
  qk_nope_head_dim: 128,
  v_head_dim: 128,
  linear_attn_config: {
    full_attn_layers: [4, 8, 12, 16, 20, 24, 27],
    kda_layers: Array.from({ length: 27 }, (_, i) => i + 1).filter((i) => i % 4 !== 0 && i !== 27),
    num_heads: 32,
    head_dim: 128,
    short_conv_kernel_size: 4,
  },
  num_experts: 256,
  num_experts_per_token: 8,
  num_shared_experts: 1,
  moe_intermediate_size: 1024,
  first_k_dense_replace: 1,
  vocab_size: 163840,
  dtype: 'bfloat16',
};

const MINIMAX_M3 = {
  model_type: 'minimax_m3',
  hidden_size: 6144,
  num_hidden_layers: 60,
  num_attention_heads: 64,
  num_key_value_heads: 4,
  head_dim: 128,
  intermediate_size: 3072,
  dense_intermediate_size: 12288,
  moe_layer_freq: [0, 0, 0, ...Array.from({ length: 57 }, () => 1)],
  num_local_experts: 128,
  num_experts_per_tok: 4,
  moe_intermediate_size: 3072,
  n_shared_experts: 1,
  use_qk_norm: true,
  qk_norm_type: 'per_head',
  use_routing_bias: true,
  sparse_attention_config: {
    sparse_attention_freq: [0, 0, 0, ...Array.from({ length: 57 }, () => 1)],
    sparse_block_size: 128,
    sparse_topk_blocks: 16,
    sparse_num_index_heads: 4,
    sparse_index_dim: 128,
  },
  vocab_size: 200064,
  torch_dtype: 'bfloat16',
};

describe('a config.json of a model whose layers differ', () => {
  it.each([
    ['deepseek-v4-flash', V4_FLASH],
    ['gemma-4-26b-a4b', GEMMA_4],
    ['mimo-v2-flash', MIMO],
    ['kimi-linear-48b-a3b', KIMI_LINEAR],
  ] as const)('%s: is the shape of the catalogue', (name, config) => {
    const { parameters: _read, ...read } = describeArchitecture(name, config);
    const { parameters: _known, ...known } = findArchitecture(name)!;
    expect(read).toEqual(known);
  });

  it('counts what DeepSeek V4 caches: every fourth and every 128th token, and the keys of its indexers', () => {
    const v4 = describeArchitecture('x', V4_FLASH);
    // Beside the 21 layers of 4 and the 20 of 128 tokens to one, 132 bytes for an indexer's key.
    expect(kvBytesPerToken(v4, 1)).toBeCloseTo((21 / 4 + 20 / 128) * 512 + (21 / 4) * 132, 6);
    expect(stateBytesPerSequence(v4, 1)).toBe(43 * 128 * 512);
  });

  it('caches keys and values of both kinds of Gemma 4', () => {
    const gemma = describeArchitecture('x', GEMMA_4);
    expect(kvBytesPerToken(gemma, 2)).toBe(5 * 2 * 2 * 512 * 2);
    expect(stateBytesPerSequence(gemma, 2)).toBe(25 * 1024 * 2 * 8 * 256 * 2);
  });

  it('reads MiniMax M3: blocks that an indexer picks, after three dense layers', () => {
    const m3 = describeArchitecture('x', MINIMAX_M3);
    expect(m3).toMatchObject({
      denseLayers: 3,
      intermediate: 12288,
      queryKeyNorm: 'heads',
      local: { layers: 57, tokens: 2048, keepsAll: true, indexer: { layers: 57, heads: 4, headDim: 128 } },
      experts: { count: 128, perToken: 4, intermediate: 3072, sharedIntermediate: 3072, balanced: true },
    });
    expect(m3.parameters.total / 1e9).toBeGreaterThan(400);
  });

  it.each([
    [{ ...V4_FLASH, q_lora_rank: undefined }, /q_lora_rank: is missing/],
    [{ ...GEMMA_4.text_config, hidden_size_per_layer_input: 256 }, /embeddings for each layer/],
    [{ ...GEMMA_4.text_config, layer_types: ['full_attention'] }, /layer_types: has 1 entries for 30/],
    [{ ...MINIMAX_M3, sparse_attention_config: undefined }, /sparse_attention_config: is missing/],
    [
      { ...KIMI_LINEAR, linear_attn_config: { ...KIMI_LINEAR.linear_attn_config, kda_layers: [1] } },
      /linear_attn_config: does not tell/,
    ],
  ])('refuses what it cannot tell (%#)', (config, message) => {
    expect(() => describeArchitecture('x', config)).toThrow(message);
  });
});

describe('weights in 4 bits', () => {
  const LLAMA = {
    model_type: 'llama',
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    vocab_size: 128256,
  };
  const group = (weights: object, rest: object = {}) => ({
    quant_method: 'compressed-tensors',
    config_groups: { group_0: { weights, ...rest } },
  });

  it.each([
    [{ quant_method: 'awq', bits: 4, group_size: 128 }, { checkpoint: 'int4' }],
    [{ quant_method: 'gptq', bits: 4 }, { checkpoint: 'int4' }],
    [
      { ...group({ num_bits: 4, type: 'int' }, { input_activations: null }), ignore: ['re:.*self_attn.*'] },
      { checkpoint: 'int4', attentionWeights: 'bf16' },
    ],
    [group({ num_bits: 4, type: 'float', group_size: 32 }), { checkpoint: 'fp4', mxfp4: true }],
    [group({ num_bits: 4, type: 'float', group_size: 16 }), { checkpoint: 'fp4' }],
  ])('%j', (quantization_config, types) => {
    expect(describeArchitecture('x', { ...LLAMA, quantization_config })).toMatchObject(types);
  });

  it('refuses integers that activations are quantized to as well', () => {
    const quantization_config = group(
      { num_bits: 4, type: 'int' },
      { input_activations: { num_bits: 8, type: 'int' } },
    );
    expect(() => describeArchitecture('x', { ...LLAMA, quantization_config })).toThrow(/compressed-tensors/);
  });

  it('computes int4 in bf16 on every GPU, reading a quarter of the weights', () => {
    const ms = (weightType: 'bf16' | 'int4' | 'fp4', newTokens: number): number =>
      createCostModel({ architecture: 'llama-3.1-8b', gpu: 'b200', weightType }).stepMs({
        prefills: [{ newTokens, contextTokens: 0 }],
        decodeSequences: 0,
        decodeTokens: 0,
        decodeContextTokens: 0,
      });
    expect(ms('int4', 8192) / ms('bf16', 8192)).toBeCloseTo(1, 1);
    expect(ms('fp4', 8192)).toBeLessThan(0.6 * ms('int4', 8192));
    expect(ms('int4', 1)).toBeLessThan(0.6 * ms('bf16', 1));
  });
});

describe('attention that chooses its tokens', () => {
  const decodeMs = (architecture: string, context: number): number =>
    createCostModel({ architecture, gpu: 'b200', tensorParallel: 8 }).stepMs({
      prefills: [],
      decodeSequences: 64,
      decodeTokens: 64,
      decodeContextTokens: 64 * context,
    });

  it('costs an indexer where tokens are few and saves reading where they are many', () => {
    // 61 layers of some 95 µs, as measured with few tokens.
    const added = decodeMs('deepseek-v3.2', 512) - decodeMs('deepseek-v3', 512);
    expect(added / (61 * 0.1)).toBeGreaterThan(0.8);
    expect(added / (61 * 0.1)).toBeLessThan(1.2);
    expect(decodeMs('deepseek-v3.2', 131_072)).toBeLessThan(0.5 * decodeMs('deepseek-v3', 131_072));
  });

  it('grows little with the length where tokens are compressed', () => {
    const grown = decodeMs('deepseek-v4-flash', 131_072) / decodeMs('deepseek-v4-flash', 2048);
    expect(grown).toBeGreaterThan(1);
    expect(grown).toBeLessThan(1.6);
  });

  it('adds a kernel for norms of queries and keys, and messages where they are of all heads', () => {
    const plain = { ...findArchitecture('minimax-m2.5')!, queryKeyNorm: undefined! };
    const ms = (queryKeyNorm: 'heads' | 'whole' | undefined, tensorParallel: number): number =>
      createCostModel({
        architecture: queryKeyNorm ? { ...plain, queryKeyNorm } : plain,
        gpu: 'b200',
        tensorParallel,
      }).stepMs({ prefills: [], decodeSequences: 1, decodeTokens: 1, decodeContextTokens: 1000 });
    expect((ms('heads', 4) - ms(undefined, 4)) / (62 * 0.003)).toBeCloseTo(1, 1);
    expect((ms('whole', 4) - ms(undefined, 4)) / (62 * (0.006 + 0.006))).toBeCloseTo(1, 1);
  });
});
