/** Attention kernels, reduced at construction to one coefficient per token so that a step costs a few multiplications. */
import { fullLayers, linearStateBytes, linearWidths } from '../architectures/architecture.js';
import type { StepBatch } from './cost.js';
import { kvBytesPerTokenPerGpu } from './cost-memory.js';
import type { CostSetup } from './cost-options.js';
import { blend } from '../hardware/gpu.js';

/**
 * Recurrent layers over a prompt, as gated delta networks measured on H200 (AIConfigurator; 16 to 64 heads of 128): multiplications
 * within chunks reach this share of the bf16 peak, and the chunks of one sequence follow each other, however few heads there are.
 * Mamba has the same two parts and is taken to be alike.
 */
const LINEAR_COMPUTE_SHARE = 0.06;
const LINEAR_FLOPS_PER_STATE = 6;
const LINEAR_SERIAL_MS = 50e-6;
/** The convolution before it streams its inputs in and out in bf16 at this share of the bandwidth (Mamba 2, H200). */
const CONVOLUTION_SHARE = 0.56;

/** Milliseconds of the recurrence of all linear layers per token of a prompt. */
const linearMsPerToken = ({ architecture, gpu }: CostSetup, split: number): number => {
  const { linear } = architecture;
  if (linear === undefined) return 0;
  const { keys, values } = linearWidths(linear);
  const flops = LINEAR_FLOPS_PER_STATE * values * (linear.keyDim ?? linear.headDim);
  const computeMs = (flops / split / (LINEAR_COMPUTE_SHARE * gpu.flopsPerS.bf16)) * 1e3;
  const convolutionMs = ((4 * (keys + values)) / split / (CONVOLUTION_SHARE * gpu.bandwidthBytesPerS)) * 1e3;
  return linear.layers * (Math.max(computeMs, LINEAR_SERIAL_MS) + convolutionMs);
};

/** Milliseconds of attention of one step, all layers. */
export interface AttentionCost {
  stepMs(batch: StepBatch): number;
  /** FLOPs of a step over all GPUs. */
  flops(batch: StepBatch): number;
  /** Bytes of keys, values and states that a step reads, over all GPUs. */
  bytes(batch: StepBatch): number;
}

const LATENT_ELEMENT_BYTES = 12;

/**
 * The most that one of `ranks` has of the pieces of a step, which are dealt out whole: the largest first, each to whoever has the least.
 *
 * @param pieces - what each costs, or its tokens
 */
export const busiestOf = (pieces: readonly number[], ranks: number): number => {
  if (ranks === 1) return pieces.reduce((sum, piece) => sum + piece, 0);
  if (pieces.length <= ranks) return pieces.reduce((most, piece) => Math.max(most, piece), 0);
  const loads = new Float64Array(ranks);
  for (const piece of pieces.toSorted((a, b) => b - a)) {
    let least = 0;
    for (let rank = 1; rank < ranks; rank++) if (loads[rank]! < loads[least]!) least = rank;
    loads[least]! += piece;
  }
  return loads.reduce((most, load) => Math.max(most, load), 0);
};

/** FLOPs per pair of (new token, attended token) of one head: both multiplications, two per multiply-add. */
const flopsPerPair = ({ attention }: CostSetup['architecture']): { prefill: number; decode: number } => {
  if (attention.kind === 'gqa') return { prefill: 4 * attention.headDim, decode: 4 * attention.headDim };
  const { kvRank, ropeDim, keyDim, valueDim } = attention;
  return {
    prefill: 2 * (keyDim + ropeDim + valueDim),
    // Absorbed: every head works on the compressed vectors themselves.
    decode: 2 * (kvRank + ropeDim + kvRank),
  };
};

/**
 * Bytes per sequence that a decoding layer moves whatever the context, all heads. Latent kernels divide a sequence
 * less often; 12 bytes per query element are what they were measured to cost beyond reading and computing.
 */
const sequenceBytes = ({ attention }: CostSetup['architecture'], elementBytes: number): number =>
  attention.kind === 'gqa'
    ? attention.heads * attention.headDim * elementBytes
    : attention.heads * (attention.kvRank + attention.ropeDim) * LATENT_ELEMENT_BYTES;

/** Thread blocks of a decoding sequence on one GPU: one per key head; latent kernels' share of them is in their bytes. */
const blocks = ({ attention }: CostSetup['architecture'], split: number): number =>
  attention.kind === 'gqa' ? Math.max(1, attention.kvHeads / split) : 0;

/** Sum of the positions up to `end` within their chunks of `size`. */
const positionsInChunks = (end: number, size: number): number =>
  (Math.floor(end / size) * size * size + (end % size) ** 2) / 2;

/** How much layers with a window or chunks attend to; nothing where there are none. */
const localReach = ({ local }: CostSetup['architecture']) => {
  const tokens = local?.tokens ?? 0;
  const sum = (end: number): number => positionsInChunks(end, tokens);
  return local?.chunked
    ? {
        /** Of a chunk of a prompt, per new token. */
        attended: (newTokens: number, context: number): number =>
          (sum(context + newTokens) - sum(context)) / newTokens,
        /** Cached tokens that a chunk of a prompt reads. */
        read: (context: number): number => context % tokens,
        /** Of running sequences, all together. Beyond their first chunk they are half through one, on average. */
        decode: (context: number, sequences: number): number =>
          context <= sequences * tokens ? context : (sequences * tokens) / 2,
      }
    : {
        attended: (newTokens: number, context: number): number => Math.min(context + newTokens / 2, tokens),
        read: (context: number): number => Math.min(context, tokens),
        decode: (context: number, sequences: number): number => Math.min(context, sequences * tokens),
      };
};

