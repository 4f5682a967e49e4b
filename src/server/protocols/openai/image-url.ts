/** Where the pictures of a prompt are: on the web, or in the request itself. */
import { invalid } from './errors.js';

const EXAMPLE = 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU=';
const DATA = /^data:([^;,]{0,100})((?:;[^;,]{0,100}){0,5}),/i;
const TYPES = new Set(['image/png', 'image/jpeg', 'image/jpg', 'image/gif', 'image/webp']);
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}\s*$/;

/**
 * Checks a picture's URL; whether its bytes are a picture is not looked at.
 *
 * @param param - the parameter that has it
 * @param begin - of what is said
 * @throws ApiError 400 in OpenAI's words
 */
export function checkImageUrl(url: string, param: string, begin = `Invalid image URL: '${param}'`): void {
  if (/^https?:\/\/[^/\s]/i.test(url)) return;
  const problem = problemOf(url);
  if (problem === undefined) return;
  const message = `${begin}. Expected a base64-encoded data URL with an image MIME type (e.g. '${EXAMPLE}'), but got ${problem}.`;
  throw invalid(param, 'invalid_value', message);
}

function problemOf(url: string): string | undefined {
  if (!/^data:/i.test(url)) return "a value without the 'data:' prefix";
  const head = DATA.exec(url);
  if (!head) return "a value without the ',' before its data";
  const [prefix, type = '', options = ''] = head;
  if (!TYPES.has(type.toLowerCase())) return `unsupported MIME type '${type}'`;
  if (!/;base64$/i.test(options)) return "a value without ';base64'";
  if (url.length === prefix.length) return 'empty base64-encoded bytes';
  return BASE64.test(url.slice(prefix.length)) ? undefined : 'bytes that are not base64-encoded';
}
