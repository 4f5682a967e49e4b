/**
 * GPU figures as data. Peaks, memory, power and links: vendor data sheets as collected in AIConfigurator's system
 * files. Fits: see docs/simulator/cost-model.md for the origin of every number and what it was measured to reach.
 */
import {
  AMPERE_DECODE,
  AMPERE_ELEMENTWISE,
  AMPERE_EXCHANGE,
  AMPERE_PREFILL,
  BLACKWELL_DECODE,
  BLACKWELL_EXCHANGE,
  BLACKWELL_PREFILL,
  HOPPER_ELEMENTWISE,
  HOPPER_EXCHANGE,
  HOPPER_PREFILL,
  PCIE_EXCHANGE,
  PREFILL_LAUNCH_US,
  decode,
  expertFit,
  fit,
  inNode,
  nvfp4Experts,
  prefill,
} from './fits.js';
import { CUTLASS_NVFP4, ENGINE_KERNELS, TRTLLM_MXFP4 } from './engine-kernels.js';
import { furtherGpus } from './further.js';
import type { Gpu } from './gpu.js';
import { variantsOf } from './variants.js';

const GIB = 2 ** 30;
const MIB = 2 ** 20;

const BASE: readonly Gpu[] = [
  {
    name: 'a100',
    memoryBytes: 80 * GIB,
    bandwidthBytesPerS: 2.039e12,
    flopsPerS: { bf16: 312e12 },
    tdpW: 400,
    linkBytesPerS: 300e9,
    linkDomain: 8,
    networkBytesPerS: 25e9,
    gemm: { bf16: fit(0.74, 0.79, 2, 5) },
    elementwise: AMPERE_ELEMENTWISE,
    experts: { bf16: expertFit('bf16', 0.53, 0.94, 1.5, 38) },
    attention: {
      prefill: AMPERE_PREFILL,
      prefillLaunchUs: PREFILL_LAUNCH_US,
      decode: AMPERE_DECODE,
      decodeComputeShare: { bf16: 0.6, fp8: 0.6 },
    },
    allReduce: inNode([5, 180], [5.5, 180, 4], [6, 200, 7]),
    exchange: AMPERE_EXCHANGE,
  },
  {
    name: 'h100',
    memoryBytes: 80 * GIB,
    bandwidthBytesPerS: 3.35e12,
    flopsPerS: { bf16: 989e12, fp8: 1978e12 },
    tdpW: 700,
    linkBytesPerS: 450e9,
    linkDomain: 8,
    networkBytesPerS: 50e9,
    gemm: { bf16: fit(0.74, 0.91, 2, 5), fp8: fit(0.58, 0.82, 3.7, 6, 1.3) },
    kernels: ENGINE_KERNELS.h100,
    elementwise: HOPPER_ELEMENTWISE,
    blockFp8: fit(0.54, 0.86, 1, 7),
    experts: {
      bf16: expertFit('bf16', 1, 1, 1.1, 30, 1.3, 1, 76),
      fp8: expertFit('fp8', 1, 0.89, 1.5, 32, 1.4, 8),
      blockFp8: expertFit('fp8', 0.51, 0.87, 2, 29, 4.1),
      mxfp4: TRTLLM_MXFP4.h100,
      int4: expertFit('bf16', 0.31, 0.86, 1.5, 51, 0.8, 120),
    },
    attention: {
      prefill: HOPPER_PREFILL,
      prefillLaunchUs: PREFILL_LAUNCH_US,
      decode: { bf16: decode(0.91, 25, 13, 24), fp8: decode(0.84, 15, 11, 12) },
      decodeComputeShare: { bf16: 0.67, fp8: 0.78 },
    },
    allReduce: inNode([4, 260], [4.6, 320, 2.8], [5, 340, 3.4]),
    exchange: HOPPER_EXCHANGE,
  },
  {
    name: 'h200',
    // AIConfigurator's system file has 151,397,597,184 bytes: the "141 GB" are GiB.
    memoryBytes: 141 * GIB,
    bandwidthBytesPerS: 4.8e12,
    flopsPerS: { bf16: 989e12, fp8: 1978e12 },
    tdpW: 700,
    linkBytesPerS: 450e9,
    linkDomain: 8,
    networkBytesPerS: 50e9,
    gemm: { bf16: fit(0.82, 0.83, 3, 4), fp8: fit(0.62, 0.81, 3.7, 6, 1.1) },
    kernels: ENGINE_KERNELS.h200,
    elementwise: HOPPER_ELEMENTWISE,
    blockFp8: fit(0.54, 0.8, 1, 7),
    experts: {
      bf16: expertFit('bf16', 1, 1, 1.3, 31, 1.8, 4, 150),
      fp8: expertFit('fp8', 1, 0.89, 1.5, 33, 2.1, 4),
      blockFp8: expertFit('fp8', 0.66, 0.84, 1.9, 31, 5.9),
      mxfp4: TRTLLM_MXFP4.h200,
      int4: expertFit('bf16', 0.32, 0.73, 1.2, 50, 1, 120),
    },
    attention: {
      prefill: HOPPER_PREFILL,
      prefillLaunchUs: PREFILL_LAUNCH_US,
      decode: { bf16: decode(0.87, 41, 13, 24), fp8: decode(0.64, 25, 11, 12) },
      decodeComputeShare: { bf16: 0.67, fp8: 0.78 },
    },
    allReduce: inNode([4, 260], [4.6, 320, 2.8], [5, 380, 3.4]),
    exchange: HOPPER_EXCHANGE,
  },
  {
    name: 'b200',
    memoryBytes: 180 * GIB,
    bandwidthBytesPerS: 7.7e12,
    flopsPerS: { bf16: 2250e12, fp8: 4500e12, fp4: 9000e12 },
    tdpW: 1000,
    linkBytesPerS: 900e9,
    linkDomain: 8,
    networkBytesPerS: 50e9,
    gemm: {
      bf16: fit(0.7, 0.77, 3, 3),
      fp8: fit(0.61, 0.75, 3.6, 6, 5.7),
      fp4: fit(0.47, 0.75, 2, 8, 2.2),
    },
    kernels: ENGINE_KERNELS.b200,
    elementwise: HOPPER_ELEMENTWISE,
    blockFp8: fit(0.59, 0.73, 1.8, 7),
    experts: {
      bf16: expertFit('bf16', 1, 1, 1.5, 33, 2.3, 1, 100),
      fp8: expertFit('fp8', 1, 1, 5.3, 32, 2.8, 4, 130),
      blockFp8: expertFit('fp8', 0.74, 0.75, 3.6, 42, 2.7),
      fp4: nvfp4Experts(CUTLASS_NVFP4, expertFit('fp4', 1, 1, 4, 12)),
      mxfp4: TRTLLM_MXFP4.b200,
      int4: expertFit('bf16', 0.15, 0.56, 1.1, 53, 0.9, 120),
    },
    attention: {
      prefill: BLACKWELL_PREFILL,
      prefillLaunchUs: PREFILL_LAUNCH_US,
      decode: BLACKWELL_DECODE,
      decodeComputeShare: { bf16: 0.6, fp8: 1 },
    },
    allReduce: inNode([6, 480], [6, 560, 6], [6, 580, 8]),
    exchange: BLACKWELL_EXCHANGE,
  },
  {
    name: 'gb200',
    memoryBytes: 189_471 * MIB,
    bandwidthBytesPerS: 8e12,
    flopsPerS: { bf16: 2500e12, fp8: 5000e12, fp4: 10_000e12 },
    tdpW: 1200,
    linkBytesPerS: 900e9,
    linkDomain: 72,
    networkBytesPerS: 50e9,
    gemm: {
      bf16: fit(0.7, 0.77, 2, 3),
      fp8: fit(0.58, 0.76, 3, 6, 5.9),
      fp4: fit(0.44, 0.76, 2.1, 8, 2.2),
    },
    kernels: ENGINE_KERNELS.gb200,
    elementwise: HOPPER_ELEMENTWISE,
    blockFp8: fit(0.58, 0.73, 1.5, 7),
    experts: {
      bf16: expertFit('bf16', 1, 1, 1.6, 31, 2.2, 5, 100),
      fp8: expertFit('fp8', 1, 1, 2, 29, 1.9, 11, 150),
      blockFp8: expertFit('fp8', 0.7, 0.76, 3.8, 41, 2.6),
      fp4: nvfp4Experts(CUTLASS_NVFP4, expertFit('fp4', 1, 1, 4, 11)),
      mxfp4: TRTLLM_MXFP4.gb200,
      int4: expertFit('bf16', 0.15, 0.59, 1.1, 52, 0.7, 120),
    },
    attention: {
      prefill: BLACKWELL_PREFILL,
      prefillLaunchUs: PREFILL_LAUNCH_US,
      decode: BLACKWELL_DECODE,
      decodeComputeShare: { bf16: 0.6, fp8: 1 },
    },
    allReduce: inNode([5, 500], [5, 540, 6], [6, 580, 8]),
    exchange: BLACKWELL_EXCHANGE,
  },
  {
    name: 'l40s',
    memoryBytes: 46_068 * MIB,
    bandwidthBytesPerS: 0.864e12,
    flopsPerS: { bf16: 362e12, fp8: 733e12 },
    tdpW: 350,
    linkBytesPerS: 32e9,
    linkDomain: 8,
    networkBytesPerS: 25e9,
    gemm: { bf16: fit(0.64, 0.83, 2, 1), fp8: fit(0.49, 0.78, 1.9, 5, 0.5) },
    kernels: {
      vllm: {},
      trtllm: {
        prefill: {
          bf16: prefill(0.43, 0.07, 85),
          fp8: { ...prefill(0.77, 0.01, 300), widths: { 64: 0.31, 256: 0.22 } },
        },
      },
    },
    elementwise: AMPERE_ELEMENTWISE,
    experts: { bf16: expertFit('bf16', 0.54, 0.81, 1.8, 1), fp8: expertFit('fp8', 0.52, 0.83, 2.8, 1) },
    attention: {
      prefill: { bf16: prefill(0.43, 0.07, 85), fp8: prefill(0.43, 0.07, 165) },
      prefillLaunchUs: 8,
      decode: { bf16: decode(0.81, 0, 8, 1), fp8: decode(0.79, 1, 9, 16) },
      decodeComputeShare: { bf16: 0.4, fp8: 0.4 },
    },
    // PCIe through the host: large messages of four and more GPUs crawl.
    allReduce: inNode([6, 20], [13, 5], [25, 5]),
    exchange: PCIE_EXCHANGE,
  },
  {
    name: 'a40',
    memoryBytes: 45e9,
    bandwidthBytesPerS: 0.696e12,
    flopsPerS: { bf16: 150e12 },
    tdpW: 300,
    linkBytesPerS: 56e9,
    linkDomain: 8,
    networkBytesPerS: 25e9,
    gemm: { bf16: fit(0.79, 0.82, 2, 5) },
    elementwise: AMPERE_ELEMENTWISE,
    experts: { bf16: expertFit('bf16', 0.53, 0.94, 1.5, 38) },
    attention: {
      prefill: AMPERE_PREFILL,
      prefillLaunchUs: PREFILL_LAUNCH_US,
      decode: AMPERE_DECODE,
      decodeComputeShare: { bf16: 0.6, fp8: 0.6 },
    },
    // NVLink joins pairs only; four GPUs fall back to PCIe (Vidur: 24-49 GB/s on pairwise boxes).
    allReduce: inNode([10, 45], [15, 24], [25, 5]),
    exchange: PCIE_EXCHANGE,
  },
];

