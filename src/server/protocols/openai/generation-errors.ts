/** What the engine could not do, in OpenAI's words. */
import type { GenerationFailure } from '../../generation/generator.js';
import { ApiError, type ApiErrorDetails } from './errors.js';

const DETAILS: Readonly<Record<GenerationFailure, ApiErrorDetails>> = {
  queue_full: {
    status: 429,
    message: 'The engine is currently overloaded, please try again later.',
    type: 'requests',
    code: 'engine_overloaded',
    headers: 'retry-after: 1\r\nretry-after-ms: 1000\r\n',
  },
  context_too_long: {
    status: 400,
    message:
      'Prompt and answer together are longer than the context that the model can hold. Please reduce the length of the messages or of the completion.',
    param: 'messages',
    code: 'context_length_exceeded',
  },
  unavailable: {
    status: 503,
    message: 'No replica of the model is up at the moment, please try again later.',
    code: 'service_unavailable',
    headers: 'retry-after: 1\r\nretry-after-ms: 1000\r\n',
  },
  replica_failed: { status: 500, message: 'The replica that served this request failed.' },
};

/** The error in place of an answer. */
export const refusal = (failure: GenerationFailure): ApiError => new ApiError(DETAILS[failure]);

/** The event that a stream breaks off with. */
export const brokenEvent = (failure: GenerationFailure): string => `data: ${refusal(failure).body}\n\n`;
