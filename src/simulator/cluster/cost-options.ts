/** What a cost model is made from, checked once so that pricing never has to. */
import { closest } from 'fastest-levenshtein';
import { FakeaiError } from '../../lib/errors.js';
import { type Architecture, denseBlocks } from '../architectures/architecture.js';
import { ARCHITECTURES, findArchitecture } from '../architectures/catalogue.js';
import {
  type ExpertWeights,
  type Gpu,
  type Kernels,
  type KvType,
  MXFP4_BYTES,
  WEIGHT_BYTES,
  type WeightType,
} from '../hardware/gpu.js';
import { findGpu, GPU_NAMES } from '../hardware/catalogue.js';

/** Time of the host for a step: scheduling, input preparation, detokenizing. */
export interface HostOverhead {
  /**
   * Whether the host prepares the next step while the GPUs compute this one, so that a step takes the longer of both: TensorRT-LLM's
   * overlap scheduler, vLLM's asynchronous scheduling and SGLang's are on by default. `launches`: only `fixedMs`, and only in steps
   * without prompts, which are one CUDA graph. Default true, for mixtures of experts `launches`.
   */
  overlapped: boolean | 'launches';
  /** Of every step. Default 1 ms. */
  fixedMs: number;
  /** Of every sequence in the step. Default 4.42 µs (BLIS, H100-class hosts). */
  perSequenceUs: number;
}

/** What of a GPU's memory is not for keys and values. */
export interface MemoryRules {
  /** Share of the memory that the engine may use. Default 0.9. */
  utilization: number;
  /** Peak of activations per GPU. Default: of a step of `batchedTokens` tokens and `reservedSequences` sampled rows. */
  activationBytes: number;
  /** CUDA context, libraries, graphs and NCCL's buffers per GPU. Default 0.5 GiB, 0.8 GiB with more than one GPU. */
  otherBytes: number;
  /** Sequences whose windows and recurrent states are reserved, and whose logits fit. Default 256. */
  reservedSequences: number;
  /** Most tokens of a step, which the engine tries out before it takes the rest for its cache. Default 8192. */
  batchedTokens: number;
}

/** A measured column: `ms[i]` at `at[i]`, `at` ascending. */
export interface MeasuredCurve {
  at: readonly number[];
  ms: readonly number[];
}

/** Measurements that replace formulas in the table model. */
export interface CostTables {
  /** All linear operations of one layer on one GPU, by tokens in the step. */
  layer: MeasuredCurve;
  /** One all-reduce within the replica, by bytes. Without it the GPU's fit is used. */
  allReduce?: MeasuredCurve;
}

/** Speed-ups of the polynomial model: 2 halves the time. */
export interface PolynomialRatios {
  speedup: number;
  decodeSpeedup: number;
}

export interface CostModelOptions {
  /** Default `analytic`. */
  kind?: 'analytic' | 'table' | 'polynomial';
  /** A name of the catalogue (`llama-3.3-70b`, `meta-llama/Llama-3.3-70B-Instruct`) or a shape of one's own. */
  architecture: string | Architecture;
  /** A name of the catalogue (`h100`) or figures of one's own. */
  gpu: string | Gpu;
  /** GPUs that share each layer. Default 1. */
  tensorParallel?: number;
  /** Stages that the layers are divided into. Default 1. */
  pipelineParallel?: number;
  /** Groups among the tensor-parallel GPUs that hold different experts. Default 1: every GPU a slice of all experts. */
  expertParallel?: number;
  /**
   * Attention (and dense blocks) whole on each of the tensor-parallel GPUs, sequences divided among them, as engines do
   * for latent attention and few key heads. Default false.
   */
  attentionDataParallel?: boolean;
  /** Default: as the model is published. */
  weightType?: WeightType;
  /** Default `bf16`. */
  kvType?: KvType;
  /** Whose fp8 and fp4 kernels. Default: a fit of both engines together. */
  kernels?: Kernels;
  host?: Partial<HostOverhead>;
  memory?: Partial<MemoryRules>;
  /** Needed by `table`. */
  tables?: CostTables;
  /** Used by `polynomial`. Default 1 and 1. */
  ratios?: Partial<PolynomialRatios>;
}

/** Options with nothing left open. */
export interface CostSetup {
  architecture: Architecture;
  gpu: Gpu;
  tensorParallel: number;
  pipelineParallel: number;
  expertParallel: number;
  attentionDataParallel: boolean;
  weightType: WeightType;
  kvType: KvType;
  host: HostOverhead;
  memory: MemoryRules;
}

