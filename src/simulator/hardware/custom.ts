/** GPUs that a user describes: figures of their own, and kernels that reach what those of a known GPU do. */
import * as z from 'zod';
import { DescriptionError, parseDescription } from '../description.js';
import { findGpu, GPU_NAMES } from './catalogue.js';
import type {
  AllReduceFit,
  ComputeType,
  DecodeFit,
  EngineKernels,
  ExpertFits,
  ExpertWeights,
  Gpu,
  KvType,
  PrefillFit,
} from './gpu.js';

const bytes = (least: number, example: string) =>
  z.number().min(least, `is in bytes, such as ${example}`).max(1e15);
const perSecond = (least: number, example: string) =>
  z.number().min(least, `is in units per second, such as ${example}`).max(1e19);
const share = z.number().gt(0).max(1.5);

const gemm = z
  .strictObject({
    compute: share.describe('Share of the peak FLOP/s that a large multiplication reaches'),
    memory: share.describe('Share of the bandwidth that a thin one reaches'),
    blend: z.number().min(1).max(16).describe('Exponent of the norm of both times'),
    launchUs: z.number().min(0).max(1e4),
  })
  .partial();
const byWeight = z.strictObject({ bf16: gemm, fp8: gemm, fp4: gemm }).partial();
const prefill = z
  .strictObject({
    share,
    expPs: z.number().min(0).max(1e3).describe('Picoseconds of one exponential of the softmax'),
    extraPairs: z.number().min(0).max(1e6),
  })
  .partial();
const decode = z
  .strictObject({
    share,
    elementBytes: z.number().min(0).max(1e6),
    launchUs: z.number().min(0).max(1e4),
    blockNs: z
      .number()
      .min(0)
      .max(1e5)
      .describe('Nanoseconds of one sequence and key head on the whole GPU, whatever the length'),
  })
  .partial();

const efficiency = z
  .strictObject({
    gemm: byWeight.describe('Matrix multiplications, by the type of the weights'),
    experts: byWeight.describe('Routed experts, by the type of the weights'),
    prefill: z.strictObject({ bf16: prefill, fp8: prefill }).partial().describe('Attention of prompts'),
    decode: z
      .strictObject({ bf16: decode, fp8: decode })
      .partial()
      .describe('Attention of running sequences'),
    allReduce: z
      .array(
        z.strictObject({
          workers: z.int().min(2).max(1024),
          latencyUs: z.number().min(0).max(1e6),
          busBytesPerS: perSecond(1e6, '300e9'),
          blend: z.number().min(1).max(16).default(1),
        }),
      )
      .min(1)
      .refine(
        (fits) => fits.every((fit, i) => i === 0 || fit.workers > fits[i - 1]!.workers),
        'must ascend by workers',
      ),
  })
  .partial();

/** What a file that describes a GPU may say. */
export const gpuDescription = z.strictObject({
  $schema: z.string().optional(),
  name: z
    .string()
    .min(1)
    .max(100)
    .refine((name) => !GPU_NAMES.includes(name), 'is that of a GPU that fakeai knows; choose another'),
  like: z
    .string()
    .refine((name) => findGpu(name) !== undefined, `is not a known GPU; those are ${GPU_NAMES.join(', ')}`)
    .optional()
    .describe('A known GPU, for all that is left out. Without it, the nearest of the same generation'),
  memoryBytes: bytes(2 ** 30, '80e9').optional(),
  bandwidthBytesPerS: perSecond(1e9, '3.35e12').optional().describe('Of the memory'),
  flopsPerS: z
    .strictObject({
      bf16: perSecond(1e11, '989e12'),
      fp8: perSecond(1e11, '1978e12').optional(),
      fp4: perSecond(1e11, '9000e12').optional(),
    })
    .optional()
    .describe('Dense peaks, without sparsity; a type that is left out is computed in bf16'),
  tdpW: z.number().min(1).max(100_000).optional(),
  linkBytesPerS: perSecond(1e8, '450e9')
    .optional()
    .describe('Between GPUs of a node, per GPU, one direction'),
  linkDomain: z.int().min(1).max(4096).optional().describe('GPUs that share that link'),
  networkBytesPerS: perSecond(1e7, '50e9').optional().describe('Between nodes, per GPU, one direction'),
  efficiency: efficiency.optional().describe('What kernels reach, where it was measured'),
});

