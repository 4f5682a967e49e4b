/**
 * What OpenAI demands of the parameters of any function, strict or not: an object with properties that is a JSON Schema.
 * The words are those of its validator.
 */
import { isObject, type JsonSchema, SchemaError } from './schema.js';

const TYPES = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']);
/** Any of these says what an object has, without `properties`. */
const SHAPES = ['properties', '$ref', 'anyOf', 'oneOf', 'allOf', 'additionalProperties', 'patternProperties'];
/** Schemas that are looked at: enough for all that people write. */
const MAX_SCHEMAS = 20_000;

/**
 * Checks the parameters of a function.
 *
 * @throws SchemaError with what OpenAI would say about the first thing that is wrong
 */
export function checkParameters(root: JsonSchema): void {
  if (root.type !== 'object') throw notAnObject(root);
  if (!SHAPES.some((key) => key in root)) throw new SchemaError([], 'object schema missing properties.');
  const open: { schema: unknown; path: readonly string[] }[] = [{ schema: root, path: [] }];
  for (let seen = 0; seen < MAX_SCHEMAS; seen++) {
    const next = open.pop();
    if (!next) return;
    if (typeof next.schema !== 'boolean') open.push(...partsOf(next.schema, next.path).toReversed());
  }
}

/** The root of a schema is to be an object. */
export function notAnObject({ type }: JsonSchema): SchemaError {
  const got = Array.isArray(type) ? inPython(type) : `"${typeof type === 'string' ? type : inPython(type)}"`;
  const message = `schema must be a JSON Schema of 'type: "object"', got 'type: ${got.slice(0, 100)}'.`;
  return new SchemaError([], message, false);
}

function partsOf(schema: unknown, path: readonly string[]): { schema: unknown; path: readonly string[] }[] {
  if (!isObject(schema)) throw wrongType(schema, "'object', 'boolean'");
  checkType(schema.type);
  if ('required' in schema && !Array.isArray(schema.required)) throw wrongType(schema.required, "'array'");
  const isArray = schema.type === 'array' || (Array.isArray(schema.type) && schema.type.includes('array'));
  if (isArray && !('items' in schema) && !('prefixItems' in schema))
    throw new SchemaError(path, 'array schema missing items.');
  const parts: { schema: unknown; path: readonly string[] }[] = [];
  for (const key of ['properties', '$defs', 'definitions']) {
    if (!(key in schema)) continue;
    const named = schema[key];
    if (!isObject(named)) throw wrongType(named, "'object'");
    for (const [name, part] of Object.entries(named))
      parts.push({ schema: part, path: [...path, key, name] });
  }
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const branches = schema[key];
    if (branches === undefined) continue;
    if (!Array.isArray(branches)) throw wrongType(branches, "'array'");
    for (const [i, part] of branches.entries()) parts.push({ schema: part, path: [...path, key, String(i)] });
  }
  if ('items' in schema) parts.push({ schema: schema.items, path: [...path, 'items'] });
  return parts;
}

function checkType(type: unknown): void {
  if (type === undefined) return;
  const types: unknown[] = Array.isArray(type) ? type : [type];
  if (types.length > 0 && types.every((one) => typeof one === 'string' && TYPES.has(one))) return;
  throw new SchemaError([], `${inPython(type)} is not valid under any of the given schemas.`, false);
}

const wrongType = (value: unknown, types: string): SchemaError =>
  new SchemaError([], `${inPython(value)} is not of type ${types}.`, false);

/** As Python writes it, which is what OpenAI's validator is written in. */
function inPython(value: unknown): string {
  if (value === undefined || value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return `'${value.slice(0, 100)}'`;
  return (JSON.stringify(value) ?? '').replaceAll('"', "'").slice(0, 100);
}
