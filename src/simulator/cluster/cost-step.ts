/** Puts the parts of a step together; shared by the models that differ only in where their token costs come from. */
import {
  countWeights,
  expertLayers,
  feedForwardLayers,
  expertsHit,
  linearFlopsPerToken,
} from '../architectures/architecture.js';
import { computeType } from '../hardware/gpu.js';
import type { CostModel, ReplicaHardware, StepActivity, StepBatch } from './cost.js';
import { busiestOf, createAttentionCost, microbatchesOf } from './cost-attention.js';
import { exchangeBytes, type TokenCosts } from './cost-layers.js';
import {
  replicaKvBytes,
  replicaKvBytesPerToken,
  stateSpacingTokens,
  replicaWeightBytes,
} from './cost-memory.js';
import { type CostSetup, expertWeightBytes } from './cost-options.js';

/**
 * Token counts whose cost is remembered: steps repeat their token counts, so a curve is filled as it is used and a step
 * is a lookup. 32,768 is above every common max_num_batched_tokens; larger steps are computed each time. 256 KiB a curve.
 */
const REMEMBERED_TOKENS = 32_768;

const remember = (curve: (count: number) => number): ((count: number) => number) => {
  const known = new Float64Array(REMEMBERED_TOKENS + 1).fill(Number.NaN);
  return (count) => {
    if (count > REMEMBERED_TOKENS) return curve(count);
    const before = known[count];
    if (before !== undefined && before === before) return before;
    const ms = curve(count);
    known[count] = ms;
    return ms;
  };
};

/** Tokens that the step computes. */
const countTokens = (batch: StepBatch): number => {
  let total = batch.decodeTokens;
  for (const { newTokens } of batch.prefills) total += newTokens;
  return total;
};

/** Memory and GPUs, from the memory rules and the split; the same for all models. */
export const memoryOf = (
  setup: CostSetup,
): Pick<CostModel, 'kvBytesPerToken' | 'kvBlocks' | 'stateTokens' | 'lanes' | 'stages'> & {
  hardware: ReplicaHardware;
} => {
  const perToken = replicaKvBytesPerToken(setup);
  const bytes = replicaKvBytes(setup);
  const stateTokens = stateSpacingTokens(setup);
  return {
    ...(stateTokens !== undefined && { stateTokens }),
    lanes: setup.pipelineParallel * (setup.attentionDataParallel ? setup.tensorParallel : 1),
    stages: setup.pipelineParallel,
    kvBytesPerToken: perToken,
    kvBlocks: (blockTokens) => Math.max(0, Math.floor(bytes / (perToken * blockTokens))),
    hardware: {
      gpu: setup.gpu,
      gpus: setup.tensorParallel * setup.pipelineParallel,
      memoryUtilization: setup.memory.utilization,
    },
  };
};

/**
 * What a step does to the GPUs, from its FLOPs and bytes against the peaks.
 *
 * Weights count as read once per microbatch, experts as far as they are hit. All-reduces move 2(n−1)·bytes between n GPUs.
 */
