import { describe, expect, it } from 'vitest';
import { checkParameters } from '../../../../src/simulator/content/json/parameter-rules.js';
import { type JsonSchema, SchemaError } from '../../../../src/simulator/content/json/schema.js';
import { checkStrict } from '../../../../src/simulator/content/json/strict-rules.js';

/** What is said of a schema, as the errors of the API have it. */
function said(look: (schema: JsonSchema) => void, schema: JsonSchema): string | undefined {
  try {
    look(schema);
    return undefined;
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    return `${error.hasContext ? `In context=${error.context}, ` : ''}${error.message}`;
  }
}

const object = (properties: object): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const nested = (levels: number): object =>
  levels === 0 ? { type: 'string' } : object({ a: nested(levels - 1) });
const words = (count: number, length: number) =>
  Array.from({ length: count }, (_, i) => `${i}`.padStart(length, 'x'));

describe('the parameters of a function', () => {
  it.each([
    { type: 'object', properties: {} },
    { type: 'object', additionalProperties: true },
    { type: 'object', properties: { a: { type: ['string', 'null'] }, b: {}, c: true } },
    { type: 'object', properties: { a: { type: 'array', items: { $ref: '#/$defs/a' } } }, $defs: { a: {} } },
    { type: 'object', properties: { a: { type: 'array', prefixItems: [{}] } } },
  ])('may be %j', (schema) => {
    expect(said(checkParameters, schema)).toBeUndefined();
  });

  it.each<[JsonSchema, string]>([
    [{}, `schema must be a JSON Schema of 'type: "object"', got 'type: "None"'.`],
    [{ type: 'string' }, `schema must be a JSON Schema of 'type: "object"', got 'type: "string"'.`],
    [{ type: 'object' }, 'In context=(), object schema missing properties.'],
    [{ type: 'object', properties: [] }, "[] is not of type 'object'."],
    [{ type: 'object', properties: { a: 'b' } }, "'b' is not of type 'object', 'boolean'."],
    [{ type: 'object', properties: {}, required: 'a' }, "'a' is not of type 'array'."],
    [{ type: 'object', properties: {}, required: null }, "None is not of type 'array'."],
    [
      { type: 'object', properties: { a: { type: 'strng' } } },
      "'strng' is not valid under any of the given schemas.",
    ],
    [
      { type: 'object', properties: { a: { anyOf: [{ type: 'array' }] } } },
      "In context=('properties', 'a', 'anyOf', '0'), array schema missing items.",
    ],
  ])('may not be %j', (schema, message) => {
    expect(said(checkParameters, schema)).toBe(message);
  });
});

describe('a strict schema', () => {
  it.each<[string, JsonSchema, string | undefined]>([
    ['has ten levels', nested(10) as JsonSchema, undefined],
    ['has no more levels', nested(11) as JsonSchema, 'schema exceeds the limit of 10 levels of nesting.'],
    ['has no defaults', object({ a: { type: 'string', default: 'x' } }), "'default' is not permitted."],
    ['has known formats', object({ a: { type: 'string', format: 'uuid' } }), undefined],
    ['has no others', object({ a: { type: 'string', format: 'uri' } }), "'uri' is not a valid format."],
    ['has long enums', object({ a: { type: 'string', enum: words(250, 100) } }), undefined],
    ['has enums of many words', object({ a: { type: 'string', enum: words(251, 59) } }), undefined],
    [
      'has no such long enums',
      object({ a: { type: 'string', enum: words(251, 60) } }),
      'enum has 251 values',
    ],
  ])('%s', (_, schema, message) => {
    const found = said(checkStrict, schema);
    if (message === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(message);
  });
});
