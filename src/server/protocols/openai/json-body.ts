/** Request bodies that are JSON. */
import { isUtf8 } from 'node:buffer';
import { ApiError, notJson } from './errors.js';

/** What bytes that are not UTF-8 are decoded to. */
const REPLACEMENT = '\ufffd';

/**
 * A body as a JSON object, whatever its content type says.
 *
 * @throws ApiError 400 in OpenAI's words
 */
export function parseJsonObject(bytes: Buffer): Record<string, unknown> {
  const text = bytes.toString('utf8');
  let input: unknown;
  try {
    // What has no replacement in it was UTF-8: bytes are looked at again only then.
    if (text.includes(REPLACEMENT) && !isUtf8(bytes)) throw new SyntaxError('not UTF-8');
    input = JSON.parse(text);
  } catch {
    throw notJson();
  }
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) {
    return input as Record<string, unknown>;
  }
  throw new ApiError({ status: 400, message: 'The JSON body of your request must be an object.' });
}
