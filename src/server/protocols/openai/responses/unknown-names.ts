/** Parameters of responses that nobody knows: what OpenAI says to those of other endpoints, and to misspelt ones. */
import { ApiError, unknownParameter } from '../errors.js';
import { didYouMean } from '../near-names.js';

/** Parameters of chats, by what they are called here. */
const MOVED: Readonly<Record<string, string>> = {
  messages: 'input',
  response_format: 'text.format',
  reasoning_effort: 'reasoning.effort',
  max_completion_tokens: 'max_output_tokens',
  verbosity: 'text.verbosity',
};

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
  throw unknownParameter(name, didYouMean('createResponse', name, input));
}

const hasMoved = (name: string, to: string): ApiError =>
  new ApiError({
    status: 400,
    message: `Unsupported parameter: '${name}'. In the Responses API, this parameter has moved to '${to}'. Try again with the new parameter. See the API documentation for more information: https://platform.openai.com/docs/api-reference/responses/create.`,
    code: 'unsupported_parameter',
  });
