/** Request bodies that are JSON. */
import { ApiError } from './errors.js';

/**
 * A body as a JSON object, whatever its content type says.
 *
 * @throws ApiError 400 in OpenAI's words
 */
export function parseJsonObject(bytes: Buffer): Record<string, unknown> {
  let input: unknown;
  try {
    input = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new ApiError({
      status: 400,
      message:
        'We could not parse the JSON body of your request. (HINT: This likely means you are not using your HTTP library correctly. The API expects a JSON payload, but what was sent was not valid JSON.)',
    });
  }
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) {
    return input as Record<string, unknown>;
  }
  throw new ApiError({ status: 400, message: 'The JSON body of your request must be an object.' });
}
