/** How a catalogue writes a model down. */
import type { Architecture, Experts, GroupedAttention, LatentAttention } from './architecture.js';

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

/** Billions to parameters. */
export const params = (total: number, active = total): Architecture['parameters'] => ({
  total: total * 1e9,
  active: active * 1e9,
});

/** A model as its catalogue states it. */
export type Row = Omit<Architecture, 'denseLayers'> & { denseLayers?: number };
