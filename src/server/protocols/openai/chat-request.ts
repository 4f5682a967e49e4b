/** The body of `POST /v1/chat/completions`: read, checked, and brought to what the simulator needs. */
import * as z from 'zod';
import { invalid, missing, unsupported } from './errors.js';
import { parseJsonObject } from './json-body.js';
import { toApiError } from './validation.js';

/** Most tokens of one choice. */
export const MAX_COMPLETION_TOKENS = 131_072;
/** Most tokens that `min_tokens` or `ignore_eos` can force one request to make, over all choices. */
export const MAX_FORCED_TOKENS = 524_288;
/** Longest stop sequence: every token is searched for it. */
const MAX_STOP_CHARACTERS = 256;
/** The limit of `ignore_eos` when none is given: something must end the answer. */
const DEFAULT_FORCED_TOKENS = 4096;

const part = z.looseObject({ type: z.string() });
const message = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: z.union([z.string(), z.null(), z.array(part)]).optional(),
  name: z.string().nullish(),
  refusal: z.string().nullish(),
  tool_calls: z
    .array(z.looseObject({ function: z.looseObject({ name: z.string(), arguments: z.string() }).optional() }))
    .nullish(),
  function_call: z.looseObject({ name: z.string(), arguments: z.string() }).nullish(),
});
const tokenLimit = z.int().min(1).nullish();
const stopText = z.string().min(1).max(MAX_STOP_CHARACTERS);

const body = z.object({
  model: z.string(),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.int().min(1).max(128).nullish(),
  max_tokens: tokenLimit,
  max_completion_tokens: tokenLimit,
  min_tokens: z.int().min(0).nullish(),
  ignore_eos: z.boolean().nullish(),
  stop: z.union([stopText, z.null(), z.array(stopText).max(4)]).optional(),
  seed: z.int().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  user: z.string().nullish(),
});

type Body = z.output<typeof body>;

/** One message of the prompt, as text. */
export interface ChatMessage {
  role: string;
  name: string | undefined;
  text: string;
}

/** A chat request that can be answered. */
export interface ChatRequest {
  model: string;
  messages: ChatMessage[];
  stream: boolean;
  includeUsage: boolean;
  n: number;
  maxTokens: number;
  minTokens: number;
  ignoreEos: boolean;
  stop: readonly string[];
  seed: number | undefined;
}

/**
 * Reads a body.
 *
 * @param bytes - what was sent
 * @throws ApiError in OpenAI's words when it cannot be answered
 */
export function readChatRequest(bytes: Buffer): ChatRequest {
  const input = parseJsonObject(bytes);
  const parsed = body.safeParse(input);
  if (!parsed.success) throw toApiError(parsed.error.issues, input);
  refuseUnsupported(input);
  const { data } = parsed;
  if (data.stream_options && data.stream !== true) {
    throw invalid(
      'stream_options',
      null,
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    );
  }
  return {
    model: data.model,
    messages: data.messages.map(readMessage),
    stream: data.stream === true,
    includeUsage: data.stream_options?.include_usage === true,
    n: data.n ?? 1,
    ...readLengths(data),
    stop: typeof data.stop === 'string' ? [data.stop] : (data.stop ?? []),
    seed: data.seed ?? undefined,
  };
}

function readMessage(raw: Body['messages'][number], index: number): ChatMessage {
  const { role, content, refusal } = raw;
  const name = raw.name ?? undefined;
  if (typeof content === 'string' && refusal == null && !raw.tool_calls && !raw.function_call) {
    return { role, name, text: content };
  }
  const calls = raw.tool_calls?.map((call) => call.function).filter((call) => call !== undefined) ?? [];
  if (raw.function_call) calls.push(raw.function_call);
  const param = `messages[${index}].content`;
  if (content == null && calls.length === 0 && refusal == null) throw missing(param);
  const said = typeof content === 'string' ? content : (content?.map(readPart(param)).join('') ?? '');
  return {
    role,
    name,
    text: calls.reduce((text, call) => `${text}${call.name}${call.arguments}`, said + (refusal ?? '')),
  };
}

