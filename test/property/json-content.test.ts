import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import * as fc from '../support/fast-check.js';
import { expect, it } from 'vitest';
import { createRandom } from '../../src/lib/random.js';
import { generateValue } from '../../src/simulator/content/json/generate.js';
import { type JsonSchema, SchemaError } from '../../src/simulator/content/json/schema.js';
import { checkStrict } from '../../src/simulator/content/json/strict-rules.js';

const validator = () => {
  const ajv = new Ajv2020({ strict: false, multipleOfPrecision: 6 });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  return ajv;
};

const FORMATS = ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'];
const PATTERNS = [
  '^[A-Z]{2}\\d{3}$',
  '^(yes|no)$',
  '^\\+?\\w+@[a-z]{3,5}\\.com$',
  '^[^abc]{1,4}$',
  '^a*b+c?$',
  '^.{3}$',
];
const NAMES = ['id', 'name', 'city', 'email', 'created_at', 'count', 'tags', 'query', 'ünï'];

/** Words of every kind that a value can be taken from. */
const CONTEXT =
  'Is it 20 degrees in Lima? Tell Ann "yes, \u{1F600}" by a.b@example.org or +1 555 0100 on 2027-01-02 at 2027-01-02T03:04:05Z: ' +
  'https://example.org/%20a?b=(1) 01234567-89ab-cdef-0123-456789abcdef EUR';

const scalar: fc.Arbitrary<JsonSchema> = fc.oneof(
  fc.record({ type: fc.constant('string') }),
  fc.record({ type: fc.constant('string'), format: fc.constantFrom(...FORMATS) }),
  fc.record({ type: fc.constant('string'), pattern: fc.constantFrom(...PATTERNS) }),
  fc.tuple(fc.nat(60), fc.nat(60)).map(([a, b]) => ({ type: 'string', minLength: Math.min(a, b), maxLength: Math.max(a, b) })),
  fc.tuple(fc.integer({ min: -500, max: 500 }), fc.nat(300)).map(([a, n]) => ({ type: 'integer', minimum: a, maximum: a + n })),
  fc.tuple(fc.maxSafeInteger(), fc.maxSafeInteger()).map(([a, b]) => ({ type: 'integer', minimum: Math.min(a, b), maximum: Math.max(a, b) })),
  fc.record({ type: fc.constant('number'), exclusiveMinimum: fc.integer({ min: -9, max: 9 }), multipleOf: fc.constantFrom(0.5, 0.1, 3) }),
  fc.record({ type: fc.constant('number'), maximum: fc.double({ min: -1e6, max: 1e6, noNaN: true }) }),
  fc.record({ type: fc.constantFrom('boolean', 'null', ['integer', 'null'], ['string', 'null']) }),
  fc.record({ enum: fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { minLength: 1, maxLength: 4 }) }),
  fc.record({ const: fc.oneof(fc.string(), fc.integer()) }),
); // prettier-ignore

const { schema: anySchema } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.dictionary(fc.constantFrom(...NAMES), tie('schema'), { maxKeys: 4 }).map((properties) => ({
      type: 'object',
      properties,
      required: Object.keys(properties),
      additionalProperties: false,
    })),
    fc
      .tuple(tie('schema'), fc.nat(3), fc.nat(4))
      .map(([items, least, more]) => ({ type: 'array', items, minItems: least, maxItems: least + more })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    fc.constantFrom({ $ref: '#/$defs/tree' }, { $ref: '#/$defs/pair' }),
  ),
}));

const DEFINITIONS = {
  tree: {
    type: 'object',
    properties: {
      label: { type: 'string' },
      children: { type: 'array', items: { $ref: '#/$defs/tree' } },
      next: { anyOf: [{ $ref: '#/$defs/tree' }, { type: 'null' }] },
    },
    required: ['label', 'children', 'next'],
    additionalProperties: false,
  },
  pair: {
    type: 'object',
    properties: { left: { $ref: '#/$defs/tree' }, right: { type: 'integer' } },
    required: ['left', 'right'],
    additionalProperties: false,
  },
};

it('makes values that fit their schema, the same for the same seed', () => {
  fc.assert(
    fc.property(anySchema, fc.nat(), (value, seed) => {
      const schema = {
        type: 'object',
        properties: { value },
        required: ['value'],
        additionalProperties: false,
        $defs: DEFINITIONS,
      };
      checkStrict(schema);
      const make = () => generateValue(schema, { random: createRandom(seed, 'json'), context: CONTEXT });
      const made = JSON.stringify(make());
      const validate = validator().compile(schema);
      expect(validate(JSON.parse(made)), `${made} ${JSON.stringify(validate.errors)}`).toBe(true);
      expect(JSON.stringify(make())).toBe(made);
    }),
    { numRuns: 150 },
  );
});

it.each([
  [{ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }, 1, 101],
  [{ minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }, 1, 101],
  [{ exclusiveMinimum: 0, maximum: Number.MAX_SAFE_INTEGER }, 1, 100],
  [{ minimum: 1_700_000_000_000 }, 1_700_000_000_000, 1_700_000_000_100],
])('takes bounds that only say what a type can hold for none: %j', (bounds, least, most) => {
  for (let seed = 0; seed < 50; seed++) {
    const random = createRandom(seed, 'json');
    const made = generateValue({ type: 'integer', ...bounds }, { random, context: '' }) as number;
    expect(made).toBeGreaterThanOrEqual(least);
    expect(made).toBeLessThanOrEqual(most);
  }
});

it('ends on any JSON as a schema: with a value or with what is wrong', () => {
  const keyword = fc.constantFrom('type', 'properties', 'items', 'required', '$ref', 'anyOf', 'allOf', 'enum', 'minItems', 'minLength', 'pattern', 'minimum', 'multipleOf', 'additionalProperties', 'prefixItems', '$defs'); // prettier-ignore
  const { node } = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(
        'object',
        'array',
        'string',
        '#',
        '#/$defs/a',
        '#/properties',
        true,
        false,
        null,
        7,
        -1,
        1e9,
      ),
      fc.jsonValue({ maxDepth: 1 }),
      fc.dictionary(fc.oneof(keyword, fc.constantFrom('a', '__proto__')), tie('node'), { maxKeys: 5 }),
      fc.array(tie('node'), { maxLength: 3 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(keyword, node), (schema) => {
      for (const act of [
        () => generateValue(schema, { random: createRandom(1), context: '' }),
        () => checkStrict(schema),
      ]) {
        try {
          act();
        } catch (error) {
          expect(error).toBeInstanceOf(SchemaError);
        }
      }
    }),
    { numRuns: 400 },
  );
});
