/** What a family of endpoints is: routes, each with the function that answers. */
import type { ApiError } from '../protocols/openai/errors.js';
import type { RateHeaderWriter } from '../limits/rate-headers.js';
import type { ApiRequest } from './api-request.js';
import type { Reply } from './reply.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Answers a request through `reply`, now or later. What it throws (or rejects with) is answered too: an `ApiError` as it
 * is, anything else as 500.
 */
export type Handler = (request: ApiRequest, reply: Reply) => void | Promise<void>;

/** An error in the shape of a protocol. */
export interface RenderedError {
  status: number;
  /** Header lines, each ended by CRLF. */
  headers: string;
  body: string;
}

/** One method on one path. */
export interface Route {
  method: Method;
  /** A pattern (see path-tree.ts), without `/v1`: it is served with and without that. Such as `/files/:file_id`. */
  path: string;
  /** The operation's name in OpenAI's specification, or our own for what is not in it. */
  operationId: string;
  handler: Handler;
  /**
   * The handler is done with the body when it returns; it gets the connection's own buffer. Without this it gets a copy
   * that stays as it is.
   */
  borrowsBody?: true;
  /** The shape of errors; OpenAI's without it. */
  renderError?: (error: ApiError, requestId: string) => RenderedError;
  /** Needs no API key, even where all others do. */
  open?: true;
  /** The headers of rate limits; OpenAI's without it. */
  rateHeaders?: RateHeaderWriter;
  /** A header of its own that has the request's id, beside `x-request-id`. */
  requestIdHeader?: string;
}
