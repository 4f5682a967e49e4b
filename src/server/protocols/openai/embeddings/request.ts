/** The body of `POST /v1/embeddings`: read, checked against the model, and brought to texts. */
import * as z from 'zod';
import type { Tokenizer } from '../../../../lib/tokens/tokenizer.js';
import type { ModelInfo } from '../../../../simulator/models/model.js';
import { shapeFault } from '../check-shape.js';
import { ApiError, invalid, requireModel } from '../errors.js';
import { toApiError } from '../validation.js';
import { inEmbeddingWords } from '../words/embedding-words.js';

/** Most inputs of a request, and most tokens of all of them together; OpenAI's limits. */
const MAX_INPUTS = 2048;
const MAX_REQUEST_TOKENS = 300_000;

const tokenId = z.int().min(0);
const body = z.object({
  model: z.string(),
  input: z.union([
    z.string().min(1),
    z.array(z.string().min(1)).min(1).max(MAX_INPUTS),
    z.array(tokenId).min(1).max(MAX_INPUTS),
    z.array(z.array(tokenId).min(1)).min(1).max(MAX_INPUTS),
  ]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).nullish(),
  user: z.string().nullish(),
  // Of NVIDIA's retrievers: what to do with inputs that are too long.
  truncate: z.enum(['NONE', 'START', 'END']).nullish(),
  input_type: z.string().nullish(),
});

/** A request that can be answered. */
export interface EmbeddingRequest {
  model: ModelInfo;
  texts: readonly string[];
  /** Tokens of each text. */
  tokens: readonly number[];
  format: 'float' | 'base64';
  dimensions: number;
}

/** What reading needs. */
export interface EmbeddingTools {
  tokenizer: Tokenizer;
  count: (text: string) => number;
  /** The model with an id, if it makes embeddings. */
  modelOf: (id: string) => ModelInfo;
}

/**
 * Reads a body.
 *
 * @throws ApiError in OpenAI's words when it cannot be answered
 */
export function readEmbeddingRequest(
  input: Record<string, unknown>,
  tools: EmbeddingTools,
): EmbeddingRequest {
  requireModel(input);
  const fault = shapeFault('createEmbedding', input);
  const parsed = body.safeParse(input);
  const wrong = fault ?? (parsed.success ? undefined : toApiError(parsed.error.issues, input));
  if (wrong || !parsed.success) throw inEmbeddingWords(wrong!);
  const { data } = parsed;
  const model = tools.modelOf(data.model);
  const dimensions = dimensionsOf(model, data.dimensions ?? undefined);
  const inputs = inputsOf(data.input).map((one) => measured(one, tools));
  const place = (i: number): string => (Array.isArray(data.input) ? `input[${i}]` : 'input');
  const cut = inputs.map((one, i) => fitted(one, model, data.truncate ?? 'NONE', tools.tokenizer, place(i)));
  const total = cut.reduce((sum, { tokens }) => sum + tokens, 0);
  if (total > MAX_REQUEST_TOKENS) {
    const message = `Requested ${total} tokens, max ${MAX_REQUEST_TOKENS} tokens per request`;
    const code = 'max_tokens_per_request';
    throw new ApiError({ status: 400, type: code, message, code });
  }
  return {
    model,
    texts: cut.map(({ text }) => text),
    tokens: cut.map(({ tokens }) => tokens),
    format: data.encoding_format ?? 'float',
    dimensions,
  };
}

/** The texts of a body that has not been checked yet. */
export const textsIn = ({ input }: Record<string, unknown>): string[] =>
  (Array.isArray(input) ? input : [input]).filter((one) => typeof one === 'string');

function inputsOf(input: z.output<typeof body>['input']): (string | number[])[] {
  if (typeof input === 'string') return [input];
  return typeof input[0] === 'number' ? [input as number[]] : (input as (string | number[])[]);
}

interface Measured {
  text: string;
  tokens: number;
}

/** Token ids are of o200k_base here; those of other vocabularies give other texts, but equal ids equal ones. */
const measured = (input: string | number[], { tokenizer, count }: EmbeddingTools): Measured =>
  typeof input === 'string'
    ? { text: input, tokens: count(input) }
    : { text: tokenizer.decode(input), tokens: input.length };

function fitted(
  input: Measured,
  model: ModelInfo,
  truncate: 'NONE' | 'START' | 'END',
  tokenizer: Tokenizer,
  place: string,
): Measured {
  const limit = model.contextTokens;
  if (input.tokens <= limit) return input;
  if (truncate === 'NONE')
    throw new ApiError({
      status: 400,
      message: `Invalid '${place}': maximum input length is ${limit} tokens.`,
    });
  const ids = tokenizer.encode(input.text);
  const kept = truncate === 'END' ? ids.slice(0, limit) : ids.slice(-limit);
  return { text: tokenizer.decode(kept), tokens: kept.length };
}

function dimensionsOf({ embedding }: ModelInfo, asked: number | undefined): number {
  const { dimensions, shortens } = embedding!;
  if (asked === undefined) return dimensions;
  if (!shortens) throw invalid('dimensions', null, 'This model does not support specifying dimensions.');
  if (asked <= dimensions) return asked;
  const message = `Invalid value for 'dimensions' = ${asked}. Must be less than or equal to ${dimensions}.`;
  throw new ApiError({ status: 400, message });
}
