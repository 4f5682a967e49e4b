/** Hybrids of attention and recurrent layers, as their config.json on Hugging Face describes them. */
import * as z from 'zod';
import { DescriptionError, parseDescription } from '../description.js';
import type { Architecture, Experts } from './architecture.js';
import { kimiShape } from './hugging-face-kimi.js';
import { gqa, mamba2 } from './row.js';

/** What differs from a shape of attention layers. */
export type HybridShape = Pick<
  Architecture,
  'layers' | 'intermediate' | 'attention' | 'linear' | 'denseLayers'
> &
  Partial<Pick<Architecture, 'experts' | 'expertLayers' | 'ungated' | 'queryKeyNorm'>>;

const whole = z.int().min(0).max(10_000_000);
const nullable = whole.nullish();

const config = z.looseObject({
  hidden_size: whole.min(1),
  num_hidden_layers: whole.min(1).max(10_000),
  num_attention_heads: whole.min(1),
  num_key_value_heads: nullable,
  head_dim: nullable,
  attention_head_dim: nullable,
  intermediate_size: nullable,
  layer_types: z.array(z.string()).nullish(),
  hybrid_override_pattern: z.string().nullish(),
  layers_block_type: z.array(z.string()).nullish(),
  full_attention_interval: nullable,
  attn_layer_period: nullable,
  attn_layer_offset: nullable,
  expert_layer_period: nullable,
  expert_layer_offset: nullable,
  num_experts: nullable,
  num_local_experts: nullable,
  n_routed_experts: nullable,
  num_experts_per_tok: nullable,
  moe_intermediate_size: nullable,
  moe_latent_size: nullable,
  shared_intermediate_size: nullable,
  shared_expert_intermediate_size: nullable,
  moe_shared_expert_intermediate_size: nullable,
  mamba_expand: nullable,
  mamba_d_state: nullable,
  mamba_d_head: nullable,
  mamba_n_heads: nullable,
  mamba_n_groups: nullable,
  mamba_num_heads: nullable,
  mamba_head_dim: nullable,
  n_groups: nullable,
  ssm_state_size: nullable,
  linear_num_key_heads: nullable,
  linear_num_value_heads: nullable,
  linear_key_head_dim: nullable,
  linear_value_head_dim: nullable,
  mamba_ssm_dtype: z.string().nullish(),
  mamba_ssm_cache_dtype: z.string().nullish(),
});
type Config = z.output<typeof config>;

const needed = (given: Config, key: keyof Config): number => {
  const value = given[key];
  if (typeof value !== 'number' || value < 1) throw new DescriptionError(`${key}: is missing`);
  return value;
};

/** How a state is kept: as the file says, and where it says nothing in the type of the model, as vLLM does. */
const stateOf = (given: Config): { stateBytes?: 2 } =>
  (given.mamba_ssm_dtype ?? given.mamba_ssm_cache_dtype) === 'float32' ? {} : { stateBytes: 2 };

const attentionOf = (given: Config): Architecture['attention'] => {
  const { num_attention_heads: heads, num_key_value_heads: kvHeads, hidden_size: hidden } = given;
  return gqa(
    heads,
    kvHeads ?? heads,
    given.head_dim ?? given.attention_head_dim ?? Math.floor(hidden / heads),
  );
};

/** Experts of a count; 0 or nothing is none. */
const expertsOf = (given: Config, count: number | null | undefined, width: number, shared: number) =>
  count
    ? {
        experts: {
          count,
          perToken: needed(given, 'num_experts_per_tok'),
          intermediate: width,
          sharedIntermediate: shared,
        } satisfies Experts,
      }
    : {};

/** How many of `layers` follow `layer % period === offset`. */
const every = (layers: number, period: number, offset: number): number =>
  Array.from({ length: layers }, (_, layer) => layer).filter((layer) => layer % period === offset).length;

/** Layers that attend, by the kind that the file gives each, or every so manieth. */
function attending(given: Config, kinds: readonly [attends: string, recurrent: string]): number {
  const { layer_types: types, num_hidden_layers: layers } = given;
  if (!types) return Math.floor(layers / (given.full_attention_interval || 4));
  const foreign = types.find((type) => !kinds.includes(type));
  if (foreign !== undefined)
    throw new DescriptionError(`layer_types: layers of the type "${foreign}" are not read from this file`);
  if (types.length !== layers)
    throw new DescriptionError(`layer_types: has ${types.length} entries for ${layers} layers`);
  return types.filter((type) => type === kinds[0]).length;
}

/** Jamba: Mamba 1 (a state for each of expand·hidden columns), attention and experts every so manieth layer. */
function jamba(given: Config): HybridShape {
  const { num_hidden_layers: layers, hidden_size: hidden } = given;
  const intermediate = needed(given, 'intermediate_size');
  const attends = every(layers, given.attn_layer_period || 8, given.attn_layer_offset ?? 4);
  const count = (given.num_experts ?? 16) > 1 ? (given.num_experts ?? 16) : 0;
  const expertLayers = count
    ? every(layers, given.expert_layer_period || 2, given.expert_layer_offset ?? 1)
    : 0;
  const columns = (given.mamba_expand || 2) * hidden;
  return {
    layers,
    intermediate,
    attention: attentionOf(given),
    linear: {
      ...mamba2(layers - attends, columns / 64, 64, 1, given.mamba_d_state || 16),
      ...stateOf(given),
    },
    ...expertsOf(given, count, intermediate, 0),
    denseLayers: layers - expertLayers,
  };
}

