/** Work that depends only on how many tokens are in a step: matrix multiplications, elementwise kernels, messages. */
import {
  attentionLayers,
  attentionProjections,
  denseBlocks,
  expertLayers,
  feedForwardLayers,
  upColumns,
} from '../architectures/architecture.js';
import { type Projection, projectionsOf } from '../architectures/attention.js';
import { linearProjections, linearWidths } from '../architectures/linear-attention.js';
import {
  blend,
  type Gpu,
  gemmMs,
  gpuAllReduceMs,
  gpuExchangeMs,
  WEIGHT_BYTES,
  type WeightType,
} from '../hardware/gpu.js';
import { expertFit, expertsMs } from './cost-experts.js';
import { attentionWeightType, blockWeightType, type CostSetup, expertWeights } from './cost-options.js';

/** Point to point between pipeline stages (AIConfigurator). */
const STAGE_LATENCY_MS = 0.01;
export const ACTIVATION_BYTES = 2;

/**
 * What engines make of norms, additions and activation: three kernels of 3 µs at .8 of the bandwidth (AIConfigurator's memory
 * operations), two that add and norm (2·h in, 2·h out) and one that gates (2·ff in, ff out), all in bf16.
 */
const FUSED_ELEMENTWISE: Gpu['elementwise'] = {
  floorUs: 9,
  bytesPerHidden: (2 * 4 * ACTIVATION_BYTES) / 0.8,
  bytesPerIntermediate: (3 * ACTIVATION_BYTES) / 0.8,
};

/** Milliseconds of one projection on one of `split` GPUs; its key heads limit how finely keys and values divide. */
const projectionMs = (
  setup: CostSetup,
  type: WeightType,
  rows: number,
  projection: Projection,
  split: number,
): number => {
  const kvSplit = Math.min(split, projection.kvHeads ?? split);
  const inputs = projection.split === 'inputs' ? projection.inputs / split : projection.inputs;
  const outputs = projection.split === 'outputs' ? projection.outputs / split : projection.outputs;
  return gemmMs(setup.gpu, type, rows, inputs, outputs + (projection.kvOutputs ?? 0) / kvSplit);
};

/** Milliseconds of the two multiplications of a feed-forward block, gate and up as one. */
const feedForwardMs = (setup: CostSetup, rows: number, intermediate: number): number => {
  const { gpu, architecture } = setup;
  const weightType = blockWeightType(setup);
  return (
    gemmMs(gpu, weightType, rows, architecture.hidden, upColumns(architecture) * intermediate) +
    gemmMs(gpu, weightType, rows, intermediate, architecture.hidden)
  );
};

/** Norms, rope, activation and additions of one layer, by eager kernels or as engines fuse them. */
const elementwiseMs = (
  setup: CostSetup,
  rows: number,
  intermediate: number,
  elementwise: Gpu['elementwise'],
): number => {
  const { bandwidthBytesPerS } = setup.gpu;
  const bytes =
    rows *
    (elementwise.bytesPerHidden * setup.architecture.hidden +
      elementwise.bytesPerIntermediate * intermediate);
  return blend((bytes / bandwidthBytesPerS) * 1e3, elementwise.floorUs * 1e-3, 2);
};

/** GPUs that divide attention and dense blocks. */
const denseSplit = (setup: CostSetup): number => (setup.attentionDataParallel ? 1 : setup.tensorParallel);

/**
 * Gathering the tokens of all data-parallel ranks before the experts, in the type that these compute in, and scattering the
 * sums after them in bf16.
 */
const exchangeMs = (setup: CostSetup, tokens: number): number => {
  const { architecture, gpu, tensorParallel } = setup;
  const scalars = tokens * (architecture.experts?.latent ?? architecture.hidden);
  return (
    gpuExchangeMs(gpu, scalars * gatheredBytes(setup), tensorParallel) +
    gpuExchangeMs(gpu, scalars * ACTIVATION_BYTES, tensorParallel)
  );
};

/** Bytes per element that an exchange moves, there and back. */
export const exchangeBytes = (setup: CostSetup): number => gatheredBytes(setup) + ACTIVATION_BYTES;

const gatheredBytes = (setup: CostSetup): number =>
  expertWeights(setup) === 'blockFp8' ? ACTIVATION_BYTES : WEIGHT_BYTES[expertFit(setup).computes];

/** The parts of a step that depend on token counts alone, whole model, in milliseconds. */
export interface TokenCosts {
  /** Attention projections, dense and shared blocks, elementwise: `tokens` are those of one data-parallel rank. */
  rankMs: (tokens: number) => number;
  /** Routed experts and messages: `tokens` are those of the whole group of GPUs. */
  groupMs: (tokens: number) => number;
  /** Output head for `rows` sampled positions of one rank. */
  headMs: (rows: number) => number;
}

/** Milliseconds of messages of all layers and between stages, for `tokens` in the group. */
export const messagesMs = (
  setup: CostSetup,
  tokens: number,
  allReduce: (bytes: number) => number,
): number => {
  const { architecture, pipelineParallel, gpu } = setup;
  const bytes = tokens * architecture.hidden * ACTIVATION_BYTES;
  const inLayers = setup.attentionDataParallel
    ? expertLayers(architecture) * exchangeMs(setup, tokens)
    : (architecture.layers + feedForwardLayers(architecture)) * allReduce(bytes);
  const betweenStages = (pipelineParallel - 1) * (STAGE_LATENCY_MS + (bytes / gpu.linkBytesPerS) * 1e3);
  return inLayers + betweenStages;
};

/** Milliseconds of the output head, kept in bf16 by published checkpoints. */
export const headMs = (setup: CostSetup, rows: number): number =>
  rows <= 0
    ? 0
    : gemmMs(
        setup.gpu,
        'bf16',
        rows,
        setup.architecture.hidden,
        setup.architecture.vocab / denseSplit(setup),
      );

