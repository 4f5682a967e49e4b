/** Models whose layers attend in two ways or choose what they attend to, as their config.json on Hugging Face describes them. */
import * as z from 'zod';
import { DescriptionError, parseDescription } from '../description.js';
import type { Architecture, Experts } from './architecture.js';
import type { CompressedLayers, GroupedAttention, Indexer } from './attention.js';
import { gqa } from './row.js';

/** What differs from a shape whose layers are alike. */
export type SparseShape = Pick<Architecture, 'layers' | 'intermediate' | 'attention' | 'denseLayers'> &
  Partial<
    Pick<
      Architecture,
      'local' | 'compressed' | 'experts' | 'expertLayers' | 'queryKeyNorm' | 'streams' | 'tiedEmbeddings'
    >
  >;

const whole = z.int().min(0).max(10_000_000);
const nullable = whole.nullish();
const flags = z.array(whole).max(10_000).nullish();

const config = z.looseObject({
  hidden_size: whole.min(1),
  num_hidden_layers: whole.min(1).max(10_000),
  num_attention_heads: whole.min(1),
  num_key_value_heads: whole.min(1),
  head_dim: whole.min(1),
  v_head_dim: nullable,
  intermediate_size: nullable,
  dense_intermediate_size: nullable,
  sliding_window: nullable,
  layer_types: z.array(z.string()).nullish(),
  hybrid_layer_pattern: flags,
  global_head_dim: nullable,
  num_global_key_value_heads: nullable,
  attention_k_eq_v: z.boolean().nullish(),
  num_kv_shared_layers: nullable,
  hidden_size_per_layer_input: nullable,
  enable_moe_block: z.boolean().nullish(),
  swa_num_attention_heads: nullable,
  swa_num_key_value_heads: nullable,
  swa_head_dim: nullable,
  swa_v_head_dim: nullable,
  moe_layer_freq: flags,
  first_k_dense_replace: nullable,
  num_experts: nullable,
  num_local_experts: nullable,
  n_routed_experts: nullable,
  num_experts_per_tok: nullable,
  top_k_experts: nullable,
  moe_intermediate_size: nullable,
  n_shared_experts: nullable,
  topk_method: z.string().nullish(),
  use_routing_bias: z.boolean().nullish(),
  qk_norm_type: z.string().nullish(),
  use_qk_norm: z.boolean().nullish(),
  sparse_attention_config: z
    .looseObject({
      sparse_attention_freq: flags,
      sparse_block_size: whole.min(1),
      sparse_topk_blocks: whole.min(1),
      sparse_num_index_heads: whole.min(1),
      sparse_index_dim: whole.min(1),
    })
    .nullish(),
  compress_ratios: flags,
  index_topk: nullable,
  index_n_heads: nullable,
  index_head_dim: nullable,
  q_lora_rank: nullable,
  o_groups: nullable,
  o_lora_rank: nullable,
  hc_mult: nullable,
});
type Config = z.output<typeof config>;

const needed = (given: Config, key: keyof Config): number => {
  const value = given[key];
  if (typeof value !== 'number' || value < 1) throw new DescriptionError(`${key}: is missing`);
  return value;
};

const ones = (list: readonly number[], layers: number): number =>
  list.slice(0, layers).filter((value) => value !== 0).length;

/** Experts where the file has any, and the layers with a dense block. */
function blocksOf(given: Config): Pick<SparseShape, 'experts' | 'denseLayers'> {
  const layers = given.num_hidden_layers;
  const count = given.n_routed_experts ?? given.num_local_experts ?? given.num_experts ?? 0;
  if (count === 0) return { denseLayers: layers };
  const width = needed(given, 'moe_intermediate_size');
  const experts: Experts = {
    count,
    perToken: given.num_experts_per_tok ?? needed(given, 'top_k_experts'),
    intermediate: width,
    sharedIntermediate: (given.n_shared_experts ?? 0) * width,
    ...((given.topk_method === 'noaux_tc' || given.use_routing_bias) && { balanced: true }),
  };
  const routed = given.moe_layer_freq
    ? ones(given.moe_layer_freq, layers)
    : layers - (given.first_k_dense_replace ?? 0);
  return { experts, denseLayers: layers - routed };
}

/** Gemma 4: most layers slide; the others have wider and fewer key heads, whose values are the keys. Experts stand beside a dense block. */
function gemma(given: Config): SparseShape {
  const { num_hidden_layers: layers, num_attention_heads: heads, layer_types: types } = given;
  if (given.hidden_size_per_layer_input || given.num_kv_shared_layers)
    throw new DescriptionError(
      'hidden_size_per_layer_input, num_kv_shared_layers: embeddings for each layer and layers that share a cache are not simulated',
    );
  if (types?.length !== layers)
    throw new DescriptionError(`layer_types: has ${types?.length ?? 0} entries for ${layers} layers`);
  const sliding = types.filter((type) => type === 'sliding_attention').length;
  const { experts } = given.enable_moe_block ? blocksOf({ ...given, moe_layer_freq: undefined }) : {};
  return {
    layers,
    intermediate: needed(given, 'intermediate_size'),
    attention: {
      ...gqa(
        heads,
        given.num_global_key_value_heads ?? given.num_key_value_heads,
        given.global_head_dim ?? given.head_dim,
      ),
      ...(given.attention_k_eq_v && { keysAreValues: 'projected' }),
    },
    local: {
      layers: sliding,
      tokens: needed(given, 'sliding_window'),
      attention: gqa(heads, given.num_key_value_heads, given.head_dim),
    },
    queryKeyNorm: 'heads',
    tiedEmbeddings: true,
    ...(experts && { experts, expertLayers: layers }),
    denseLayers: layers,
  };
}

