/** Lists of stored resources: the parameters of a page, and its envelope. */
import type { ApiRequest } from '../../routing/api-request.js';
import {
  type Collection,
  type Page,
  type PageQuery,
  type Store,
  UnknownCursorError,
} from '../../store/store.js';
import { ApiError, invalid, unsupportedValue } from './errors.js';
import { rangeError } from './validation.js';

/** What is usual for most lists. */
const USUAL = { limit: 20, maxLimit: 100, order: 'desc', orders: ['asc', 'desc'] } as const;

/** What differs from what is usual. */
export interface ListRules {
  limit?: number;
  maxLimit?: number;
  order?: 'asc' | 'desc';
  /** Other words for `asc` and `desc`. */
  orders?: readonly [asc: string, desc: string];
}

/**
 * Reads `limit`, `order`, `after` and `before` of a request.
 *
 * @throws ApiError when one of them is bad
 */
export function pageOf<T>(request: ApiRequest, rules: ListRules = {}): PageQuery<T> {
  const { limit, maxLimit, order, orders } = { ...USUAL, ...rules };
  const { query } = request;
  return {
    limit: readLimit(query.get('limit'), limit, maxLimit),
    order: readOrder(query.get('order'), order, orders),
    after: query.get('after') || undefined,
    before: query.get('before') || undefined,
  };
}

function readLimit(text: string | null, usual: number, max: number): number {
  if (text === null || text === '') return usual;
  if (!/^[+-]?\d+$/.test(text)) {
    throw invalid(
      'limit',
      'invalid_type',
      `Invalid type for 'limit': expected an integer, but got '${text.slice(0, 50)}' instead.`,
      { kind: 'type', types: ['integer'], values: [], value: text },
    );
  }
  const limit = Number(text);
  if (limit < 1) throw rangeError('limit', { kind: 'integer', big: false, bound: 1 }, limit);
  if (limit > max) throw rangeError('limit', { kind: 'integer', big: true, bound: max }, limit);
  return limit;
}

function readOrder(
  text: string | null,
  usual: 'asc' | 'desc',
  [asc, desc]: readonly [asc: string, desc: string],
): 'asc' | 'desc' {
  if (text === null || text === '') return usual;
  if (text === asc) return 'asc';
  if (text === desc) return 'desc';
  throw unsupportedValue('order', text, [asc, desc]);
}

/** A page in OpenAI's envelope; `object` is `list` nearly everywhere. */
export interface ListBody<T> {
  object: 'list';
  data: T[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

export function listBody<T extends { id: string }>({ data, hasMore }: Page<T>): ListBody<T> {
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  };
}

/**
 * A page of stored values.
 *
 * @throws ApiError 400 when it was to begin at a value that is not there
 */
export async function readPage<T extends object>(
  store: Store,
  collection: Collection<T>,
  query: PageQuery<T>,
): Promise<Page<T>> {
  try {
    return await store.list(collection, query);
  } catch (error) {
    if (!(error instanceof UnknownCursorError)) throw error;
    throw unknownCursor(error.parameter, error.id);
  }
}

/** A page was to begin at a value that is not there. */
export const unknownCursor = (parameter: string, id: string): ApiError =>
  invalid(
    parameter,
    'invalid_value',
    `Invalid '${parameter}': there is no object with the id '${id.slice(0, 200)}'.`,
  );

/** Tells SDKs that wait for the end of something how soon to ask again: on their own they would wait for seconds. */
export const POLL_SOON = 'openai-poll-after-ms: 100\r\n';

/** There is nothing with an id; in the words of most of OpenAI's API. */
export const notFound = (
  message: string,
  param: string | null = null,
  code: string | null = null,
): ApiError => new ApiError({ status: 404, message, param, code, unknownResource: true });

/** There is nothing with an id that the body refers to, which some operations take for a bad value. */
export const unknownReference = (param: string, code: string, message: string): ApiError =>
  new ApiError({ status: 400, message, param, code, unknownResource: true });
