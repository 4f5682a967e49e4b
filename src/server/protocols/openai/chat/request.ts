/** The body of `POST /v1/chat/completions`: read, checked, and brought to what the simulator needs. */
import type { AnswerLimits } from '../../../../simulator/index.js';
import { isGreedy } from '../../../text/greedy.js';
import { shapeFault } from '../check-shape.js';
import { invalid, missing, requireModel } from '../errors.js';
import { parseJsonObject } from '../json-body.js';
import { refuseUnknownFields } from '../known-fields.js';
import { readLengths } from '../lengths.js';
import { toApiError } from '../validation.js';
import { type BaseBody, baseBody } from './body.js';
import { type ChatExtras, readExtras } from './extras.js';
import { quoteFromDocuments, withDocuments } from './given-documents.js';
import { checkParameters } from './known-parameters.js';
import { type ChatMessage, readMessages } from './messages.js';
import { plainBody } from './plain-body.js';

/** A chat request that can be answered. */
export interface ChatRequest extends AnswerLimits {
  model: string;
  messages: ChatMessage[];
  stream: boolean;
  includeUsage: boolean;
  /** Events are padded to equal lengths, so that their sizes tell nothing; undefined when the request says nothing of it. */
  obfuscate: boolean | undefined;
  /** Every event tells of the tokens so far. */
  continuousUsage: boolean;
  n: number;
  seed: number | undefined;
  /** The most likely words every time, so that all choices are equal. */
  greedy: boolean;
  /** The limit that the request gives. */
  limit: number | undefined;
  /** It came as `max_tokens`. */
  usesMaxTokens: boolean;
  /** It came as that and as `max_completion_tokens`. */
  hasBothLimits: boolean;
  temperature: number | undefined;
  topP: number | undefined;
  /** What the answer quotes of a file, or a document. */
  quote?: string | undefined;
  /** Undefined for a plain request: prose is its answer. */
  extras: ChatExtras | undefined;
}

/**
 * Reads a body.
 *
 * @param bytes - what was sent
 * @throws ApiError in OpenAI's words when it cannot be answered
 */
export const readChatRequest = (bytes: Buffer): ChatRequest => readChatBody(parseJsonObject(bytes));

/** The same, of a body that is parsed already; `plain` if it is known to be that. */
export function readChatBody(input: Record<string, unknown>, plain = plainBody(input)): ChatRequest {
  const hasExtras = plain ? false : namesChecked(input);
  const data = plain ?? checkedBody(input);
  const sent = readMessages(data.messages);
  const extras = hasExtras ? readExtras(input, sent) : undefined;
  const documents = extras?.raw.documents ?? [];
  const messages = documents.length > 0 ? withDocuments(sent, documents) : sent;
  // Late: what is missing explains more than what is too much.
  if (!plain) refuseUnknownFields('chat', input);
  if (data.stream_options && data.stream !== true) {
    const message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
    throw invalid('stream_options', null, message);
  }
  // Field by field, here and wherever each request passes: spreading into the middle of an object is slow.
  const { maxTokens, minTokens, ignoreEos } = limitsOf(data);
  return {
    model: data.model,
    messages,
    stream: data.stream === true,
    includeUsage: data.stream_options?.include_usage === true,
    obfuscate: data.stream_options?.include_obfuscation ?? undefined,
    continuousUsage:
      data.stream_options?.include_usage === true && data.stream_options.continuous_usage_stats === true,
    n: data.n ?? 1,
    maxTokens,
    minTokens,
    ignoreEos,
    stop: typeof data.stop === 'string' ? [data.stop] : (data.stop ?? []),
    seed: data.seed ?? undefined,
    greedy: isGreedy(data) || extras?.sampling.share === 0,
    limit: data.max_completion_tokens ?? data.max_tokens ?? undefined,
    usesMaxTokens: data.max_completion_tokens == null && data.max_tokens != null,
    hasBothLimits: data.max_completion_tokens != null && data.max_tokens != null,
    temperature: data.temperature ?? undefined,
    topP: data.top_p ?? undefined,
    quote: documents.length > 0 ? quoteFromDocuments(sent, documents) : undefined,
    extras,
  };
}

/**
 * Messages go back and forth between services that put more into them; fractions of a bias, and lists of no sequence to stop at,
 * are taken as other servers do.
 */
const READ_HERE: ReadonlySet<string> = new Set(['messages', 'logit_bias', 'stop']);

/** What must be there and is not is told of first, then names that nobody knows. */
function namesChecked(input: Record<string, unknown>): boolean {
  requireModel(input);
  if (input.messages === undefined) throw missing('messages');
  return checkParameters(input);
}

const NO_RETENTION = invalid('prompt_cache_retention', null, 'Invalid prompt_cache_retention argument');
const messagesOnly = baseBody.pick({ messages: true });

function checkedBody(input: Record<string, unknown>): BaseBody {
  const fault = shapeFault('createChatCompletion', input, READ_HERE);
  if (fault) {
    const { error } = messagesOnly.safeParse(input);
    if (error) throw toApiError(error.issues, input);
    throw fault.param === 'prompt_cache_retention' && fault.code === 'invalid_value' ? NO_RETENTION : fault;
  }
  const parsed = baseBody.safeParse(input);
  if (!parsed.success) throw toApiError(parsed.error.issues, input);
  return parsed.data;
}

function limitsOf(data: BaseBody): Omit<AnswerLimits, 'stop'> {
  return readLengths({
    limitName: data.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens',
    limit: data.max_completion_tokens ?? data.max_tokens ?? undefined,
    minTokens: data.min_tokens ?? 0,
    ignoreEos: data.ignore_eos === true,
    n: data.n ?? 1,
  });
}
