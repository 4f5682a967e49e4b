/** From the config.json of a checkpoint on Hugging Face to its shape. Names of fields are those of `transformers`. */
import { closest } from 'fastest-levenshtein';
import * as z from 'zod';
import { DescriptionError, parseDescription } from '../description.js';
import type { Architecture, Experts } from './architecture.js';
import type { Indexer } from './attention.js';
import { FAMILIES, type Family } from './hugging-face-families.js';
import { HYBRID_TYPES, hybridShape } from './hugging-face-hybrid.js';
import { SEARCHED_TYPES, searchedShape } from './hugging-face-searched.js';
import { SPARSE_TYPES, sparseShape } from './hugging-face-sparse.js';
import { publishedTypes } from './hugging-face-types.js';

/** Fields that change what a step computes or stores in ways that the shapes do not have. */
const FOREIGN =
  /^(mamba_|ssm_|state_size|time_mix|rwkv|linear_(num|key|value|conv)|hybrid_|layers_block_type|attn_layer_|block_configs|cross_attention_|num_kv_shared_layers|moe_latent|altup_|full_attention_interval|is_encoder_decoder|encoder_layers)/;

const whole = z.int().min(0).max(10_000_000);
const nullable = whole.nullish();

const config = z.looseObject({
  model_type: z.string().optional(),
  hidden_size: whole.min(1),
  num_hidden_layers: whole.min(1).max(10_000),
  num_attention_heads: whole.min(1),
  num_key_value_heads: nullable,
  head_dim: nullable,
  intermediate_size: nullable,
  intermediate_size_mlp: nullable,
  vocab_size: whole.min(1),
  // Llama 4 Scout has ten million and more.
  max_position_embeddings: z.int().min(0).max(1e9).nullish(),
  tie_word_embeddings: z.boolean().nullish(),
  attn_output_gate: z.boolean().nullish(),
  sliding_window: nullable,
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: nullable,
  sliding_window_pattern: nullable,
  _sliding_window_pattern: nullable,
  attention_chunk_size: nullable,
  topk_method: z.string().nullish(),
  use_routing_bias: z.boolean().nullish(),
  layer_types: z.array(z.string()).nullish(),
  index_topk: nullable,
  index_n_heads: nullable,
  index_head_dim: nullable,
  indexer_types: z.array(z.string()).nullish(),
  use_qk_norm: z.boolean().nullish(),
  qk_norm_type: z.string().nullish(),
  num_experts: nullable,
  num_local_experts: nullable,
  n_routed_experts: nullable,
  num_experts_per_tok: nullable,
  experts_per_token: nullable,
  moe_intermediate_size: nullable,
  shared_expert_intermediate_size: nullable,
  n_shared_experts: nullable,
  first_k_dense_replace: nullable,
  moe_layer_freq: nullable,
  decoder_sparse_step: nullable,
  mlp_only_layers: z.array(whole).nullish(),
  interleave_moe_layer_step: nullable,
  kv_lora_rank: nullable,
  q_lora_rank: nullable,
  qk_rope_head_dim: nullable,
  qk_nope_head_dim: nullable,
  v_head_dim: nullable,
});
type Config = z.output<typeof config>;

