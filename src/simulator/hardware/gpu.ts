/** What the cost model knows about a GPU, and the two kernels whose time depends on the GPU alone. */

/** How weights (and the activations that meet them) are stored. */
export type WeightType = 'bf16' | 'fp8' | 'fp4' | 'int4';
/** What matrix units compute in: integers of 4 bits are unpacked to bf16 everywhere. */
export type ComputeType = Exclude<WeightType, 'int4'>;
/** Whose kernels: engines reach quite different shares of the same peak in fp8 and fp4. */
export type Kernels = 'vllm' | 'trtllm';
/** How keys and values are stored. */
export type KvType = 'bf16' | 'fp8';

/**
 * One fitted matrix multiplication: `launch + ((FLOPs/(compute·peak))^blend + (bytes/(memory·bandwidth))^blend)^(1/blend)`.
 *
 * The blend is what a plain `max` of the two terms misses: near the ridge a kernel neither computes nor streams at
 * its best, and `max` about doubles the error there.
 */
export interface GemmFit {
  /** Share of the peak FLOPs reached by a large multiplication. */
  compute: number;
  /** Share of the memory bandwidth reached by a thin one. */
  memory: number;
  /** Exponent p of the p-norm; infinity would be `max`. */
  blend: number;
  /** Fixed cost of each kernel. */
  launchUs: number;
  /**
   * FLOPs per row of the weights that the last, part-filled wave of tiles wastes on average (half a wave). Kernels never waste more
   * than they compute. 0 where it was not fitted.
   */
  waveFlops: number;
}

/**
 * How a GPU runs the experts of a layer: two grouped multiplications of many small matrices. `launchUs` is that of the
 * whole block, with routing, permutation and activation.
 */
export interface ExpertFit extends GemmFit {
  /** What the matrix units compute in. */
  computes: ComputeType;
  /** How often the rows pass through memory for each time they must: copying, quantizing, activating and adding are kernels apart. */
  traffic: number;
  /** Nanoseconds that every GPU spends on choosing and sorting per token of the group, whatever share of the experts it has. */
  tokenNs: number;
  /** Nanoseconds of each visit of a token to an expert, whatever the width: permuting rows, laying out scales. Default 0. */
  visitNs?: number;
  /** Nanoseconds of each expert that is visited, whatever its width: tiles that start anew. Default 0. */
  expertNs?: number;
  /** Of the launch, where each GPU has a group of the experts: what belongs to others is sorted out by kernels of its own. Default 0. */
  groupsUs?: number;
  /** Kernels for low latency, which engines take for up to so many tokens where they are faster. */
  few?: { tokens: number; fit: ExpertFit };
}

/**
 * Causal attention of prompts, per head: `pairs·(FLOPs of a pair/(share·peak) + exp) `. The exponentials of the softmax run
 * on units of their own whose speed does not depend on the head's width, so narrow heads reach less of the peak.
 */
export interface PrefillFit {
  /** Share of the bf16 peak that the multiplications reach. */
  share: number;
  /** The share by width of a head, where kernels for other widths than 128 are of another kind. */
  widths?: Readonly<Record<number, number>>;
  /** Picoseconds of one pair's exponential, on the whole GPU. */
  expPs: number;
  /** Pairs per new token that the rest of the kernel (tiles on the diagonal, reading, writing) is worth. */
  extraPairs: number;
}

/**
 * Attention of running sequences: `launch + √(stream² + blocks²)` with `stream = (cache bytes/share +
 * sequences·heads·width·elementBytes)/bandwidth` and `blocks = sequences·key heads·blockNs`.
 */
export interface DecodeFit {
  /** Share of the bandwidth reached on a long cache. */
  share: number;
  /** Traffic per sequence and query element that does not depend on the length: queries, partial sums, page tables. */
  elementBytes: number;
  launchUs: number;
  /**
   * Nanoseconds, on the whole GPU, of one (sequence, key head): each is a thread block, whose start, first loads and reduction take
   * time on its multiprocessor however short the sequence and narrow the head. Blocks start while others stream.
   */
  blockNs: number;
}

/**
 * `((latency)^blend + wire^blend)^(1/blend)` for one number of workers, with `wire = 2(n−1)/n·bytes/bus`. Engines' own kernels read
 * small messages whole from all others at once, `(n−1)·bytes/bus`, and larger ones in two shots, which meet once more.
 */
export interface AllReduceFit {
  workers: number;
  latencyUs: number;
  /** Bus bandwidth as NCCL's tests define it: bytes·2(n−1)/n per second. */
  busBytesPerS: number;
  blend: number;
  /** What the meeting between both shots costs. Without it there is no choice: every message goes in two, and their meeting is in the latency. */
  twoShotUs?: number;
}