type Description = z.output<typeof gpuDescription>;
type Efficiency = z.output<typeof efficiency>;

const NEEDED = ['memoryBytes', 'bandwidthBytesPerS', 'flopsPerS', 'tdpW', 'linkBytesPerS'] as const;

/** The GPU whose kernels are most alike: the units it has tell its generation, its bandwidth whether it has stacked memory. */
function nearest({ flopsPerS, bandwidthBytesPerS = 0 }: Description): string {
  // Cards with GDDR7 reach 1.8 TB/s, the slowest stacks of that generation more than 4.
  if (flopsPerS?.fp4 !== undefined) return bandwidthBytesPerS >= 3e12 ? 'b200' : 'rtx-pro-6000';
  const stacked = bandwidthBytesPerS >= 1.2e12;
  if (flopsPerS?.fp8 !== undefined) return stacked ? 'h100' : 'l40s';
  return stacked ? 'a100' : 'a40';
}

/** A fit, with what was measured in place of some of its figures. */
const overlay = <T extends object>(fit: T, own: { [K in keyof T]?: T[K] | undefined } | undefined): T => ({
  ...fit,
  ...(Object.fromEntries(Object.entries(own ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>),
});

/** The types that the GPU has units for. */
const computes = ({ flopsPerS }: Pick<Gpu, 'flopsPerS'>, type: ComputeType): boolean =>
  flopsPerS[type] !== undefined;

/** Kernels for units that the GPU does not have are left out. */
function expertsOf({ experts }: Gpu, gpu: Pick<Gpu, 'flopsPerS'>, own: Efficiency['experts']): ExpertFits {
  const entries = (Object.keys(experts) as ExpertWeights[])
    .filter((key) => computes(gpu, experts[key]!.computes))
    .map((key) => [key, overlay(experts[key]!, own?.[key as ComputeType])] as const);
  return Object.fromEntries(entries) as unknown as ExpertFits;
}

function gemmOf(like: Gpu, gpu: Pick<Gpu, 'flopsPerS'>, own: Efficiency['gemm']): Gpu['gemm'] {
  const types = (['bf16', 'fp8', 'fp4'] as const).filter((type) => computes(gpu, type));
  const entries = types.map((type) => {
    const fit = like.gemm[type];
    if (fit === undefined) {
      const hint = `Leave "like" out, or name one of their generation, such as ${type === 'fp4' ? 'b200' : 'h100'}.`;
      throw new DescriptionError(`flopsPerS.${type}: ${like.name} has no ${type} units to be like`, hint);
    }
    return [type, overlay(fit, own?.[type])] as const;
  });
  return Object.fromEntries(entries) as unknown as Gpu['gemm'];
}

type Prefill = Readonly<Record<KvType, PrefillFit>>;
type Decode = Readonly<Record<KvType, DecodeFit>>;

/** More exponentials per second with more units. */
const prompts = ({ bf16, fp8 }: Prefill, times: number): Prefill => ({
  bf16: { ...bf16, expPs: bf16.expPs * times },
  fp8: { ...fp8, expPs: fp8.expPs * times },
});

/** More blocks at once with more units. */
const running = ({ bf16, fp8 }: Decode, times: number): Decode => ({
  bf16: { ...bf16, blockNs: bf16.blockNs * times },
  fp8: { ...fp8, blockNs: fp8.blockNs * times },
});

/** Attention with as many units as the peak tells. */
function attentionOf({ attention }: Gpu, times: number, own: Efficiency | undefined): Gpu['attention'] {
  const prefill = prompts(attention.prefill, times);
  const decode = running(attention.decode, times);
  return {
    ...attention,
    prefill: {
      bf16: overlay(prefill.bf16, own?.prefill?.bf16),
      fp8: overlay(prefill.fp8, own?.prefill?.fp8),
    },
    decode: { bf16: overlay(decode.bf16, own?.decode?.bf16), fp8: overlay(decode.fp8, own?.decode?.fp8) },
  };
}

/** What the kernels of single engines reach, but for what was measured on this GPU and for units that it does not have. */
function engineOf(
  { gemm, experts, prefill, decode }: EngineKernels,
  gpu: Pick<Gpu, 'flopsPerS'>,
  times: number,
  own: Efficiency | undefined,
): EngineKernels {
  const fits = Object.entries(gemm ?? {}).filter(
    ([type]) => computes(gpu, type as ComputeType) && own?.gemm?.[type as ComputeType] === undefined,
  );
  const blocks = Object.entries(experts ?? {}).filter(([, fit]) => computes(gpu, fit.computes));
  return {
    gemm: Object.fromEntries(fits),
    ...(own?.experts === undefined && { experts: Object.fromEntries(blocks) }),
    ...(prefill && own?.prefill === undefined && { prefill: prompts(prefill, times) }),
    ...(decode && own?.decode === undefined && { decode: running(decode, times) }),
  };
}

/** Refuses shares for units that the GPU does not have: they would have no effect. */
function refuseIdle(gpu: Pick<Gpu, 'flopsPerS'>, own: Efficiency | undefined): void {
  for (const part of ['gemm', 'experts'] as const)
    for (const type of ['fp8', 'fp4'] as const)
      if (own?.[part]?.[type] !== undefined && !computes(gpu, type))
        throw new DescriptionError(`efficiency.${part}.${type}: has no effect without flopsPerS.${type}`);
}

/**
 * A GPU that somebody describes. What is left out is that of the GPU that it is `like`; all-reduces scale with the link.
 *
 * @param input - as `schemas/gpu.schema.json` says
 * @throws DescriptionError
 */
export function describeGpu(input: unknown): Gpu {
  const given = parseDescription(gpuDescription, input);
  const missing = NEEDED.find((key) => given[key] === undefined);
  if (given.like === undefined && missing !== undefined)
    throw new DescriptionError(
      `${missing}: is missing`,
      `Say it, or name a GPU that this one is like, such as "like": "h100".`,
    );
  const like = findGpu(given.like ?? nearest(given))!;
  const own = given.efficiency;
  const said = Object.fromEntries(
    [...NEEDED, 'linkDomain', 'networkBytesPerS'].map((key) => [key, given[key as (typeof NEEDED)[number]]]),
  );
  const figures = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  const { kernels, blockFp8, ...rest } = like;
  const gpu = { ...rest, ...(figures as Partial<Gpu>), name: given.name };
  refuseIdle(gpu, own);
  const times = like.flopsPerS.bf16 / gpu.flopsPerS.bf16;
  const scale = gpu.linkBytesPerS / like.linkBytesPerS;
  const scaled = (fits: readonly AllReduceFit[]): readonly AllReduceFit[] =>
    fits.map((fit) => ({ ...fit, busBytesPerS: fit.busBytesPerS * scale }));
  return {
    ...gpu,
    gemm: gemmOf(like, gpu, own?.gemm),
    ...(blockFp8 && computes(gpu, 'fp8') && { blockFp8 }),
    experts: expertsOf(like, gpu, own?.experts),
    attention: attentionOf(like, times, own),
    ...(kernels && {
      kernels: {
        vllm: engineOf(kernels.vllm, gpu, times, own),
        trtllm: engineOf(kernels.trtllm, gpu, times, own),
      },
    }),
    allReduce: own?.allReduce ?? scaled(like.allReduce),
    exchange: { ...like.exchange, workers: own?.allReduce ?? scaled(like.exchange.workers) },
  };
}
