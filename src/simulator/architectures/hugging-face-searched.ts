/** Models whose layers a search made different from each other (NVIDIA's Nemotron NAS), as their config.json describes them. */
import * as z from 'zod';
import { DescriptionError, parseDescription } from '../description.js';
import type { Architecture } from './architecture.js';
import { denseBlocksOf, gqa } from './row.js';

/** What differs from a shape whose layers are alike. */
export type SearchedShape = Pick<Architecture, 'layers' | 'intermediate' | 'denseBlocks' | 'attention'> & {
  denseLayers: number;
};

const whole = z.int().min(0).max(10_000_000);
const part = { no_op: z.boolean().default(false), replace_with_linear: z.boolean().default(false) };

const config = z.looseObject({
  hidden_size: whole.min(1),
  num_attention_heads: whole.min(1),
  block_configs: z
    .array(
      z.looseObject({
        attention: z.looseObject({ ...part, n_heads_in_group: whole.nullish() }),
        ffn: z.looseObject({ ...part, ffn_mult: z.number().min(0).max(1000).nullish() }),
      }),
    )
    .min(1)
    .max(10_000),
});

/** Values of `model_type` that are read here. */
export const SEARCHED_TYPES: readonly string[] = ['nemotron-nas'];

const refuseLinear = (): never => {
  throw new DescriptionError(
    'block_configs: blocks that a matrix stands in for (replace_with_linear) are not read from this file',
  );
};

/** The width of a gated block by its multiple of the hidden size: two thirds of it, up to a multiple of 256. */
const widthOf = (multiple: number, hidden: number): number =>
  256 * Math.ceil(Math.floor((2 * multiple * hidden) / 3) / 256);

/**
 * The shape of a model with a configuration for each of its blocks.
 *
 * @returns undefined if the type is not such a model
 * @throws DescriptionError for what is missing, and for blocks that are not simulated
 */
export function searchedShape(
  type: string | undefined,
  input: Record<string, unknown>,
): SearchedShape | undefined {
  if (type === undefined || !SEARCHED_TYPES.includes(type)) return undefined;
  const {
    hidden_size: hidden,
    num_attention_heads: heads,
    block_configs: blocks,
  } = parseDescription(config, input);
  if (blocks.some(({ attention, ffn }) => attention.replace_with_linear || ffn.replace_with_linear))
    refuseLinear();
  const groups = blocks.flatMap(({ attention }) =>
    attention.no_op ? [] : [attention.n_heads_in_group ?? 1],
  );
  const [group] = groups;
  if (group === undefined) throw new DescriptionError('block_configs: no block has attention');
  if (groups.some((other) => other !== group))
    throw new DescriptionError(
      'block_configs: blocks with other numbers of key heads are not read from this file',
    );
  const counts = new Map<number, number>();
  for (const { ffn } of blocks) {
    if (ffn.no_op) continue;
    const width = widthOf(ffn.ffn_mult ?? 0, hidden);
    if (width < 1) throw new DescriptionError('block_configs: ffn_mult is missing');
    counts.set(width, (counts.get(width) ?? 0) + 1);
  }
  const widths = [...counts].toSorted(([a, m], [b, n]) => n - m || b - a);
  return {
    layers: groups.length,
    intermediate: widths[0]?.[0] ?? 0,
    denseBlocks: denseBlocksOf(...widths.map(([width, count]) => [count, width] as const)),
    attention: gqa(heads, heads / group, Math.floor(hidden / heads)),
    denseLayers: widths.reduce((sum, [, count]) => sum + count, 0),
  };
}
