/**
 * The schema that a prompt asks to be followed, for answers of type `json_object`: those have none of their own, so that
 * clients which want more than any object write it into a message, and models keep to it.
 */
import type { JsonSchema } from '../../../simulator/content/json/schema.js';
import type { TextFormat } from '../../../simulator/content/compose.js';
import { ApiError } from './errors.js';
import { checkSchema } from './schemas.js';

/** Longest message that is looked through. */
const MAX_CHARACTERS = 256 * 1024;
/** Most braces that nothing closes: after each of them the rest of the text is read again. */
const MAX_ALONE = 8;

/** Any object, or one that follows the last schema that the messages have. */
export function objectFormat(messages: readonly { readonly text: string }[]): TextFormat {
  const schema = messages
    .filter(({ text }) => text.length <= MAX_CHARACTERS && text.includes('"properties"'))
    .flatMap(({ text }) => [...objectsIn(text)])
    .findLast(isUsable);
  return schema === undefined ? { type: 'json_object' } : { type: 'json_schema', schema };
}

function isUsable(value: Record<string, unknown>): value is JsonSchema {
  const { type = 'object', properties } = value;
  if (type !== 'object' || typeof properties !== 'object' || properties === null) return false;
  if (Array.isArray(properties) || Object.keys(properties).length === 0) return false;
  try {
    checkSchema(value, false, { param: 'messages', what: 'a message', code: null });
    return true;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  }
}

/** The outermost JSON objects of a text. */
function* objectsIn(text: string): Generator<Record<string, unknown>> {
  let at = text.indexOf('{');
  for (let alone = 0; at >= 0 && alone < MAX_ALONE;) {
    const end = endOfObject(text, at);
    const value = end < 0 ? undefined : parsed(text.slice(at, end));
    if (value) yield value;
    if (end < 0) alone++;
    at = text.indexOf('{', end < 0 ? at + 1 : end);
  }
}

/** Where the object that begins at `start` is over, by its braces outside of strings; -1 when it is not. */
function endOfObject(text: string, start: number): number {
  // A string without an end lasts to that of the text, or every quote after it would be tried.
  const marks = /"(?:[^"\\]|\\.)*\\?(?:"|$)|[{}]/gs;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    if (mark[0] === '{') depth++;
    else if (mark[0] === '}' && --depth === 0) return marks.lastIndex;
  }
  return -1;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
