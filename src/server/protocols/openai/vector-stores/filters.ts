/** Filters of a search over the attributes of files. */
import * as z from 'zod';
import type { Attributes } from './records.js';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const comparison = z.strictObject({
  type: z.enum(['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'nin']),
  key: z.string(),
  value: z.union([scalar, z.array(z.union([z.string(), z.number()]))]),
});
type Comparison = z.output<typeof comparison>;

/** A comparison, or several of them joined. */
export type Filter = Comparison | { type: 'and' | 'or'; filters: Filter[] };

const MAX_DEPTH = 10;

const filterOf = (depth: number): z.ZodType<Filter> =>
  depth === 0
    ? comparison
    : z.union([
        comparison,
        z.strictObject({ type: z.enum(['and', 'or']), filters: z.array(z.lazy(() => filterOf(depth - 1))) }),
      ]);

/** Nested up to ten deep. */
export const filter = filterOf(MAX_DEPTH);

/** Whether a file's attributes pass. A comparison with an attribute that a file has not is false, but `ne` and `nin`. */
export function passes(filter: Filter, attributes: Attributes): boolean {
  if ('filters' in filter) {
    const test = (one: Filter): boolean => passes(one, attributes);
    return filter.type === 'and' ? filter.filters.every(test) : filter.filters.some(test);
  }
  const { type, key, value } = filter;
  const own = Object.hasOwn(attributes, key) ? attributes[key] : undefined;
  switch (type) {
    case 'eq':
      return own === value;
    case 'ne':
      return own !== value;
    case 'in':
      return Array.isArray(value) && value.some((one) => one === own);
    case 'nin':
      return !Array.isArray(value) || value.every((one) => one !== own);
    default:
      return ordered(type, own, value);
  }
}

function ordered(type: 'gt' | 'gte' | 'lt' | 'lte', own: unknown, value: unknown): boolean {
  const comparable = typeof own === typeof value && (typeof own === 'number' || typeof own === 'string');
  if (!comparable) return false;
  const [a, b] = [own as string, value as string];
  if (type === 'gt') return a > b;
  if (type === 'gte') return a >= b;
  return type === 'lt' ? a < b : a <= b;
}
