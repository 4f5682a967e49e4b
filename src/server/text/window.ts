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
  promptName: string;
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

function tooLong(contextTokens: number, { promptTokens, limit, promptName }: WindowRequest): ApiError {
  const what =
    limit === undefined || promptTokens > contextTokens
      ? `your ${promptName} resulted in ${promptTokens} tokens. Please reduce the length of the ${promptName}.`
      : `you requested ${promptTokens + limit} tokens (${promptTokens} in the ${promptName}, ${limit} in the completion). Please reduce the length of the ${promptName} or completion.`;
  const message = `This model's maximum context length is ${contextTokens} tokens. However, ${what}`;
  return invalid(promptName, 'context_length_exceeded', message);
}
