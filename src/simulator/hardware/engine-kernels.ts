/**
 * Kernels that differ between engines, each fitted on AIConfigurator's measurements of that engine (vLLM 0.24, TensorRT-LLM 1.3).
 *
 * Multiplications in fp8 without the search for the largest activation: checkpoints have its scale, but what was measured has none, so that
 * its time was measured too (7 to 10 µs in TensorRT-LLM) and is subtracted. TensorRT-LLM's nvfp4 multiplications were measured with an
 * untuned kernel (22 µs for 8192 × 8192 whatever the rows, where vLLM's takes 13) in place of the one it tunes at its start: vLLM's stand for both.
 */
import { BLACKWELL_TRTLLM_DECODE, decode, expertFit, fit } from './fits.js';
import type { EngineKernels, ExpertFit, Kernels } from './gpu.js';

/**
 * mxfp4 as TensorRT-LLM computes it: Triton on Hopper, with bf16 activations; CUTLASS on Blackwell, with fp8 ones. On Hopper routing takes
 * both engines longer on GPUs that have a group of the experts than on those that have a slice of all.
 */
export const TRTLLM_MXFP4 = {
  h100: { ...expertFit('bf16', 0.46, 1, 1, 59, 0.37, 76), groupsUs: 13 },
  h200: { ...expertFit('bf16', 0.45, 0.77, 1.1, 62, 0.34, 72), groupsUs: 9 },
  b200: expertFit('fp8', 0.7, 0.91, 1, 26, 0.2, 12),
  gb200: expertFit('fp8', 0.65, 0.94, 1, 24, 0.27, 12),
} as const;

/**
 * nvfp4 by CUTLASS, from GB200's measurements: B200's have an untuned kernel, up to twice as slow, for half of the shapes. Every visit
 * has a cost that does not depend on the width, which is most of that of narrow experts.
 */
export const CUTLASS_NVFP4: ExpertFit = { ...expertFit('fp4', 0.58, 0.77, 2.6, 44, 1.1, 1), visitNs: 8.7 };

/** By GPU. On Blackwell vLLM takes FlashInfer's kernels for experts, which are up to twice as fast with few tokens. */
export const ENGINE_KERNELS: Readonly<
  Record<'h100' | 'h200' | 'b200' | 'gb200', Readonly<Record<Kernels, EngineKernels>>>
> = {
  h100: {
    vllm: {
      gemm: { fp8: fit(0.54, 0.84, 3.1, 6, 4.9) },
      decode: { bf16: decode(0.91, 25, 13, 24), fp8: decode(0.71, 45, 15, 22) },
      experts: {
        blockFp8: expertFit('fp8', 0.35, 0.94, 2.3, 34, 0.9, 30, 150),
        mxfp4: { ...expertFit('bf16', 0.67, 0.79, 1, 36, 0.2, 12), groupsUs: 22 },
      },
    },
    trtllm: {
      gemm: { fp8: fit(0.65, 0.82, 3.8, 6, 0.9) },
      decode: { bf16: decode(0.83, 17, 13, 28), fp8: decode(0.85, 15, 9, 6) },
    },
  },
  h200: {
    vllm: {
      gemm: { fp8: fit(0.62, 0.81, 2.3, 6, 6.4) },
      decode: { bf16: decode(0.87, 41, 13, 24), fp8: decode(0.52, 64, 14, 22) },
      experts: {
        blockFp8: expertFit('fp8', 0.37, 0.88, 2.2, 33, 1.6, 20, 140),
        mxfp4: { ...expertFit('bf16', 0.64, 0.58, 1, 36, 0.65, 3), groupsUs: 21 },
      },
    },
    trtllm: {
      gemm: { fp8: fit(0.67, 0.82, 3.9, 6, 0.6) },
      decode: { bf16: decode(0.76, 27, 14, 29), fp8: decode(0.76, 23, 9, 6) },
    },
  },
  b200: {
    vllm: {
      gemm: { fp8: fit(0.57, 0.77, 3.9, 6, 9.2) },
      experts: {
        bf16: expertFit('bf16', 0.39, 0.95, 2.3, 19, 0.2, 6),
        fp8: expertFit('fp8', 0.49, 0.99, 1.9, 20, 0.23, 13, 76),
        blockFp8: expertFit('fp8', 0.22, 0.93, 1.7, 25, 0.2, 31, 67),
        fp4: expertFit('fp4', 0.64, 0.98, 1.1, 16, 0.44, 8, 93),
        mxfp4: expertFit('fp8', 0.77, 0.91, 1, 28, 0.2, 14),
      },
    },
    trtllm: { gemm: { fp8: fit(0.6, 0.74, 3.7, 6, 2) }, decode: BLACKWELL_TRTLLM_DECODE },
  },
  gb200: {
    vllm: {
      gemm: { fp8: fit(0.58, 0.77, 2.9, 7, 9.8) },
      experts: {
        bf16: expertFit('bf16', 0.37, 0.95, 2.3, 18, 0.2, 6),
        fp8: expertFit('fp8', 0.47, 1, 1.8, 21, 0.29, 10, 56),
        blockFp8: expertFit('fp8', 0.21, 0.93, 1.7, 25, 0.2, 28, 49),
        fp4: expertFit('fp4', 0.64, 0.96, 1.1, 15, 0.38, 9, 82),
        mxfp4: expertFit('fp8', 0.7, 0.92, 1, 28, 0.2, 14),
      },
    },
    trtllm: { gemm: { fp8: fit(0.55, 0.76, 3.3, 6, 2.2) }, decode: BLACKWELL_TRTLLM_DECODE },
  },
};
