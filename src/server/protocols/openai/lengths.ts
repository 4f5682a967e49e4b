/** How long an answer may and must be. */
import type { AnswerLimits } from '../../../simulator/index.js';
import { type ApiError, invalid } from './errors.js';

/** Most tokens of one choice. */
export const MAX_COMPLETION_TOKENS = 131_072;
/** Most tokens that `min_tokens` or `ignore_eos` can force one request to make, over all choices. */
const MAX_FORCED_TOKENS = 524_288;
/** The limit of `ignore_eos` when none is given: something must end the answer. */
const DEFAULT_FORCED_TOKENS = 4096;

/** What a body says about lengths. */
export interface LengthParameters {
  /** The parameter that sets the limit, and its value. */
  limitName: string;
  limit: number | undefined;
  minTokens: number;
  ignoreEos: boolean;
  n: number;
}

/**
 * The limits of each choice.
 *
 * @throws ApiError when they contradict each other or are beyond what is simulated
 */
export function readLengths(given: LengthParameters): Omit<AnswerLimits, 'stop'> {
  const { limitName, limit, minTokens, ignoreEos, n } = given;
  // The model says what is too much of the limit.
  if (minTokens > MAX_COMPLETION_TOKENS) throw tooLarge('min_tokens', minTokens, MAX_COMPLETION_TOKENS);
  if (limit !== undefined && minTokens > limit) {
    const message = `min_tokens must be at most ${limitName}=${limit}, but is ${minTokens}.`;
    throw invalid('min_tokens', 'invalid_value', message);
  }
  const most = limit ?? (ignoreEos ? Math.max(minTokens, DEFAULT_FORCED_TOKENS) : MAX_COMPLETION_TOKENS);
  const maxTokens = Math.min(most, MAX_COMPLETION_TOKENS);
  const forced = n * (ignoreEos ? maxTokens : minTokens);
  if (forced > MAX_FORCED_TOKENS) {
    const message = `n times the forced length is ${forced} tokens; fakeai makes at most ${MAX_FORCED_TOKENS} per request.`;
    throw invalid('n', 'invalid_value', message);
  }
  return { maxTokens, minTokens, ignoreEos };
}

/** More tokens than a model makes. */
export function tooLarge(param: string, value: number, most: number): ApiError {
  const message = `${param} is too large: ${value}. This model supports at most ${most} completion tokens, whereas you provided ${value}.`;
  return invalid(param, 'invalid_value', message);
}
