/** Indexers of sparse attention: small heads that score every cached token, of which the best are attended to. */
import { indexers } from '../architectures/architecture.js';
import { indexerBytes } from '../architectures/attention.js';
import type { StepBatch } from './cost.js';
import type { CostSetup } from './cost-options.js';

/**
 * Kernels of one indexer in a decoding step, whatever the length: what DeepSeek-V3.2's attention takes beyond V3's with few sequences
 * (AIConfigurator, vLLM 0.24: B200 95 µs, H200 80 µs), and what V4's sparse layers take beyond its dense ones (18 to 25 µs); MiniMax-M3's is
 * alike.
 */
const LATENT_LAUNCH_US = 90;
const LAUNCH_US = 20;
/** Of each running sequence: scoring, choosing and gathering by thread blocks of its own (1,024 sequences on both GPUs). */
const SEQUENCE_US = 0.15;
/** Share of the fp8 peak that scores of a prompt reach (V3.2's prompts of 4,096 to 16,384 tokens: B200 .28, H200 .42). */
const SCORE_SHARE = 0.35;
const CACHE_SHARE = 0.8;

export interface IndexerCost {
  /** Milliseconds of a step with running sequences, however few. */
  launchMs: number;
  /** Milliseconds of the running sequences of a step beside that. */
  decodeMs(batch: StepBatch): number;
  /** Milliseconds of `newTokens` of a prompt over `contextTokens` cached ones. */
  chunkMs(newTokens: number, contextTokens: number): number;
}

/**
 * What the indexers of a model cost, or undefined if it has none. Each GPU scores for all heads.
 *
 * @param setup - model, GPU and split
 */
export const createIndexerCost = ({ architecture, gpu }: CostSetup): IndexerCost | undefined => {
  const all = indexers(architecture);
  if (all.length === 0) return undefined;
  const peak = SCORE_SHARE * (gpu.flopsPerS.fp8 ?? gpu.flopsPerS.bf16);
  const layers = all.reduce((sum, indexer) => sum + indexer.layers, 0);
  const launchUs = architecture.attention.kind === 'mla' ? LATENT_LAUNCH_US : LAUNCH_US;
  const launchMs = all.reduce((sum, indexer) => sum + indexer.layers * launchUs * 1e-3, 0);
  const readMsPerToken = all.reduce(
    (sum, indexer) =>
      sum +
      ((indexer.layers / indexer.ratio) * indexerBytes(indexer) * 1e3) /
        (CACHE_SHARE * gpu.bandwidthBytesPerS),
    0,
  );
  const pairMs = all.reduce(
    (sum, { layers: own, ratio, heads, headDim }) => sum + ((own / ratio) * 2 * heads * headDim * 1e3) / peak,
    0,
  );
  return {
    launchMs,
    decodeMs: ({ decodeSequences, decodeContextTokens }) =>
      decodeSequences * layers * SEQUENCE_US * 1e-3 + decodeContextTokens * readMsPerToken,
    chunkMs: (newTokens, contextTokens) => newTokens * (contextTokens + newTokens / 2) * pairMs,
  };
};
