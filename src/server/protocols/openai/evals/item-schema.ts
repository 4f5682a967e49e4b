/** Whether items are as the schema of their eval says: types, what must be there, values that are listed. */
import {
  isObject,
  type JsonSchema,
  own,
  propertiesOf,
  requiredOf,
  typesOf,
} from '../../../../simulator/content/json/schema.js';

/** Deeper parts are not looked at. */
const MAX_DEPTH = 16;

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};

/**
 * The first thing that is wrong with a value; undefined when nothing is.
 *
 * @param at - what the value is called
 */
export function schemaProblem(schema: JsonSchema, value: unknown, at: string, depth = 0): string | undefined {
  if (depth > MAX_DEPTH) return undefined;
  const types = typesOf(schema).filter((type) => type in TYPES);
  if (types.length > 0 && !types.some((type) => TYPES[type]!(value)))
    return `'${at}' must be of the type ${types.join(' or ')}`;
  const { enum: listed } = schema;
  if (Array.isArray(listed) && !listed.some((one) => JSON.stringify(one) === JSON.stringify(value)))
    return `'${at}' must be one of ${JSON.stringify(listed).slice(0, 200)}`;
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!isObject(items)) return undefined;
    return firstOf(value.map((one, i) => schemaProblem(items, one, `${at}[${i}]`, depth + 1)));
  }
  if (!isObject(value)) return undefined;
  const missing = requiredOf(schema).find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `'${at}.${missing}' is missing`;
  return firstOf(
    propertiesOf(schema).map(([name, inner]) =>
      isObject(inner) && Object.hasOwn(value, name)
        ? schemaProblem(inner, own(value, name), `${at}.${name}`, depth + 1)
        : undefined,
    ),
  );
}

const firstOf = (problems: readonly (string | undefined)[]): string | undefined =>
  problems.find((one) => one !== undefined);
