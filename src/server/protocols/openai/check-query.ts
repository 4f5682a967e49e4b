/** Holds queries against OpenAI's specification, as check-form.ts does forms. What it does not name is ignored, as OpenAI does. */
import { checkValue } from './check-shape.js';
import { type Members, membersOf, nested, shapeOfMembers } from './flat-fields.js';
import { queryRootOf, type Shape } from './request-shapes.js';

/** What pages are made of: lists.ts reads it, as each list has bounds of its own. */
const OF_PAGES = new Set(['limit', 'order', 'after', 'before']);

interface KnownQuery {
  members: Members;
  shapes: readonly Shape[];
}

/** By operation, made when it is first asked with a query. */
const known = new Map<string, KnownQuery>();

/**
 * Checks a query. A value that is empty is none.
 *
 * @throws ApiError 400 for the first value that is of another type, not listed, or beyond its bounds
 */
export function checkQuery(operationId: string, query: URLSearchParams): void {
  const root = queryRootOf(operationId);
  if (root === undefined) return;
  let { members, shapes } = known.get(operationId) ?? {};
  if (!members || !shapes) {
    members = membersOf([root]);
    shapes = [shapeOfMembers(members)];
    known.set(operationId, { members, shapes });
  }
  checkValue(nested(valuesOf(query), members, false), shapes, OF_PAGES);
}

function valuesOf(query: URLSearchParams): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of query) if (value !== '') values.set(name, [...(values.get(name) ?? []), value]);
  return values;
}
