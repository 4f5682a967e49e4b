/**
 * GPU figures as data. Peaks, memory, power and links: vendor data sheets as collected in AIConfigurator's system
 * files. Fits: see docs/simulator/cost-model.md for the origin of every number and what it was measured to reach.
 */
import type { AllReduceFit, GemmFit, Gpu } from './gpu.js';

const GIB = 2 ** 30;
const MIB = 2 ** 20;

const fit = (compute: number, memory: number, blend: number, launchUs: number): GemmFit => ({
  compute,
  memory,
  blend,
  launchUs,
});

/** All-reduce in CUDA graphs on 2, 4 and 8 GPUs: latency in µs and bus bandwidth in GB/s of each. */
const inNode = (
  ...pairs: readonly (readonly [latencyUs: number, busGBPerS: number])[]
): readonly AllReduceFit[] =>
  pairs.map(([latencyUs, busGBPerS], i) => ({
    workers: 2 ** (i + 1),
    latencyUs,
    busBytesPerS: busGBPerS * 1e9,
    blend: 1,
  }));

/** Fitted with p = 2 on the measured linear-operation table; floors of eager kernels. */
const AMPERE_ELEMENTWISE = { floorUs: 24, bytesPerHidden: 30, bytesPerIntermediate: 16 };
const HOPPER_ELEMENTWISE = { floorUs: 16, bytesPerHidden: 28, bytesPerIntermediate: 14 };

/** Long-sequence shares s were measured at 8-16 k tokens, where s·(n + 1300)/n recovers the asymptote (about s·1.11). */
const attention = (
  longShare: number,
  bf16: number,
  fp8: number,
  decodeLaunchUs: number,
): Gpu['attention'] => ({
  prefillShare: longShare * 1.11,
  prefillHalfTokens: 1300,
  prefillLaunchUs: 15,
  decodeShare: { bf16, fp8 },
  decodeLaunchUs,
});

const GPUS: readonly Gpu[] = [
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
    attention: attention(0.54, 0.74, 0.74, 18),
    allReduce: inNode([5, 180], [6, 180], [6, 200]),
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
    gemm: { bf16: fit(0.74, 0.91, 2, 5), fp8: fit(0.58, 0.89, 1.5, 10) },
    kernels: {
      vllm: { fp8: fit(0.49, 0.83, 1.5, 6) },
      trtllm: { fp8: fit(0.64, 0.71, 1.5, 10) },
    },
    elementwise: HOPPER_ELEMENTWISE,
    attention: attention(0.59, 0.9, 0.84, 11),
    allReduce: inNode([4, 260], [5, 320], [5, 340]),
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
    gemm: { bf16: fit(0.82, 0.83, 3, 4), fp8: fit(0.58, 0.86, 1.5, 10) },
    kernels: {
      vllm: { fp8: fit(0.52, 0.89, 1.5, 8) },
      trtllm: { fp8: fit(0.64, 0.68, 1.5, 10) },
    },
    elementwise: HOPPER_ELEMENTWISE,
    attention: attention(0.58, 0.87, 0.64, 11),
    allReduce: inNode([4, 260], [5, 320], [5, 380]),
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
      fp8: fit(0.58, 0.89, 1, 10),
      fp4: fit(0.43, 0.74, 1.5, 8),
    },
    kernels: {
      vllm: { fp8: fit(0.46, 0.71, 1.5, 6), fp4: fit(0.46, 0.92, 1.5, 8) },
      trtllm: { fp8: fit(0.67, 0.53, 1, 10), fp4: fit(0.4, 0.65, 2, 10) },
    },
    elementwise: HOPPER_ELEMENTWISE,
    attention: attention(0.53, 0.91, 0.9, 9),
    allReduce: inNode([6, 480], [6, 560], [7, 580]),
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
      fp8: fit(0.52, 0.95, 1, 10),
      fp4: fit(0.43, 0.71, 1.5, 8),
    },
    kernels: {
      vllm: { fp8: fit(0.46, 0.86, 1.5, 8), fp4: fit(0.43, 0.86, 1.5, 8) },
      trtllm: { fp8: fit(0.61, 0.53, 1, 10), fp4: fit(0.4, 0.62, 2, 10) },
    },
    elementwise: HOPPER_ELEMENTWISE,
    attention: attention(0.53, 0.91, 0.9, 9),
    allReduce: inNode([5, 500], [5, 540], [7, 580]),
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
    gemm: { bf16: fit(0.64, 0.83, 2, 1), fp8: fit(0.52, 0.77, 1.5, 1) },
    elementwise: AMPERE_ELEMENTWISE,
    attention: attention(0.54, 0.74, 0.74, 15),
    // PCIe through the host: large messages of four and more GPUs crawl.
    allReduce: inNode([6, 20], [13, 5], [25, 5]),
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
    attention: attention(0.54, 0.74, 0.74, 18),
    // NVLink joins pairs only; four GPUs fall back to PCIe (Vidur: 24-49 GB/s on pairwise boxes).
    allReduce: inNode([10, 45], [15, 24], [25, 5]),
  },
];

const BY_NAME: ReadonlyMap<string, Gpu> = new Map(GPUS.map((gpu) => [gpu.name, gpu]));

/** Names that {@link findGpu} knows, newest families included. */
export const GPU_NAMES: readonly string[] = GPUS.map((gpu) => gpu.name);

/**
 * The figures of a GPU by name.
 *
 * @param name - `h100`; case, vendor, form factor and memory size are ignored (`NVIDIA H100-SXM5-80GB`)
 * @returns undefined if the name is not in the catalogue
 */
export const findGpu = (name: string): Gpu | undefined => {
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  for (const word of words) {
    const gpu = BY_NAME.get(word);
    if (gpu !== undefined) return gpu;
  }
  return undefined;
};
