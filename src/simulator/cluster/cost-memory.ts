/** How much of a replica's memory is left for keys and values. */
import { countWeights, kvBytesPerToken, stateBytesPerSequence } from '../architectures/architecture.js';
import { type Attention, kvScalarsPerLayer } from '../architectures/attention.js';
import { linearStateBytes } from '../architectures/linear-attention.js';
import { KV_BYTES, WEIGHT_BYTES } from '../hardware/gpu.js';
import { attentionWeightType, blockWeightType, type CostSetup, expertWeightBytes } from './cost-options.js';

/** Copies of each key and value within a replica: more GPUs than key heads hold duplicates, latent vectors always do. */
const kvCopies = (setup: CostSetup, attention: Attention = setup.architecture.attention): number => {
  if (setup.attentionDataParallel) return 1;
  if (attention.kind === 'mla') return setup.tensorParallel;
  return Math.max(1, setup.tensorParallel / attention.kvHeads);
};

/** Bytes per token over all GPUs of a replica. */
export const replicaKvBytesPerToken = (setup: CostSetup): number =>
  kvBytesPerToken(setup.architecture, KV_BYTES[setup.kvType]) * kvCopies(setup);

/** Bytes of keys and values of one layer per attended token that each tensor-parallel GPU reads. */
export const kvBytesPerTokenPerGpu = (setup: CostSetup, attention: Attention): number => {
  const scalars = kvScalarsPerLayer(attention) * KV_BYTES[setup.kvType];
  return setup.attentionDataParallel
    ? scalars
    : (scalars * kvCopies(setup, attention)) / setup.tensorParallel;
};

const MXFP4_TILE = 256;

/** Kernels for mxfp4 hold the width of an expert filled up to whole tiles: gpt-oss takes 64.4 GiB where its file has 60.8. */
const paddedShare = (setup: CostSetup): number => {
  const width = setup.architecture.experts?.intermediate ?? 0;
  if (width === 0 || !setup.architecture.mxfp4 || setup.weightType !== 'fp4') return 1;
  const own = (width * setup.expertParallel) / setup.tensorParallel;
  return (MXFP4_TILE * Math.ceil(own / MXFP4_TILE)) / own;
};

/** Bytes of weights over all GPUs of a replica, duplicates included. */
export const replicaWeightBytes = (setup: CostSetup): number => {
  const count = countWeights(setup.architecture);
  const copies = setup.attentionDataParallel ? setup.tensorParallel : 1;
  const type = WEIGHT_BYTES[blockWeightType(setup)];
  return (
    copies * count.attention * WEIGHT_BYTES[attentionWeightType(setup)] +
    copies * (count.dense + count.shared) * type +
    count.routed * paddedShare(setup) * expertWeightBytes(setup) +
    (setup.tensorParallel * count.router + copies * count.embeddings) * WEIGHT_BYTES.bf16
  );
};

/** Bytes of the windows and recurrent states that are kept for as many sequences as may run. */
export const reservedStateBytes = ({ architecture, kvType, memory }: CostSetup): number =>
  memory.reservedSequences * stateBytesPerSequence(architecture, KV_BYTES[kvType]);

/** Blocks are made of so many tokens, or a multiple of it. */
const BLOCK_STEP_TOKENS = 16;

/**
 * Tokens of keys and values of one attention layer on a GPU that take no less than the state of one recurrent layer there, in whole
 * 16: as long vLLM makes its blocks, and at their ends it can keep states. Undefined for models without recurrent layers.
 */
export const stateSpacingTokens = (setup: CostSetup): number | undefined => {
  const { linear } = setup.architecture;
  if (linear === undefined) return undefined;
  const stateBytes = linearStateBytes(linear) / (setup.attentionDataParallel ? 1 : setup.tensorParallel);
  const stepBytes = BLOCK_STEP_TOKENS * kvBytesPerTokenPerGpu(setup, setup.architecture.attention);
  return BLOCK_STEP_TOKENS * Math.ceil(stateBytes / stepBytes);
};

/** Of a GPU's memory a process sees so much: 79.2 of the H100's 80 GiB, 139.8 of the H200's 141, 44.4 of the L40S' 45. */
const VISIBLE_SHARE = 0.99;

/** Bytes for keys and values over all GPUs of a replica; negative if the weights alone do not fit. */
export const replicaKvBytes = (setup: CostSetup): number => {
  const { memory, gpu } = setup;
  const gpus = setup.tensorParallel * setup.pipelineParallel;
  const perGpu =
    memory.utilization * VISIBLE_SHARE * gpu.memoryBytes - memory.activationBytes - memory.otherBytes;
  return gpus * perGpu - replicaWeightBytes(setup) - reservedStateBytes(setup);
};