/** Granite 4: Mamba 2 or attention, each followed by experts or, without any, by a dense block. */
function granite(given: Config): HybridShape {
  const { num_hidden_layers: layers } = given;
  const attends = given.layer_types ? attending(given, ['attention', 'mamba']) : layers;
  const shared = needed(given, 'shared_intermediate_size');
  const experts = expertsOf(given, given.num_local_experts, given.intermediate_size ?? 0, shared);
  const mixers = mamba2(
    layers - attends,
    needed(given, 'mamba_n_heads'),
    given.mamba_d_head ||
      Math.floor(((given.mamba_expand || 2) * given.hidden_size) / needed(given, 'mamba_n_heads')),
    given.mamba_n_groups || 1,
    needed(given, 'mamba_d_state'),
  );
  const dense = experts.experts === undefined;
  return {
    layers,
    intermediate: dense ? shared : 0,
    attention: attentionOf(given),
    linear: { ...mixers, ...stateOf(given) },
    ...experts,
    denseLayers: dense ? layers : 0,
  };
}

const BLOCKS = new Set('M*-E');

const BLOCK_NAMES: Readonly<Record<string, string>> = { mamba: 'M', attention: '*', mlp: '-', moe: 'E' };

/** The pattern of blocks that newer files name in full. */
function patternOf(names: readonly string[]): string {
  const foreign = names.find((name) => BLOCK_NAMES[name] === undefined);
  if (foreign !== undefined)
    throw new DescriptionError(`layers_block_type: blocks of the kind "${foreign}" are not known`);
  return names.map((name) => BLOCK_NAMES[name]).join('');
}

/** Nemotron-H: blocks stand alone, M for Mamba 2, * for attention, - for a dense block, E for experts; none has a gate. */
function nemotron(given: Config): HybridShape {
  const pattern = given.hybrid_override_pattern ?? patternOf(given.layers_block_type ?? []);
  if (pattern === '') throw new DescriptionError('hybrid_override_pattern: is missing');
  const foreign = [...pattern].find((block) => !BLOCKS.has(block));
  if (foreign !== undefined)
    throw new DescriptionError(`hybrid_override_pattern: blocks of the kind "${foreign}" are not known`);
  const blocks = (kind: string): number => [...pattern].filter((block) => block === kind).length;
  const [mixers, attends, dense, routed] = [blocks('M'), blocks('*'), blocks('-'), blocks('E')];
  const { experts } =
    routed === 0
      ? {}
      : expertsOf(
          given,
          needed(given, 'n_routed_experts'),
          needed(given, 'moe_intermediate_size'),
          given.moe_shared_expert_intermediate_size ?? 0,
        );
  return {
    layers: mixers + attends,
    intermediate: dense === 0 ? 0 : needed(given, 'intermediate_size'),
    ungated: true,
    attention: attentionOf(given),
    linear: mamba2(
      mixers,
      needed(given, 'mamba_num_heads'),
      needed(given, 'mamba_head_dim'),
      given.n_groups || 1,
      needed(given, 'ssm_state_size'),
    ),
    ...(experts && {
      experts: {
        ...experts,
        ...(given.moe_latent_size && { latent: given.moe_latent_size }),
        balanced: true,
      },
      expertLayers: routed,
    }),
    denseLayers: dense,
  };
}

/** Falcon H1: every layer has both mixers, side by side, and a dense block. */
function falcon(given: Config): HybridShape {
  const { num_hidden_layers: layers } = given;
  return {
    layers: 2 * layers,
    intermediate: needed(given, 'intermediate_size'),
    attention: attentionOf(given),
    linear: {
      ...mamba2(
        layers,
        needed(given, 'mamba_n_heads'),
        needed(given, 'mamba_d_head'),
        given.mamba_n_groups || 1,
        needed(given, 'mamba_d_state'),
      ),
      ...stateOf(given),
    },
    denseLayers: layers,
  };
}

/** Qwen3-Next and its successors: gated delta networks, gated attention in every fourth layer. */
function qwen(given: Config): HybridShape {
  const { num_hidden_layers: layers } = given;
  const attends = attending(given, ['full_attention', 'linear_attention']);
  const count = given.num_experts ?? 0;
  const width = count ? needed(given, 'moe_intermediate_size') : 0;
  const [keyDim, headDim] = [needed(given, 'linear_key_head_dim'), needed(given, 'linear_value_head_dim')];
  return {
    layers,
    intermediate: count ? 0 : needed(given, 'intermediate_size'),
    attention: {
      ...gqa(given.num_attention_heads, needed(given, 'num_key_value_heads'), given.head_dim ?? 256),
      gated: true,
    },
    queryKeyNorm: 'heads',
    linear: {
      layers: layers - attends,
      keyHeads: needed(given, 'linear_num_key_heads'),
      valueHeads: needed(given, 'linear_num_value_heads'),
      headDim,
      ...(keyDim !== headDim && { keyDim }),
      gates: 2,
      ...stateOf(given),
    },
    ...expertsOf(given, count, width, given.shared_expert_intermediate_size ?? 0),
    denseLayers: count ? 0 : layers,
  };
}

const HYBRIDS: Readonly<Record<string, (given: Config) => HybridShape>> = {
  jamba,
  granitemoehybrid: granite,
  nemotron_h: nemotron,
  falcon_h1: falcon,
  kimi_linear: kimiShape,
  qwen3_next: qwen,
  qwen3_5: qwen,
  qwen3_5_text: qwen,
  qwen3_5_moe: qwen,
  qwen3_5_moe_text: qwen,
};

/** Values of `model_type` that are hybrids. */
export const HYBRID_TYPES: readonly string[] = Object.keys(HYBRIDS);

/**
 * The shape of a hybrid.
 *
 * @returns undefined if the type is not one
 * @throws DescriptionError for what is missing
 */
export function hybridShape(
  type: string | undefined,
  input: Record<string, unknown>,
): HybridShape | undefined {
  const read = type === undefined ? undefined : HYBRIDS[type];
  return read?.(parseDescription(config, input));
}
