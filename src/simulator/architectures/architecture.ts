/** The shape of a model, as far as it costs time or memory. */
import type { WeightType } from '../hardware/gpu.js';
import {
  type Attention,
  type CompressedLayers,
  compressorProjections,
  indexerBytes,
  type Indexer,
  indexerProjections,
  kvScalarsPerLayer,
  type LocalLayers,
  type Projection,
  projectionsOf,
} from './attention.js';
import { type LinearAttention, linearProjections, linearStateBytes } from './linear-attention.js';

export interface Experts {
  count: number;
  /** Experts that each token visits. */
  perToken: number;
  intermediate: number;
  /** Width of the expert that every token visits; 0 without one. */
  sharedIntermediate: number;
  /** Width that tokens are projected to before the routed experts and back from after them. Default: not projected. */
  latent?: number;
  /** A bias per expert was steered to even the visits out (DeepSeek-V3 and those that followed it), without an auxiliary loss. */
  balanced?: boolean;
}

export interface Architecture {
  name: string;
  /** Layers that mix tokens: with attention or a recurrent state. */
  layers: number;
  hidden: number;
  /** Width of the dense feed-forward block. */
  intermediate: number;
  /** Dense blocks of other widths than `intermediate`, where a search gave every layer its own. */
  denseBlocks?: readonly DenseBlocks[];
  /** The feed-forward blocks have no gate: two matrices in place of three. */
  ungated?: boolean;
  vocab: number;
  tiedEmbeddings?: boolean;
  attention: Attention;
  /** Queries and keys are normalized head by head, or over all heads of a token, by kernels of their own. */
  queryKeyNorm?: 'heads' | 'whole';
  local?: LocalLayers;
  /** Of the local layers, those that attend to compressed tokens too. */
  compressed?: readonly CompressedLayers[];
  /** The residual is so many streams, mixed before and after each block (hyper-connections). */
  streams?: number;
  /** Of the layers, those with a recurrent state. */
  linear?: LinearAttention;
  experts?: Experts;
  /** Layers with a dense feed-forward block. Default of catalogues: all without experts, else none. */
  denseLayers: number;
  /** Layers with routed experts. Default: those without a dense block. */
  expertLayers?: number;
  /** How the weights are published. Default `bf16`. */
  checkpoint?: WeightType;
  /** Narrowest type in which attention weights are published, when the rest is quantized further. */
  attentionWeights?: WeightType;
  /**
   * What the 4-bit checkpoints hold in 4 bits: the feed-forward blocks, or the routed experts alone; the rest of them is bf16.
   * Default: all but what `attentionWeights` keeps wider.
   */
  fourBit?: 'blocks' | 'experts';
  /** The fp8 checkpoint has a scale per 128 × 128 block, which needs kernels of its own. */
  blockScaledFp8?: boolean;
  /** The 4-bit checkpoint is mxfp4: on GPUs with 4-bit units its experts meet fp8 activations, elsewhere bf16. */
  mxfp4?: boolean;
  /** The longest context, where the file that describes the model tells of it. */
  contextTokens?: number;
  /** As published; for display. */
  parameters: { total: number; active: number };
}

/** Dense feed-forward blocks of one width. */
export interface DenseBlocks {
  layers: number;
  intermediate: number;
}

/** The dense feed-forward blocks by width. */
export const denseBlocks = ({
  denseBlocks: own,
  denseLayers,
  intermediate,
}: Architecture): readonly DenseBlocks[] => own ?? [{ layers: denseLayers, intermediate }];

/** Layers with routed experts. */
export const expertLayers = (architecture: Architecture): number =>
  architecture.experts === undefined
    ? 0
    : (architecture.expertLayers ?? architecture.layers - architecture.denseLayers);

/** Feed-forward blocks, dense or of experts. */
export const feedForwardLayers = (architecture: Architecture): number =>
  expertLayers(architecture) + denseBlocks(architecture).reduce((sum, { layers }) => sum + layers, 0);

/** Columns of the first matrix of a feed-forward block per column of the second's rows: the gate doubles them. */
export const upColumns = (architecture: Architecture): number => (architecture.ungated ? 1 : 2);

/** Layers that attend without a limit. */
export const fullLayers = (architecture: Architecture): number =>
  architecture.layers - (architecture.local?.layers ?? 0) - (architecture.linear?.layers ?? 0);

/** Layers of one kind of attention. */
export interface AttentionLayers {
  layers: number;
  attention: Attention;
}

/** The layers with attention by their kind: those without a limit, those with one. */
export const attentionLayers = (architecture: Architecture): readonly [AttentionLayers, AttentionLayers] => {
  const { attention, local } = architecture;
  return [
    { layers: fullLayers(architecture), attention },
    { layers: local?.layers ?? 0, attention: local?.attention ?? attention },
  ];
};

/** Indexers, and how many tokens share an entry of theirs. */
export const indexers = ({
  local,
  compressed = [],
}: Architecture): readonly (Indexer & { ratio: number })[] => [
  ...(local?.indexer ? [{ ...local.indexer, ratio: 1 }] : []),
  ...compressed.flatMap(({ indexer, ratio }) => (indexer ? [{ ...indexer, ratio }] : [])),
];

/**
 * Bytes of keys and values per token, one copy.
 *
 * @param scalarBytes - 2 for bf16, 1 for fp8
 */
