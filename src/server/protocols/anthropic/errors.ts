/** Errors in Anthropic's shape. */
import { asciiJson } from '../../json.js';
import { ApiError } from '../openai/errors.js';
import type { RenderedError } from '../../routing/route.js';

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
};

/** An error with what Anthropic's SDKs decide by, beside the message. */
class DetailedError extends ApiError {
  constructor(
    message: string,
    readonly details: { error_code: string },
  ) {
    super({ status: 400, message });
  }
}

/** The error object. */
const errorOf = (error: ApiError, requestId: string) => {
  const { status, code, message } = error;
  const type = code === 'engine_overloaded' ? 'overloaded_error' : (TYPES[status] ?? 'api_error');
  const details = error instanceof DetailedError && { details: error.details };
  return { type: 'error', error: { type, message, ...details }, request_id: requestId };
};

/** An error in place of an answer; what Anthropic calls overloaded has a status of its own. */
export function renderError(error: ApiError, requestId: string): RenderedError {
  const body = errorOf(error, requestId);
  const status = body.error.type === 'overloaded_error' ? 529 : error.status;
  return { status, headers: error.headers, body: asciiJson(body) };
}

/** The event that a stream breaks off with. */
export const errorEvent = (error: ApiError, requestId: string): string =>
  `event: error\ndata: ${asciiJson(errorOf(error, requestId))}\n\n`;

/** A request is malformed; in Anthropic's words the message begins with where. */
export const malformed = (where: string, what: string): ApiError =>
  new ApiError({ status: 400, message: where === '' ? what : `${where}: ${what}`, param: where });

/** Conversations are not held here; told so in these words, the SDKs' tool runners send them whole instead. */
export const withoutThreads = (): ApiError =>
  new DetailedError(
    'thread: fakeai does not hold conversations. Send the full conversation without `thread`.',
    { error_code: 'thread_unsupported_request' },
  );
