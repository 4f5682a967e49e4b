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
}

export interface Architecture {
  name: string;
  layers: number;
  hidden: number;
  /** Width of the dense feed-forward block. */
  intermediate: number;
  vocab: number;
  tiedEmbeddings?: boolean;
  attention: GroupedAttention | LatentAttention;
  /** Layers that attend to at most `tokens` tokens. `keepsAll`: the cache still holds every token. */
  local?: { layers: number; tokens: number; keepsAll?: boolean };
  /** Layers with a fixed-size recurrent state instead of keys and values (gated delta networks). */
  linear?: { layers: number; keyHeads: number; valueHeads: number; headDim: number };
  experts?: Experts;
  /** Layers with a dense feed-forward block; all of them without experts. */
  denseLayers: number;
  /** How the weights are published. Default `bf16`. */
  checkpoint?: WeightType;
  /** Narrowest type in which attention weights are published, when the rest is quantized further. */
  attentionWeights?: WeightType;
  /** The fp8 checkpoint has a scale per 128 × 128 block, which needs kernels of its own. */
  blockScaledFp8?: boolean;
  /** The 4-bit checkpoint is mxfp4: on GPUs with 4-bit units its experts meet fp8 activations, elsewhere bf16. */
  mxfp4?: boolean;
  /** As published; for display. */
  parameters: { total: number; active: number };
}

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

/** Bytes of one linear layer's state for one sequence. */
export const linearStateBytes = (linear: NonNullable<Architecture['linear']>): number =>
  linear.valueHeads * linear.headDim * linear.headDim * 4;

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
    { inputs: queryRank, outputs: heads * (keyDim + ropeDim), split: 'outputs' },
    { inputs: kvRank, outputs: heads * (keyDim + valueDim), split: 'outputs' },
    { inputs: heads * valueDim, outputs: hidden, split: 'inputs' },
  ];
};

/** The projections of one layer with linear attention. */
export const linearProjections = (architecture: Architecture): readonly Projection[] => {
  const { linear, hidden } = architecture;
  if (linear === undefined) return [];
  const values = linear.valueHeads * linear.headDim;
  const keys = linear.keyHeads * linear.headDim;
  return [
    { inputs: hidden, outputs: 2 * keys + 2 * values, split: 'outputs' },
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
  const { layers, hidden, experts, denseLayers } = architecture;
  const linearLayers = architecture.linear?.layers ?? 0;
  const expertLayers = experts === undefined ? 0 : layers - denseLayers;
  return {
    attention:
      (layers - linearLayers) * sizeOf(attentionProjections(architecture)) +
      linearLayers * sizeOf(linearProjections(architecture)),
    dense: denseLayers * 3 * hidden * architecture.intermediate,
    routed: expertLayers * (experts?.count ?? 0) * 3 * hidden * (experts?.intermediate ?? 0),
    shared: expertLayers * 3 * hidden * (experts?.sharedIntermediate ?? 0),
    router: expertLayers * hidden * (experts?.count ?? 0),
    embeddings: architecture.vocab * hidden * (architecture.tiedEmbeddings ? 1 : 2),
  };
};

/**
 * Different experts that `tokens` tokens visit, under uniform routing: E·(1 − (1 − k/E)^tokens).
 *
 * @returns between `perToken` (one token) and `count`
 */
export const expertsHit = (experts: Pick<Experts, 'count' | 'perToken'>, tokens: number): number =>
  tokens <= 0 ? 0 : experts.count * -Math.expm1(tokens * Math.log1p(-experts.perToken / experts.count));

/** Multiply-add FLOPs of the linear layers for one token, embeddings lookup excluded, output head included. */
export const linearFlopsPerToken = (architecture: Architecture): number => {
  const count = countWeights(architecture);
  const { experts } = architecture;
  const active = experts === undefined ? 0 : (count.routed * experts.perToken) / experts.count;
  const head = architecture.vocab * architecture.hidden;
  return 2 * (count.attention + count.dense + active + count.shared + count.router + head);
};