/** MiMo V2: most layers slide, with more key heads; keys are wider than values. */
function mimo(given: Config): SparseShape {
  const { num_hidden_layers: layers, hybrid_layer_pattern: pattern } = given;
  const sliding = ones(pattern ?? [], layers);
  const widths = (headDim: number, valueDim: number): Pick<GroupedAttention, 'headDim' | 'valueDim'> => ({
    headDim,
    valueDim,
  });
  const { head_dim: keyDim, v_head_dim: valueDim } = given;
  return {
    layers,
    intermediate: needed(given, 'intermediate_size'),
    attention: {
      ...gqa(given.num_attention_heads, given.num_key_value_heads, keyDim),
      ...widths(keyDim, valueDim ?? keyDim),
    },
    local: {
      layers: sliding,
      tokens: needed(given, 'sliding_window'),
      attention: {
        ...gqa(
          given.swa_num_attention_heads ?? given.num_attention_heads,
          needed(given, 'swa_num_key_value_heads'),
          given.swa_head_dim ?? keyDim,
        ),
        ...widths(given.swa_head_dim ?? keyDim, given.swa_v_head_dim ?? valueDim ?? keyDim),
      },
    },
    ...blocksOf(given),
  };
}

/** MiniMax M3: after the first layers an indexer picks blocks of tokens; the cache keeps them all. */
function minimax(given: Config): SparseShape {
  const { num_hidden_layers: layers, sparse_attention_config: sparse } = given;
  if (!sparse) throw new DescriptionError('sparse_attention_config: is missing');
  const chosen = sparse.sparse_attention_freq ? ones(sparse.sparse_attention_freq, layers) : layers;
  const { sparse_num_index_heads: heads, sparse_index_dim: headDim } = sparse;
  const blocks = blocksOf(given);
  return {
    layers,
    intermediate: blocks.denseLayers === 0 ? 0 : needed(given, 'dense_intermediate_size'),
    attention: gqa(given.num_attention_heads, given.num_key_value_heads, given.head_dim),
    local: {
      layers: chosen,
      tokens: sparse.sparse_topk_blocks * sparse.sparse_block_size,
      keepsAll: true,
      indexer: { layers: chosen, heads, headDim },
    },
    ...(given.use_qk_norm && { queryKeyNorm: given.qk_norm_type === 'per_head' ? 'heads' : 'whole' }),
    ...blocks,
  };
}

/** Compressed with less than this ratio, an indexer picks among the compressed tokens. */
const DENSE_RATIO = 128;

/** DeepSeek V4: one wide key head that is the value too, a window in every layer, and compressed tokens beside it. */
function deepseek(given: Config): SparseShape {
  const { num_hidden_layers: layers } = given;
  const ratios = (given.compress_ratios ?? []).slice(0, layers);
  const indexer: Omit<Indexer, 'layers'> = {
    heads: needed(given, 'index_n_heads'),
    headDim: needed(given, 'index_head_dim'),
  };
  const compressed = [...new Set(ratios)]
    .filter((ratio) => ratio > 1)
    .map((ratio): CompressedLayers => {
      const own = ratios.filter((other) => other === ratio).length;
      return ratio < DENSE_RATIO
        ? { layers: own, ratio, top: needed(given, 'index_topk'), indexer: { layers: own, ...indexer } }
        : { layers: own, ratio };
    });
  return {
    layers,
    intermediate: 0,
    attention: {
      ...gqa(given.num_attention_heads, given.num_key_value_heads, given.head_dim),
      keysAreValues: 'cached',
      queryRank: needed(given, 'q_lora_rank'),
      outputGroups: { count: needed(given, 'o_groups'), rank: needed(given, 'o_lora_rank') },
    },
    local: { layers, tokens: needed(given, 'sliding_window') },
    ...(compressed.length > 0 && { compressed }),
    ...((given.hc_mult ?? 1) > 1 && { streams: given.hc_mult! }),
    ...blocksOf(given),
  };
}

const SPARSE: Readonly<Record<string, (given: Config) => SparseShape>> = {
  gemma4: gemma,
  gemma4_text: gemma,
  mimo_v2_flash: mimo,
  minimax_m3: minimax,
  deepseek_v4: deepseek,
};

/** Values of `model_type` that are read here. */
export const SPARSE_TYPES: readonly string[] = Object.keys(SPARSE);

/**
 * The shape of such a model.
 *
 * @returns undefined if the type is not one
 * @throws DescriptionError for what is missing, and for layers that are not simulated
 */
export function sparseShape(
  type: string | undefined,
  input: Record<string, unknown>,
): SparseShape | undefined {
  const read = type === undefined ? undefined : SPARSE[type];
  return read?.(parseDescription(config, input));
}
