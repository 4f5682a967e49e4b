import { describe, expect, it } from 'vitest';
import {
  countWeights,
  kvBytesPerToken,
  stateBytesPerSequence,
} from '../../../../src/simulator/architectures/architecture.js';
import { findArchitecture } from '../../../../src/simulator/architectures/catalogue.js';
import { describeArchitecture } from '../../../../src/simulator/architectures/custom.js';

/** What their config.json say of the shape. */
const LLAMA = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  max_position_embeddings: 131072,
  tie_word_embeddings: false,
  vocab_size: 128256,
  torch_dtype: 'bfloat16',
};
const QWEN = {
  model_type: 'qwen3_moe',
  hidden_size: 2048,
  head_dim: 128,
  intermediate_size: 6144,
  moe_intermediate_size: 768,
  num_hidden_layers: 48,
  num_attention_heads: 32,
  num_key_value_heads: 4,
  num_experts: 128,
  num_experts_per_tok: 8,
  decoder_sparse_step: 1,
  mlp_only_layers: [],
  sliding_window: null,
  use_sliding_window: false,
  max_window_layers: 48,
  tie_word_embeddings: false,
  vocab_size: 151936,
};
const DEEPSEEK = {
  model_type: 'deepseek_v3',
  topk_method: 'noaux_tc',
  hidden_size: 7168,
  intermediate_size: 18432,
  moe_intermediate_size: 2048,
  num_hidden_layers: 61,
  num_attention_heads: 128,
  num_key_value_heads: 128,
  n_routed_experts: 256,
  n_shared_experts: 1,
  num_experts_per_tok: 8,
  first_k_dense_replace: 3,
  moe_layer_freq: 1,
  kv_lora_rank: 512,
  q_lora_rank: 1536,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
  vocab_size: 129280,
  tie_word_embeddings: false,
  quantization_config: { quant_method: 'fp8', fmt: 'e4m3', weight_block_size: [128, 128] },
};
const OSS = {
  model_type: 'gpt_oss',
  hidden_size: 2880,
  head_dim: 64,
  intermediate_size: 2880,
  num_hidden_layers: 24,
  num_attention_heads: 64,
  num_key_value_heads: 8,
  num_local_experts: 32,
  num_experts_per_tok: 4,
  sliding_window: 128,
  layer_types: Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? 'sliding_attention' : 'full_attention')),
  max_position_embeddings: 131072,
  vocab_size: 201088,
  tie_word_embeddings: false,
  quantization_config: { quant_method: 'mxfp4', modules_to_not_convert: ['model.layers.*.self_attn'] },
};
const GEMMA = {
  model_type: 'gemma2',
  hidden_size: 3584,
  head_dim: 256,
  intermediate_size: 14336,
  num_hidden_layers: 42,
  num_attention_heads: 16,
  num_key_value_heads: 8,
  sliding_window: 4096,
  max_position_embeddings: 8192,
  vocab_size: 256000,
  torch_dtype: 'float32',
};
/** A config with a part for text; heads and vocabulary are defaults of the class and left out in the original. */
const GEMMA_3 = {
  model_type: 'gemma3',
  text_config: {
    model_type: 'gemma3_text',
    hidden_size: 3840,
    intermediate_size: 15360,
    num_hidden_layers: 48,
    num_attention_heads: 16,
    num_key_value_heads: 8,
    sliding_window: 1024,
    vocab_size: 262208,
  },
  vision_config: { hidden_size: 1152 },
};
const MAVERICK = {
  model_type: 'llama4',
  text_config: {
    model_type: 'llama4_text',
    hidden_size: 5120,
    head_dim: 128,
    intermediate_size: 8192,
    intermediate_size_mlp: 16384,
    interleave_moe_layer_step: 2,
    num_hidden_layers: 48,
    num_attention_heads: 40,
    num_key_value_heads: 8,
    num_local_experts: 128,
    num_experts_per_tok: 1,
    attention_chunk_size: 8192,
    max_position_embeddings: 1048576,
    vocab_size: 202048,
    tie_word_embeddings: false,
  },
};

const KNOWN = [
  ['llama-3.1-8b', LLAMA],
  ['qwen3-30b-a3b', QWEN],
  ['deepseek-v3', DEEPSEEK],
  [
    'deepseek-v3.2',
    { ...DEEPSEEK, model_type: 'deepseek_v32', index_topk: 2048, index_n_heads: 64, index_head_dim: 128 },
  ],
  ['gpt-oss-20b', OSS],
  ['gemma-2-9b', GEMMA],
  ['gemma-3-12b', GEMMA_3],
  ['llama-4-maverick', MAVERICK],
] as const;