/**
 * Gathering from, or scattering to, all GPUs: `latency + ramp·min(1, bytes/4 MiB) + (n−1)/n·bytes/bus`. NCCL changes its algorithm
 * between small and large messages, which the ramp stands for.
 */
export interface ExchangeFit {
  rampUs: number;
  /** Latency and bus bandwidth, ascending by workers. */
  workers: readonly AllReduceFit[];
}

/** How expert weights are stored, as far as kernels differ. */
export type ExpertWeights = WeightType | 'blockFp8' | 'mxfp4';
export type ExpertFits = Readonly<{ bf16: ExpertFit } & Partial<Record<ExpertWeights, ExpertFit>>>;

/** What differs between engines. */
export interface EngineKernels {
  gemm?: { fp8?: GemmFit; fp4?: GemmFit };
  prefill?: Readonly<Record<KvType, PrefillFit>>;
  decode?: Readonly<Record<KvType, DecodeFit>>;
  experts?: Readonly<Partial<Record<ExpertWeights, ExpertFit>>>;
}

export interface Gpu {
  name: string;
  /** Default `nvidia`; DCGM knows no others. */
  vendor?: 'amd';
  memoryBytes: number;
  bandwidthBytesPerS: number;
  /** Dense peak, without sparsity. A type that is absent is computed in bf16 (weight-only quantization). */
  flopsPerS: { bf16: number; fp8?: number; fp4?: number };
  tdpW: number;
  /** One direction of NVLink (or PCIe) per GPU. */
  linkBytesPerS: number;
  /** GPUs that share that link; more workers cross the network. */
  linkDomain: number;
  /** Network bandwidth per GPU between nodes, one direction. */
  networkBytesPerS: number;
  /** Fitted on the kernels of both engines together. */
  gemm: { bf16: GemmFit; fp8?: GemmFit; fp4?: GemmFit };
  /** fp8 weights with one scale per 128 × 128 block, where measured: such kernels are slower than plain fp8. */
  blockFp8?: GemmFit;
  /** Fitted on one engine's kernels alone, where they were measured and differ. */
  kernels?: Readonly<Record<Kernels, EngineKernels>>;
  /** Routed experts by how their weights are stored; without an entry as separate multiplications would do. */
  experts: ExpertFits;
  /** Norms, rope, activation and additions of one layer: a floor blended (p = 2) with memory traffic. */
  elementwise: { floorUs: number; bytesPerHidden: number; bytesPerIntermediate: number };
  attention: {
    /** By the type of the cache: with an fp8 cache Hopper and later multiply in fp8. */
    prefill: Readonly<Record<KvType, PrefillFit>>;
    prefillLaunchUs: number;
    decode: Readonly<Record<KvType, DecodeFit>>;
    /** Share of the bf16 peak where decoding computes longer than it reads: absorbed latent attention. */
    decodeComputeShare: Readonly<Record<KvType, number>>;
  };
  /** All-reduce within CUDA graphs, ascending by workers. */
  allReduce: readonly AllReduceFit[];
  /** Gathers and scatters of data-parallel attention. */
  exchange: ExchangeFit;
}

/**
 * Bytes per weight, scales of the block formats included (nvfp4: one fp8 scale per 16 weights; int4: a scale of 16 and a zero of 4 bits
 * per 128, as AWQ and GPTQ have them).
 */
export const WEIGHT_BYTES: Readonly<Record<WeightType, number>> = {
  bf16: 2,
  fp8: 1,
  fp4: 0.5625,
  int4: 0.5195,
};
/** mxfp4: one power of two (a byte) per 32 weights. */
export const MXFP4_BYTES = 0.53125;
export const KV_BYTES: Readonly<Record<KvType, number>> = { bf16: 2, fp8: 1 };

/** The type that a GPU computes in when weights are stored as `type`. */
export const computeType = (gpu: Gpu, type: WeightType): ComputeType =>
  type !== 'int4' && gpu.flopsPerS[type] !== undefined && gpu.gemm[type] !== undefined ? type : 'bf16';

/** p-norm of two times; the common exponents avoid `Math.pow`, which is most of the cost of a step otherwise. */
export const blend = (a: number, b: number, p: number): number => {
  if (p === 1) return a + b;
  if (p === 2) return Math.sqrt(a * a + b * b);
  if (p === 3) return Math.cbrt(a * a * a + b * b * b);
  return (a ** p + b ** p) ** (1 / p);
};