/** A small kernel, and what it reaches of the bandwidth (AIConfigurator's memory operations). */
const KERNEL_US = 3;
const KERNEL_SHARE = 0.8;
/** Hyper-connections of one layer, both blocks (AIConfigurator, vLLM 0.24, hidden widths 4,096 and 7,168, B200 and H200 alike). */
const STREAMS: Gpu['elementwise'] = { floorUs: 27, bytesPerHidden: 22, bytesPerIntermediate: 0 };

const smallKernelMs = (gpu: Gpu, bytes: number): number =>
  blend((bytes / (KERNEL_SHARE * gpu.bandwidthBytesPerS)) * 1e3, KERNEL_US * 1e-3, 2);

/**
 * Milliseconds of kernels that only some models have around their attention: gated norms behind recurrent layers, norms of queries and
 * keys, streams of the residual.
 */
const aroundMs = (setup: CostSetup, rows: number, split: number): number => {
  const { architecture, gpu } = setup;
  const { queryKeyNorm, streams = 1, layers, linear } = architecture;
  let ms = 0;
  if (linear !== undefined) {
    // Results and their gate in, normed results out.
    const bytes = (3 * ACTIVATION_BYTES * rows * linearWidths(linear).values) / split;
    ms += linear.layers * smallKernelMs(gpu, bytes);
  }
  if (streams > 1)
    ms +=
      layers *
      elementwiseMs(setup, rows, 0, { ...STREAMS, bytesPerHidden: streams * STREAMS.bytesPerHidden });
  if (queryKeyNorm !== undefined)
    for (const group of attentionLayers(architecture)) {
      const { heads, ...attention } = group.attention;
      const columns = attention.kind === 'gqa' ? (heads + attention.kvHeads) * attention.headDim : 0;
      const bytes = (2 * ACTIVATION_BYTES * rows * columns) / split;
      const onceMs = smallKernelMs(gpu, bytes);
      // Over all heads: sums of squares, which the GPUs exchange, and then the scaling.
      ms +=
        group.layers *
        (queryKeyNorm === 'heads' ? onceMs : 2 * onceMs + gpuAllReduceMs(gpu, 8 * rows, split));
    }
  return ms;
};

/** Milliseconds of everything in the layers that one rank does for its own tokens. */
const rankMs = (setup: CostSetup, rows: number): number => {
  const { architecture } = setup;
  const split = denseSplit(setup);
  const type = attentionWeightType(setup);
  const linearLayers = architecture.linear?.layers ?? 0;
  const project = (list: readonly Projection[]): number =>
    list.reduce((sum, projection) => sum + projectionMs(setup, type, rows, projection, split), 0);
  const block = (intermediate: number): number =>
    (intermediate > 0 ? feedForwardMs(setup, rows, intermediate) : 0) +
    elementwiseMs(setup, rows, intermediate, FUSED_ELEMENTWISE);
  const dense = denseBlocks(architecture).reduce(
    (sum, { layers, intermediate }) => sum + layers * block(intermediate / split),
    0,
  );
  const shared =
    block((architecture.experts?.sharedIntermediate ?? 0) / split) + latentMs(setup, rows, split);
  return (
    attentionProjections(architecture).reduce(
      (sum, { layers, projections }) => sum + layers * project(projections),
      0,
    ) +
    aroundMs(setup, rows, split) +
    linearLayers * project(linearProjections(architecture)) +
    dense +
    expertLayers(architecture) * shared
  );
};

/** Milliseconds of the projections to and from the width that the routed experts work in. */
const latentMs = (setup: CostSetup, rows: number, split: number): number => {
  const { hidden, experts } = setup.architecture;
  const width = experts?.latent;
  if (width === undefined) return 0;
  return (
    gemmMs(setup.gpu, blockWeightType(setup), rows, hidden, width / split) +
    gemmMs(setup.gpu, blockWeightType(setup), rows, width / split, hidden)
  );
};

/** Token costs from the fitted kernels of the GPU. */
export const analyticTokenCosts = (setup: CostSetup): TokenCosts => ({
  rankMs: (tokens) => rankMs(setup, tokens),
  groupMs: (tokens) =>
    expertLayers(setup.architecture) * expertsMs(setup, tokens) +
    messagesMs(setup, tokens, (bytes) => gpuAllReduceMs(setup.gpu, bytes, setup.tensorParallel)),
  headMs: (rows) => headMs(setup, rows),
});

/**
 * Milliseconds of the linear operations of one dense layer on one GPU: what Vidur's table measures.
 *
 * @param setup - the GPU, the model, the split
 * @param tokens - tokens in the step
 */
export const denseLayerMs = (
  setup: CostSetup,
  tokens: number,
): { attentionInMs: number; attentionOutMs: number; upMs: number; downMs: number; elementwiseMs: number } => {
  const { architecture, gpu, weightType, tensorParallel: split } = setup;
  const type = attentionWeightType(setup);
  const projections = projectionsOf(architecture.attention, architecture.hidden).map((projection) =>
    projectionMs(setup, type, tokens, projection, split),
  );
  const intermediate = architecture.intermediate / split;
  return {
    attentionInMs: projections.slice(0, -1).reduce((sum, ms) => sum + ms, 0),
    attentionOutMs: projections.at(-1) ?? 0,
    upMs: gemmMs(gpu, weightType, tokens, architecture.hidden, upColumns(architecture) * intermediate),
    downMs: gemmMs(gpu, weightType, tokens, intermediate, architecture.hidden),
    elementwiseMs: elementwiseMs(setup, tokens, intermediate, gpu.elementwise),
  };
};