const GPUS: readonly Gpu[] = [...BASE, ...variantsOf(BASE), ...furtherGpus(BASE)];

const BY_NAME: ReadonlyMap<string, Gpu> = new Map(GPUS.map((gpu) => [gpu.name, gpu]));

/** Names of several words, the longest first. */
const COMPOUND = [...BY_NAME.keys()]
  .filter((name) => name.includes('-'))
  .toSorted((a, b) => b.length - a.length);

/** Names that {@link findGpu} knows, newest families included. */
export const GPU_NAMES: readonly string[] = GPUS.map((gpu) => gpu.name);

/**
 * The figures of a GPU by name.
 *
 * @param name - `h100`; case and vendor are ignored, form factor and memory size where they make no difference
 *   (`NVIDIA H100-SXM5-80GB`, but `NVIDIA A100-SXM4-40GB` and `NVIDIA H100 PCIe` are others)
 * @returns undefined if the name is not in the catalogue
 */
export const findGpu = (name: string): Gpu | undefined => {
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  const whole = COMPOUND.find((known) => `-${words.join('-')}-`.includes(`-${known}-`));
  if (whole !== undefined) return BY_NAME.get(whole);
  const chip = words.find((word) => BY_NAME.has(word));
  if (chip === undefined) return undefined;
  const variant = words.map((word) => BY_NAME.get(`${chip}-${word}`)).find((gpu) => gpu !== undefined);
  return variant ?? BY_NAME.get(chip);
};
