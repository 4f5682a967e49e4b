/** How a catalogue writes a model down. */
import type { Architecture, DenseBlocks, Experts } from './architecture.js';
import type { GroupedAttention, LatentAttention } from './attention.js';
import type { LinearAttention } from './linear-attention.js';

export const gqa = (heads: number, kvHeads: number, headDim: number): GroupedAttention => ({
  kind: 'gqa',
  heads,
  kvHeads,
  headDim,
});
export const mla = (heads: number, queryRank: number, keyDim: number, valueDim: number): LatentAttention => ({
  kind: 'mla',
  heads,
  queryRank,
  kvRank: 512,
  ropeDim: 64,
  keyDim,
  valueDim,
});
export const moe = (
  count: number,
  perToken: number,
  intermediate: number,
  sharedIntermediate = 0,
): Experts => ({
  count,
  perToken,
  intermediate,
  sharedIntermediate,
});

/** Mamba layers: heads of a width, groups that share keys, size of the state. */
export const mamba2 = (
  layers: number,
  heads: number,
  headDim: number,
  groups: number,
  state: number,
): LinearAttention => ({ layers, keyHeads: groups, valueHeads: heads, headDim, keyDim: state });

/** Dense blocks: so many layers of a width. */
export const denseBlocksOf = (...groups: readonly (readonly [number, number])[]): readonly DenseBlocks[] =>
  groups.map(([layers, intermediate]) => ({ layers, intermediate }));

/** Billions to parameters. */
export const params = (total: number, active = total): Architecture['parameters'] => ({
  total: total * 1e9,
  active: active * 1e9,
});

/** A model as its catalogue states it. */
export type Row = Omit<Architecture, 'denseLayers'> & { denseLayers?: number };
