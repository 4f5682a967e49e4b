/** Parameters of inference engines that speak OpenAI's dialect and know more: vLLM, SGLang, TensorRT-LLM, NIM, OpenRouter. */
import * as z from 'zod';
import type { WordLimits } from '../../text/word-limits.js';
import { PRIMING_TOKENS } from '../../text/prompt.js';
import { invalid, unsupported } from './errors.js';
import { traceFields } from './token-trace.js';

const MAX_STOP_TOKENS = 1024;
const MAX_BAD_WORDS = 256;
const MAX_WORD_CHARACTERS = 256;

/** Those that have an effect, of chat and of older completions. */
export const engineFields = {
  stop_token_ids: z.array(z.int().min(0)).max(MAX_STOP_TOKENS).nullish(),
  include_stop_str_in_output: z.boolean().nullish(),
  no_stop_trim: z.boolean().nullish(),
  allowed_token_ids: z.array(z.int().min(0)).max(MAX_STOP_TOKENS).nullish(),
  top_k: z.int().min(-1).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().gt(0).max(10).nullish(),
  add_generation_prompt: z.boolean().nullish(),
  continue_final_message: z.boolean().nullish(),
  truncate_prompt_tokens: z.int().min(-1).nullish(),
  use_beam_search: z.boolean().nullish(),
  ...traceFields,
  bad_words: z.array(z.string().min(1).max(MAX_WORD_CHARACTERS)).max(MAX_BAD_WORDS).nullish(),
};

const shape = z.object(engineFields);

/** What they say of the words of an answer; undefined when they say nothing. */
export function readWordLimits(data: z.output<typeof shape>): WordLimits | undefined {
  const { stop_token_ids: ids, bad_words: badWords } = data;
  const showsStop = data.include_stop_str_in_output === true || data.no_stop_trim === true;
  if (!ids?.length && !badWords?.length && !showsStop) return undefined;
  return { stopTokenIds: ids ?? [], showsStop, badWords: badWords ?? [] };
}

/** What they say of how samples are taken. */
export interface EngineSampling {
  /** Of what `top_p` leaves to chance, the share that is left. */
  share: number;
  /** Taken from words that were said already. */
  penalty: number;
  /** Tokens that there are no others of; undefined when all are. */
  allowed: readonly number[] | undefined;
}

/** How much likelier the next word is than others, as a logit: see `logit_bias`. */
const LEAD = 9;

/** Reads them. Of few words to draw from, and of none that are unlikely, the likeliest come more often. */
export function readSampling(data: z.output<typeof shape>): EngineSampling {
  const { top_k: k, min_p: least, repetition_penalty: factor, allowed_token_ids: allowed } = data;
  const ofTopK = k == null || k < 1 ? 1 : 1 - 1 / k;
  return {
    share: ofTopK * (1 - (least ?? 0)),
    // It divides the logits of what was said.
    penalty: LEAD * (1 - 1 / (factor ?? 1)),
    allowed: allowed?.length ? allowed : undefined,
  };
}

/** What is left to chance of `top_p`. */
export const shareOf = (
  topP: number | undefined,
  sampling: EngineSampling | undefined,
): number | undefined =>
  sampling === undefined || sampling.share === 1 ? topP : (topP ?? 1) * sampling.share;

/** The biases of a request with those of the only tokens that it allows. */
export const withAllowed = (
  bias: ReadonlyMap<number, number>,
  { allowed }: EngineSampling,
): ReadonlyMap<number, number> =>
  allowed ? new Map([...bias, ...allowed.map((id) => [id, ONLY] as const)]) : bias;

/** A bias beside which nothing else is taken. */
const ONLY = 100;

/**
 * How many of its last tokens are left of a prompt; undefined for all, -1 for those that fit beside the longest answer.
 *
 * @throws ApiError when that is nothing
 */
export function readTruncation({ truncate_prompt_tokens: last }: z.output<typeof shape>): number | undefined {
  if (last !== 0) return last ?? undefined;
  throw invalid(
    'truncate_prompt_tokens',
    'invalid_value',
    '`truncate_prompt_tokens` must be -1 or at least 1.',
  );
}

/**
 * Tokens of a prompt that are left.
 *
 * @param tokens - of all of it
 * @param window - what the model can hold
 * @param room - what the answer may take of that
 * @throws ApiError when more are asked for than the model can hold
 */
export function truncated(last: number | undefined, tokens: number, window: number, room: number): number {
  if (last === undefined) return tokens;
  if (last > window) {
    const message = `truncate_prompt_tokens value (${last}) is greater than max_model_len (${window}). Please request a smaller truncation size.`;
    throw invalid('truncate_prompt_tokens', 'invalid_value', message);
  }
  return Math.min(tokens, last === -1 ? Math.max(1, window - room) : last);
}

/**
 * Whether the likeliest sequences are searched for.
 *
 * @throws ApiError of a stream
 */
export function readBeams({ use_beam_search: searches }: z.output<typeof shape>, streams: boolean): boolean {
  if (searches === true && streams)
    throw invalid('stream', 'unsupported_value', 'Streaming is not currently supported with beam search');
  return searches === true;
}

/** Tokens at the end of a chat's prompt that are not there. */
export function unprimedTokens({
  add_generation_prompt: primes,
  continue_final_message: goesOn,
}: z.output<typeof shape>): number {
  if (primes === true && goesOn === true) {
    const message = 'Cannot set both `continue_final_message` and `add_generation_prompt` to True.';
    throw invalid('continue_final_message', 'invalid_value', message);
  }
  return primes === false || goesOn === true ? PRIMING_TOKENS : 0;
}

/**
 * Taken and without effect here: any text is a possible sample, and the rest is about accounts, or about how an engine does
 * its work. docs/server.md lists them.
 */
const WITHOUT_EFFECT = new Set([
  'top_a', 'typical_p', 'length_penalty', 'early_stopping', 'skip_special_tokens',
  'spaces_between_special_tokens', 'add_special_tokens',
  'mm_processor_kwargs', 'media_io_kwargs', 'guided_decoding_backend', 'guided_whitespace_pattern', 'priority', 'request_id',
  'cache_salt', 'kv_transfer_params', 'vllm_xargs', 'nvext', 'session_params', 'transforms', 'models', 'route', 'provider',
  'extra_body',
]); // prettier-ignore

type IsUsed = (value: unknown) => boolean;
const isSet: IsUsed = (value) => value !== undefined && value !== null;
const isFalse: IsUsed = (value) => value === false;
const hasItems: IsUsed = (value) => isSet(value) && !(Array.isArray(value) && value.length === 0);

/** They would change the answer and are not simulated: by name, which values do. */
const UNSUPPORTED: ReadonlyMap<string, IsUsed> = new Map<string, IsUsed>([
  ['best_of', (value) => isSet(value) && value !== 1],
  ['detokenize', isFalse],
  ['separate_reasoning', isFalse],
  ['stream_reasoning', isFalse],
  ['documents', hasItems],
  ['chat_template', isSet],
  ['logits_processors', hasItems],
  ['lora_path', isSet],
]);

/**
 * Whether a parameter that an endpoint itself does not have is one of an engine, and asks for nothing that is not simulated.
 *
 * @throws ApiError 400 when it does
 */
export function isEngineParameter(name: string, value: unknown): boolean {
  const isUsed = UNSUPPORTED.get(name);
  if (isUsed?.(value)) throw unsupported(name);
  return isUsed !== undefined || WITHOUT_EFFECT.has(name);
}