const outer = config.pick({
  hidden_size: true,
  vocab_size: true,
  tie_word_embeddings: true,
  kv_lora_rank: true,
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether it looks like a config.json rather than fakeai's own terms. */
export const isHuggingFaceConfig = (input: unknown): input is Record<string, unknown> =>
  isObject(input) &&
  ['model_type', 'architectures', 'hidden_size', 'num_hidden_layers', 'text_config'].some(
    (key) => key in input,
  );

const OWN_TERMS =
  'Describe the shape in fakeai\'s own terms instead; see "Models of your own" in docs/models.md.';

const needed = (given: Config, key: keyof Config): number => {
  const value = given[key];
  if (typeof value !== 'number' || value < 1) throw new DescriptionError(`${key}: is missing`);
  return value;
};

/** The config of the part that writes text, with what the whole says of its weights. */
function textConfig(input: Record<string, unknown>): Record<string, unknown> {
  const { text_config: text, ...outer } = input;
  if (!isObject(text)) return input;
  const shared = ['tie_word_embeddings', 'quantization_config', 'torch_dtype', 'dtype'] as const;
  const said = Object.fromEntries(shared.filter((key) => key in outer).map((key) => [key, outer[key]]));
  return { ...said, ...text };
}

/** Newer files list their blocks and no longer count them. */
function withLayerCount(text: Record<string, unknown>): Record<string, unknown> {
  const blocks = text['layers_block_type'];
  return text['num_hidden_layers'] === undefined && Array.isArray(blocks)
    ? { ...text, num_hidden_layers: blocks.length }
    : text;
}

function familyOf(type: string | undefined): Family {
  if (type === undefined) return {};
  const family = FAMILIES[type] ?? FAMILIES[`${type}_text`];
  if (family !== undefined) return family;
  const names = [...Object.keys(FAMILIES), ...HYBRID_TYPES, ...SEARCHED_TYPES, ...SPARSE_TYPES];
  throw new DescriptionError(
    `model_type: how "${type}" computes is not known`,
    `Known: ${names.join(', ')} (the nearest is ${closest(type, names)}). ${OWN_TERMS}`,
  );
}

function refuseForeign(input: Record<string, unknown>): void {
  const isSet = (value: unknown): boolean =>
    value !== null && value !== undefined && value !== false && value !== 0;
  const key = Object.keys(input).find((name) => FOREIGN.test(name) && isSet(input[name]));
  if (key !== undefined)
    throw new DescriptionError(
      `${key}: changes what layers compute in a way that is not read from this file`,
      OWN_TERMS,
    );
}

function attentionOf(given: Config, { headDim }: Family): Architecture['attention'] {
  const heads = given.num_attention_heads;
  if (given.kv_lora_rank) {
    return {
      kind: 'mla',
      heads,
      // DeepSeek-V2-Lite's queries are not compressed.
      queryRank: given.q_lora_rank ?? 0,
      kvRank: given.kv_lora_rank,
      ropeDim: needed(given, 'qk_rope_head_dim'),
      keyDim: needed(given, 'qk_nope_head_dim'),
      valueDim: needed(given, 'v_head_dim'),
    };
  }
  return {
    kind: 'gqa',
    heads,
    kvHeads: given.num_key_value_heads ?? heads,
    headDim: given.head_dim ?? headDim ?? Math.floor(given.hidden_size / heads),
    ...(given.attn_output_gate && { gated: true }),
  };
}

const WINDOWED = new Set(['sliding_attention', 'chunked_attention']);
/** Attend to everything, or to what an indexer picks (`index_topk`). */
const FULL = new Set(['full_attention', 'deepseek_sparse_attention']);

/** Refuses layers of other kinds than those that attend, to everything or to a window. */
function checkLayerTypes({ layer_types: types, num_hidden_layers: layers }: Config): void {
  if (!types) return;
  const foreign = types.find((type) => !FULL.has(type) && !WINDOWED.has(type));
  if (foreign !== undefined)
    throw new DescriptionError(
      `layer_types: layers of the type "${foreign}" are not read from this file`,
      OWN_TERMS,
    );
  if (types.length !== layers)
    throw new DescriptionError(`layer_types: has ${types.length} entries for ${layers} layers`);
}

/** Layers that attend to a window, by what the file says of each, or by the family's pattern. */
function windowedLayers(given: Config, family: Family): number {
  const layers = given.num_hidden_layers;
  if (given.layer_types) return given.layer_types.filter((type) => WINDOWED.has(type)).length;
  if (family.asksForWindow)
    return given.use_sliding_window ? Math.max(0, layers - (given.max_window_layers ?? layers)) : 0;
  const pattern = given.sliding_window_pattern ?? given._sliding_window_pattern ?? family.pattern ?? 0;
  return pattern === 0 ? layers : layers - Math.floor(layers / pattern);
}

/** What picks the tokens, in all layers or those that do not take another's choice. */
function indexerOf(given: Config): { indexer?: Indexer } {
  const { index_n_heads: heads, index_head_dim: headDim, indexer_types: types } = given;
  if (!heads || !headDim) return {};
  const layers = types?.filter((type) => type === 'full').length ?? given.num_hidden_layers;
  return { indexer: { layers, heads, headDim } };
}

function normOf(given: Config, { norm }: Family): Pick<Architecture, 'queryKeyNorm'> {
  if (norm !== undefined) return { queryKeyNorm: norm };
  if (!given.use_qk_norm) return {};
  return { queryKeyNorm: given.qk_norm_type === 'per_layer' ? 'whole' : 'heads' };
}

function localOf(given: Config, family: Family): Architecture['local'] {
  if (given.index_topk)
    // Sparse attention: an indexer picks so many tokens, the cache keeps them all.
    return {
      layers: given.num_hidden_layers,
      tokens: given.index_topk,
      keepsAll: true,
      ...indexerOf(given),
    };
  const tokens = (family.llama4 ? given.attention_chunk_size : given.sliding_window) ?? 0;
  if (tokens === 0 || tokens >= (given.max_position_embeddings ?? Infinity)) return undefined;
  const layers = windowedLayers(given, family);
  return layers === 0
    ? undefined
    : { layers, tokens, ...(family.llama4 && { keepsAll: true, chunked: true }) };
}

function expertsOf(given: Config, { llama4 }: Family): Experts | undefined {
  const count = given.num_local_experts ?? given.num_experts ?? given.n_routed_experts ?? 0;
  if (count === 0) return undefined;
  const perToken = given.num_experts_per_tok ?? given.experts_per_token;
  if (!perToken) throw new DescriptionError('num_experts_per_tok: is missing');
  const intermediate = given.moe_intermediate_size ?? needed(given, 'intermediate_size');
  const shared = llama4 ? 1 : (given.n_shared_experts ?? 0);
  return {
    count,
    perToken,
    intermediate,
    sharedIntermediate: given.shared_expert_intermediate_size ?? shared * intermediate,
    ...((given.topk_method === 'noaux_tc' || given.use_routing_bias) && { balanced: true }),
  };
}

/** Layers with a dense block in place of experts. */
function denseLayersOf(given: Config): number {
  const step = given.interleave_moe_layer_step || given.decoder_sparse_step || 1;
  const every = given.moe_layer_freq || 1;
  const dense = new Set(given.mlp_only_layers ?? []);
  const routed = Array.from({ length: given.num_hidden_layers }, (_, layer) => layer).filter(
    (layer) =>
      layer >= (given.first_k_dense_replace ?? 0) &&
      layer % every === 0 &&
      (layer + 1) % step === 0 &&
      !dense.has(layer),
  );
  return given.num_hidden_layers - routed.length;
}

/** The longest context that a config.json tells of. */
export function contextTokensOf(input: unknown): number | undefined {
  if (!isHuggingFaceConfig(input)) return undefined;
  const tokens = textConfig(input)['max_position_embeddings'];
  return typeof tokens === 'number' && Number.isInteger(tokens) && tokens > 0 ? tokens : undefined;
}

/**
 * The shape that a config.json describes.
 *
 * @throws DescriptionError for what is missing, and for families and fields that are not simulated
 */
export function fromHuggingFace(input: Record<string, unknown>): Omit<Architecture, 'name' | 'parameters'> {
  const text = withLayerCount(textConfig(input));
  const said = text['model_type'] ?? input['model_type'];
  const type = typeof said === 'string' ? said : undefined;
  const own = hybridShape(type, text) ?? searchedShape(type, text) ?? sparseShape(type, text);
  if (own !== undefined) return { ...own, ...outerShape(text, {}) };
  const family = familyOf(type);
  refuseForeign(text);
  const given = parseDescription(config, text);
  checkLayerTypes(given);
  const experts = expertsOf(given, family);
  const denseLayers = experts ? denseLayersOf(given) : given.num_hidden_layers;
  const width = family.llama4 ? 'intermediate_size_mlp' : 'intermediate_size';
  const local = localOf(given, family);
  return {
    layers: given.num_hidden_layers,
    intermediate: denseLayers === 0 ? 0 : needed(given, width),
    ...(family.ungated && { ungated: true }),
    attention: attentionOf(given, family),
    ...(local && { local }),
    ...normOf(given, family),
    ...(experts && { experts }),
    denseLayers,
    ...outerShape(text, family),
  };
}

/** What every model has around its layers, and how its weights are stored. */
function outerShape(text: Record<string, unknown>, { tied }: Family) {
  const given = parseDescription(outer, text);
  return {
    hidden: given.hidden_size,
    vocab: given.vocab_size,
    ...((given.tie_word_embeddings ?? tied) && { tiedEmbeddings: true }),
    ...publishedTypes(text, given.kv_lora_rank != null),
  };
}
