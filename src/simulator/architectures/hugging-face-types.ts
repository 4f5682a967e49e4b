/** How the weights of a checkpoint on Hugging Face are stored, by its config.json. */
import * as z from 'zod';
import { DescriptionError, parseDescription } from '../description.js';
import type { Architecture } from './architecture.js';

type PublishedTypes = Pick<Architecture, 'checkpoint' | 'attentionWeights' | 'blockScaledFp8' | 'mxfp4'>;

const quantization = z.looseObject({
  quant_method: z.string().optional(),
  quant_algo: z.string().optional(),
  weight_block_size: z.array(z.int()).nullish(),
  config_groups: z
    .record(
      z.string(),
      z.looseObject({ weights: z.looseObject({ num_bits: z.int(), type: z.string() }).nullish() }),
    )
    .optional(),
});
type Quantization = z.output<typeof quantization>;

const declared = z.looseObject({
  torch_dtype: z.string().nullish(),
  dtype: z.string().nullish(),
  quantization_config: quantization.nullish(),
});

const HINT = 'Leave quantization_config out and choose what comes nearest with --weights bf16, fp8 or fp4.';

/** `compressed-tensors` and ModelOpt say it by bits. */
function byBits({ config_groups: groups = {} }: Quantization): PublishedTypes | undefined {
  const kinds = Object.values(groups).map(({ weights }) => `${weights?.type}${weights?.num_bits}`);
  if (kinds.length > 0 && kinds.every((kind) => kind === 'float8')) return { checkpoint: 'fp8' };
  if (kinds.length > 0 && kinds.every((kind) => kind === 'float4')) return { checkpoint: 'fp4' };
  return undefined;
}

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
  if (given.quantization_config) return quantized(given.quantization_config, latent);
  const type = given.dtype ?? given.torch_dtype ?? 'bfloat16';
  if (type.startsWith('float8')) return { checkpoint: 'fp8' };
  // Engines cast float32 to half of it.
  if (['bfloat16', 'float16', 'float32', 'auto'].includes(type)) return {};
  throw new DescriptionError(`torch_dtype: "${type}" is not simulated`, HINT);
}
