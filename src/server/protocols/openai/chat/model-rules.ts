/** What a model makes of a chat request: whether it thinks, and which parameters it refuses. */
import type { ModelInfo } from '../../../../simulator/models/model.js';
import type { Effort } from '../../../../simulator/content/lengths.js';
import { PLAIN_OPTIONS, type TextOptions } from '../../../text/text-model.js';
import type { Efforts } from '../../../text/efforts.js';
import type { ModelTraits } from '../../../text/model-traits.js';
import { fitWindow } from '../../../text/window.js';
import { type ApiError, invalid } from '../errors.js';
import { refuseParts } from '../media-rules.js';
import { MAX_TRANSCRIPT_TOKENS } from './audio-request.js';
import type { ChatExtras } from './extras.js';
import type { ShownTrace } from '../token-trace.js';
import type { RichOptions } from './rich-answer.js';
import { checkOwnModel } from './own-models.js';
import type { ChatRequest } from './request.js';

/** Factors of the natural length. */
export const VERBOSITY = { low: 0.5, medium: 1, high: 2 } as const;

/** What the answer is made with; undefined for plain prose. */
export function optionsOf(extras: ChatExtras | undefined, traits: ModelTraits): TextOptions | undefined {
  const effort = effortOf(extras?.effort ?? templateEffort(extras?.templateThinks, traits), traits);
  if (!extras) return effort === 'none' ? undefined : { ...PLAIN_OPTIONS, effort };
  return {
    tools: extras.tools,
    toolChoice: extras.toolChoice,
    parallelToolCalls: extras.parallelToolCalls,
    format: extras.format,
    effort,
    thoughtLimit: extras.thoughtLimit,
    lengthFactor: VERBOSITY[extras.verbosity],
    logitBias: extras.logitBias,
    presencePenalty: extras.presencePenalty + extras.sampling.penalty,
    frequencyPenalty: extras.frequencyPenalty,
    prediction: extras.prediction,
    wordLimits: extras.wordLimits,
  };
}

/** OpenAI's models have no chat template that could be told anything, and others do not think whatever it is told. */
function templateEffort(thinks: boolean | undefined, { reasons, isStrict }: ModelTraits): Effort | undefined {
  if (thinks === undefined || reasons === 'never' || isStrict) return undefined;
  return thinks ? 'medium' : 'none';
}

/**
 * How hard a model thinks.
 *
 * @param param - the parameter that asks for it
 * @param model - named in the refusals of responses
 * @throws ApiError when the model does not think, or not as hard or as little as that
 */
export function effortOf(
  asked: Effort | undefined,
  { reasons, efforts }: ModelTraits,
  param = 'reasoning_effort',
  model?: string,
): Effort {
  if (reasons === 'always') {
    if (efforts && asked !== undefined && !efforts.all.includes(asked))
      throw wrongEffort(param, asked, efforts, model);
    return asked ?? efforts?.usual ?? 'medium';
  }
  if (reasons === 'asked') return asked ?? 'none';
  if (asked === undefined || asked === 'none') return 'none';
  throw notSupported(param);
}

function wrongEffort(param: string, asked: Effort, { all }: Efforts, model: string | undefined): ApiError {
  const named = all.map((one) => `'${one}'`);
  const list = named.length === 1 ? named[0]! : `${named.slice(0, -1).join(', ')}, and ${named.at(-1)!}`;
  // Responses name the value and the model, chats the parameter.
  const what =
    model === undefined
      ? `'${param}' does not support '${asked}' with this model`
      : `'${asked}' is not supported with the '${model.slice(0, 200)}' model`;
  const message = `Unsupported value: ${what}. Supported values are: ${list}.`;
  return invalid(param, 'unsupported_value', message);
}

const notSupported = (param: string, instead = ''): ApiError =>
  invalid(
    param,
    'unsupported_parameter',
    `Unsupported parameter: '${param}' is not supported with this model.${instead}`,
  );

/**
 * The most tokens that an answer to a request can have.
 *
 * @throws ApiError 400 when prompt and answer are too long for the model
 */
export function roomFor(
  request: Pick<ChatRequest, 'limit' | 'usesMaxTokens' | 'maxTokens' | 'minTokens' | 'ignoreEos' | 'stop'>,
  model: ModelInfo,
  promptTokens: number,
): number {
  const { limit, usesMaxTokens } = request;
  const limitName = usesMaxTokens ? 'max_tokens' : 'max_completion_tokens';
  return fitWindow(model, request, { promptTokens, limit, limitName, promptName: 'messages' });
}

/**
 * Whether a model takes a request as it is; of what is to be heard the length is limited.
 *
 * @throws ApiError 400
 */
export function checkModel(request: ChatRequest, model: ModelInfo, traits: ModelTraits): void {
  checkOwnModel(request, model);
  if (traits.isStrict) checkStrictModel(request, effortOf(request.extras?.effort, traits) === 'none');
  checkSearch(request, traits);
  refuseParts(request.messages, model);
  checkAudioModel(request, model);
  if (request.extras?.audio) limitAudio(request, model);
  checkRetention(model.id, request.extras?.raw.prompt_cache_retention, null);
}

/**
 * What OpenAI's reasoning models refuse; when they do not think they can be sampled like others.
 *
 * @throws ApiError 400
 */
