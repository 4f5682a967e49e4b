/** Workstation and server cards without NVLink, and GPUs of another vendor. */
import {
  decode,
  exchange,
  expertFit,
  fit,
  inNode,
  nvfp4Experts,
  PREFILL_LAUNCH_US,
  prefill,
} from './fits.js';
import type { Gpu } from './gpu.js';

const GIB = 2 ** 30;
const MIB = 2 ** 20;

/**
 * RTX PRO 6000 Blackwell, server edition. Peaks are those at the clock that it held while it was measured (2,430 MHz); every kernel is fitted
 * on AIConfigurator's measurements of TensorRT-LLM, vLLM and NCCL (median error of a multiplication 5 to 13 %, of attention 7 to 18 %).
 */
const RTX_PRO_6000: Gpu = {
  name: 'rtx-pro-6000',
  memoryBytes: 97_887 * MIB,
  bandwidthBytesPerS: 1.792e12,
  flopsPerS: { bf16: 467.8e12, fp8: 935.6e12, fp4: 1871.2e12 },
  tdpW: 600,
  linkBytesPerS: 64e9,
  linkDomain: 8,
  networkBytesPerS: 50e9,
  gemm: {
    bf16: fit(0.85, 0.82, 2.8, 2, 0.9),
    fp8: fit(0.78, 0.82, 3, 8, 3.6),
    fp4: fit(0.69, 0.62, 4, 9, 2),
  },
  kernels: {
    vllm: { gemm: { fp8: fit(0.83, 0.82, 2.9, 5, 4.6), fp4: fit(0.67, 0.66, 4, 10, 1.5) } },
    trtllm: {
      gemm: { fp8: fit(0.73, 0.82, 3.1, 11, 2.6), fp4: fit(0.71, 0.59, 4, 9, 2.4) },
      // It multiplies queries and keys in fp8 where the cache is; heads of 128 have a kernel that gains by it.
      prefill: {
        bf16: prefill(0.46, 0.01, 295),
        fp8: { ...prefill(0.89, 0.01, 295), widths: { 64: 0.37, 256: 0.24 } },
      },
    },
  },
  blockFp8: fit(0.6, 0.85, 3.3, 10, 4),
  elementwise: { floorUs: 16, bytesPerHidden: 28, bytesPerIntermediate: 14 },
  experts: {
    bf16: expertFit('bf16', 0.76, 0.87, 2, 22),
    fp8: expertFit('fp8', 0.87, 0.87, 2.1, 14),
    blockFp8: expertFit('fp8', 0.23, 0.62, 4, 23),
    fp4: expertFit('fp4', 0.91, 0.88, 4, 42),
    mxfp4: expertFit('fp8', 0.83, 0.75, 2, 63),
  },
  attention: {
    prefill: { bf16: prefill(0.46, 0.01, 295), fp8: prefill(0.46, 0.01, 295) },
    prefillLaunchUs: 14,
    decode: { bf16: decode(0.88, 1, 8, 10), fp8: decode(0.84, 2, 9, 14) },
    decodeComputeShare: { bf16: 0.4, fp8: 0.4 },
  },
  allReduce: inNode([4, 19.4], [13, 15], [25, 12]),
  exchange: exchange(0, [6, 32], [10, 23.7], [17, 23]),
};

/**
 * Instinct. Peaks, memory, links and power: AMD's data sheets (dense). None was measured here: the shares are those that public
 * studies of hipBLASLt and of attention on MI300X report, about half of the peak in bf16, two fifths in fp8 and three quarters of the bandwidth.
 */
const INSTINCT: Gpu = {
  name: 'mi300x',
  vendor: 'amd',
  memoryBytes: 192 * GIB,
  bandwidthBytesPerS: 5.3e12,
  flopsPerS: { bf16: 1307.4e12, fp8: 2614.9e12 },
  tdpW: 750,
  linkBytesPerS: 448e9,
  linkDomain: 8,
  networkBytesPerS: 50e9,
  gemm: { bf16: fit(0.5, 0.77, 2, 6), fp8: fit(0.42, 0.75, 2, 9) },
  elementwise: { floorUs: 16, bytesPerHidden: 28, bytesPerIntermediate: 14 },
  experts: {
    bf16: expertFit('bf16', 0.45, 0.75, 1.5, 45, 1.7),
    fp8: expertFit('fp8', 0.4, 0.75, 2, 45, 2.2),
    blockFp8: expertFit('fp8', 0.28, 0.75, 1.7, 45),
  },
  attention: {
    prefill: { bf16: prefill(0.45, 0.2, 900), fp8: prefill(0.45, 0.2, 900) },
    prefillLaunchUs: PREFILL_LAUNCH_US,
    decode: { bf16: decode(0.72, 30, 16, 20), fp8: decode(0.6, 30, 16, 20) },
    decodeComputeShare: { bf16: 0.4, fp8: 0.4 },
  },
  allReduce: inNode([9, 45], [12, 135], [16, 300]),
  exchange: exchange(15, [10, 45], [13, 135], [19, 290]),
};

const INSTINCT_350: Pick<Gpu, 'flopsPerS' | 'gemm' | 'experts' | 'linkBytesPerS'> = {
  flopsPerS: { bf16: 2516.6e12, fp8: 5033.2e12, fp4: 10_066e12 },
  linkBytesPerS: 537e9,
  gemm: { ...INSTINCT.gemm, fp4: fit(0.4, 0.7, 2, 10) },
  experts: {
    ...INSTINCT.experts,
    fp4: nvfp4Experts(expertFit('fp4', 0.4, 0.7, 2, 50, 3), expertFit('fp4', 0.4, 0.75, 2, 35, 3)),
    mxfp4: expertFit('fp4', 0.4, 0.7, 2, 50, 3),
  },
};

/**
 * Cards that share a chip's generation with a measured one.
 *
 * @param measured - the GPUs whose kernels they are taken to reach the shares of
 */
export const furtherGpus = (measured: readonly Gpu[]): readonly Gpu[] => {
  const like = (name: string): Gpu => measured.find((gpu) => gpu.name === name)!;
  return [
    RTX_PRO_6000,
    {
      ...like('l40s'),
      name: 'rtx-6000-ada',
      memoryBytes: 49_140 * MIB,
      bandwidthBytesPerS: 0.96e12,
      flopsPerS: { bf16: 364.2e12, fp8: 728.5e12 },
      tdpW: 300,
    },
    {
      ...like('a40'),
      name: 'a10',
      memoryBytes: 23_028 * MIB,
      bandwidthBytesPerS: 0.6e12,
      flopsPerS: { bf16: 125e12 },
      tdpW: 150,
      linkBytesPerS: 32e9,
      // No bridge: pairs cross PCIe too.
      allReduce: inNode([10, 20], [15, 5], [25, 5]),
    },
    {
      ...like('a100'),
      name: 'a30',
      memoryBytes: 24 * GIB,
      bandwidthBytesPerS: 0.933e12,
      flopsPerS: { bf16: 165e12 },
      tdpW: 165,
      linkBytesPerS: 32e9,
      allReduce: inNode([10, 20], [15, 5], [25, 5]),
      exchange: like('l40s').exchange,
    },
    INSTINCT,
    {
      ...INSTINCT,
      name: 'mi325x',
      memoryBytes: 256 * GIB,
      bandwidthBytesPerS: 6e12,
      tdpW: 1000,
    },
    {
      ...INSTINCT,
      ...INSTINCT_350,
      name: 'mi355x',
      memoryBytes: 288 * GIB,
      bandwidthBytesPerS: 8e12,
      tdpW: 1400,
    },
  ];
};
