/** How the GPU catalogue writes fitted kernels down, and those that GPUs of a generation share. */
import type {
  AllReduceFit,
  ComputeType,
  DecodeFit,
  ExchangeFit,
  ExpertFit,
  GemmFit,
  PrefillFit,
} from './gpu.js';

/** @param waveMFlops - of {@link GemmFit.waveFlops}, in millions */
export const fit = (
  compute: number,
  memory: number,
  blend: number,
  launchUs: number,
  waveMFlops = 0,
): GemmFit => ({
  compute,
  memory,
  blend,
  launchUs,
  waveFlops: waveMFlops * 1e6,
});

/** All-reduce in CUDA graphs on 2, 4 and 8 GPUs: latency in µs, bus bandwidth in GB/s and what two shots cost of each. */
export const inNode = (
  ...groups: readonly (readonly [latencyUs: number, busGBPerS: number, twoShotUs?: number])[]
): readonly AllReduceFit[] =>
  groups.map(([latencyUs, busGBPerS, twoShotUs], i) => ({
    workers: 2 ** (i + 1),
    latencyUs,
    busBytesPerS: busGBPerS * 1e9,
    blend: 1,
    ...(twoShotUs !== undefined && { twoShotUs }),
  }));

/** NCCL's gather and scatter on 2, 4 and 8 GPUs: latency in µs and bus bandwidth in GB/s of each. */
export const exchange = (
  rampUs: number,
  ...pairs: readonly (readonly [latencyUs: number, busGBPerS: number])[]
): ExchangeFit => ({ rampUs, workers: inNode(...pairs) });

/** Read off NCCL 2.27 to 2.29 (AIConfigurator). */
export const AMPERE_EXCHANGE = exchange(25, [9, 150], [11, 188], [17, 200]);
export const HOPPER_EXCHANGE = exchange(14, [6, 240], [8, 303], [12, 325]);
export const BLACKWELL_EXCHANGE = exchange(15, [10, 405], [13, 540], [19, 596]);
/** Not measured: what all-reduces of these GPUs reach, without a ramp. */
export const PCIE_EXCHANGE = exchange(0, [6, 20], [13, 5], [25, 5]);

/** Fitted with p = 2 on the measured linear-operation table; floors of eager kernels. */
export const AMPERE_ELEMENTWISE = { floorUs: 24, bytesPerHidden: 30, bytesPerIntermediate: 16 };
export const HOPPER_ELEMENTWISE = { floorUs: 16, bytesPerHidden: 28, bytesPerIntermediate: 14 };

export const expertFit = (
  computeType: ComputeType,
  compute: number,
  memory: number,
  blend: number,
  launchUs: number,
  traffic = 1,
  tokenNs = 0,
  expertNs = 0,
): ExpertFit => ({
  ...fit(compute, memory, blend, launchUs),
  computes: computeType,
  traffic,
  tokenNs,
  expertNs,
});

/** nvfp4 by CUTLASS, and by the kernels for up to 128 tokens (AIConfigurator chooses so). */
export const nvfp4Experts = (any: ExpertFit, lowLatency: ExpertFit): ExpertFit => ({
  ...any,
  few: { tokens: 128, fit: lowLatency },
});

export const prefill = (share: number, expPs: number, extraPairs: number): PrefillFit => ({
  share,
  expPs,
  extraPairs,
});
export const decode = (
  share: number,
  elementBytes: number,
  launchUs: number,
  blockNs: number,
): DecodeFit => ({
  share,
  elementBytes,
  launchUs,
  blockNs,
});

export const PREFILL_LAUNCH_US = 20;
/**
 * Ampere and Ada: the share at width 128 is that measured on long prompts (.54, .60 asymptotically); the exponentials are
 * those of the special function units (16 a cycle and multiprocessor), which the one measured width cannot tell apart.
 */
export const AMPERE_PREFILL = { bf16: prefill(0.71, 0.41, 650), fp8: prefill(0.71, 0.41, 650) };
/** Fitted on both Hopper GPUs at widths 64, 128 and 256; the units would need 0.26 ps for an exponential. */
export const HOPPER_PREFILL = { bf16: prefill(0.86, 0.23, 830), fp8: prefill(1, 0.17, 870) };
export const BLACKWELL_PREFILL = { bf16: prefill(1, 0.18, 1190), fp8: prefill(1, 0.15, 1220) };
/** B300 and GB300, which take twice as many exponentials per clock, fitted together on TensorRT-LLM's kernels. */
export const BLACKWELL_ULTRA_PREFILL = { bf16: prefill(0.88, 0.11, 1130), fp8: prefill(1.5, 0.105, 1400) };
/** Fitted on vLLM's kernels on A100. */
export const AMPERE_DECODE = { bf16: decode(0.75, 15, 20, 26), fp8: decode(0.75, 15, 20, 26) };
export const BLACKWELL_DECODE = { bf16: decode(0.91, 14, 9, 8), fp8: decode(0.86, 8, 10, 8) };
export const BLACKWELL_TRTLLM_DECODE = { bf16: decode(0.93, 22, 11, 8), fp8: decode(0.89, 16, 11, 7.5) };
