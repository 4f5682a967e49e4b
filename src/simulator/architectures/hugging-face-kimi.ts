/** Kimi Linear, as its config.json on Hugging Face describes it: delta networks gated per channel, latent attention in every fourth layer. */
import * as z from 'zod';
import { DescriptionError, parseDescription } from '../description.js';
import type { Architecture } from './architecture.js';

const whole = z.int().min(0).max(10_000_000);
const some = whole.min(1);
const nullable = whole.nullish();
const numbers = z.array(whole).max(10_000);

const config = z.looseObject({
  hidden_size: some,
  num_hidden_layers: some.max(10_000),
  num_attention_heads: some,
  intermediate_size: some,
  kv_lora_rank: some,
  q_lora_rank: nullable,
  qk_rope_head_dim: some,
  qk_nope_head_dim: some,
  v_head_dim: some,
  linear_attn_config: z.looseObject({
    full_attn_layers: numbers,
    kda_layers: numbers,
    num_heads: some,
    head_dim: some,
  }),
  num_experts: some,
  num_experts_per_token: some,
  num_shared_experts: nullable,
  moe_intermediate_size: some,
  routed_expert_hidden_size: nullable,
  first_k_dense_replace: nullable,
});

/**
 * The shape of a Kimi Linear model.
 *
 * @throws DescriptionError for what is missing
 */
export function kimiShape(
  input: unknown,
): Pick<Architecture, 'layers' | 'intermediate' | 'attention' | 'linear' | 'experts' | 'denseLayers'> {
  const given = parseDescription(config, input);
  const { num_hidden_layers: layers, linear_attn_config: linear, moe_intermediate_size: width } = given;
  const recurrent = linear.kda_layers.length;
  if (recurrent + linear.full_attn_layers.length !== layers)
    throw new DescriptionError(`linear_attn_config: does not tell of each of the ${layers} layers`);
  const latent = given.routed_expert_hidden_size ?? given.hidden_size;
  return {
    layers,
    intermediate: given.intermediate_size,
    attention: {
      kind: 'mla',
      heads: given.num_attention_heads,
      queryRank: given.q_lora_rank ?? 0,
      kvRank: given.kv_lora_rank,
      ropeDim: given.qk_rope_head_dim,
      keyDim: given.qk_nope_head_dim,
      valueDim: given.v_head_dim,
    },
    linear: {
      layers: recurrent,
      keyHeads: linear.num_heads,
      valueHeads: linear.num_heads,
      headDim: linear.head_dim,
    },
    experts: {
      count: given.num_experts,
      perToken: given.num_experts_per_token,
      intermediate: width,
      sharedIntermediate: (given.num_shared_experts ?? 0) * width,
      ...(latent !== given.hidden_size && { latent }),
      balanced: true,
    },
    denseLayers: given.first_k_dense_replace ?? 0,
  };
}