const GIB = 2 ** 30;

const invalid = (where: string, problem: string, hint?: string): FakeaiError<'FAKEAI_SETTING_INVALID'> =>
  new FakeaiError(
    'FAKEAI_SETTING_INVALID',
    hint === undefined ? { where, problem } : { where, problem, hint },
  );

/**
 * TensorRT-LLM keeps whole caches for layers with a window unless `max_attention_window` is configured; vLLM forgets
 * what has left the window.
 */
const asEngineKeeps = (architecture: Architecture, kernels: Kernels | undefined): Architecture =>
  architecture.local && kernels === 'trtllm'
    ? { ...architecture, local: { ...architecture.local, keepsAll: true } }
    : architecture;

const architectureOf = (given: string | Architecture): Architecture => {
  if (typeof given !== 'string') return given;
  const found = findArchitecture(given);
  if (found !== undefined) return found;
  const names = ARCHITECTURES.map((architecture) => architecture.name);
  throw invalid(
    'model',
    `the figures of "${given}" are not known`,
    `Did you mean ${closest(given.toLowerCase(), names)}? Known: ${names.join(', ')}.`,
  );
};

const gpuOf = (given: string | Gpu): Gpu => {
  if (typeof given !== 'string') return given;
  const found = findGpu(given);
  if (found !== undefined) return found;
  throw invalid(
    'gpu',
    `"${given}" is not a known GPU`,
    `Did you mean ${closest(given.toLowerCase(), GPU_NAMES)}? Known: ${GPU_NAMES.join(', ')}.`,
  );
};

/** The GPU with the kernels of an engine, and those for block-scaled fp8 where the model's checkpoint needs them. */
const withKernels = (gpu: Gpu, architecture: Architecture, kernels: Kernels | undefined): Gpu => {
  const own = kernels && gpu.kernels?.[kernels];
  const blocks =
    architecture.blockScaledFp8 && gpu.blockFp8 !== undefined ? { fp8: gpu.blockFp8 } : undefined;
  return {
    ...gpu,
    gemm: { ...gpu.gemm, ...own?.gemm, ...blocks },
    experts: { ...gpu.experts, ...own?.experts },
    attention: {
      ...gpu.attention,
      ...(own?.prefill && { prefill: own.prefill }),
      ...(own?.decode && { decode: own.decode }),
    },
  };
};

const degree = (where: string, value: number | undefined): number => {
  const degreeValue = value ?? 1;
  if (!Number.isInteger(degreeValue) || degreeValue < 1)
    throw invalid(where, `${degreeValue} is not a whole number of at least 1`);
  return degreeValue;
};

/** @param asked - whether data-parallel attention was */
const checkParallelism = (setup: CostSetup, asked: boolean): void => {
  const { architecture, tensorParallel, pipelineParallel, expertParallel } = setup;
  const { heads } = architecture.attention;
  if (!setup.attentionDataParallel && heads % tensorParallel !== 0) {
    const divisors = Array.from({ length: heads }, (_, i) => i + 1).filter((gpus) => heads % gpus === 0);
    throw invalid(
      'tp',
      `${heads} attention heads cannot be divided among ${tensorParallel} GPUs`,
      `Take one of ${divisors.join(', ')}.`,
    );
  }
  if (pipelineParallel > architecture.layers)
    throw invalid(
      'pp',
      `${pipelineParallel} stages are more than the model has layers (${architecture.layers})`,
    );
  if (tensorParallel % expertParallel !== 0)
    throw invalid('ep', `${expertParallel} groups cannot divide ${tensorParallel} GPUs`);
  if (asked && tensorParallel === 1)
    throw invalid(
      'attention-dp',
      'divides the sequences among the GPUs of a replica, and each has one',
      'Give each more (--tp 2), or leave --attention-dp out.',
    );
  const experts = architecture.experts?.count ?? 0;
  if (expertParallel > 1 && experts === 0) throw invalid('ep', `${architecture.name} has no experts`);
  if (expertParallel > 1 && expertParallel > experts)
    throw invalid('ep', `${experts} experts cannot be divided among ${expertParallel} groups`);
};

/**
 * Fills in defaults and checks what cannot work.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID for an unknown model or GPU, or a split that does not divide the model
 */
