/** The shapes of attention: its heads, what they cache, what they multiply with, and what layers leave out. */

/** Grouped-query attention: every head has keys and values, or shares them with its group. */
export interface GroupedAttention {
  kind: 'gqa';
  heads: number;
  kvHeads: number;
  headDim: number;
  /** Width of a value. Default: that of a key. */
  valueDim?: number;
  /** One vector is projected to be key and value. `cached`: it is cached once too; `projected`: as both, after norms of their own. */
  keysAreValues?: 'projected' | 'cached';
  /** An output gate doubles the query projection. */
  gated?: boolean;
  /** Width that queries are compressed to before they are projected. Default: they are not. */
  queryRank?: number;
  /** The output is projected group by group to `rank` columns each, and all of them together to the hidden width. */
  outputGroups?: { count: number; rank: number };
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

export type Attention = GroupedAttention | LatentAttention;

/** Small attention of its own that picks the tokens which a layer attends to. Its keys are cached beside the layer's. */
export interface Indexer {
  /** Layers that have one; others take the choice of the layer before. */
  layers: number;
  heads: number;
  headDim: number;
}

/** Layers that attend to at most `tokens` tokens. */
export interface LocalLayers {
  layers: number;
  tokens: number;
  /** The cache still holds every token. */
  keepsAll?: boolean;
  /** They attend to those of the same chunk of so many, in place of a window that slides. */
  chunked?: boolean;
  /** Their heads, where these differ from those of the other layers. */
  attention?: GroupedAttention;
  /** What picks the tokens, where they are not the last ones. */
  indexer?: Indexer;
}

/** Layers that attend, beside their window, to tokens of which `ratio` at a time are compressed to one. */
export interface CompressedLayers {
  layers: number;
  ratio: number;
  /** Of the compressed tokens an indexer picks so many. Default: all are attended to. */
  top?: number;
  indexer?: Indexer;
}

/** A weight matrix: `inputs` × `outputs`, whole (before any split). */
export interface Matrix {
  inputs: number;
  outputs: number;
}

/** Projections of one attention layer; `split` says which dimension tensor parallelism divides. */
export interface Projection extends Matrix {
  split: 'inputs' | 'outputs' | 'none';
  /** Columns that cannot be divided below one of `kvHeads` heads' worth: keys and values of grouped attention. */
  kvOutputs?: number;
  kvHeads?: number;
}

/** Scalars of keys and values that one layer stores per token. */
export const kvScalarsPerLayer = (attention: Attention): number => {
  if (attention.kind === 'mla') return attention.kvRank + attention.ropeDim;
  const { kvHeads, headDim, valueDim = headDim, keysAreValues } = attention;
  return kvHeads * (keysAreValues === 'cached' ? headDim : headDim + valueDim);
};

/** Columns that all heads give together. */
const outputWidth = (attention: GroupedAttention): number =>
  attention.heads * (attention.valueDim ?? attention.headDim);

function groupedProjections(attention: GroupedAttention, hidden: number): readonly Projection[] {
  const { heads, kvHeads, headDim, gated, queryRank, outputGroups } = attention;
  const queries = heads * headDim * (gated ? 2 : 1);
  const kvOutputs = attention.keysAreValues ? kvHeads * headDim : kvScalarsPerLayer(attention);
  const keys = { kvOutputs, kvHeads };
  const into: readonly Projection[] =
    queryRank === undefined
      ? [{ inputs: hidden, outputs: queries, ...keys, split: 'outputs' }]
      : [
          { inputs: hidden, outputs: queryRank, ...keys, split: 'none' },
          { inputs: queryRank, outputs: queries, split: 'outputs' },
        ];
  const width = outputWidth(attention);
  if (outputGroups === undefined) return [...into, { inputs: width, outputs: hidden, split: 'inputs' }];
  const { count, rank } = outputGroups;
  return [
    ...into,
    // Each group has its own matrix: as many weights as one with the width of a single group's output.
    { inputs: width, outputs: rank, split: 'inputs' },
    { inputs: count * rank, outputs: hidden, split: 'inputs' },
  ];
}

/** The projections of one layer with such attention. */
export function projectionsOf(attention: Attention, hidden: number): readonly Projection[] {
  if (attention.kind === 'gqa') return groupedProjections(attention, hidden);
  const { heads, queryRank, kvRank, ropeDim, keyDim, valueDim } = attention;
  return [
    { inputs: hidden, outputs: queryRank + kvRank + ropeDim, split: 'none' },
    { inputs: queryRank || hidden, outputs: heads * (keyDim + ropeDim), split: 'outputs' },
    { inputs: kvRank, outputs: heads * (keyDim + valueDim), split: 'outputs' },
    { inputs: heads * valueDim, outputs: hidden, split: 'inputs' },
  ];
}

/** The projections of one indexer: queries, one key, a weight for every head. Every GPU has all of them. */
export const indexerProjections = (
  { heads, headDim }: Indexer,
  attention: Attention,
  hidden: number,
): readonly Projection[] => [
  { inputs: attention.queryRank || hidden, outputs: heads * headDim, split: 'none' },
  { inputs: hidden, outputs: headDim + heads, split: 'none' },
];

/** The projections that compress tokens: key and gate, twice where neighbouring groups overlap (ratios below 16). */
export const compressorProjections = (
  { ratio }: CompressedLayers,
  attention: Attention,
  hidden: number,
): readonly Projection[] => [
  { inputs: hidden, outputs: 2 * (ratio < 16 ? 2 : 1) * kvScalarsPerLayer(attention), split: 'none' },
];

/** FLOPs per pair of (new token, attended token) of one head: both multiplications, two per multiply-add. */
export const flopsPerPair = (attention: Attention): { prefill: number; decode: number } => {
  if (attention.kind === 'gqa') {
    const both = 2 * (attention.headDim + (attention.valueDim ?? attention.headDim));
    return { prefill: both, decode: both };
  }
  const { kvRank, ropeDim, keyDim, valueDim } = attention;
  return {
    prefill: 2 * (keyDim + ropeDim + valueDim),
    // Absorbed: every head works on the compressed vectors themselves.
    decode: 2 * (kvRank + ropeDim + kvRank),
  };
};

/** Bytes per token that an indexer caches: a key in fp8 and its scale. */
export const indexerBytes = ({ headDim }: Indexer): number => headDim + 4;