describe('a config.json of Hugging Face', () => {
  it.each(KNOWN)('%s: is the shape of the catalogue', (name, config) => {
    const known = findArchitecture(name)!;
    const { parameters, ...shape } = describeArchitecture(name, config);
    const { parameters: published, ...catalogue } = known;
    expect(shape).toEqual(catalogue);
    expect(countWeights({ ...shape, parameters })).toEqual(countWeights(known));
    expect(kvBytesPerToken({ ...shape, parameters }, 2)).toBe(kvBytesPerToken(known, 2));
    expect(stateBytesPerSequence({ ...shape, parameters }, 2)).toBe(stateBytesPerSequence(known, 2));
    expect(parameters.total / published.total).toBeCloseTo(1, 1);
  });

  it('reads the text part of a model that sees, sparse attention by name, and contexts beyond ten million', () => {
    const seeing = {
      model_type: 'qwen3_vl',
      text_config: {
        model_type: 'qwen3_vl_text',
        hidden_size: 4096,
        intermediate_size: 12288,
        num_hidden_layers: 36,
        num_attention_heads: 32,
        num_key_value_heads: 8,
        head_dim: 128,
        vocab_size: 151936,
      },
    };
    expect(countWeights(describeArchitecture('x', seeing))).toEqual(
      countWeights(findArchitecture('qwen3-8b')!),
    );
    const sparse = {
      ...DEEPSEEK,
      model_type: 'glm_moe_dsa',
      index_topk: 2048,
      layer_types: Array.from({ length: 61 }, () => 'deepseek_sparse_attention'),
    };
    expect(describeArchitecture('x', sparse).local).toEqual({ layers: 61, tokens: 2048, keepsAll: true });
    const far = { ...seeing.text_config, max_position_embeddings: 10_485_760 };
    expect(describeArchitecture('x', far).layers).toBe(36);
  });

  it('counts parameters, all and those that a token meets', () => {
    const { parameters } = describeArchitecture('x', QWEN);
    expect(parameters.total / 1e9).toBeCloseTo(30.5, 1);
    expect(parameters.active / 1e9).toBeCloseTo(3.35, 1);
  });

  it('a window counts only where it is used', () => {
    const mistral = { ...LLAMA, model_type: 'mistral', sliding_window: 4096 };
    const local = (config: object) => describeArchitecture('x', config).local;
    expect(local(mistral)).toEqual({ layers: 32, tokens: 4096 });
    expect(local({ ...mistral, max_position_embeddings: 4096 })).toBeUndefined();
    expect(local({ ...mistral, model_type: 'qwen2' })).toBeUndefined();
    const asked = { ...mistral, model_type: 'qwen2', use_sliding_window: true, max_window_layers: 28 };
    expect(local(asked)).toEqual({ layers: 4, tokens: 4096 });
  });

  it.each([
    [{ torch_dtype: 'float16' }, undefined],
    [{ dtype: 'float8_e4m3fn' }, 'fp8'],
    [{ quantization_config: { quant_method: 'modelopt', quant_algo: 'NVFP4' } }, 'fp4'],
    [
      {
        quantization_config: {
          quant_method: 'compressed-tensors',
          config_groups: { group_0: { weights: { num_bits: 8, type: 'float' } } },
        },
      },
      'fp8',
    ],
  ])('weights of %j are %s', (types, checkpoint) => {
    expect(describeArchitecture('x', { ...LLAMA, ...types }).checkpoint).toBe(checkpoint);
  });

  it.each([
    [{ model_type: 'mamba2' }, /model_type: how "mamba2" computes is not known/],
    [{ mamba_d_state: 128 }, /mamba_d_state: changes what layers compute/],
    [{ layer_types: ['linear_attention'] }, /layer_types: layers of the type "linear_attention"/],
    [{ layer_types: ['full_attention'], sliding_window: 8 }, /layer_types: has 1 entries for 32 layers/],
    [{ hidden_size: undefined }, /hidden_size: /],
    [{ num_hidden_layers: '32' }, /num_hidden_layers: .*number/],
    [{ intermediate_size: undefined }, /intermediate_size: is missing/],
    [{ num_key_value_heads: 5 }, /32 attention heads cannot share 5/],
    [{ num_local_experts: 8 }, /num_experts_per_tok: is missing/],
    [{ num_local_experts: 8, num_experts_per_tok: 9 }, /cannot visit 9 of 8 experts/],
    [{ kv_lora_rank: 512 }, /qk_rope_head_dim: is missing/],
    [{ model_type: 'zamba2' }, /model_type: how "zamba2" computes is not known/],
    [{ quantization_config: { quant_method: 'awq', bits: 8 } }, /quantization_config: weights as "awq"/],
    [{ quantization_config: { quant_method: 'bitsandbytes', load_in_4bit: true } }, /as "bitsandbytes"/],
    [{ torch_dtype: 'int3' }, /torch_dtype: "int3"/],
  ])('%j is refused', (wrong, message) => {
    expect(() => describeArchitecture('x', { ...LLAMA, ...wrong })).toThrow(message);
  });
});

describe("a shape in fakeai's own terms", () => {
  const OWN = {
    layers: 32,
    hidden: 4096,
    intermediate: 14336,
    vocab: 128256,
    attention: { kind: 'gqa', heads: 32, kvHeads: 8, headDim: 128 },
  };

  it('is the same as that of a config.json', () => {
    expect(describeArchitecture('x', OWN)).toEqual(describeArchitecture('x', LLAMA));
  });

  it('may have layers with a state, and experts', () => {
    const linear = { layers: 24, keyHeads: 16, valueHeads: 32, headDim: 128 };
    const experts = { count: 64, perToken: 4, intermediate: 1024 };
    const shape = describeArchitecture('x', { ...OWN, linear, experts });
    expect(shape).toMatchObject({ linear, experts: { ...experts, sharedIntermediate: 0 }, denseLayers: 0 });
    expect(kvBytesPerToken(shape, 2)).toBe(8 * 2 * 8 * 128 * 2);
  });

  it.each([
    [{ layers: 0 }, /layers: /],
    [{ lairs: 3 }, /lairs/],
    [{ attention: { kind: 'gqa', heads: 32 } }, /attention\.kvHeads: /],
    [{ local: { layers: 40, tokens: 8 } }, /more layers have a window/],
  ])('%j is refused', (wrong, message) => {
    expect(() => describeArchitecture('x', { ...OWN, ...wrong })).toThrow(message);
  });
});
