/** What is known of a model: what it is called, what it can do, how much it takes and what it costs. */

import type { Endpoint, Feature } from '../../lib/model-kinds.js';
import type { Architecture } from '../architectures/architecture.js';

export { ENDPOINTS, FEATURES, type Endpoint, type Feature } from '../../lib/model-kinds.js';

/**
 * List prices in US dollars. What is left out is not sold in that unit; a model without any has no list price (open
 * weights that everybody hosts at a price of their own).
 */
export interface Prices {
  /** Per million text tokens of the prompt. */
  inputUsdPerMillion?: number;
  /** Per million prompt tokens that were served from the prompt cache. */
  cachedInputUsdPerMillion?: number;
  /** Per million text tokens of the answer, reasoning included. */
  outputUsdPerMillion?: number;
  /** Per million audio tokens. */
  audioInputUsdPerMillion?: number;
  audioOutputUsdPerMillion?: number;
  /** Per million image tokens. */
  imageInputUsdPerMillion?: number;
  imageOutputUsdPerMillion?: number;
  /** Per image, by `QUALITY/SIZE`, such as `hd/1024x1792`. */
  imageUsd?: Readonly<Record<string, number>>;
  /** Speech, per million characters of its text. */
  charactersUsdPerMillion?: number;
  /** Transcription, per minute of audio. */
  audioUsdPerMinute?: number;
  /** Video, per second made. */
  videoUsdPerSecond?: number;
  /** Rerank, per thousand searches. */
  searchesUsdPerThousand?: number;
  /** Fine-tuning, per million tokens trained on. */
  trainingUsdPerMillion?: number;
}

/** Vectors that an embedding model makes. */
export interface EmbeddingShape {
  /** Length of a vector by default, and the longest. */
  dimensions: number;
  /** Whether `dimensions` may be asked for (Matryoshka embeddings). */
  shortens: boolean;
}

/** One model. */
export interface ModelInfo {
  id: string;
  /** Other ids that mean the same model: snapshots, short names. */
  aliases: readonly string[];
  /** `owned_by` of the API. */
  owner: string;
  /** When it came out, in seconds since 1970. */
  createdS: number;
  /** Most tokens of prompt and answer together. */
  contextTokens: number;
  /** Most tokens of an answer; 0 for models that do not write. */
  outputTokens: number;
  endpoints: readonly Endpoint[];
  features: readonly Feature[];
  /** Name of the tokenizer that the real model uses. fakeai counts with o200k_base whatever it is. */
  tokenizer: string;
  /** Name of its shape in `../architectures/catalogue.ts`, if there is one to reckon with. */
  architecture?: string;
  /** The shape is not the model's own, which is not published, but a public one of about its speed. */
  architectureIsStandIn?: boolean;
  /** The shape itself, when it is none of that catalogue. */
  shape?: Architecture;
  embedding?: EmbeddingShape;
  prices: Prices;
}

/** What stands behind the short name of a model in the names of its versions: a day, in the ways that OpenAI and Anthropic write it. */
const DAY = /^-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4})$/;

/**
 * What answers call a model: where it was asked for by its short name, as the version that answers, as OpenAI and Anthropic do. Of several
 * versions that is the first.
 *
 * @param asked - the id or alias that it was asked for by
 */
export function versionOf({ id, aliases }: Pick<ModelInfo, 'id' | 'aliases'>, asked: string): string {
  const names = asked === id ? aliases : [id];
  return names.find((name) => name.startsWith(asked) && DAY.test(name.slice(asked.length))) ?? asked;
}

/** Prices of text models: per million tokens of input, of cached input (0: no discount) and of output. */
export const perMillion = (input: number, cached: number, output: number): Prices => ({
  inputUsdPerMillion: input,
  ...(cached > 0 ? { cachedInputUsdPerMillion: cached } : {}),
  outputUsdPerMillion: output,
});

/** A row of the catalogue: a {@link ModelInfo} as it is comfortable to write. */
export type ModelRow = Omit<
  ModelInfo,
  'aliases' | 'owner' | 'createdS' | 'outputTokens' | 'features' | 'tokenizer' | 'prices'
> &
  Partial<Pick<ModelInfo, 'aliases' | 'owner' | 'outputTokens' | 'features' | 'tokenizer' | 'prices'>> & {
    /** Date of release, as in `2025-08-07`. */
    created: string;
  };

/** The rows of one owner as models. */
export const defineModels = (
  common: Pick<ModelInfo, 'owner' | 'tokenizer'>,
  rows: readonly ModelRow[],
): readonly ModelInfo[] =>
  rows.map(({ created, ...row }) => ({
    aliases: [],
    outputTokens: 0,
    features: [],
    prices: {},
    ...common,
    createdS: Date.parse(`${created}T00:00:00Z`) / 1000,
    ...row,
  }));
