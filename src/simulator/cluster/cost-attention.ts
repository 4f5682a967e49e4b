/** Attention kernels, reduced at construction to one coefficient per token so that a step costs a few multiplications. */
import { attentionLayers } from '../architectures/architecture.js';
import { type Attention, flopsPerPair } from '../architectures/attention.js';
import { linearStateBytes, linearWidths } from '../architectures/linear-attention.js';
import type { StepBatch } from './cost.js';
import { createIndexerCost } from './cost-indexer.js';
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
/**
 * Recurrent layers of running sequences: convolution and recurrence are two kernels that read and write the state at this share of the
 * bandwidth (gated delta networks of vLLM and SGLang on H100, H200 and B200, AIConfigurator: median error 4 to 5 %).
 */
const STATE_LAUNCH_US = 6;
const STATE_SHARE = 0.82;

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

/**
 * Bytes per sequence that a decoding layer moves whatever the context, all heads. Latent kernels divide a sequence
 * less often; 12 bytes per query element are what they were measured to cost beyond reading and computing.
 */
const sequenceBytes = (attention: Attention, elementBytes: number): number =>
  attention.kind === 'gqa'
    ? attention.heads * attention.headDim * elementBytes
    : attention.heads * (attention.kvRank + attention.ropeDim) * LATENT_ELEMENT_BYTES;

/** Thread blocks of a decoding sequence on one GPU: one per key head; latent kernels' share of them is in their bytes. */
const blocks = (attention: Attention, split: number): number =>
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

/** What layers that choose their tokens attend to beside their window, per token that attends. */
const compressedReach = ({ compressed = [] }: CostSetup['architecture']) =>
  compressed.map(({ layers, ratio, top = Infinity }) => ({
    layers,
    tokens: (context: number): number => Math.min(context / ratio, top),
  }));

/** Latent attention to tokens that an indexer chose works on the compressed vectors; its kernels compute so many heads at least. */
const SPARSE_HEADS = 64;
/** And reach this share of the peak (V3.2's prompts: B200 .22, H200 .38). */
const SPARSE_SHARE = 0.3;

/** Coefficients of one kind of layer on one GPU. */
const kindOf = (setup: CostSetup, attention: Attention, chosen: boolean) => {
  const { gpu, kvType } = setup;
  const split = setup.attentionDataParallel ? 1 : setup.tensorParallel;
  const prefillFit = gpu.attention.prefill[kvType];
  const decodeFit = gpu.attention.decode[kvType];
  const peak = gpu.flopsPerS.bf16;
  const width = attention.kind === 'gqa' ? attention.headDim : 0;
  const share = prefillFit.widths?.[width] ?? prefillFit.share;
  const pair = flopsPerPair(attention);
  const heads = attention.heads / split;
  const sparse = chosen && attention.kind === 'mla';
  const kvBytes = kvBytesPerTokenPerGpu(setup, attention);
  return {
    pair,
    kvBytes,
    prefillMsPerPair: sparse
      ? ((Math.max(heads, SPARSE_HEADS) * pair.decode) / (SPARSE_SHARE * peak)) * 1e3
      : heads * (pair.prefill / (share * peak) + prefillFit.expPs * 1e-12) * 1e3,
    decodeMsPerPair: ((heads * pair.decode) / (gpu.attention.decodeComputeShare[kvType] * peak)) * 1e3,
    readMsPerToken: (kvBytes / (decodeFit.share * gpu.bandwidthBytesPerS)) * 1e3,
    sequenceMs: (sequenceBytes(attention, decodeFit.elementBytes) / split / gpu.bandwidthBytesPerS) * 1e3,
    blockMs: blocks(attention, split) * decodeFit.blockNs * 1e-6,
  };
};
type Kind = ReturnType<typeof kindOf>;

/** Microbatches that a batch is divided among. */
export const microbatchesOf = ({ pipelineParallel }: CostSetup, { microbatches }: StepBatch): number =>
  microbatches === undefined ? pipelineParallel : Math.min(microbatches, pipelineParallel);

/**
 * Attention from fitted shares of peak and bandwidth.
 *
 * A chunk of m tokens over c cached ones attends to c + m/2 on average. Kernels reach share·n/(n + n½) of the peak for
 * n = 2c + m attended tokens (n½ = 1,300), so the time is linear: m·(c + m/2 + n½/2)·FLOPs/(share·peak); a prompt costs the
 * same whether it is computed at once or in chunks. Decoding streams the cache, or computes where latent attention makes
 * that the longer part. Pipeline stages and data-parallel ranks work side by side, but one chunk is never divided.
 */