export const resolveCostSetup = (options: CostModelOptions): CostSetup => {
  const architecture = asEngineKeeps(architectureOf(options.architecture), options.kernels);
  const gpus = degree('tp', options.tensorParallel);
  const stages = degree('pp', options.pipelineParallel);
  const gpu = withKernels(gpuOf(options.gpu), architecture, options.kernels);
  const setup: CostSetup = {
    architecture,
    gpu,
    tensorParallel: gpus,
    pipelineParallel: stages,
    expertParallel: degree('ep', options.expertParallel),
    attentionDataParallel: (options.attentionDataParallel ?? false) && gpus > 1,
    weightType: options.weightType ?? architecture.checkpoint ?? 'bf16',
    kvType: options.kvType ?? 'bf16',
    host: {
      overlapped: architecture.experts === undefined || 'launches',
      fixedMs: 1,
      perSequenceUs: 4.42,
      ...options.host,
    },
    memory: {
      utilization: 0.9,
      activationBytes: Number.NaN,
      otherBytes: (gpus * stages > 1 ? 0.8 : 0.5) * GIB,
      reservedSequences: 256,
      batchedTokens: 8192,
      ...options.memory,
    },
  };
  if (options.memory?.activationBytes === undefined) setup.memory.activationBytes = activationBytes(setup);
  checkParallelism(setup, options.attentionDataParallel ?? false);
  return setup;
};

const ACTIVATION_BYTES = 2;
/** Two copies of the logits in fp32: as computed, and what sampling makes of them. */
const LOGIT_BYTES = 8;

/**
 * Bytes of activations at the peak of the step that an engine tries out at its start (vLLM's profile run): four vectors of the hidden
 * width for each token, input and output of the widest gated block, what the experts compute, and the logits of every sequence.
 * Experts have room for every visit on every GPU, as any of them may be the one that all tokens choose; what goes into the gate and what
 * comes out of the block share it.
 */
export const activationBytes = (setup: CostSetup): number => {
  const { architecture, tensorParallel, expertParallel, memory } = setup;
  const { hidden, experts, vocab } = architecture;
  const split = setup.attentionDataParallel ? 1 : tensorParallel;
  const blocks = denseBlocks(architecture).map(({ layers, intermediate }) => (layers > 0 ? intermediate : 0));
  const widest = Math.max(experts?.sharedIntermediate ?? 0, ...blocks) / split;
  const ranks = setup.attentionDataParallel ? tensorParallel : 1;
  const ofExpert = ((experts?.intermediate ?? 0) * expertParallel) / tensorParallel;
  const routed =
    experts === undefined
      ? 0
      : ranks * experts.perToken * (Math.max(experts.latent ?? hidden, 2 * ofExpert) + ofExpert);
  return (
    memory.batchedTokens * ACTIVATION_BYTES * (4 * hidden + 3 * widest + routed) +
    memory.reservedSequences * vocab * LOGIT_BYTES
  );
};

const WIDTH: Readonly<Record<WeightType, number>> = { int4: 0, fp4: 0, fp8: 1, bf16: 2 };

const inFourBits = ({ weightType }: CostSetup): boolean => WIDTH[weightType] === WIDTH.fp4;

/** The type of attention weights: published checkpoints often keep them wider than the rest. */
export const attentionWeightType = (setup: CostSetup): WeightType => {
  if (setup.architecture.fourBit !== undefined && inFourBits(setup)) return 'bf16';
  const narrowest = setup.architecture.attentionWeights ?? setup.weightType;
  return WIDTH[setup.weightType] < WIDTH[narrowest] ? narrowest : setup.weightType;
};

/** The type of dense and shared feed-forward blocks. */
export const blockWeightType = (setup: CostSetup): WeightType =>
  setup.architecture.fourBit === 'experts' && inFourBits(setup) ? 'bf16' : setup.weightType;

/** How the weights of the routed experts are stored, as far as kernels differ. */
export const expertWeights = ({ architecture, gpu, weightType }: CostSetup): ExpertWeights => {
  if (weightType === 'fp8' && architecture.blockScaledFp8) return 'blockFp8';
  // Without native 4-bit kernels any 4-bit format is unpacked to bf16 on the way.
  if (weightType === 'fp4' && (architecture.mxfp4 || gpu.experts.fp4 === undefined)) return 'mxfp4';
  if (weightType === 'int4' && gpu.experts.int4 === undefined) return 'bf16';
  return weightType;
};

/** Bytes per weight of the routed experts, scales included. */
export const expertWeightBytes = ({ architecture, weightType }: CostSetup): number =>
  weightType === 'fp4' && architecture.mxfp4 ? MXFP4_BYTES : WEIGHT_BYTES[weightType];