/**
 * Attention from fitted shares of peak and bandwidth.
 *
 * A chunk of m tokens over c cached ones attends to c + m/2 on average. Kernels reach share·n/(n + n½) of the peak for
 * n = 2c + m attended tokens (n½ = 1,300), so the time is linear: m·(c + m/2 + n½/2)·FLOPs/(share·peak); a prompt costs the
 * same whether it is computed at once or in chunks. Decoding streams the cache, or computes where latent attention makes
 * that the longer part. Pipeline stages and data-parallel ranks work side by side, but one chunk is never divided.
 */
export const createAttentionCost = (setup: CostSetup): AttentionCost => {
  const { architecture, gpu, tensorParallel, kvType } = setup;
  const { attention: fit } = gpu;
  const split = setup.attentionDataParallel ? 1 : tensorParallel;
  const ranks = setup.attentionDataParallel ? tensorParallel : 1;
  const lanes = setup.pipelineParallel * ranks;
  const full = fullLayers(architecture);
  const local = architecture.local?.layers ?? 0;
  const reach = localReach(architecture);
  const pair = flopsPerPair(architecture);
  const { heads } = architecture.attention;
  const prefillFit = fit.prefill[kvType];
  const decodeFit = fit.decode[kvType];
  const prefillMsPerPair =
    (heads / split) *
    (pair.prefill / (prefillFit.share * gpu.flopsPerS.bf16) + prefillFit.expPs * 1e-12) *
    1e3;
  const decodeMsPerPair =
    (((heads / split) * pair.decode) / (fit.decodeComputeShare[kvType] * gpu.flopsPerS.bf16)) * 1e3;
  const kvBytes = kvBytesPerTokenPerGpu(setup);
  const readMsPerToken = (kvBytes / (decodeFit.share * gpu.bandwidthBytesPerS)) * 1e3;
  const half = prefillFit.extraPairs;
  const sequenceMs =
    (sequenceBytes(architecture, decodeFit.elementBytes) / split / gpu.bandwidthBytesPerS) * 1e3;
  const blockMs = blocks(architecture, split) * decodeFit.blockNs * 1e-6;
  const { linear } = architecture;
  const stateBytes = linear === undefined ? 0 : 2 * linear.layers * linearStateBytes(linear);
  const stateMs = (stateBytes / split / (fit.decode.bf16.share * gpu.bandwidthBytesPerS)) * 1e3;
  const linearMs = linearMsPerToken(setup, split);
  const prefillLaunchMs = architecture.layers * fit.prefillLaunchUs * 1e-3;
  const decodeLaunchMs = architecture.layers * decodeFit.launchUs * 1e-3;

  const chunkMs = (newTokens: number, contextTokens: number): number => {
    const attended = contextTokens + newTokens / 2;
    const read = (contextTokens + newTokens) * readMsPerToken;
    let ms = full * Math.max(prefillMsPerPair * newTokens * (attended + half), read);
    if (local > 0)
      ms +=
        local *
        Math.max(
          prefillMsPerPair * newTokens * (reach.attended(newTokens, contextTokens) + half),
          reach.read(contextTokens) * readMsPerToken,
        );
    return ms + newTokens * linearMs + stateMs;
  };

  const prefillMs = (batch: StepBatch): number => {
    const pieces = batch.prefills.map(({ newTokens, contextTokens }) => chunkMs(newTokens, contextTokens));
    const longest = pieces.reduce((most, ms) => Math.max(most, ms), 0);
    return longest === 0
      ? 0
      : prefillLaunchMs + Math.max(busiestOf(pieces, ranks) / setup.pipelineParallel, longest);
  };

  const decodeMs = (batch: StepBatch): number => {
    const sequences = batch.decodeSequences;
    if (sequences <= 0) return 0;
    const queries = Math.max(1, batch.decodeTokens / sequences);
    const context = batch.decodeContextTokens;
    const perToken = Math.max(readMsPerToken, decodeMsPerPair * queries);
    const layerMs = (attended: number): number =>
      blend(attended * perToken + sequences * sequenceMs, sequences * blockMs, 2);
    let ms = full * layerMs(context);
    if (local > 0) ms += local * layerMs(reach.decode(context, sequences));
    // The busiest lane has ceil(sequences / lanes) of them, of average length.
    return decodeLaunchMs + ((ms + sequences * stateMs) / sequences) * Math.ceil(sequences / lanes);
  };

  const decodePairs = ({ decodeSequences, decodeContextTokens: context }: StepBatch): number =>
    full * context + (local > 0 ? local * reach.decode(context, decodeSequences) : 0);

  return {
    stepMs: (batch) => (batch.prefills.length === 0 ? 0 : prefillMs(batch)) + decodeMs(batch),
    flops: (batch) => {
      let prefill = 0;
      for (const { newTokens, contextTokens } of batch.prefills) {
        prefill += newTokens * full * (contextTokens + newTokens / 2);
        if (local > 0) prefill += newTokens * local * reach.attended(newTokens, contextTokens);
      }
      const sequences = batch.decodeSequences;
      const queries = sequences > 0 ? batch.decodeTokens / sequences : 0;
      return heads * (prefill * pair.prefill + decodePairs(batch) * queries * pair.decode);
    },
    bytes: (batch) => {
      let read = 0;
      for (const { contextTokens } of batch.prefills) {
        read += full * contextTokens;
        if (local > 0) read += local * reach.read(contextTokens);
      }
      const sequences = batch.decodeSequences + batch.prefills.length;
      return (read + decodePairs(batch)) * kvBytes * split + sequences * stateBytes;
    },
  };
};
