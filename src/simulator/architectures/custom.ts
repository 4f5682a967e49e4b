/** Shapes of models that a user describes: a config.json of Hugging Face, or the figures of {@link Architecture}. */
import * as z from 'zod';
import { DescriptionError, parseDescription } from '../description.js';
import { type Architecture, countWeights } from './architecture.js';
import { fromHuggingFace, isHuggingFaceConfig } from './hugging-face.js';

const count = z.int().min(1).max(10_000_000);
const countOrNone = z.int().min(0).max(10_000_000);

const gqa = z.strictObject({
  kind: z.literal('gqa'),
  heads: count,
  kvHeads: count,
  headDim: count,
  valueDim: count.optional(),
  keysAreValues: z.enum(['projected', 'cached']).optional(),
  gated: z.boolean().optional(),
  queryRank: count.optional(),
  outputGroups: z.strictObject({ count, rank: count }).optional(),
});
const indexer = z.strictObject({ layers: count, heads: count, headDim: count });
const mla = z.strictObject({
  kind: z.literal('mla'),
  heads: count,
  queryRank: countOrNone.describe('0 where queries are not compressed'),
  kvRank: count,
  ropeDim: count,
  keyDim: count,
  valueDim: count,
});
const weightType = z.enum(['bf16', 'fp8', 'fp4', 'int4']);

/** What may be said of a shape in fakeai's own terms. */
export const architectureDescription = z.strictObject({
  $schema: z.string().optional(),
  layers: count,
  hidden: count,
  intermediate: countOrNone,
  denseBlocks: z
    .array(z.strictObject({ layers: count, intermediate: count }))
    .min(1)
    .optional(),
  ungated: z.boolean().optional(),
  vocab: count,
  tiedEmbeddings: z.boolean().optional(),
  attention: z.discriminatedUnion('kind', [gqa, mla]),
  queryKeyNorm: z.enum(['heads', 'whole']).optional(),
  streams: z.int().min(1).max(64).optional(),
  compressed: z
    .array(
      z.strictObject({
        layers: count,
        ratio: z.int().min(2).max(1_000_000),
        top: count.optional(),
        indexer: indexer.optional(),
      }),
    )
    .min(1)
    .optional(),
  local: z
    .strictObject({
      layers: count,
      tokens: count,
      keepsAll: z.boolean().optional(),
      chunked: z.boolean().optional(),
      attention: gqa.optional(),
      indexer: indexer.optional(),
    })
    .optional(),
  linear: z
    .strictObject({
      layers: count,
      keyHeads: count,
      valueHeads: count,
      headDim: count,
      keyDim: count.optional(),
      gates: count.optional(),
      stateBytes: z
        .union([z.literal(2), z.literal(4)])
        .optional()
        .describe('Of a number of the state: bf16 or, by default, fp32'),
    })
    .optional(),
  experts: z
    .strictObject({
      count,
      perToken: count,
      intermediate: count,
      sharedIntermediate: countOrNone.default(0),
      latent: count.optional(),
      balanced: z.boolean().optional(),
    })
    .optional(),
  denseLayers: countOrNone.optional(),
  expertLayers: countOrNone.optional(),
  checkpoint: weightType.optional(),
  attentionWeights: weightType.optional(),
  fourBit: z.enum(['blocks', 'experts']).optional(),
  blockScaledFp8: z.boolean().optional(),
  mxfp4: z.boolean().optional(),
});

/** A shape without what follows from the rest. */
export type Shape = Omit<Architecture, 'name' | 'parameters'>;

/** All parameters, and those that one token meets. */
function parametersOf(architecture: Architecture): Architecture['parameters'] {
  const { experts } = architecture;
  const { routed, ...others } = countWeights(architecture);
  const rest = Object.values(others).reduce((sum, weights) => sum + weights, 0);
  const active = experts === undefined ? 0 : (routed * experts.perToken) / experts.count;
  return { total: rest + routed, active: rest + active };
}

function checkShape(shape: Shape): void {
  const { layers, attention, local, linear, experts, denseLayers, expertLayers } = shape;
  if (attention.kind === 'gqa' && attention.heads % attention.kvHeads !== 0)
    throw new DescriptionError(
      `${attention.heads} attention heads cannot share ${attention.kvHeads} key-value heads evenly`,
    );
  if ((local?.layers ?? 0) + (linear?.layers ?? 0) > layers)
    throw new DescriptionError(`more layers have a window or a state than the ${layers} that there are`);
  const compressed = (shape.compressed ?? []).reduce((sum, group) => sum + group.layers, 0);
  if (compressed > (local?.layers ?? 0))
    throw new DescriptionError(
      `${compressed} layers attend to compressed tokens, but ${local?.layers ?? 0} have a window beside which they do`,
    );
  // Blocks that a search fused or left out need not follow a mixer each.
  const dense = shape.denseBlocks === undefined ? denseLayers : 0;
  if (Math.max(dense, expertLayers ?? 0) > layers)
    throw new DescriptionError(`more layers have a feed-forward block than the ${layers} that there are`);
  if (experts && experts.perToken > experts.count)
    throw new DescriptionError(`a token cannot visit ${experts.perToken} of ${experts.count} experts`);
}

function ownShape(input: unknown): Shape {
  const { $schema: _, ...given } = parseDescription(architectureDescription, input);
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const dense =
    given.denseLayers ??
    given.denseBlocks?.reduce((sum, { layers }) => sum + layers, 0) ??
    (given.experts === undefined ? given.layers : 0);
  return { ...(said as unknown as Shape), denseLayers: dense };
}

/**
 * A shape that somebody describes.
 *
 * @param name - what it is called in reports and messages
 * @param input - a config.json of Hugging Face, or as `schemas/architecture.schema.json` says
 * @throws DescriptionError, also for a model whose physics are not simulated
 */
export function describeArchitecture(name: string, input: unknown): Architecture {
  const shape = isHuggingFaceConfig(input) ? fromHuggingFace(input) : ownShape(input);
  checkShape(shape);
  const architecture = { ...shape, name, parameters: { total: 0, active: 0 } };
  return { ...architecture, parameters: parametersOf(architecture) };
}
