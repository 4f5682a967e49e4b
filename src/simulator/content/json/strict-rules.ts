/**
 * What OpenAI demands of a schema that is to be followed strictly ("Structured model outputs", Supported schemas).
 */
import { notAnObject } from './parameter-rules.js';
import { isObject, type JsonSchema, propertiesOf, requiredOf, SchemaError, typesOf } from './schema.js';

/** OpenAI's bounds on a schema. */
const LIMITS = { depth: 10, properties: 5000, enumValues: 1000, characters: 120_000 } as const;
/** Of one enum with many values, the characters of all of them together. */
const LONG_ENUM = { values: 250, characters: 15_000 } as const;
/** Formats of strings that are followed. */
const FORMATS = new Set([
  'date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid',
]); // prettier-ignore

/** Keys from the root: `anyOf` adds no level of values, but it must end as well. */
const MAX_PATH = 100;

const FORBIDDEN = [
  'allOf', 'oneOf', 'not', 'dependentRequired', 'dependentSchemas', 'if', 'then', 'else', 'patternProperties',
  'unevaluatedProperties', 'propertyNames', 'minProperties', 'maxProperties', 'unevaluatedItems', 'contains',
  'minContains', 'maxContains', 'uniqueItems', 'default',
] as const; // prettier-ignore

interface Totals {
  properties: number;
  enumValues: number;
  characters: number;
}

/**
 * Checks a schema.
 *
 * @throws SchemaError with what OpenAI would say about the first thing that breaks the rules
 */
export function checkStrict(root: JsonSchema): void {
  if ('anyOf' in root)
    throw new SchemaError([], "schema must have type 'object' and not have 'anyOf' at the top level.");
  if (root.type !== 'object' && !('$ref' in root)) {
    throw notAnObject(root);
  }
  const totals: Totals = { properties: 0, enumValues: 0, characters: 0 };
  visit(root, [], 1, totals);
  for (const definitions of ['$defs', 'definitions']) {
    const found = root[definitions];
    if (!isObject(found)) continue;
    for (const [name, schema] of Object.entries(found)) {
      totals.characters += name.length;
      visit(schema, [definitions, name], 1, totals);
    }
  }
  checkTotals(totals);
}

function visit(schema: unknown, path: readonly string[], depth: number, totals: Totals): void {
  if (!isObject(schema)) throw new SchemaError(path, 'schema must be an object.');
  // What has no parts is no level.
  const parts = typesOf(schema).some((type) => type === 'object' || type === 'array');
  if ((parts && depth > LIMITS.depth) || path.length > MAX_PATH) {
    throw new SchemaError(path, `schema exceeds the limit of ${LIMITS.depth} levels of nesting.`);
  }
  const bad = FORBIDDEN.find((keyword) => keyword in schema);
  if (bad !== undefined) throw new SchemaError(path, `'${bad}' is not permitted.`);
  if ('$ref' in schema) return;
  if ('const' in schema) totals.characters += charactersOf(schema.const);
  if (Array.isArray(schema.enum)) countEnum(schema.enum, path, totals);
  if (Array.isArray(schema.anyOf)) {
    for (const [i, branch] of schema.anyOf.entries())
      visit(branch, [...path, 'anyOf', String(i)], depth, totals);
    return;
  }
  const types = typesOf(schema);
  if (types.length === 0 && !('enum' in schema) && !('const' in schema)) {
    throw new SchemaError(path, "schema must have a 'type' key.");
  }
  if (typeof schema.format === 'string' && types.includes('string') && !FORMATS.has(schema.format))
    throw new SchemaError(path, `'${schema.format.slice(0, 100)}' is not a valid format.`);
  if (types.includes('object')) visitObject(schema, path, depth, totals);
  if (types.includes('array')) visitArray(schema, path, depth, totals);
}

function visitObject(schema: JsonSchema, path: readonly string[], depth: number, totals: Totals): void {
  if (schema.additionalProperties !== false) {
    throw new SchemaError(path, "'additionalProperties' is required to be supplied and to be false.");
  }
  const properties = propertiesOf(schema);
  const required = new Set(requiredOf(schema));
  const missing = properties.find(([name]) => !required.has(name));
  if (missing !== undefined) {
    throw new SchemaError(
      path,
      `'required' is required to be supplied and to be an array including every key in properties. Missing '${missing[0].slice(0, 100)}'.`,
    );
  }
  const names = new Set(properties.map(([name]) => name));
  const extra = [...required].find((name) => !names.has(name));
  if (extra !== undefined)
    throw new SchemaError(path, `Extra required key '${extra.slice(0, 100)}' supplied.`);
  totals.properties += properties.length;
  for (const [name, value] of properties) {
    totals.characters += name.length;
    visit(value, [...path, 'properties', name], depth + 1, totals);
  }
}

function visitArray(schema: JsonSchema, path: readonly string[], depth: number, totals: Totals): void {
  if (schema.items === undefined) throw new SchemaError(path, 'array schema missing items.');
  visit(schema.items, [...path, 'items'], depth + 1, totals);
}

const charactersOf = (value: unknown): number =>
  typeof value === 'string' ? value.length : (JSON.stringify(value) ?? '').length;

function countEnum(values: readonly unknown[], path: readonly string[], totals: Totals): void {
  const characters = values.reduce<number>((sum, value) => sum + charactersOf(value), 0);
  if (values.length > LONG_ENUM.values && characters > LONG_ENUM.characters) {
    const message = `enum has ${values.length} values of ${characters} characters, more than the limit of ${LONG_ENUM.characters} for enums of more than ${LONG_ENUM.values} values.`;
    throw new SchemaError(path, message);
  }
  totals.enumValues += values.length;
  totals.characters += characters;
}

function checkTotals({ properties, enumValues, characters }: Totals): void {
  const over = (what: string, found: number, limit: number): void => {
    if (found > limit)
      throw new SchemaError([], `schema has ${found} ${what}, more than the limit of ${limit}.`);
  };
  over('object properties', properties, LIMITS.properties);
  over('enum values', enumValues, LIMITS.enumValues);
  over('characters of names, enum and const values', characters, LIMITS.characters);
}
