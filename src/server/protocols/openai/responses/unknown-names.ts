/** Parameters of responses that nobody knows: what OpenAI says to those of other endpoints, and to misspelt ones. */
import { distance } from 'fastest-levenshtein';
import { ApiError, unknownParameter } from '../errors.js';
import { rootOf, shapesOf } from '../request-shapes.js';

/** Parameters of chats, by what they are called here. */
const MOVED: Readonly<Record<string, string>> = {
  messages: 'input',
  response_format: 'text.format',
  reasoning_effort: 'reasoning.effort',
  max_completion_tokens: 'max_output_tokens',
  verbosity: 'text.verbosity',
};
/** Names further away than this are others. */
const MOST_CHANGES = 2;

/**
 * Goes through the names of a body's parameters.
 *
 * @throws ApiError 400 for the first that is none of those known
 */
export function refuseUnknownNames(
  input: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
): void {
  const name = Object.keys(input).find((one) => !known.has(one));
  if (name === undefined) return;
  const moved = MOVED[name];
  if (moved !== undefined) throw hasMoved(name, moved);
  // Of OpenAI's own, as it does: what other servers have beside them it does not know.
  const own = shapesOf(rootOf('createResponse')!).flatMap(({ m }) => Object.keys(m ?? {}));
  const near = own
    .map((one) => ({ one, changes: distance(one, name.slice(0, 100)) }))
    .filter(({ one, changes }) => changes <= MOST_CHANGES && !Object.hasOwn(input, one))
    .toSorted((a, b) => a.changes - b.changes)
    .map(({ one }) => `'${one}'`);
  throw unknownParameter(name, near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`);
}

const hasMoved = (name: string, to: string): ApiError =>
  new ApiError({
    status: 400,
    message: `Unsupported parameter: '${name}'. In the Responses API, this parameter has moved to '${to}'. Try again with the new parameter. See the API documentation for more information: https://platform.openai.com/docs/api-reference/responses/create.`,
    code: 'unsupported_parameter',
  });