export const createAttentionCost = (setup: CostSetup): AttentionCost => {
  const { architecture, gpu, tensorParallel } = setup;
  const { attention: fit } = gpu;
  const split = setup.attentionDataParallel ? 1 : tensorParallel;
  const ranks = setup.attentionDataParallel ? tensorParallel : 1;
  const [fullLayers, localLayers] = attentionLayers(architecture);
  const full = fullLayers.layers;
  const local = localLayers.layers;
  const reach = localReach(architecture);
  const compressed = compressedReach(architecture);
  const plain = local - compressed.reduce((sum, { layers }) => sum + layers, 0);
  const kind = kindOf(setup, fullLayers.attention, false);
  const localKind = kindOf(setup, localLayers.attention, architecture.local?.indexer !== undefined);
  const indexer = createIndexerCost(setup);
  const half = fit.prefill[setup.kvType].extraPairs;
  const { linear } = architecture;
  const stateBytes = linear === undefined ? 0 : 2 * linear.layers * linearStateBytes(linear);
  const stateMs = (stateBytes / split / (STATE_SHARE * gpu.bandwidthBytesPerS)) * 1e3;
  const linearMs = linearMsPerToken(setup, split);
  const prefillLaunchMs = architecture.layers * fit.prefillLaunchUs * 1e-3;
  const decodeLaunchMs =
    (full + local) * fit.decode[setup.kvType].launchUs * 1e-3 +
    (linear?.layers ?? 0) * STATE_LAUNCH_US * 1e-3 +
    (indexer?.launchMs ?? 0);

  /** One layer of a chunk: so many attended tokens per new one, so many cached ones that are read. */
  const chunkLayerMs = (of: Kind, newTokens: number, attended: number, read: number): number =>
    Math.max(of.prefillMsPerPair * newTokens * (attended + half), read * of.readMsPerToken);

  const chunkMs = (newTokens: number, contextTokens: number): number => {
    const middle = contextTokens + newTokens / 2;
    let ms = full * chunkLayerMs(kind, newTokens, middle, contextTokens + newTokens);
    if (local > 0) {
      const attended = reach.attended(newTokens, contextTokens);
      const read = reach.read(contextTokens);
      ms += plain * chunkLayerMs(localKind, newTokens, attended, read);
      for (const group of compressed)
        ms +=
          group.layers *
          chunkLayerMs(
            localKind,
            newTokens,
            attended + group.tokens(middle),
            read + group.tokens(contextTokens),
          );
    }
    if (indexer !== undefined) ms += indexer.chunkMs(newTokens, contextTokens);
    return ms + newTokens * linearMs + stateMs;
  };

  const prefillMs = (batch: StepBatch): number => {
    const pieces = batch.prefills.map(({ newTokens, contextTokens }) => chunkMs(newTokens, contextTokens));
    const longest = pieces.reduce((most, ms) => Math.max(most, ms), 0);
    return longest === 0
      ? 0
      : prefillLaunchMs + Math.max(busiestOf(pieces, ranks) / microbatchesOf(setup, batch), longest);
  };

  const decodeMs = (batch: StepBatch): number => {
    const sequences = batch.decodeSequences;
    if (sequences <= 0) return 0;
    const queries = Math.max(1, batch.decodeTokens / sequences);
    const context = batch.decodeContextTokens;
    const layerMs = (of: Kind, attended: number): number =>
      blend(
        attended * Math.max(of.readMsPerToken, of.decodeMsPerPair * queries) + sequences * of.sequenceMs,
        sequences * of.blockMs,
        2,
      );
    let ms = full * layerMs(kind, context);
    if (local > 0) {
      const window = reach.decode(context, sequences);
      ms += plain * layerMs(localKind, window);
      for (const group of compressed)
        ms += group.layers * layerMs(localKind, window + sequences * group.tokens(context / sequences));
    }
    const indexMs = indexer?.decodeMs(batch) ?? 0;
    const lanes = microbatchesOf(setup, batch) * ranks;
    // The busiest lane has ceil(sequences / lanes) of them, of average length.
    return decodeLaunchMs + ((ms + indexMs + sequences * stateMs) / sequences) * Math.ceil(sequences / lanes);
  };

  /** Attended tokens of the layers with a limit, of all running sequences. */
  const localPairs = (context: number, sequences: number): number =>
    local === 0
      ? 0
      : local * reach.decode(context, sequences) +
        compressed.reduce(
          (sum, group) => sum + group.layers * sequences * group.tokens(context / Math.max(1, sequences)),
          0,
        );

  return {
    stepMs: (batch) => (batch.prefills.length === 0 ? 0 : prefillMs(batch)) + decodeMs(batch),
    flops: ({ prefills, decodeSequences: sequences, decodeTokens, decodeContextTokens: context }) => {
      let [pairs, limited] = [0, 0];
      for (const { newTokens, contextTokens } of prefills) {
        const middle = contextTokens + newTokens / 2;
        pairs += newTokens * full * middle;
        if (local > 0) limited += newTokens * local * reach.attended(newTokens, contextTokens);
        for (const group of compressed) limited += newTokens * group.layers * group.tokens(middle);
      }
      const queries = sequences > 0 ? decodeTokens / sequences : 0;
      return (
        fullLayers.attention.heads *
          (pairs * kind.pair.prefill + full * context * queries * kind.pair.decode) +
        localLayers.attention.heads *
          (limited * localKind.pair.prefill +
            localPairs(context, sequences) * queries * localKind.pair.decode)
      );
    },
    bytes: ({ prefills, decodeSequences, decodeContextTokens: context }) => {
      let [read, limited] = [full * context, localPairs(context, decodeSequences)];
      for (const { contextTokens } of prefills) {
        read += full * contextTokens;
        if (local > 0) limited += local * reach.read(contextTokens);
        for (const group of compressed) limited += group.layers * group.tokens(contextTokens);
      }
      const sequences = decodeSequences + prefills.length;
      return (read * kind.kvBytes + limited * localKind.kvBytes) * split + sequences * stateBytes;
    },
  };
};