const readPart = (param: string) => (item: z.output<typeof part>, index: number) => {
  const at = `${param}[${index}]`;
  if (item.type !== 'text' && item.type !== 'refusal') {
    if (['image_url', 'input_audio', 'file', 'video_url'].includes(item.type)) {
      throw unsupported(`${at}.type`, `content parts of type '${item.type}'`);
    }
    const shown = JSON.stringify(item.type.slice(0, 100));
    throw invalid(`${at}.type`, 'invalid_value', `Invalid value: ${shown}. Supported values are: 'text'.`);
  }
  const text = item[item.type];
  if (typeof text === 'string') return text;
  const where = `${at}.${item.type}`;
  if (text === undefined) throw missing(where);
  throw invalid(where, 'invalid_type', `Invalid type for '${where}': expected a string.`);
};

function readLengths(data: Body): Pick<ChatRequest, 'maxTokens' | 'minTokens' | 'ignoreEos'> {
  const name = data.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens';
  const given = data.max_completion_tokens ?? data.max_tokens ?? undefined;
  const minTokens = data.min_tokens ?? 0;
  const ignoreEos = data.ignore_eos === true;
  checkLength(name, given ?? 0);
  checkLength('min_tokens', minTokens);
  if (given !== undefined && minTokens > given) {
    throw invalid(
      'min_tokens',
      'invalid_value',
      `min_tokens must be at most ${name}=${given}, but is ${minTokens}.`,
    );
  }
  const maxTokens = given ?? (ignoreEos ? Math.max(minTokens, DEFAULT_FORCED_TOKENS) : MAX_COMPLETION_TOKENS);
  const forced = (data.n ?? 1) * (ignoreEos ? maxTokens : minTokens);
  if (forced > MAX_FORCED_TOKENS) {
    const message = `n times the forced length is ${forced} tokens; fakeai makes at most ${MAX_FORCED_TOKENS} per request.`;
    throw invalid('n', 'invalid_value', message);
  }
  return { maxTokens, minTokens, ignoreEos };
}

function checkLength(param: string, value: number): void {
  if (value <= MAX_COMPLETION_TOKENS) return;
  const supports = `This model supports at most ${MAX_COMPLETION_TOKENS} completion tokens`;
  throw invalid(
    param,
    'invalid_value',
    `${param} is too large: ${value}. ${supports}, whereas you provided ${value}.`,
  );
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null;
const isFilled = (value: unknown): boolean =>
  isSet(value) && (typeof value !== 'object' || Object.keys(value as object).length > 0);
const isOtherThan =
  (...defaults: unknown[]) =>
  (value: unknown): boolean =>
    isSet(value) && !defaults.includes(value);

/**
 * Parameters that would change the answer and are not simulated, with what asks for it. Sampling parameters are not
 * among them: any text is a possible sample.
 */
const UNSUPPORTED: ReadonlyMap<string, (value: unknown) => boolean> = new Map<
  string,
  (value: unknown) => boolean
>([
  ['tools', isFilled],
  ['tool_choice', isOtherThan('none', 'auto')],
  ['functions', isFilled],
  ['function_call', isOtherThan('none', 'auto')],
  ['response_format', (value) => isSet(value) && (value as { type?: unknown }).type !== 'text'],
  ['logprobs', isOtherThan(false)],
  ['top_logprobs', isOtherThan(0)],
  ['logit_bias', isFilled],
  ['audio', isSet],
  ['modalities', (value) => isSet(value) && !(Array.isArray(value) && value.every((one) => one === 'text'))],
  ['prediction', isSet],
  ['reasoning_effort', isOtherThan('none')],
  ['verbosity', isOtherThan('medium')],
  ['web_search_options', isSet],
  ['service_tier', isOtherThan('auto', 'default')],
  ['store', isOtherThan(false)],
  ['prompt_logprobs', isSet],
  ['guided_json', isSet],
  ['guided_regex', isSet],
  ['guided_choice', isSet],
  ['guided_grammar', isSet],
  ['structured_outputs', isSet],
]);

function refuseUnsupported(input: Record<string, unknown>): void {
  for (const name of Object.keys(input)) if (UNSUPPORTED.get(name)?.(input[name])) throw unsupported(name);
}
