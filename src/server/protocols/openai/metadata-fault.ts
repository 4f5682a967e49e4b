/** The bounds of metadata, which the specification only tells in words. */
import { invalid } from './errors.js';
import type { Shape } from './request-shapes.js';
import type { Fault, Path } from './shape-fault.js';
import { lengthError, paramOf } from './validation.js';

const MOST_PAIRS = 16;
const LONGEST_NAME = 64;
const LONGEST_VALUE = 512;

/** What is wrong with metadata whose values are of their types; only of metadata that is texts by name. */
export function metadataFault(
  value: Readonly<Record<string, unknown>>,
  { m, v }: Shape,
  path: Path,
): Fault | undefined {
  if (m !== undefined || v === undefined) return undefined;
  const param = paramOf(path);
  const names = Object.keys(value);
  if (names.length > MOST_PAIRS) {
    const message = `Invalid '${param}': too many properties. Expected an object with at most ${MOST_PAIRS} properties, but got an object with ${names.length} properties instead.`;
    return { path, error: invalid(param, 'object_above_max_properties', message) };
  }
  for (const name of names) {
    const at = [...path, name];
    if (name.length > LONGEST_NAME) return { path: at, error: tooLong(param, name, paramOf(at)) };
    const text = value[name];
    if (typeof text !== 'string' || text.length <= LONGEST_VALUE) continue;
    const bound = { kind: 'string', big: true, bound: LONGEST_VALUE } as const;
    return { path: at, error: lengthError(paramOf(at), bound, text.length) };
  }
  return undefined;
}

/** A name is shown by its ends. */
function tooLong(param: string, name: string, at: string): Fault['error'] {
  const shown = `${name.slice(0, 3)}...${name.slice(-3)}`;
  const message = `Invalid property name in '${param}': '${shown}' is too long. Expected a string with maximum length ${LONGEST_NAME}, but got a string with length ${name.length} instead.`;
  return invalid(at.slice(0, 300), 'property_name_above_max_length', message);
}