function checkStrictModel(request: ChatRequest, isSampled: boolean): void {
  const { extras, temperature, topP } = request;
  if (request.usesMaxTokens) throw notSupported('max_tokens', " Use 'max_completion_tokens' instead.");
  if (extras?.prediction !== undefined) throw notSupported('prediction');
  if (extras && extras.logitBias.size > 0) throw notSupported('logit_bias');
  if (request.stop.length > 0 && !STOPS.test(request.model)) throw notSupported('stop');
  if (extras?.raw.parallel_tool_calls != null && CALLS_AS_IT_LIKES.test(request.model))
    throw notSupported('parallel_tool_calls');
  if (isSampled) return;
  if (temperature !== undefined && temperature !== 1) throw onlyDefault('temperature', temperature);
  if (topP !== undefined && topP !== 1) throw notSupported('top_p');
  if (!extras) return;
  if (extras.topLogprobs !== undefined) throw notSupported('logprobs');
  if (extras.presencePenalty !== 0) throw notSupported('presence_penalty');
  if (extras.frequencyPenalty !== 0) throw notSupported('frequency_penalty');
}

/** Models that keep prompts for a day, and nothing else. */
const KEEPS_A_DAY = /^gpt-5\.[5-9]/;

/**
 * @param code - of the refusal, of which chats have none
 * @throws ApiError 400 for a time that the model does not keep prompts for
 */
export function checkRetention(
  model: string,
  retention: string | null | undefined,
  code: string | null,
): void {
  if (retention == null || retention === '24h' || !KEEPS_A_DAY.test(model)) return;
  const message = 'This model is compatible only with 24h extended prompt caching';
  throw invalid('prompt_cache_retention', code, message);
}

/** The first of them end at texts still. */
const STOPS = /^o1|^o3-mini/;
/** Those that cannot be told how many tools to call. */
const CALLS_AS_IT_LIKES = /^o\d/;

/**
 * What OpenAI's reasoning models refuse in responses.
 *
 * @throws ApiError 400
 */
export function checkSampling(body: {
  temperature?: number | null | undefined;
  top_p?: number | null | undefined;
  top_logprobs?: number | null | undefined;
  include?: readonly string[] | null | undefined;
}): void {
  for (const name of ['temperature', 'top_p'] as const) {
    if (body[name] == null || body[name] === 1) continue;
    throw invalid(name, null, `Unsupported parameter: '${name}' is not supported with this model.`);
  }
  const asked = body.include?.includes('message.output_text.logprobs') === true ? 'include' : 'top_logprobs';
  if (asked === 'top_logprobs' && !body.top_logprobs) return;
  throw invalid(asked, 'unsupported_parameter', 'logprobs are not supported with reasoning models.');
}

/**
 * OpenAI's audio models want to hear or to be heard.
 *
 * @throws ApiError 400
 */
function checkAudioModel({ extras, messages }: ChatRequest, { id, owner, features }: ModelInfo): void {
  if (owner !== 'openai' || !features.includes('audio_output') || !id.includes('audio')) return;
  if (extras?.audio || messages.some(({ media }) => media?.some(({ kind }) => kind === 'audio'))) return;
  const message = 'This model requires that either input content or output modality contain audio.';
  throw invalid('model', 'invalid_value', message);
}

/** What OpenAI's models that search do not take. */
const NOT_WITH_SEARCH = ['logprobs', 'presence_penalty', 'frequency_penalty', 'logit_bias', 'tools'] as const;

/**
 * A search of the web: only of models that do that, which take less than others.
 *
 * @throws ApiError 400
 */
function checkSearch({ extras, temperature, topP, n }: ChatRequest, { searches }: ModelTraits): void {
  if (searches === 'never' && extras?.searches) throw notSupported('web_search_options');
  if (searches !== 'always') return;
  const given = NOT_WITH_SEARCH.find((name) => extras?.raw[name] != null);
  const sampled = temperature === undefined ? (topP === undefined ? undefined : 'top_p') : 'temperature';
  const wrong = sampled ?? (n > 1 ? 'n' : given);
  if (wrong !== undefined)
    throw invalid(wrong, null, `Model incompatible request argument supplied: ${wrong}`);
}

/**
 * An answer that is heard: only of models that speak, and not too long.
 *
 * @throws ApiError 400
 */
function limitAudio(request: ChatRequest, { id, features }: ModelInfo): void {
  if (!features.includes('audio_output')) {
    const message = `Unsupported value: 'modalities' does not support 'audio' with the model '${id}'. Ask one that speaks, such as 'gpt-audio'.`;
    throw invalid('modalities', 'unsupported_value', message);
  }
  request.limit = Math.min(request.limit ?? MAX_TRANSCRIPT_TOKENS, MAX_TRANSCRIPT_TOKENS);
  request.maxTokens = Math.min(request.maxTokens, MAX_TRANSCRIPT_TOKENS);
  request.minTokens = Math.min(request.minTokens, MAX_TRANSCRIPT_TOKENS);
}

/**
 * How the answers of a request are shown; undefined when they are plain.
 *
 * @param isScripted - a fixture says what is said
 * @param page - what was found, where the web was searched
 * @param trace - what is told of single tokens
 */
export function richOptions(
  request: ChatRequest,
  traits: ModelTraits,
  isScripted: boolean,
  page: string | undefined,
  trace?: ShownTrace,
): RichOptions | undefined {
  const { extras, greedy, continuousUsage } = request;
  const isPlain = traits.reasons !== 'always' && page === undefined && !isScripted;
  if (!extras && isPlain && !continuousUsage) return undefined;
  return {
    showsThoughts: traits.showsThoughts && extras?.hidesThoughts !== true,
    showsStopReason: extras?.wordLimits !== undefined,
    legacy: extras?.legacy === true,
    namedChoice: typeof extras?.toolChoice === 'object',
    topLogprobs: extras?.topLogprobs,
    greedy,
    page,
    role: extras?.role ?? 'assistant',
    echoed: extras?.echoed ?? '',
    trace,
  };
}

const onlyDefault = (param: string, value: number): ApiError =>
  invalid(
    param,
    'unsupported_value',
    `Unsupported value: '${param}' does not support ${value} with this model. Only the default (1) value is supported.`,
  );