/** Milliseconds of FLOPs and bytes by a fitted roofline, without its launch. */
export const rooflineMs = (
  gpu: Gpu,
  fit: Pick<GemmFit, 'compute' | 'memory' | 'blend'>,
  compute: ComputeType,
  flops: number,
  bytes: number,
): number => {
  const peak = gpu.flopsPerS[compute] ?? gpu.flopsPerS.bf16;
  const computeMs = (flops / (fit.compute * peak)) * 1e3;
  const memoryMs = (bytes / (fit.memory * gpu.bandwidthBytesPerS)) * 1e3;
  return blend(computeMs, memoryMs, fit.blend);
};

/**
 * Milliseconds of one matrix multiplication.
 *
 * @param gpu - where it runs
 * @param type - how the weights are stored; the GPU may have to compute in bf16
 * @param rows - tokens
 * @param inputs - rows of the weights
 * @param outputs - columns of the weights
 */
export const gemmMs = (gpu: Gpu, type: WeightType, rows: number, inputs: number, outputs: number): number => {
  const compute = computeType(gpu, type);
  const fit = gpu.gemm[compute] ?? gpu.gemm.bf16;
  const flops = 2 * rows * inputs * outputs;
  const wasted = Math.min(flops, fit.waveFlops * inputs);
  const bytes =
    WEIGHT_BYTES[type] * inputs * outputs + rows * (inputs * WEIGHT_BYTES[compute] + outputs * OUTPUT_BYTES);
  return fit.launchUs * 1e-3 + rooflineMs(gpu, fit, compute, flops + wasted, bytes);
};

/** Multiplications write bf16. */
const OUTPUT_BYTES = 2;

/**
 * Milliseconds of one all-reduce from fits by number of workers.
 *
 * A number of workers between two fits takes the smaller group's bandwidth and the larger one's latency, so that more
 * workers are never faster.
 *
 * @param fits - ascending by workers
 * @param bytes - size of the buffer on each worker
 * @param workers - GPUs that take part; one costs nothing
 */
export const allReduceMs = (fits: readonly AllReduceFit[], bytes: number, workers: number): number => {
  if (workers <= 1 || bytes <= 0) return 0;
  const above = fits.find((fit) => fit.workers >= workers) ?? fits.at(-1);
  const below = fits.findLast((fit) => fit.workers <= workers) ?? fits[0];
  if (above === undefined || below === undefined) return 0;
  const bytesMs = (bytes / below.busBytesPerS) * 1e3;
  const twoShotsMs = ((2 * (workers - 1)) / workers) * bytesMs;
  const wireMs =
    above.twoShotUs === undefined
      ? twoShotsMs
      : Math.min((workers - 1) * bytesMs, above.twoShotUs * 1e-3 + twoShotsMs);
  return blend(above.latencyUs * 1e-3, wireMs, above.blend);
};

/** Milliseconds of one all-reduce between GPUs of this kind, over the network where they leave the link's domain. */
export const gpuAllReduceMs = (gpu: Gpu, bytes: number, workers: number): number => {
  const inside = Math.min(workers, gpu.linkDomain);
  const localMs = allReduceMs(gpu.allReduce, bytes, inside);
  const nodes = Math.ceil(workers / gpu.linkDomain);
  if (nodes <= 1) return localMs;
  const wireMs = ((2 * (nodes - 1)) / nodes) * (bytes / inside / gpu.networkBytesPerS) * 1e3;
  return localMs + NETWORK_LATENCY_MS * Math.ceil(Math.log2(nodes)) + wireMs;
};

const RAMP_BYTES = 4 * 2 ** 20;

/** Milliseconds of gathering `bytes` from all GPUs onto each, or scattering them; over the network where they leave the link's domain. */
export const gpuExchangeMs = (gpu: Gpu, bytes: number, workers: number): number => {
  if (workers <= 1 || bytes <= 0) return 0;
  const { rampUs, workers: fits } = gpu.exchange;
  const latency = fits.find((fit) => fit.workers >= workers) ?? fits.at(-1)!;
  const bus = (fits.findLast((fit) => fit.workers <= workers) ?? fits[0]!).busBytesPerS;
  const inside = workers <= gpu.linkDomain;
  const wireMs = (((workers - 1) / workers) * bytes * 1e3) / (inside ? bus : gpu.networkBytesPerS);
  const hopsMs = inside ? 0 : NETWORK_LATENCY_MS;
  return (latency.latencyUs + rampUs * Math.min(1, bytes / RAMP_BYTES)) * 1e-3 + hopsMs + wireMs;
};

/** A hop between nodes (AIConfigurator: 10 µs point to point), there and back. */
const NETWORK_LATENCY_MS = 0.02;
