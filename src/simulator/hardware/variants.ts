/** GPUs that share a chip with a measured one, or are its like. */
import { BLACKWELL_ULTRA_PREFILL, HOPPER_PREFILL, inNode, PCIE_EXCHANGE } from './fits.js';
import type { ComputeType, EngineKernels, ExpertFit, ExpertFits, GemmFit, Gpu } from './gpu.js';

const GIB = 2 ** 30;

/** Prompt attention of a chip with fewer units for exponentials, so many times slower. */
const slower = (fits: Gpu['attention']['prefill'], times: number): Gpu['attention']['prefill'] => ({
  bf16: { ...fits.bf16, expPs: fits.bf16.expPs * times },
  fp8: { ...fits.fp8, expPs: fits.fp8.expPs * times },
});

/** Attention of running sequences on a chip with so many times fewer multiprocessors. */
const fewerUnits = (fits: Gpu['attention']['decode'], times: number): Gpu['attention']['decode'] => ({
  bf16: { ...fits.bf16, blockNs: fits.bf16.blockNs * times },
  fp8: { ...fits.fp8, blockNs: fits.fp8.blockNs * times },
});

/** By what other factor than the data sheet says multiplications are faster. */
type Pace = Readonly<Record<ComputeType, number>>;

const paced = <T extends GemmFit>(fit: T, times: number): T => ({ ...fit, compute: fit.compute * times });

const gemmAt = <T extends Partial<Gpu['gemm']>>(gemm: T, pace: Pace): T =>
  Object.fromEntries(
    Object.entries(gemm).map(([type, fit]) => [type, paced(fit, pace[type as ComputeType])]),
  ) as T;

/** Experts in 4 bits alone; the others of Blackwell were measured to take what the bandwidth says. */
const expertsAt = <T extends Partial<ExpertFits>>(experts: T, { fp4 }: Pace): T => {
  const at = (fit: ExpertFit): ExpertFit =>
    fit.computes === 'fp4'
      ? { ...paced(fit, fp4), ...(fit.few && { few: { ...fit.few, fit: paced(fit.few.fit, fp4) } }) }
      : fit;
  return Object.fromEntries(Object.entries(experts).map(([type, fit]) => [type, at(fit)])) as T;
};

/** Kernels of a GPU at another pace. */
const kernelsAt = (
  { gemm, blockFp8, experts, kernels }: Gpu,
  pace: Pace,
): Pick<Gpu, 'gemm' | 'blockFp8' | 'experts' | 'kernels'> => {
  const engine = (own: EngineKernels): EngineKernels => ({
    ...own,
    ...(own.gemm && { gemm: gemmAt(own.gemm, pace) }),
    ...(own.experts && { experts: expertsAt(own.experts, pace) }),
  });
  return {
    gemm: gemmAt(gemm, pace),
    experts: expertsAt(experts, pace),
    ...(blockFp8 && { blockFp8: paced(blockFp8, pace.fp8) }),
    ...(kernels && { kernels: { vllm: engine(kernels.vllm), trtllm: engine(kernels.trtllm) } }),
  };
};

/** Other forms of the chips that were measured: their kernels are taken to reach the same shares of other peaks, where these were not measured themselves. */
export const variantsOf = (measured: readonly Gpu[]): readonly Gpu[] => {
  const base = (name: string): Gpu => {
    const found = measured.find((gpu) => gpu.name === name);
    if (found === undefined) throw new Error(`${name} is not in the catalogue`);
    return found;
  };
  return [
    { ...base('a100'), name: 'a100-40gb', memoryBytes: 40 * GIB, bandwidthBytesPerS: 1.555e12 },
    {
      ...base('h100'),
      name: 'h100-pcie',
      bandwidthBytesPerS: 2e12,
      flopsPerS: { bf16: 756e12, fp8: 1513e12 },
      tdpW: 350,
      linkBytesPerS: 64e9,
      // Not measured: twice what L40S reaches, as PCIe 5 is twice PCIe 4.
      allReduce: inNode([6, 40], [13, 10], [25, 10]),
      exchange: PCIE_EXCHANGE,
    },
    {
      ...base('h200'),
      name: 'h20',
      memoryBytes: 96e9,
      bandwidthBytesPerS: 4e12,
      flopsPerS: { bf16: 148e12, fp8: 296e12 },
      tdpW: 400,
      attention: {
        ...base('h200').attention,
        prefill: slower(HOPPER_PREFILL, 132 / 78),
        decode: fewerUnits(base('h200').attention.decode, 132 / 78),
      },
    },
    {
      ...base('b200'),
      // Measured: multiplications 4 to 7 % faster than B200's in every type, though nvfp4 has half as much again on paper.
      ...kernelsAt(base('b200'), { bf16: 1.07, fp8: 1.05, fp4: 0.71 }),
      name: 'b300',
      memoryBytes: 288e9,
      bandwidthBytesPerS: 8e12,
      flopsPerS: { bf16: 2250e12, fp8: 4500e12, fp4: 13_500e12 },
      tdpW: 1400,
      attention: { ...base('b200').attention, prefill: BLACKWELL_ULTRA_PREFILL },
    },
    {
      ...base('gb200'),
      ...kernelsAt(base('gb200'), { bf16: 1.09, fp8: 1.07, fp4: 0.7 }),
      name: 'gb300',
      memoryBytes: 288e9,
      flopsPerS: { bf16: 2500e12, fp8: 5000e12, fp4: 15_000e12 },
      tdpW: 1400,
      attention: { ...base('gb200').attention, prefill: BLACKWELL_ULTRA_PREFILL },
    },
    {
      ...base('l40s'),
      name: 'l4',
      memoryBytes: 24e9,
      bandwidthBytesPerS: 0.3e12,
      flopsPerS: { bf16: 121e12, fp8: 242e12 },
      tdpW: 72,
      attention: { ...base('l40s').attention, prefill: slower(base('l40s').attention.prefill, 142 / 58) },
    },
  ];
};
