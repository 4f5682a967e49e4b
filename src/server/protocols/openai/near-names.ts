/** Names of an operation's parameters that are like one that nobody knows. */
import { distance } from 'fastest-levenshtein';
import { rootOf, shapesOf } from './request-shapes.js';

/** Names further away than this are others. */
const MOST_CHANGES = 2;

/**
 * What is said behind a refusal of a name: OpenAI's own, of which what other servers have beside them are none, and none that
 * the body has already.
 */
export function didYouMean(
  operationId: string,
  name: string,
  input: Readonly<Record<string, unknown>>,
): string {
  const own = shapesOf(rootOf(operationId)!).flatMap(({ m }) => Object.keys(m ?? {}));
  const near = own
    .map((one) => ({ one, changes: distance(one, name.slice(0, 100)) }))
    .filter(({ one, changes }) => changes <= MOST_CHANGES && !Object.hasOwn(input, one))
    .toSorted((a, b) => a.changes - b.changes || a.one.localeCompare(b.one))
    .map(({ one }) => `'${one}'`);
  return near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`;
}
