/** The shape of a model, as far as it costs time or memory. */
import type { WeightType } from '../hardware/gpu.js';

/** Grouped-query attention: every head has keys and values, or shares them with its group. */
export interface GroupedAttention {
  kind: 'gqa';
  heads: number;
  kvHeads: number;
  headDim: number;
  /** An output gate doubles the query projection. */
  gated?: boolean;
}

/** Multi-head latent attention: one compressed vector per token, expanded (prefill) or absorbed (decode). */
export interface LatentAttention {
  kind: 'mla';
  heads: number;
  /** Width that queries are compressed to; 0 where they are not. */
  queryRank: number;
  kvRank: number;
  ropeDim: number;
  /** Per head, without the rotary part. */
  keyDim: number;
  valueDim: number;
}

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

/**
 * Layers with a fixed-size recurrent state instead of keys and values: gated delta networks, Mamba. Each value head keeps a
 * matrix of `headDim` × `keyDim`.
 */
export interface LinearAttention {
  layers: number;
  /** Heads (Mamba: groups) of the keys and queries. */
  keyHeads: number;
  valueHeads: number;
  headDim: number;
  /** Width of a key (Mamba: size of the state). Default: that of a value. */
  keyDim?: number;
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
  attention: GroupedAttention | LatentAttention;
  /**
   * Layers that attend to at most `tokens` tokens. `keepsAll`: the cache still holds every token. `chunked`: to those of the same chunk
   * of so many, in place of a window that slides.
   */
  local?: { layers: number; tokens: number; keepsAll?: boolean; chunked?: boolean };
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

/** Scalars of keys and values that one layer stores per token. */
export const kvScalarsPerLayer = (attention: Architecture['attention']): number =>
  attention.kind === 'mla' ? attention.kvRank + attention.ropeDim : 2 * attention.kvHeads * attention.headDim;

/** Layers that attend without a limit. */
export const fullLayers = (architecture: Architecture): number =>
  architecture.layers - (architecture.local?.layers ?? 0) - (architecture.linear?.layers ?? 0);

/** Layers whose cache grows with every token. */
export const cachedLayers = (architecture: Architecture): number =>
  fullLayers(architecture) + (architecture.local?.keepsAll ? architecture.local.layers : 0);

/**
 * Bytes of keys and values per token, one copy.
 *
 * @param scalarBytes - 2 for bf16, 1 for fp8
 */
export const kvBytesPerToken = (architecture: Architecture, scalarBytes: number): number =>
  cachedLayers(architecture) * kvScalarsPerLayer(architecture.attention) * scalarBytes;

/** Bytes that a sequence holds whatever its length: windows of local layers and recurrent states (fp32). */
export const stateBytesPerSequence = (architecture: Architecture, scalarBytes: number): number => {
  const { local, linear } = architecture;
  const windows =
    local === undefined || local.keepsAll
      ? 0
      : local.layers * local.tokens * kvScalarsPerLayer(architecture.attention) * scalarBytes;
  return windows + (linear === undefined ? 0 : linear.layers * linearStateBytes(linear));
};

/** Steps before the present one that the convolution of a linear layer looks back at (a kernel of 4). */
const CONVOLUTION_STEPS = 3;

/** Columns of queries and keys, and of values, of one linear layer. */
export const linearWidths = ({ keyHeads, valueHeads, headDim, keyDim = headDim }: LinearAttention) => ({
  keys: 2 * keyHeads * keyDim,
  values: valueHeads * headDim,
});

/** Bytes of one linear layer's state for one sequence: the matrices in fp32, the last inputs of its convolution in bf16. */
export const linearStateBytes = (linear: LinearAttention): number => {
  const { keys, values } = linearWidths(linear);
  return values * (linear.keyDim ?? linear.headDim) * 4 + CONVOLUTION_STEPS * (keys + values) * 2;
};

/** A weight matrix: `inputs` × `outputs`, whole (before any split). */
export interface Matrix {
  inputs: number;
  outputs: number;
}

/** Projections of one attention layer; `split` says which dimension tensor parallelism divides. */
export interface Projection extends Matrix {
  split: 'inputs' | 'outputs' | 'none';
  /** Columns that cannot be divided below one head's worth: keys and values of grouped attention. */
  kvOutputs?: number;
}

/** The projections of one layer with (grouped or latent) attention. */
export const attentionProjections = (architecture: Architecture): readonly Projection[] => {
  const { attention, hidden } = architecture;
  if (attention.kind === 'gqa') {
    const width = attention.heads * attention.headDim;
    return [
      {
        inputs: hidden,
        outputs: width * (attention.gated ? 2 : 1),
        kvOutputs: 2 * attention.kvHeads * attention.headDim,
        split: 'outputs',
      },
      { inputs: width, outputs: hidden, split: 'inputs' },
    ];
  }
  const { heads, queryRank, kvRank, ropeDim, keyDim, valueDim } = attention;
  return [
    { inputs: hidden, outputs: queryRank + kvRank + ropeDim, split: 'none' },
    { inputs: queryRank || hidden, outputs: heads * (keyDim + ropeDim), split: 'outputs' },
    { inputs: kvRank, outputs: heads * (keyDim + valueDim), split: 'outputs' },
    { inputs: heads * valueDim, outputs: hidden, split: 'inputs' },
  ];
};

/** The projections of one layer with linear attention. */
export const linearProjections = (architecture: Architecture): readonly Projection[] => {
  const { linear, hidden } = architecture;
  if (linear === undefined) return [];
  const { keys, values } = linearWidths(linear);
  return [
    // Values and their gate.
    { inputs: hidden, outputs: keys + 2 * values, split: 'outputs' },
    { inputs: values, outputs: hidden, split: 'inputs' },
  ];
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
  const { layers, hidden, experts } = architecture;
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
      (layers - linearLayers) * sizeOf(attentionProjections(architecture)) +
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
