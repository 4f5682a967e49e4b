/** Models whose layers attend in two ways or choose what they attend to, from the published config.json of each. */
import type { CompressedLayers } from './attention.js';
import { gqa, mla, moe, params, type Row } from './row.js';

/** DeepSeek V4: a window in every layer; beside it 4 tokens compressed to one, of which an indexer picks some, or 128 to one. */
const compressed = (sparse: number, top: number, dense: number): readonly CompressedLayers[] => [
  { layers: sparse, ratio: 4, top, indexer: { layers: sparse, heads: 64, headDim: 128 } },
  { layers: dense, ratio: 128 },
];
const DEEPSEEK_V4 = {
  intermediate: 0,
  vocab: 129280,
  streams: 4,
  attentionWeights: 'fp8',
  checkpoint: 'fp4',
  mxfp4: true,
  blockScaledFp8: true,
} as const;

const glm = (
  hidden: number,
  layers: number,
  dense: number,
): Pick<Row, 'hidden' | 'layers' | 'vocab' | 'attention'> & {
  denseLayers: number;
} => ({ hidden, layers, denseLayers: dense, vocab: 151552, attention: gqa(96, 8, 128) });

export const SPARSE_MODELS: readonly Row[] = [
  {
    ...DEEPSEEK_V4,
    name: 'deepseek-v4-flash',
    layers: 43,
    hidden: 4096,
    attention: {
      ...gqa(64, 1, 512),
      keysAreValues: 'cached',
      queryRank: 1024,
      outputGroups: { count: 8, rank: 1024 },
    },
    local: { layers: 43, tokens: 128 },
    compressed: compressed(21, 512, 20),
    experts: { ...moe(256, 6, 2048, 2048), balanced: true },
    parameters: params(284, 13),
  },
  {
    ...DEEPSEEK_V4,
    name: 'deepseek-v4-pro',
    layers: 61,
    hidden: 7168,
    attention: {
      ...gqa(128, 1, 512),
      keysAreValues: 'cached',
      queryRank: 1536,
      outputGroups: { count: 16, rank: 1024 },
    },
    local: { layers: 61, tokens: 128 },
    compressed: compressed(30, 1024, 31),
    experts: { ...moe(384, 6, 3072, 3072), balanced: true },
    // "1.6T".
    parameters: params(1573, 49),
  },
  {
    name: 'kimi-linear-48b-a3b',
    layers: 27,
    hidden: 2304,
    intermediate: 9216,
    vocab: 163840,
    attention: mla(32, 0, 128, 128),
    linear: { layers: 20, keyHeads: 32, valueHeads: 32, headDim: 128 },
    experts: { ...moe(256, 8, 1024, 1024), balanced: true },
    denseLayers: 1,
    parameters: params(49.1, 3),
  },
  {
    name: 'gemma-4-26b-a4b',
    layers: 30,
    hidden: 2816,
    intermediate: 2112,
    vocab: 262144,
    tiedEmbeddings: true,
    attention: { ...gqa(16, 2, 512), keysAreValues: 'projected' },
    local: { layers: 25, tokens: 1024, attention: gqa(16, 8, 256) },
    queryKeyNorm: 'heads',
    experts: moe(128, 8, 704),
    denseLayers: 30,
    expertLayers: 30,
    parameters: params(25.2, 3.8),
  },
  {
    name: 'gemma-4-31b',
    layers: 60,
    hidden: 5376,
    intermediate: 21504,
    vocab: 262144,
    tiedEmbeddings: true,
    attention: { ...gqa(32, 4, 512), keysAreValues: 'projected' },
    local: { layers: 50, tokens: 1024, attention: gqa(32, 16, 256) },
    queryKeyNorm: 'heads',
    parameters: params(30.7),
  },
  {
    name: 'mimo-v2-flash',
    layers: 48,
    hidden: 4096,
    intermediate: 16384,
    vocab: 152576,
    attention: { ...gqa(64, 4, 192), valueDim: 128 },
    local: { layers: 39, tokens: 128, attention: { ...gqa(64, 8, 192), valueDim: 128 } },
    experts: { ...moe(256, 8, 2048), balanced: true },
    denseLayers: 1,
    checkpoint: 'fp8',
    blockScaledFp8: true,
    parameters: params(309, 15),
  },
  {
    ...glm(5120, 92, 3),
    name: 'glm-4.5',
    intermediate: 12288,
    queryKeyNorm: 'heads',
    experts: { ...moe(160, 8, 1536, 1536), balanced: true },
    parameters: params(355, 32),
  },
  {
    ...glm(4096, 46, 1),
    name: 'glm-4.5-air',
    intermediate: 10944,
    experts: { ...moe(128, 8, 1408, 1408), balanced: true },
    parameters: params(106, 12),
  },
];
