/** Models that a user describes: each is like another one but for what is said of it. */
import * as z from 'zod';
import { describeArchitecture } from '../architectures/custom.js';
import { contextTokensOf } from '../architectures/hugging-face.js';
import { DescriptionError } from '../description.js';
import { ENDPOINTS, FEATURES, type ModelInfo } from './model.js';
import { type ModelRegistry, unknownModel } from './registry.js';

const usd = z.number().min(0);
const tokens = z
  .int()
  .min(0)
  .max(2 ** 40);
const name = z.string().min(1).max(256);

const prices = z.strictObject({
  inputUsdPerMillion: usd.optional(),
  cachedInputUsdPerMillion: usd.optional(),
  outputUsdPerMillion: usd.optional(),
  audioInputUsdPerMillion: usd.optional(),
  audioOutputUsdPerMillion: usd.optional(),
  imageInputUsdPerMillion: usd.optional(),
  imageOutputUsdPerMillion: usd.optional(),
  imageUsd: z.record(z.string(), usd).optional(),
  charactersUsdPerMillion: usd.optional(),
  audioUsdPerMinute: usd.optional(),
  videoUsdPerSecond: usd.optional(),
  searchesUsdPerThousand: usd.optional(),
  trainingUsdPerMillion: usd.optional(),
});

const row = z.strictObject({
  id: name,
  /** The model that it is like; the house's own without it. */
  base: name.optional(),
  aliases: z.array(name).max(100).optional(),
  owner: name.optional(),
  /** A date, such as 2025-08-07. */
  created: z.iso.date().optional(),
  contextTokens: tokens.min(1).optional(),
  outputTokens: tokens.optional(),
  endpoints: z.array(z.enum(ENDPOINTS)).min(1).optional(),
  features: z.array(z.enum(FEATURES)).optional(),
  tokenizer: name.optional(),
  /** A name of the catalogue, or a description. */
  architecture: z.union([name, z.record(z.string(), z.unknown())]).optional(),
  embedding: z
    .strictObject({ dimensions: z.int().min(1).max(65_536), shortens: z.boolean().default(true) })
    .optional(),
  prices: prices.optional(),
});

const list = z.union([
  z.array(row),
  z.strictObject({ models: z.array(row) }).transform(({ models }) => models),
]);

/** What is wrong with a description, and where. */
export class ModelDescriptionError extends Error {}

/**
 * Reads descriptions.
 *
 * @param input - a list, or `{ models: list }`; later ones may name earlier ones as their `base`
 * @param registry - where a `base` is looked up
 * @throws ModelDescriptionError
 */
export function readModels(input: unknown, registry: ModelRegistry): ModelInfo[] {
  const parsed = (Array.isArray(input) ? z.array(row) : list).safeParse(input);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const at = issue.path.join('.');
    throw new ModelDescriptionError(at === '' ? 'expected a list of models' : `${at}: ${issue.message}`);
  }
  const models: ModelInfo[] = [];
  for (const { base: baseId, created, ...given } of parsed.data) {
    const base =
      baseId === undefined
        ? unknownModel(given.id)
        : (models.find((model) => model.id === baseId) ?? registry.find(baseId));
    if (!base) throw new ModelDescriptionError(`${given.id}: its base "${baseId}" is not known`);
    models.push(describe(base, given, created));
  }
  return models;
}

type Given = Omit<z.output<typeof row>, 'base' | 'created'>;

function describe(
  base: ModelInfo,
  { architecture, ...given }: Given,
  created: string | undefined,
): ModelInfo {
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return {
    ...(architecture === undefined ? base : withShape(base, given.id, architecture)),
    aliases: [],
    ...(said as Partial<ModelInfo>),
    ...(created === undefined ? {} : { createdS: Date.parse(`${created}T00:00:00Z`) / 1000 }),
  };
}

/** The model with another shape; one that somebody names or describes is the model's own. */
function withShape(base: ModelInfo, id: string, architecture: NonNullable<Given['architecture']>): ModelInfo {
  const own = { ...base, architectureIsStandIn: false };
  delete own.shape;
  if (typeof architecture === 'string') return { ...own, architecture };
  try {
    const contextTokens = contextTokensOf(architecture);
    const context = contextTokens === undefined ? {} : { contextTokens };
    return { ...own, ...context, architecture: id, shape: describeArchitecture(id, architecture) };
  } catch (error) {
    if (!(error instanceof DescriptionError)) throw error;
    const hint = error.hint === undefined ? '' : ` (${error.hint})`;
    throw new ModelDescriptionError(`${id}: architecture.${error.message}${hint}`);
  }
}
