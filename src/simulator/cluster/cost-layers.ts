/** Work that depends only on how many tokens are in a step: matrix multiplications, elementwise kernels, messages. */
import {
  attentionProjections,
  denseBlocks,
  type Experts,
  expertLayers,
  expertsHit,
  expertSkew,
  feedForwardLayers,
  groupSkew,
  linearProjections,
  type Projection,
  shareVisited,
  upColumns,
} from '../architectures/architecture.js';
import {
  blend,
  type ExpertFit,
  type Gpu,
  gemmMs,
  gpuAllReduceMs,
  gpuExchangeMs,
  rooflineMs,
  WEIGHT_BYTES,
  type WeightType,
} from '../hardware/gpu.js';
import { attentionWeightType, type CostSetup, expertWeightBytes, expertWeights } from './cost-options.js';

/** Rows that a tile of a grouped multiplication wastes per expert at the most, on average (half of 64). */
const WASTED_ROWS = 32;
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

/** Milliseconds of one projection on one of `split` GPUs; `kvHeads` limits how finely keys and values divide. */
const projectionMs = (
  setup: CostSetup,
  type: WeightType,
  rows: number,
  projection: Projection,
  split: number,
): number => {
  const { attention } = setup.architecture;
  const kvSplit = attention.kind === 'gqa' ? Math.min(split, attention.kvHeads) : split;
  const inputs = projection.split === 'inputs' ? projection.inputs / split : projection.inputs;
  const outputs = projection.split === 'outputs' ? projection.outputs / split : projection.outputs;
  return gemmMs(setup.gpu, type, rows, inputs, outputs + (projection.kvOutputs ?? 0) / kvSplit);
};

/** Milliseconds of the two multiplications of a feed-forward block, gate and up as one. */
const feedForwardMs = (setup: CostSetup, rows: number, intermediate: number): number => {
  const { gpu, weightType, architecture } = setup;
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
 * Rows of the busiest of `groups` groups of experts.
 *
 * The rows of a group vary by chance (√mean) and because routers prefer some experts: with a coefficient of variation cv
 * between experts, a group of E/groups of them varies by cv·√(groups/E). The largest of `groups` draws is about
 * √(2·ln(groups)) deviations above the mean.
 */
const busiestRows = (meanRows: number, groups: number, experts: Experts): number =>
  meanRows +
  Math.sqrt(2 * Math.log(groups)) *
    (Math.sqrt(meanRows) + (groupSkew(experts) * meanRows) / Math.sqrt(experts.count / groups));

/**
 * Different experts among those of one of `groups` that its `rows` visit, see {@link shareVisited}. All groups wait for the busiest:
 * a single token that visits two experts has one of them read whole, however many groups there are.
 */
const busiestHit = (rows: number, groups: number, experts: Experts): number => {
  const own = experts.count / groups;
  if (own <= 1) return Math.min(1, rows) * own;
  return Math.max(Math.min(1, rows), own * shareVisited(-rows * Math.log1p(-1 / own), expertSkew(experts)));
};

const expertFit = (setup: CostSetup): ExpertFit =>
  setup.gpu.experts[expertWeights(setup)] ?? setup.gpu.experts.bf16;

/**
 * Milliseconds of the routed experts of one layer, on the busiest GPU.
 *
 * Weights are read for the experts that are hit; every expert pads its rows to whole tiles. Both multiplications are
 * grouped kernels with fits of their own; the block's launch covers routing, permutation and activation.
 */
const expertsMs = (setup: CostSetup, tokens: number): number => {
  const fit = expertFit(setup);
  const ms = expertsMsBy(setup, tokens, fit);
  return fit.few !== undefined && tokens <= fit.few.tokens
    ? Math.min(ms, expertsMsBy(setup, tokens, fit.few.fit))
    : ms;
};

const expertsMsBy = (setup: CostSetup, tokens: number, fit: ExpertFit): number => {
  const { architecture, gpu, expertParallel, tensorParallel } = setup;
  const { experts, hidden } = architecture;
  if (experts === undefined) return 0;
  const visits = tokens * experts.perToken;
  const rows = Math.min(visits, busiestRows(visits / expertParallel, expertParallel, experts));
  const hit = expertParallel === 1 ? expertsHit(experts, tokens) : busiestHit(rows, expertParallel, experts);
  const padded = rows + Math.min(rows, WASTED_ROWS * hit);
  const intermediate = (experts.intermediate * expertParallel) / tensorParallel;
  const weightBytes = expertWeightBytes(setup);
  const grouped = (inputs: number, outputs: number): number =>
    rooflineMs(
      gpu,
      fit,
      fit.computes,
      2 * padded * inputs * outputs,
      hit * inputs * outputs * weightBytes +
        rows * (inputs * WEIGHT_BYTES[fit.computes] + outputs * ACTIVATION_BYTES),
    );
  // Every visit is copied in, activated and summed back; every GPU reads all tokens and writes all their (partial) sums.
  const width = experts.latent ?? hidden;
  const routingBytes =
    fit.traffic * ACTIVATION_BYTES * (3 * rows * width + 3 * rows * intermediate + 2 * tokens * width);
  return (
    fit.launchUs * 1e-3 +
    fit.tokenNs * 1e-6 * tokens +
    (fit.visitNs ?? 0) * 1e-6 * rows +
    grouped(width, upColumns(architecture) * intermediate) +
    grouped(intermediate, width) +
    gemmMs(gpu, 'bf16', tokens, hidden, experts.count) +
    (routingBytes / gpu.bandwidthBytesPerS) * 1e3
  );
};

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
    (architecture.layers - linearLayers) * project(attentionProjections(architecture)) +
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
    gemmMs(setup.gpu, setup.weightType, rows, hidden, width / split) +
    gemmMs(setup.gpu, setup.weightType, rows, width / split, hidden)
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
  const projections = attentionProjections(architecture).map((projection) =>
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
