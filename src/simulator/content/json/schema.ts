/** JSON Schemas as the generator sees them: any JSON, read with care. */

/** What a client sent as a schema; nothing about it is certain. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A schema that cannot be used, with where in it. */
export class SchemaError extends Error {
  constructor(
    /** Keys from the root to the part at fault. */
    readonly path: readonly string[],
    message: string,
    /** Whether OpenAI says where it is: what a schema of schemas finds comes without. */
    readonly hasContext = true,
  ) {
    super(message);
  }

  /** The path as OpenAI writes it, which is how Python shows a tuple: `('properties', 'a')`. */
  get context(): string {
    const keys = this.path.map((key) => `'${key.slice(0, 100)}'`);
    return keys.length === 1 ? `(${keys[0]},)` : `(${keys.join(', ')})`;
  }
}

/** Most references that are followed in a row: a chain that long leads nowhere. */
const MAX_REFERENCES = 32;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A key of an object's own: schemas come from outside, and `__proto__` is a key like any other. */
export const own = (object: Readonly<Record<string, unknown>>, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** The entries of `properties` that are schemas. */
export function propertiesOf(schema: JsonSchema): [string, unknown][] {
  const { properties } = schema;
  return isObject(properties) ? Object.entries(properties) : [];
}

/** The names in `required`. */
export const requiredOf = (schema: JsonSchema): string[] =>
  Array.isArray(schema.required) ? schema.required.filter((name) => typeof name === 'string') : [];

/** The types that a schema names, or that its keywords imply; empty when it allows any. */
export function typesOf(schema: JsonSchema): string[] {
  const { type } = schema;
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return type.filter((one) => typeof one === 'string');
  if ('properties' in schema || 'additionalProperties' in schema) return ['object'];
  if ('items' in schema || 'prefixItems' in schema) return ['array'];
  if ('pattern' in schema || 'format' in schema || 'minLength' in schema) return ['string'];
  if ('minimum' in schema || 'maximum' in schema || 'multipleOf' in schema) return ['number'];
  return [];
}

/**
 * Follows references inside the document.
 *
 * @param root - the document
 * @param schema - a part of it
 * @param path - where the part is, for errors
 * @throws SchemaError when a reference leads nowhere
 */
export function resolve(root: JsonSchema, schema: JsonSchema, path: readonly string[]): JsonSchema {
  let found = schema;
  for (let i = 0; typeof found.$ref === 'string'; i++) {
    const target = i < MAX_REFERENCES ? lookUp(root, found.$ref) : undefined;
    if (!isObject(target))
      throw new SchemaError(path, `reference can only point to definitions: '${found.$ref.slice(0, 200)}'`);
    const { $ref: _, ...beside } = found;
    found = Object.keys(beside).length === 0 ? target : { ...target, ...beside };
  }
  return found;
}

/** What a JSON pointer in a fragment (`#/$defs/a`) points to. */
function lookUp(root: JsonSchema, reference: string): unknown {
  if (!reference.startsWith('#')) return undefined;
  let at: unknown = root;
  for (const raw of reference.slice(1).split('/').slice(1)) {
    const key = unescape(raw);
    if (Array.isArray(at)) at = at[Number(key)];
    else at = isObject(at) ? own(at, key) : undefined;
  }
  return at;
}

function unescape(raw: string): string {
  try {
    return decodeURIComponent(raw).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return raw;
  }
}
