/** Layers with a recurrent state: what it takes, and what they multiply with. */
import type { Projection } from './attention.js';

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
  /** Columns per value head of a projection of their own: 2 where decay and write strength have one (gated delta networks). Default 0. */
  gates?: number;
  /** Of a number of the state: 4 where the model's config.json asks for fp32, else engines keep it in bf16. Default 4. */
  stateBytes?: 2 | 4;
}

/** Steps before the present one that the convolution of a linear layer looks back at (a kernel of 4). */
const CONVOLUTION_STEPS = 3;

/** Columns of queries and keys, and of values, of one linear layer. */
export const linearWidths = ({ keyHeads, valueHeads, headDim, keyDim = headDim }: LinearAttention) => ({
  keys: 2 * keyHeads * keyDim,
  values: valueHeads * headDim,
});

/** Bytes of one linear layer's state for one sequence: the matrices, and the last inputs of its convolution in bf16. */
export const linearStateBytes = (linear: LinearAttention): number => {
  const { keys, values } = linearWidths(linear);
  return (
    values * (linear.keyDim ?? linear.headDim) * (linear.stateBytes ?? 4) +
    CONVOLUTION_STEPS * (keys + values) * 2
  );
};

/** The projections of one layer with linear attention. */
export const linearProjections = ({
  linear,
  hidden,
}: {
  linear?: LinearAttention;
  hidden: number;
}): readonly Projection[] => {
  if (linear === undefined) return [];
  const { keys, values } = linearWidths(linear);
  const { gates = 0 } = linear;
  return [
    // Values and their gate.
    { inputs: hidden, outputs: keys + 2 * values, split: 'outputs' },
    { inputs: values, outputs: hidden, split: 'inputs' },
    ...(gates > 0 ? [{ inputs: hidden, outputs: gates * linear.valueHeads, split: 'outputs' as const }] : []),
  ];
};
