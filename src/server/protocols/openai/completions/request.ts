/** The body of `POST /v1/completions`, the older way to ask for text. */
import * as z from 'zod';
import type { AnswerLimits } from '../../../../simulator/index.js';
import type { PromptCaching } from '../../../generation/prompt-caching.js';
import { readCaching } from '../cache-fields.js';
import { accountFields } from '../common-fields.js';
import {
  engineFields,
  isEngineParameter,
  readBeams,
  readSampling,
  readTruncation,
  readWordLimits,
  shareOf,
  withAllowed,
} from '../engine-parameters.js';
import type { TextFormat } from '../../../../simulator/content/compose.js';
import { responseFormat } from '../chat/body.js';
import { jsonSchemaFormat } from '../chat/format.js';
import { invalid, missing, requireModel, unrecognizedArgument } from '../errors.js';
import { guidedFields, readGuided } from '../guided-fields.js';
import { readBias } from '../chat/extras.js';
import { readLengths } from '../lengths.js';
import { END_OF_TEXT } from '../../../text/prompt-ids.js';
import { readTrace, type TraceAsk } from '../token-trace.js';
import { check } from '../validation.js';
import { isGreedy } from '../../../text/greedy.js';
import type { TextCounter } from '../../../text/prompt.js';
import type { WordLimits } from '../../../text/word-limits.js';

/** Most prompts of a request. */
const MAX_PROMPTS = 2048;
/** Most choices of a request, over all prompts. */
const MAX_CHOICES = 2048;
const DEFAULT_MAX_TOKENS = 16;

const stopText = z.string().min(1).max(256);
const penalty = z.number().min(-2).max(2).nullish();
const tokenId = z.int().min(0);

const body = z.looseObject({
  model: z.string(),
  prompt: z
    .union([
      z.string(),
      z.array(z.string()).min(1).max(MAX_PROMPTS),
      z.array(tokenId).min(1),
      z.array(z.array(tokenId).min(1)).min(1).max(MAX_PROMPTS),
    ])
    .nullish(),
  suffix: z.string().nullish(),
  max_tokens: z.int().min(0).nullish(),
  min_tokens: z.int().min(0).nullish(),
  ignore_eos: z.boolean().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.int().min(1).max(128).nullish(),
  best_of: z.int().min(1).max(20).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z
    .looseObject({
      include_usage: z.boolean().nullish(),
      continuous_usage_stats: z.boolean().nullish(),
      include_obfuscation: z.boolean().nullish(),
    })
    .nullish(),
  logprobs: z.int().min(0).max(5).nullish(),
  echo: z.boolean().nullish(),
  stop: z.union([stopText, z.null(), z.array(stopText).max(4)]).optional(),
  presence_penalty: penalty,
  frequency_penalty: penalty,
  logit_bias: z.record(z.string(), z.number().min(-100).max(100)).nullish(),
  seed: z.int().nullish(),
  user: z.string().nullish(),
  service_tier: z.string().nullish(),
  ...accountFields,
  ...engineFields,
  ...guidedFields,
  response_format: responseFormat.nullish(),
});

/** Those that are of chats only: what a prompt of messages ends with. */
const OF_CHATS = ['add_generation_prompt', 'continue_final_message'];
const NAMES = new Set(Object.keys(body.shape).filter((name) => !OF_CHATS.includes(name)));

/** One of the prompts. */
export interface CompletionPrompt {
  text: string;
  /** How many it has. */
  tokens: number;
  /** As they were sent, or of the text. */
  ids: () => readonly number[];
}

/** A request that can be answered. */
export interface CompletionRequest extends AnswerLimits {
  model: string;
  prompts: readonly CompletionPrompt[];
  suffix: string;
  /** The answer is empty: only the prompt is read (and echoed). */
  isEmpty: boolean;
  limit: number | undefined;
  n: number;
  /** Choices that are made, of which the `n` likeliest are sent. */
  bestOf: number;
  stream: boolean;
  includeUsage: boolean;
  /** Every event tells of the tokens so far. */
  continuousUsage: boolean;
  /** Events are padded to lengths that tell nothing. */
  obfuscate: boolean;
  topLogprobs: number | undefined;
  echo: boolean;
  logitBias: ReadonlyMap<number, number>;
  presencePenalty: number;
  frequencyPenalty: number;
  seed: number | undefined;
  greedy: boolean;
  temperature: number | undefined;
  topP: number | undefined;
  wordLimits: WordLimits | undefined;
  /** How many of its last tokens are left of each prompt; see {@link truncated}. */
  truncation: number | undefined;
  /** The likeliest sequences are searched for. */
  beams: boolean;
  /** What the text keeps to. */
  format: TextFormat;
  /** What is told of single tokens; undefined for nothing. */
  trace: TraceAsk | undefined;
  caching: PromptCaching | undefined;
}

