// Writes src/server/protocols/openai/known-fields-data.ts: which members the objects inside of request bodies have, made from
// the slices of OpenAI's specification in test/spec/. With --check it writes nothing and fails when it is out of date.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeGenerated } from './lib/generated.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUTPUT = 'src/server/protocols/openai/known-fields-data.ts';

/** Bodies, by the name that they go by: the slice that they are in, and the operation. */
const BODIES = {
  chat: ['chat', 'createChatCompletion'],
  responses: ['responses', 'createResponse'],
};

/**
 * A node is a list of shapes that an object can have: its types, if they tell it from others (null: it can be without), and its
 * members with the numbers of their values' nodes.
 */
class Reader {
  nodes = [];
  #known = new Map();

  constructor(defs) {
    this.defs = defs;
  }

  /** The number of a schema's node; -1 where there can be no object, null where any can be. */
  nodeOf(schema) {
    const key = schema.$ref ?? JSON.stringify(schema);
    if (this.#known.has(key)) return this.#known.get(key);
    const shapes = this.#objects(schema);
    if (shapes.length === 0 || shapes.includes(undefined)) {
      const none = shapes.length === 0 ? -1 : null;
      this.#known.set(key, none);
      return none;
    }
    const index = this.nodes.push(null) - 1;
    this.#known.set(key, index);
    this.nodes[index] = shapes.map((shape) => this.#shapeOf(shape));
    return index;
  }

  /** The schemas of objects that a value, or an item of it, can have; undefined for an object of any members. */
  #objects(schema) {
    if (schema.$ref) return this.#objects(this.defs[schema.$ref.split('/').at(-1)]);
    const alternatives = schema.anyOf ?? schema.oneOf;
    if (alternatives) return alternatives.flatMap((one) => this.#objects(one));
    if (schema.allOf) return [{ properties: Object.assign({}, ...this.#parts(schema)) }];
    if (schema.items) return this.#objects(schema.items);
    if (Object.keys(schema.properties ?? {}).length > 0) return [schema];
    return schema.type === 'object' || schema.type === undefined ? [undefined] : [];
  }

  /** Members of all that an object is at once. */
  #parts(schema) {
    if (schema.$ref) return this.#parts(this.defs[schema.$ref.split('/').at(-1)]);
    return [schema.properties ?? {}, ...(schema.allOf ?? []).flatMap((one) => this.#parts(one))];
  }

  #shapeOf({ properties, required = [] }) {
    const types = this.#constants(properties.type ?? {});
    const members = Object.entries(properties).map(([name, schema]) => [name, this.nodeOf(schema)]);
    return {
      ...(types.length > 0 && { types: required.includes('type') ? types : [...types, null] }),
      members: Object.fromEntries(members),
    };
  }

  #constants(schema) {
    if (schema.$ref) return this.#constants(this.defs[schema.$ref.split('/').at(-1)]);
    return (schema.anyOf ?? []).flatMap((one) => this.#constants(one)).concat(schema.enum ?? []);
  }
}

const lines = Object.entries(BODIES).map(([name, [slice, operation]]) => {
  const { operations, $defs } = JSON.parse(readFileSync(`${ROOT}test/spec/${slice}.json`, 'utf8'));
  const reader = new Reader($defs);
  const root = reader.nodeOf(operations[operation].request['application/json']);
  const nodes = reader.nodes.map((node) => JSON.stringify(node)).join(',\n');
  return `"${name}":{"root":${root},"nodes":[\n${nodes}]}`;
});

const file = `/**
 * Members of the objects inside of request bodies, by body: made by scripts/generate-known-fields.mjs from OpenAI's
 * specification (https://github.com/openai/openai-openapi, MIT License). known-fields.ts says how it is read.
 */
export const KNOWN_FIELDS = \`{
${lines.join(',\n')}}
\`;
`;

await writeGenerated(import.meta.url, { [OUTPUT]: file });
