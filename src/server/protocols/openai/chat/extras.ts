/** The parameters that make a chat request more than plain. */
import type { TextFormat } from '../../../../simulator/content/compose.js';
import type { WordLimits } from '../../../text/word-limits.js';
import type { PromptCaching } from '../../../generation/prompt-caching.js';
import { readCaching } from '../cache-fields.js';
import {
  type EngineSampling,
  readBeams,
  readSampling,
  readTruncation,
  readWordLimits,
  unprimedTokens,
  withAllowed,
} from '../engine-parameters.js';
import { invalid } from '../errors.js';
import { readTrace, type TraceAsk } from '../token-trace.js';
import { toApiError } from '../validation.js';
import { type ExtrasBody, extrasBody, type MessageBody } from './body.js';
import { readFormat } from './format.js';
import { type AudioAsk, readAudio } from './audio-request.js';
import type { ChatMessage } from './messages.js';
import type { ModerationAsk } from './moderated.js';
import { readTools, type ToolParameters } from './tools.js';

export type ServiceTier = 'default' | 'flex' | 'scale' | 'priority' | 'fast';
export type EffortParameter = NonNullable<ExtrasBody['reasoning_effort']>;

/** See the file's head. */
export interface ChatExtras extends ToolParameters {
  format: TextFormat;
  /** Alternatives that each token is shown with; undefined without log probabilities. */
  topLogprobs: number | undefined;
  /** By token id. */
  logitBias: ReadonlyMap<number, number>;
  presencePenalty: number;
  frequencyPenalty: number;
  effort: EffortParameter | undefined;
  /** What the chat template is told of thinking, which only templates of models that can do without it heed. */
  templateThinks: boolean | undefined;
  /** Thoughts are not to be sent. */
  hidesThoughts: boolean;
  wordLimits: WordLimits | undefined;
  sampling: EngineSampling;
  /** Tokens that the prompt does not end with, as it would otherwise. */
  unprimedTokens: number;
  /** Whose message the answer is: the last one's, where the prompt is not primed for another. */
  role: string;
  /** What the answer repeats of the last message before it goes on. */
  echoed: string;
  /** See {@link readTruncation}. */
  truncation: number | undefined;
  /** The likeliest sequences are searched for. */
  beams: boolean;
  /** Most tokens of thoughts. */
  thoughtLimit: number | undefined;
  /** What is told of single tokens; undefined for nothing. */
  trace: TraceAsk | undefined;
  verbosity: 'low' | 'medium' | 'high';
  prediction: string | undefined;
  serviceTier: ServiceTier;
  store: boolean;
  /** Undefined when the answer is not to be heard. */
  audio: AudioAsk | undefined;
  /** The web is to be searched. */
  searches: boolean;
  metadata: Readonly<Record<string, string>>;
  moderation: ModerationAsk | undefined;
  /** Of the prompt's cache, where anything is said of it. */
  caching: PromptCaching | undefined;
  /** As sent, for what is stored. */
  raw: ExtrasBody;
  /** Messages as they were sent, of what is stored. */
  sent: readonly MessageBody[] | undefined;
}

/** Most tokens that a bias can be given to. */
const MAX_BIASES = 1024;

/**
 * Reads them.
 *
 * @throws ApiError when they cannot be met
 */
export function readExtras(
  input: Readonly<Record<string, unknown>>,
  messages: readonly ChatMessage[],
): ChatExtras {
  const parsed = extrasBody.safeParse(input);
  if (!parsed.success) throw toApiError(parsed.error.issues, input);
  const { data } = parsed;
  if (data.moderation && data.audio)
    throw invalid('moderation', 'invalid_value', "'moderation' cannot be used together with 'audio'.");
  const tier = data.service_tier ?? 'auto';
  const sampling = readSampling(data);
  const last = messages.at(-1)!;
  const role = data.add_generation_prompt === false ? last.role : 'assistant';
  const streams = input.stream === true;
  return {
    ...readTools(data),
    format: readFormat(data, messages),
    topLogprobs: readLogprobs(data),
    logitBias: withAllowed(readBias(data.logit_bias ?? {}), sampling),
    sampling,
    unprimedTokens: unprimedTokens(data),
    role,
    echoed: data.echo === true && last.role === role ? last.text : '',
    truncation: readTruncation(data),
    beams: readBeams(data, streams),
    thoughtLimit: data.thinking_token_budget ?? undefined,
    trace: readTrace(echoedTop(data, streams), streams),
    presencePenalty: data.presence_penalty ?? 0,
    frequencyPenalty: data.frequency_penalty ?? 0,
    effort: data.reasoning_effort ?? undefined,
    templateThinks:
      data.chat_template_kwargs?.enable_thinking ?? data.chat_template_kwargs?.thinking ?? undefined,
    hidesThoughts: data.include_reasoning === false,
    wordLimits: readWordLimits(data),
    verbosity: data.verbosity ?? 'medium',
    prediction: readPrediction(data),
    serviceTier: tier === 'auto' ? 'default' : tier,
    store: data.store === true,
    audio: readAudio(data, streams),
    searches: data.web_search_options != null,
    metadata: data.metadata ?? {},
    moderation: data.moderation ?? undefined,
    caching: readCaching(data),
    raw: data,
    sent: data.store === true ? (input.messages as MessageBody[]) : undefined,
  };
}

/** As in vLLM, who asks for the last message again asks for its log probabilities too. */
const echoedTop = (data: ExtrasBody, streams: boolean): ExtrasBody =>
  data.echo === true && data.prompt_logprobs == null && !streams
    ? { ...data, prompt_logprobs: data.top_logprobs ?? 0 }
    : data;

function readLogprobs({ logprobs, top_logprobs: top }: ExtrasBody): number | undefined {
  if (top != null && logprobs !== true) {
    const message = "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.";
    throw invalid('top_logprobs', null, message);
  }
  return logprobs === true ? (top ?? 0) : undefined;
}

/** @throws ApiError for keys that are no token ids */
export function readBias(bias: Readonly<Record<string, number>>): ReadonlyMap<number, number> {
  const entries = Object.entries(bias);
  if (entries.length > MAX_BIASES) {
    throw invalid(
      'logit_bias',
      'invalid_value',
      `Invalid 'logit_bias': at most ${MAX_BIASES} tokens can have a bias.`,
    );
  }
  const wrong = entries.find(([id]) => !/^\d{1,7}$/.test(id));
  if (wrong) {
    const message = `Invalid key in 'logit_bias': ${wrong[0].slice(0, 100)}. Keys must be token ids of the model's tokenizer.`;
    throw invalid('logit_bias', 'invalid_value', message);
  }
  return new Map(entries.map(([id, value]) => [Number(id), value]));
}

function readPrediction({ prediction, n, tools }: ExtrasBody): string | undefined {
  if (!prediction) return undefined;
  if (typeof n === 'number' && n > 1) throw notWithPrediction('n');
  if (tools && tools.length > 0) throw notWithPrediction('tools');
  const { content } = prediction;
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('');
}

const notWithPrediction = (param: string) =>
  invalid(param, 'invalid_value', `'${param}' cannot be used together with 'prediction'.`);