/**
 * Reads a body.
 *
 * @throws ApiError in OpenAI's words when it cannot be answered
 */
export function readCompletionRequest(
  input: Record<string, unknown>,
  counter: TextCounter,
): CompletionRequest {
  requireModel(input);
  const data = check(body, input);
  for (const [name, value] of Object.entries(input)) {
    if (!NAMES.has(name) && !isEngineParameter(name, value)) throw unrecognizedArgument(name);
  }
  const n = data.n ?? 1;
  const bestOf = data.best_of ?? n;
  if (bestOf < n)
    throw invalid(
      'best_of',
      null,
      'You requested that the server return more choices than it will generate (HINT: you must set best_of >= n).',
    );
  if (data.stream === true && bestOf > n)
    throw invalid('best_of', null, "'best_of' cannot be streamed. Use it without 'stream'.");
  if (data.stream_options && data.stream !== true) {
    throw invalid(
      'stream_options',
      null,
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    );
  }
  const prompts = promptsOf(data.prompt, counter);
  const choices = prompts.length * bestOf;
  if (choices > MAX_CHOICES)
    throw invalid(
      'prompt',
      'invalid_value',
      `At most ${MAX_CHOICES} choices can be made at once, but these are ${choices}.`,
    );
  const sampling = readSampling(data);
  const ignoreEos = data.ignore_eos === true;
  const limit = data.max_tokens ?? (ignoreEos || data.min_tokens ? undefined : DEFAULT_MAX_TOKENS);
  return {
    model: data.model,
    prompts,
    suffix: data.suffix ?? '',
    ...readLengths({
      limitName: 'max_tokens',
      limit,
      minTokens: data.min_tokens ?? 0,
      ignoreEos,
      n: choices,
    }),
    isEmpty: limit === 0,
    limit,
    stop: typeof data.stop === 'string' ? [data.stop] : (data.stop ?? []),
    n,
    bestOf,
    stream: data.stream === true,
    includeUsage: data.stream_options?.include_usage === true,
    continuousUsage:
      data.stream_options?.include_usage === true && data.stream_options.continuous_usage_stats === true,
    obfuscate: data.stream_options?.include_obfuscation === true,
    topLogprobs: data.logprobs ?? undefined,
    echo: data.echo === true,
    logitBias: withAllowed(readBias(data.logit_bias ?? {}), sampling),
    presencePenalty: (data.presence_penalty ?? 0) + sampling.penalty,
    frequencyPenalty: data.frequency_penalty ?? 0,
    seed: data.seed ?? undefined,
    greedy: isGreedy(data) || sampling.share === 0,
    temperature: data.temperature ?? undefined,
    topP: shareOf(data.top_p ?? undefined, sampling),
    wordLimits: readWordLimits(data),
    truncation: readTruncation(data),
    beams: readBeams(data, data.stream === true),
    format: readGuided(data) ?? formatOf(data.response_format),
    trace: readTrace(data, data.stream === true),
    caching: readCaching(data),
  };
}

/** As vLLM takes it; OpenAI has it for chats only. */
function formatOf(format: z.output<typeof body>['response_format']): TextFormat {
  if (!format || format.type === 'text') return { type: 'text' };
  if (format.type === 'json_object') return { type: 'json_object' };
  if (!format.json_schema) throw missing('response_format.json_schema');
  const { name, schema, strict } = format.json_schema;
  return jsonSchemaFormat(schema ?? undefined, strict === true, name, 'response_format');
}

/** Without a prompt a text begins: `<|endoftext|>`, one token. */
const NO_PROMPT: CompletionPrompt = { text: '', tokens: 1, ids: () => [END_OF_TEXT] };

function promptsOf(
  prompt: z.output<typeof body>['prompt'],
  counter: TextCounter,
): CompletionRequest['prompts'] {
  if (prompt == null || prompt === '') return [NO_PROMPT];
  if (typeof prompt === 'string') return [ofText(prompt, counter)];
  if (typeof prompt[0] === 'number') return [ofIds(prompt as number[], counter)];
  return (prompt as (string | number[])[]).map((one) =>
    typeof one === 'string' ? ofText(one, counter) : ofIds(one, counter),
  );
}

const ofText = (text: string, counter: TextCounter): CompletionPrompt =>
  text === '' ? NO_PROMPT : { text, tokens: counter.count(text), ids: () => Array.from(counter.ids(text)) };
const ofIds = (ids: readonly number[], counter: TextCounter): CompletionPrompt => ({
  text: counter.tokenizer.decode(ids),
  tokens: ids.length,
  ids: () => ids,
});

/** The last tokens of a prompt. */
export const lastOf = (prompt: CompletionPrompt, tokens: number, counter: TextCounter): CompletionPrompt =>
  tokens < prompt.tokens ? ofIds(prompt.ids().slice(-tokens), counter) : prompt;
