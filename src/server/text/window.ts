/** Whether a prompt and its answer fit into what a model can hold. */
import type { AnswerLimits } from '../../simulator/index.js';
import type { ModelInfo } from '../../simulator/models/model.js';
import { type ApiError, invalid } from '../protocols/openai/errors.js';
import { MAX_COMPLETION_TOKENS, tooLarge } from '../protocols/openai/lengths.js';

/** What a request says of lengths. */
export interface WindowRequest {
  promptTokens: number;
  /** Limit of the answer, if the request gives one. */
  limit: number | undefined;
  /** Parameter that gives it. */
  limitName: string;
  /** Parameter that has the prompt. */
  promptName: 'messages' | 'prompt' | 'input';
  /** Default: OpenAI's words for that parameter. */
  tooLong?: WindowWords;
}

/**
 * The most tokens that an answer can have.
 *
 * @param limits - of the request; its maximum is a default where it gives none
 * @throws ApiError 400 `context_length_exceeded`, or what OpenAI says of a limit beyond the model's own
 */
export function fitWindow(model: ModelInfo, limits: AnswerLimits, asked: WindowRequest): number {
  const { contextTokens, outputTokens } = model;
  const { promptTokens, limit, limitName } = asked;
  const most = outputTokens > 0 ? Math.min(outputTokens, MAX_COMPLETION_TOKENS) : MAX_COMPLETION_TOKENS;
  if (limit !== undefined && limit > most) throw tooLarge(limitName, limit, most);
  if (promptTokens + (limit ?? 1) > contextTokens) throw tooLong(contextTokens, asked);
  const room = Math.min(contextTokens - promptTokens, outputTokens > 0 ? outputTokens : contextTokens);
  return Math.min(limits.maxTokens, room);
}

/** Each API has its own words for it. */
function tooLong(contextTokens: number, asked: WindowRequest): ApiError {
  const { promptTokens, limit, promptName } = asked;
  const words = asked.tooLong ?? WORDS[promptName];
  return invalid(promptName, 'context_length_exceeded', words(contextTokens, promptTokens, limit));
}

/** What is said of a prompt that is too long. */
export type WindowWords = (contextTokens: number, promptTokens: number, limit: number | undefined) => string;

const WORDS: Readonly<Record<WindowRequest['promptName'], WindowWords>> = {
  messages: (contextTokens, promptTokens, limit) => {
    const what =
      limit === undefined || promptTokens > contextTokens
        ? `your messages resulted in ${promptTokens} tokens. Please reduce the length of the messages.`
        : `you requested ${promptTokens + limit} tokens (${promptTokens} in the messages, ${limit} in the completion). Please reduce the length of the messages or completion.`;
    return `This model's maximum context length is ${contextTokens} tokens. However, ${what}`;
  },
  prompt: (contextTokens, promptTokens, limit = 0) =>
    `This model's maximum context length is ${contextTokens} tokens, however you requested ${promptTokens + limit} tokens (${promptTokens} in your prompt; ${limit} for the completion). Please reduce your prompt; or completion length.`,
  input: () => 'Your input exceeds the context window of this model. Please adjust your input and try again.',
};
