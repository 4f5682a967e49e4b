import { describe, expect, it } from 'vitest';
import { countWeights, kvBytesPerToken } from '../../../../src/simulator/architectures/architecture.js';
import { findArchitecture } from '../../../../src/simulator/architectures/catalogue.js';
import { describeArchitecture } from '../../../../src/simulator/architectures/custom.js';
import { contextTokensOf } from '../../../../src/simulator/architectures/hugging-face.js';
import { createCostModel } from '../../../../src/simulator/cluster/cost-model.js';

/** What their config.json say of the shape. */
const NEMOTRON_H = {
  model_type: 'nemotron_h',
  hidden_size: 8192,
  intermediate_size: 32768,
  num_hidden_layers: 118,
  num_attention_heads: 64,
  num_key_value_heads: 8,
  attention_head_dim: 128,
  // 54 mixers, 10 layers that attend, 54 dense blocks.
  hybrid_override_pattern: `M-M-M-M*${'-M-M-M-M-M*'.repeat(9)}-M-M-M-M-M-`,
  mamba_num_heads: 256,
  mamba_head_dim: 64,
  n_groups: 8,
  ssm_state_size: 256,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  vocab_size: 131072,
};
const NEMOTRON_3 = {
  model_type: 'nemotron_h',
  hidden_size: 4096,
  intermediate_size: 2688,
  num_hidden_layers: 88,
  num_attention_heads: 32,
  num_key_value_heads: 2,
  head_dim: 128,
  hybrid_override_pattern:
    'MEMEMEM*EMEMEMEM*EMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEM*EMEMEMEME',
  mamba_num_heads: 128,
  mamba_head_dim: 64,
  n_groups: 8,
  ssm_state_size: 128,
  n_routed_experts: 512,
  num_experts_per_tok: 22,
  moe_intermediate_size: 2688,
  moe_latent_size: 1024,
  moe_shared_expert_intermediate_size: 5376,
  vocab_size: 131072,
};
const JAMBA = {
  model_type: 'jamba',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  attn_layer_period: 8,
  attn_layer_offset: 4,
  expert_layer_period: 2,
  expert_layer_offset: 1,
  num_experts: 16,
  num_experts_per_tok: 2,
  mamba_d_state: 16,
  mamba_expand: 2,
  max_position_embeddings: 262144,
  vocab_size: 65536,
};
const GRANITE = {
  model_type: 'granitemoehybrid',
  hidden_size: 4096,
  intermediate_size: 768,
  shared_intermediate_size: 1536,
  num_hidden_layers: 40,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  layer_types: Array.from({ length: 40 }, (_, i) => (i % 10 === 5 ? 'attention' : 'mamba')),
  mamba_n_heads: 128,
  mamba_d_head: 64,
  mamba_n_groups: 1,
  mamba_d_state: 128,
  num_local_experts: 72,
  num_experts_per_tok: 10,
  tie_word_embeddings: true,
  vocab_size: 100352,
};
const QWEN = {
  model_type: 'qwen3_next',
  hidden_size: 2048,
  intermediate_size: 5120,
  head_dim: 256,
  num_hidden_layers: 48,
  num_attention_heads: 16,
  num_key_value_heads: 2,
  full_attention_interval: 4,
  linear_num_key_heads: 16,
  linear_num_value_heads: 32,
  linear_key_head_dim: 128,
  linear_value_head_dim: 128,
  num_experts: 512,
  num_experts_per_tok: 10,
  moe_intermediate_size: 512,
  shared_expert_intermediate_size: 512,
  vocab_size: 151936,
};
const FALCON = {
  model_type: 'falcon_h1',
  hidden_size: 5120,
  intermediate_size: 21504,
  head_dim: 128,
  num_hidden_layers: 72,
  num_attention_heads: 20,
  num_key_value_heads: 4,
  mamba_d_ssm: 4096,
  mamba_d_state: 256,
  mamba_d_head: 128,
  mamba_n_heads: 32,
  mamba_n_groups: 2,
  vocab_size: 261120,
};
/** The 47B's blocks, by the pattern of its published figures; the 56B's are in a file of the older form above. */
const NEMOTRON_47B = {
  ...NEMOTRON_H,
  intermediate_size: 30720,
  num_hidden_layers: 98,
  hybrid_override_pattern:
    'M-M-M-M-M-M-M-M-M*-M-M-M-M-M-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M-M-M---MM---M-M*-M-M-M-M-M-',
};
/** The blocks of Llama 3.3 Nemotron Super 49B: how many have which multiple of the hidden size; 31 have no attention. */
const SUPER_49B = {
  model_type: 'nemotron-nas',
  hidden_size: 8192,
  num_attention_heads: 64,
  num_hidden_layers: 80,
  vocab_size: 128256,
  block_configs: [
    [49, 5.25],
    [10, 1.3125],
    [8, 1],
    [6, 2.625],
    [6, 0.5],
    [1, 3.28125],
  ]
    .flatMap(([count, ffn_mult]) => Array.from({ length: count! }, () => ffn_mult!))
    .map((ffn_mult, block) => ({
      attention: block < 49 ? { no_op: false, n_heads_in_group: 8 } : { no_op: true },
      ffn: { no_op: false, ffn_mult },
    })),
};
const V2_LITE = {
  model_type: 'deepseek_v2',
  hidden_size: 2048,
  intermediate_size: 10944,
  moe_intermediate_size: 1408,
  num_hidden_layers: 27,
  num_attention_heads: 16,
  num_key_value_heads: 16,
  n_routed_experts: 64,
  n_shared_experts: 2,
  num_experts_per_tok: 6,
  first_k_dense_replace: 1,
  kv_lora_rank: 512,
  q_lora_rank: null,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
  vocab_size: 102400,
};

