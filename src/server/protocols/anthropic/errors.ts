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

/** The error object. */
const errorOf = ({ status, code, message }: ApiError, requestId: string) => {
  const type = code === 'engine_overloaded' ? 'overloaded_error' : (TYPES[status] ?? 'api_error');
  return { type: 'error', error: { type, message }, request_id: requestId };
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
