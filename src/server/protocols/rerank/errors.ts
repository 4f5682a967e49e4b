/** The shapes of errors in the dialects of reranking. */
import { asciiJson } from '../../json.js';
import type { RenderedError } from '../../routing/route.js';
import type { ApiError } from '../openai/errors.js';

const shaped =
  (shape: (message: string) => object) =>
  (error: ApiError): RenderedError => ({
    status: error.status,
    headers: error.headers,
    body: asciiJson(shape(error.message)),
  });

export const cohereError = shaped((message) => ({ message }));
export const jinaError = shaped((detail) => ({ detail }));
