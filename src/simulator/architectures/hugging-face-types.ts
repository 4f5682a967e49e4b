/** How the weights of a checkpoint on Hugging Face are stored, by its config.json. */
import * as z from 'zod';
import { DescriptionError, parseDescription } from '../description.js';
import type { Architecture } from './architecture.js';

type PublishedTypes = Pick<Architecture, 'checkpoint' | 'attentionWeights' | 'blockScaledFp8' | 'mxfp4'>;

const quantization = z.looseObject({
  quant_method: z.string().optional(),
  quant_algo: z.string().optional(),
  weight_block_size: z.array(z.int()).nullish(),
  bits: z.int().nullish(),
  w_bit: z.int().nullish(),
  ignore: z.array(z.string()).nullish(),
  config_groups: z
    .record(
      z.string(),
      z.looseObject({
        weights: z
          .looseObject({ num_bits: z.int(), type: z.string(), group_size: z.int().nullish() })
          .nullish(),
        input_activations: z.unknown().optional(),
      }),
    )
    .optional(),
});
type Quantization = z.output<typeof quantization>;

const declared = z.looseObject({
  torch_dtype: z.string().nullish(),
  dtype: z.string().nullish(),
  quantization_config: quantization.nullish(),
  /** DeepSeek V4: that of the routed experts, where it differs from the rest. */
  expert_dtype: z.string().nullish(),
});

const HINT =
  'Leave quantization_config out and choose what comes nearest with --weights bf16, fp8, fp4 or int4.';

/** mxfp4 has a scale for 32 weights, nvfp4 for 16. */
const MXFP4_GROUP = 32;

/** Where attention is left out, it stays as it was. */
const attentionOf = ({ ignore }: Quantization): PublishedTypes =>
  ignore?.some((pattern) => /self_attn|attention/.test(pattern)) ? { attentionWeights: 'bf16' } : {};

/** `compressed-tensors` and ModelOpt say it by bits. */
function byBits(given: Quantization): PublishedTypes | undefined {
  const groups = Object.values(given.config_groups ?? {});
  const all = (kind: string): boolean =>
    groups.length > 0 && groups.every(({ weights }) => `${weights?.type}${weights?.num_bits}` === kind);
  if (all('float8')) return { checkpoint: 'fp8', ...attentionOf(given) };
  if (all('float4')) {
    const mxfp4 = groups.every(({ weights }) => weights?.group_size === MXFP4_GROUP);
    return { checkpoint: 'fp4', ...(mxfp4 && { mxfp4 }), ...attentionOf(given) };
  }
  // Only weights: with activations in integers, other units compute.
  if (all('int4') && groups.every(({ input_activations: inputs }) => inputs === null || inputs === undefined))
    return { checkpoint: 'int4', ...attentionOf(given) };
  return undefined;
}

/** Methods that store weights alone in 4 bits, for kernels such as Marlin. */
const INT4_METHODS = new Set(['awq', 'gptq', 'auto-round', 'auto_round', 'intel/auto-round']);

function quantized(given: Quantization, latent: boolean): PublishedTypes {
  const method = given.quant_method ?? '';
  const algorithm = given.quant_algo ?? '';
  if (method === 'mxfp4') return { checkpoint: 'fp4', mxfp4: true, attentionWeights: 'bf16' };
  if (method === 'fp8' || method === 'fbgemm_fp8')
    return {
      checkpoint: 'fp8',
      ...(given.weight_block_size && { blockScaledFp8: true }),
      // Where such a model is quantized further, its latent attention is not.
      ...(latent && { attentionWeights: 'fp8' }),
    };
  if (algorithm === 'FP8') return { checkpoint: 'fp8' };
  if (algorithm === 'NVFP4') return { checkpoint: 'fp4' };
  if (INT4_METHODS.has(method) && (given.bits ?? given.w_bit) === 4) return { checkpoint: 'int4' };
  const found = byBits(given);
  if (found !== undefined) return found;
  const name = [method, algorithm].filter((part) => part !== '').join(' ') || 'of an unnamed kind';
  throw new DescriptionError(`quantization_config: weights as "${name}" stores them are not simulated`, HINT);
}

/**
 * The data types of the published weights.
 *
 * @param input - the config
 * @param latent - whether its attention is latent
 * @throws DescriptionError for formats that are not simulated
 */
export function publishedTypes(input: unknown, latent: boolean): PublishedTypes {
  const given = parseDescription(declared, input);
  if (given.quantization_config) {
    const types = quantized(given.quantization_config, latent);
    if (given.expert_dtype === 'fp4')
      return { ...types, checkpoint: 'fp4', mxfp4: true, attentionWeights: 'fp8' };
    return types;
  }
  const type = given.dtype ?? given.torch_dtype ?? 'bfloat16';
  if (type.startsWith('float8')) return { checkpoint: 'fp8' };
  // Engines cast float32 to half of it.
  if (['bfloat16', 'float16', 'float32', 'auto'].includes(type)) return {};
  throw new DescriptionError(`torch_dtype: "${type}" is not simulated`, HINT);
}