export const createActivity = (setup: CostSetup): CostModel['activity'] => {
  const { architecture, gpu, tensorParallel, pipelineParallel, weightType } = setup;
  const attention = createAttentionCost(setup);
  const gpus = tensorParallel * pipelineParallel;
  const flopsPerToken = linearFlopsPerToken(architecture);
  const peakPerMs = ((gpu.flopsPerS[computeType(gpu, weightType)] ?? gpu.flopsPerS.bf16) * gpus) / 1e3;
  const bytesPerMs = (gpu.bandwidthBytesPerS * gpus) / 1e3;
  const routedBytes = countWeights(architecture).routed * expertWeightBytes(setup);
  const copies = setup.attentionDataParallel ? tensorParallel : 1;
  // Of the input embeddings a step reads only its tokens' rows.
  const embeddingBytes = architecture.tiedEmbeddings
    ? 0
    : copies * architecture.vocab * architecture.hidden * 2;
  const denseBytes = replicaWeightBytes(setup) - routedBytes - embeddingBytes;
  const { experts } = architecture;
  const messages = setup.attentionDataParallel
    ? expertLayers(architecture)
    : (architecture.layers + feedForwardLayers(architecture)) / 2;
  const wireBytesPerToken =
    messages *
      (setup.attentionDataParallel ? exchangeBytes(setup) : 8) *
      (tensorParallel - 1) *
      architecture.hidden +
    (pipelineParallel - 1) * architecture.hidden * 2;
  return (batch: StepBatch, stepMs: number): StepActivity => {
    const tokens = countTokens(batch);
    if (tokens === 0 || stepMs <= 0) return { tensor: 0, memory: 0, interconnectBytes: 0 };
    const microbatches = batch.microbatches ?? Math.min(pipelineParallel, Math.max(1, batch.decodeSequences));
    // Each microbatch reads the experts that its own tokens visit.
    const routedShare =
      experts === undefined ? 0 : expertsHit(experts, tokens / microbatches) / experts.count;
    const weights = microbatches * (denseBytes + routedShare * routedBytes);
    return {
      tensor: Math.min(1, (tokens * flopsPerToken + attention.flops(batch)) / (peakPerMs * stepMs)),
      memory: Math.min(1, (weights + attention.bytes(batch)) / (bytesPerMs * stepMs)),
      interconnectBytes: tokens * wireBytesPerToken,
    };
  };
};

/**
 * A cost model from token costs: layers + attention + output head + host.
 *
 * Pipeline stages: the sequences of a step form microbatches, as many as there are stages unless the batch says otherwise, which follow
 * each other through them, so a step takes L layers at a microbatch's share of the tokens. A prompt's chunk is one microbatch: the largest one
 * sets the pace. Data-parallel ranks divide sequences the same way.
 */
export const createStepCostModel = (setup: CostSetup, costs: TokenCosts): CostModel => {
  const attention = createAttentionCost(setup);
  const ranks = setup.attentionDataParallel ? setup.tensorParallel : 1;
  const rank = remember(costs.rankMs);
  const group = remember(costs.groupMs);
  const head = remember(costs.headMs);
  const { fixedMs, overlapped } = setup.host;
  const sequenceMs = setup.host.perSequenceUs * 1e-3;
  const stepMs = (batch: StepBatch): number => {
    let prompts = 0;
    let largest = 0;
    for (const { newTokens } of batch.prefills) {
      prompts += newTokens;
      if (newTokens > largest) largest = newTokens;
    }
    const total = batch.decodeTokens + prompts;
    if (total <= 0) return 0;
    const stages = microbatchesOf(setup, batch);
    const rows = batch.decodeTokens + batch.prefills.length;
    // All ranks wait for the one with the most prompts, which has its share of the running sequences beside them.
    const busiest =
      ranks === 1
        ? prompts
        : busiestOf(
            batch.prefills.map(({ newTokens }) => newTokens),
            ranks,
          );
    const ofRank = batch.decodeTokens / ranks + busiest;
    const gpuMs =
      rank(Math.ceil(Math.max(ofRank / stages, largest))) +
      group(Math.ceil(Math.max(total / stages, largest))) +
      head(Math.ceil(rows / (stages * ranks))) +
      attention.stepMs(batch);
    // Every data-parallel rank has a host process for its own sequences.
    const ofSequencesMs = sequenceMs * Math.ceil((batch.decodeSequences + batch.prefills.length) / ranks);
    if (overlapped === true) return Math.max(gpuMs, fixedMs + ofSequencesMs);
    return overlapped === 'launches' && batch.prefills.length === 0
      ? Math.max(gpuMs, fixedMs) + ofSequencesMs
      : gpuMs + fixedMs + ofSequencesMs;
  };
  return { stepMs, ...memoryOf(setup), activity: createActivity(setup) };
};