describe('a config.json of a hybrid', () => {
  it.each([
    ['nemotron-h-56b', NEMOTRON_H],
    ['nemotron-h-47b', NEMOTRON_47B],
    ['nemotron-3-super-120b-a12b', NEMOTRON_3],
    ['jamba-1.5-mini', JAMBA],
    ['granite-4.0-h-small', GRANITE],
    ['qwen3-next-80b-a3b', QWEN],
  ])('%s: is the shape of the catalogue', (name, config) => {
    const { parameters, ...shape } = describeArchitecture(name, config);
    const { parameters: published, ...catalogue } = findArchitecture(name)!;
    expect(shape).toEqual(catalogue);
    expect(parameters.total / published.total).toBeCloseTo(1, 1);
  });

  it('reads blocks that are listed by name in place of a pattern', () => {
    const { hybrid_override_pattern: pattern, num_hidden_layers: _, ...rest } = NEMOTRON_3;
    const names: Record<string, string> = { M: 'mamba', '*': 'attention', '-': 'mlp', E: 'moe' };
    const listed = { ...rest, layers_block_type: [...pattern].map((block) => names[block]) };
    expect(describeArchitecture('x', listed)).toEqual(describeArchitecture('x', NEMOTRON_3));
    expect(() => describeArchitecture('x', { ...listed, layers_block_type: ['mamba', 'rwkv'] })).toThrow(
      /layers_block_type: blocks of the kind "rwkv"/,
    );
  });

  it('reads a configuration for each block, as a search leaves them', () => {
    const shape = describeArchitecture('super', SUPER_49B);
    const catalogue = findArchitecture('nemotron-super-49b')!;
    expect(countWeights(shape)).toEqual(countWeights(catalogue));
    expect(kvBytesPerToken(shape, 2)).toBe(kvBytesPerToken(catalogue, 2));
    const cost = (architecture: typeof shape) =>
      createCostModel({ architecture, gpu: 'h200', weightType: 'fp8' }).stepMs({
        prefills: [{ newTokens: 100, contextTokens: 0 }],
        decodeSequences: 8,
        decodeTokens: 8,
        decodeContextTokens: 9000,
      });
    expect(cost(shape)).toBeCloseTo(cost(catalogue), 9);
    const [first] = SUPER_49B.block_configs;
    const linear = { ...first!, ffn: { replace_with_linear: true } };
    expect(() => describeArchitecture('x', { ...SUPER_49B, block_configs: [linear] })).toThrow(
      /replace_with_linear/,
    );
    const silent = SUPER_49B.block_configs.map(({ ffn }) => ({ ffn, attention: { no_op: true } }));
    expect(() => describeArchitecture('x', { ...SUPER_49B, block_configs: silent })).toThrow(
      /no block has attention/,
    );
  });

  it('has both mixers in every layer of Falcon H1', () => {
    const shape = describeArchitecture('falcon-h1-34b', FALCON);
    expect(shape.parameters.total / 1e9).toBeCloseTo(33.6, 0);
    expect(kvBytesPerToken(shape, 2)).toBe(72 * 2 * 4 * 128 * 2);
    expect(
      createCostModel({ architecture: shape, gpu: 'h100', tensorParallel: 4 }).kvBlocks(16),
    ).toBeGreaterThan(1);
  });

  it('may have latent attention whose queries are not compressed', () => {
    const shape = describeArchitecture('deepseek-v2-lite', V2_LITE);
    expect(shape.parameters.total / 1e9).toBeCloseTo(15.7, 1);
    expect(countWeights(shape).attention).toBe(
      27 * (2048 * 576 + 2048 * 16 * 192 + 512 * 16 * 256 + 16 * 128 * 2048),
    );
    expect(kvBytesPerToken(shape, 2)).toBe(27 * 576 * 2);
    const step = { prefills: [], decodeSequences: 1, decodeTokens: 1, decodeContextTokens: 1000 };
    expect(createCostModel({ architecture: shape, gpu: 'h100' }).stepMs(step)).toBeGreaterThan(1);
  });

  it.each([
    [{ ...NEMOTRON_H, hybrid_override_pattern: undefined }, /hybrid_override_pattern: is missing/],
    [{ ...NEMOTRON_H, hybrid_override_pattern: 'M*X' }, /blocks of the kind "X" are not known/],
    [{ ...NEMOTRON_H, ssm_state_size: undefined }, /ssm_state_size: is missing/],
    [{ ...GRANITE, layer_types: ['mamba'] }, /layer_types: has 1 entries for 40 layers/],
    [{ ...GRANITE, layer_types: ['rwkv'] }, /layers of the type "rwkv" are not read/],
    [{ ...JAMBA, num_experts_per_tok: undefined }, /num_experts_per_tok: is missing/],
    [{ ...QWEN, hidden_size: 'wide' }, /hidden_size: /],
  ])('is refused where it is incomplete', (config, message) => {
    expect(() => describeArchitecture('x', config)).toThrow(message);
  });

  it('has states as wide as its file says', () => {
    expect(
      describeArchitecture('x', { ...QWEN, mamba_ssm_dtype: 'float32' }).linear!.stateBytes,
    ).toBeUndefined();
    expect(describeArchitecture('x', { ...QWEN, mamba_ssm_dtype: 'bfloat16' }).linear!.stateBytes).toBe(2);
  });

  it('tells of the longest context', () => {
    expect(contextTokensOf(JAMBA)).toBe(262_144);
    expect(contextTokensOf({ model_type: 'x', text_config: { max_position_embeddings: 8192 } })).toBe(8192);
    expect(contextTokensOf(QWEN)).toBeUndefined();
    expect(contextTokensOf({ layers: 3, max_position_embeddings: 5 })).toBeUndefined();
  });
});
