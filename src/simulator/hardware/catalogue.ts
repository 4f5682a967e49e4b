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
  BLACKWELL_TRTLLM_DECODE,
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
    allReduce: inNode([5, 180], [6, 180], [6, 200]),
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
    gemm: { bf16: fit(0.74, 0.91, 2, 5), fp8: fit(0.65, 0.83, 4, 11, 7.8) },
    kernels: {
      vllm: {
        gemm: { fp8: fit(0.54, 0.82, 3.3, 7, 6) },
        decode: { bf16: decode(0.91, 25, 13, 24), fp8: decode(0.71, 45, 15, 22) },
      },
      trtllm: {
        gemm: { fp8: fit(0.63, 0.82, 4, 13, 2.2) },
        decode: { bf16: decode(0.83, 17, 13, 28), fp8: decode(0.85, 15, 9, 6) },
      },
    },
    elementwise: HOPPER_ELEMENTWISE,
    blockFp8: fit(0.54, 0.86, 1, 7),
    experts: {
      bf16: expertFit('bf16', 0.9, 0.91, 1.5, 28, 1.2),
      fp8: expertFit('fp8', 0.9, 0.88, 2, 30, 1.6),
      blockFp8: expertFit('fp8', 0.3, 0.88, 1.7, 40),
      mxfp4: expertFit('bf16', 0.5, 0.79, 2, 88, 1, 74),
    },
    attention: {
      prefill: HOPPER_PREFILL,
      prefillLaunchUs: PREFILL_LAUNCH_US,
      decode: { bf16: decode(0.91, 25, 13, 24), fp8: decode(0.84, 15, 11, 12) },
      decodeComputeShare: { bf16: 0.67, fp8: 0.78 },
    },
    allReduce: inNode([4, 260], [5, 320], [5, 340]),
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
    gemm: { bf16: fit(0.82, 0.83, 3, 4), fp8: fit(0.68, 0.81, 4, 11, 7.2) },
    kernels: {
      vllm: {
        gemm: { fp8: fit(0.6, 0.79, 2.6, 7, 7) },
        decode: { bf16: decode(0.87, 41, 13, 24), fp8: decode(0.52, 64, 14, 22) },
      },
      trtllm: {
        gemm: { fp8: fit(0.61, 0.83, 4, 13, 0.8) },
        decode: { bf16: decode(0.76, 27, 14, 29), fp8: decode(0.76, 23, 9, 6) },
      },
    },
    elementwise: HOPPER_ELEMENTWISE,
    blockFp8: fit(0.54, 0.8, 1, 7),
    experts: {
      bf16: expertFit('bf16', 0.88, 0.9, 2, 29, 1.9),
      fp8: expertFit('fp8', 0.9, 0.9, 2, 32, 2.2),
      blockFp8: expertFit('fp8', 0.32, 0.84, 1.7, 42),
      mxfp4: expertFit('bf16', 0.47, 0.65, 2, 86, 1, 74),
    },
    attention: {
      prefill: HOPPER_PREFILL,
      prefillLaunchUs: PREFILL_LAUNCH_US,
      decode: { bf16: decode(0.87, 41, 13, 24), fp8: decode(0.64, 25, 11, 12) },
      decodeComputeShare: { bf16: 0.67, fp8: 0.78 },
    },
    allReduce: inNode([4, 260], [5, 320], [5, 380]),
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
      fp8: fit(0.61, 0.76, 3.9, 13, 8.9),
      fp4: fit(0.44, 0.64, 2.6, 9, 2.9),
    },
    kernels: {
      vllm: { gemm: { fp8: fit(0.55, 0.74, 4, 7, 10), fp4: fit(0.47, 0.75, 2, 8, 2.2) } },
      trtllm: {
        gemm: { fp8: fit(0.61, 0.76, 3.2, 15, 5.8), fp4: fit(0.42, 0.56, 4, 11, 3.4) },
        decode: BLACKWELL_TRTLLM_DECODE,
      },
    },
    elementwise: HOPPER_ELEMENTWISE,
    blockFp8: fit(0.59, 0.73, 1.8, 7),
    experts: {
      bf16: expertFit('bf16', 0.9, 0.93, 1.5, 34, 1.7),
      fp8: expertFit('fp8', 0.9, 0.92, 3, 37, 2.9),
      blockFp8: expertFit('fp8', 0.55, 0.73, 2.4, 51),
      fp4: nvfp4Experts(expertFit('fp4', 0.85, 0.8, 2.3, 45, 3), expertFit('fp4', 1, 1, 4, 12)),
      mxfp4: expertFit('fp8', 0.8, 0.7, 1.5, 26, 1, 10),
    },
    attention: {
      prefill: BLACKWELL_PREFILL,
      prefillLaunchUs: PREFILL_LAUNCH_US,
      decode: BLACKWELL_DECODE,
      decodeComputeShare: { bf16: 0.6, fp8: 1 },
    },
    allReduce: inNode([6, 480], [6, 560], [7, 580]),
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
      fp8: fit(0.58, 0.78, 3.6, 13, 9),
      fp4: fit(0.42, 0.63, 2.7, 9, 3),
    },
    kernels: {
      vllm: { gemm: { fp8: fit(0.54, 0.74, 3.7, 7, 10.2), fp4: fit(0.44, 0.76, 2.1, 8, 2.2) } },
      trtllm: {
        gemm: { fp8: fit(0.57, 0.77, 3.1, 15, 6.8), fp4: fit(0.41, 0.53, 3.9, 10, 4) },
        decode: BLACKWELL_TRTLLM_DECODE,
      },
    },
    elementwise: HOPPER_ELEMENTWISE,
    blockFp8: fit(0.58, 0.73, 1.5, 7),
    experts: {
      bf16: expertFit('bf16', 0.9, 0.92, 2, 33, 2.2),
      fp8: expertFit('fp8', 0.9, 0.92, 3, 36, 2.9),
      blockFp8: expertFit('fp8', 0.52, 0.73, 2.4, 50),
      fp4: nvfp4Experts(expertFit('fp4', 0.81, 0.83, 2.5, 42, 3), expertFit('fp4', 1, 1, 4, 11)),
      mxfp4: expertFit('fp8', 0.71, 0.78, 1.5, 25, 1, 10),
    },
    attention: {
      prefill: BLACKWELL_PREFILL,
      prefillLaunchUs: PREFILL_LAUNCH_US,
      decode: BLACKWELL_DECODE,
      decodeComputeShare: { bf16: 0.6, fp8: 1 },
    },
    allReduce: inNode([5, 500], [5, 540], [7, 580]),
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