export const kvBytesPerToken = (architecture: Architecture, scalarBytes: number): number => {
  const [full, limited] = attentionLayers(architecture);
  const { local, compressed = [] } = architecture;
  const scalars =
    full.layers * kvScalarsPerLayer(full.attention) +
    (local?.keepsAll ? limited.layers * kvScalarsPerLayer(limited.attention) : 0) +
    compressed.reduce((sum, { layers, ratio }) => sum + layers / ratio, 0) *
      kvScalarsPerLayer(limited.attention);
  const indexed = indexers(architecture).reduce(
    (sum, indexer) => sum + (indexer.layers / indexer.ratio) * indexerBytes(indexer),
    0,
  );
  return scalars * scalarBytes + indexed;
};

/** Bytes that a sequence holds whatever its length: windows of local layers and recurrent states (fp32). */
export const stateBytesPerSequence = (architecture: Architecture, scalarBytes: number): number => {
  const { local, linear } = architecture;
  const windows =
    local === undefined || local.keepsAll
      ? 0
      : local.layers *
        local.tokens *
        kvScalarsPerLayer(local.attention ?? architecture.attention) *
        scalarBytes;
  return windows + (linear === undefined ? 0 : linear.layers * linearStateBytes(linear));
};

/** The projections of all layers with attention, with how many layers have each. */
export const attentionProjections = (
  architecture: Architecture,
): readonly { layers: number; projections: readonly Projection[] }[] => {
  const { hidden, compressed = [] } = architecture;
  const [, limited] = attentionLayers(architecture);
  return [
    ...attentionLayers(architecture).map(({ layers, attention }) => ({
      layers,
      projections: projectionsOf(attention, hidden),
    })),
    ...indexers(architecture).map((indexer) => ({
      layers: indexer.layers,
      projections: indexerProjections(indexer, limited.attention, hidden),
    })),
    ...compressed.map((group) => ({
      layers: group.layers,
      projections: compressorProjections(group, limited.attention, hidden),
    })),
  ].filter(({ layers }) => layers > 0);
};

const size = (projection: Projection): number =>
  projection.inputs * (projection.outputs + (projection.kvOutputs ?? 0));

const sizeOf = (list: readonly Projection[]): number => list.reduce((total, p) => total + size(p), 0);

/** Weights by what they are, in scalars of the whole model; norms and biases (well below 0.1 %) are left out. */
export interface WeightCount {
  attention: number;
  dense: number;
  routed: number;
  shared: number;
  router: number;
  embeddings: number;
}

/** Counts the weights of a model. */
export const countWeights = (architecture: Architecture): WeightCount => {
  const { hidden, experts } = architecture;
  const linearLayers = architecture.linear?.layers ?? 0;
  const routedLayers = expertLayers(architecture);
  const matrices = upColumns(architecture) + 1;
  const denseColumns = denseBlocks(architecture).reduce(
    (sum, block) => sum + block.layers * block.intermediate,
    0,
  );
  const width = experts?.latent ?? hidden;
  return {
    attention:
      attentionProjections(architecture).reduce(
        (sum, group) => sum + group.layers * sizeOf(group.projections),
        0,
      ) +
      linearLayers * sizeOf(linearProjections(architecture)),
    dense: matrices * hidden * denseColumns,
    routed: routedLayers * (experts?.count ?? 0) * matrices * width * (experts?.intermediate ?? 0),
    shared:
      routedLayers *
      (matrices * hidden * (experts?.sharedIntermediate ?? 0) + 2 * hidden * (experts?.latent ?? 0)),
    router: routedLayers * hidden * (experts?.count ?? 0),
    embeddings: architecture.vocab * hidden * (architecture.tiedEmbeddings ? 1 : 2),
  };
};

/**
 * How much the visits vary between experts: the squared coefficient of variation of AIConfigurator's measured power-law workload (1.01).
 * The sparser a router is, the more its experts differ; 20 shapes with 4 to 128 experts per visit lie within 0.1 of this line.
 */
export const expertSkew = ({ count, perToken }: Pick<Experts, 'count' | 'perToken'>): number =>
  Math.max(0.05, 0.41 * Math.log(count / perToken / 5.9));

/**
 * Coefficient of variation of the load of groups of experts, as one of its experts would have by itself. Where the busiest of 2 to 16
 * groups of AIConfigurator's workloads stood: power law 1.01, which it takes for models with balanced experts, and 1.2, for others.
 */
export const groupSkew = ({ balanced }: Pick<Experts, 'balanced'>): number => (balanced ? 1.2 : 2);

/**
 * The share of some experts that is visited at all, where uniform routing would miss each with the probability e^−x: popularity that
 * varies like a gamma distribution misses it with (1 + cv²·x)^(−1/cv²). Rare experts stay unread for longer.
 *
 * @param exponent - x; `tokens·−ln(1 − k/E)` for `k` of `E` experts
 * @param skew - cv², see {@link expertSkew}
 */
export const shareVisited = (exponent: number, skew: number): number =>
  -Math.expm1(-Math.log1p(skew * exponent) / skew);

/**
 * Different experts that `tokens` tokens visit when some are more popular than others.
 *
 * @returns between `perToken` (one token) and `count`
 */
export const expertsHit = (experts: Pick<Experts, 'count' | 'perToken'>, tokens: number): number => {
  const { count, perToken } = experts;
  if (tokens <= 0) return 0;
  const missed = -tokens * Math.log1p(-perToken / count);
  return Math.max(perToken, count * shareVisited(missed, expertSkew(experts)));
};

/** Multiply-add FLOPs of the linear layers for one token, embeddings lookup excluded, output head included. */
export const linearFlopsPerToken = (architecture: Architecture): number => {
  const count = countWeights(architecture);
  const { experts } = architecture;
  const active = experts === undefined ? 0 : (count.routed * experts.perToken) / experts.count;
  const head = architecture.vocab * architecture.hidden;
  return 2 * (count.attention + count.dense + active + count.shared + count.router + head);
};
