// Writes src/server/protocols/openai/request-shapes-data.ts: what the bodies of requests can be, JSON and forms, and their queries, place by place, made from
// the slices of OpenAI's specification in test/spec/. With --check it writes nothing and fails when it is out of date.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeGenerated } from './lib/generated.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUTPUT = 'src/server/protocols/openai/request-shapes-data.ts';

/** What these take is told by schemas of their own: administration has no bodies that are nested. */
const LEFT_OUT = /^(organization|projects|content_provenance_checks)$/;

/** Parts of a message of any role: what was said before comes back with less than it had, and which role has which is said where they are read. */
const PART = {
  anyOf: [
    { $ref: '#/$defs/InputTextContent' },
    { $ref: '#/$defs/InputImageContent' },
    object(
      'output_text',
      { text: { type: 'string' }, annotations: list('Annotation'), logprobs: list('LogProb') },
      ['text'],
    ),
    object('refusal', { refusal: { type: 'string' } }, ['refusal']),
    { $ref: '#/$defs/InputFileContent' },
    object('input_audio', { input_audio: {}, data: {}, format: {} }, []),
    object('summary_text', { text: { type: 'string' } }, ['text']),
  ],
};
const MESSAGE = {
  type: 'object',
  required: ['role', 'content'],
  properties: {
    type: { type: 'string', enum: ['message'] },
    id: { type: 'string' },
    status: { type: 'string', enum: ['in_progress', 'completed', 'incomplete'] },
    role: { type: 'string', enum: ['assistant', 'system', 'developer', 'user'] },
    phase: { anyOf: [{ $ref: '#/$defs/MessagePhase' }, { type: 'null' }] },
    content: { anyOf: [{ type: 'array', items: PART }, { type: 'string' }] },
  },
};

function list(name) {
  return { anyOf: [{ type: 'array', items: { $ref: `#/$defs/${name}` } }, { type: 'null' }] };
}

function object(type, properties, required) {
  return {
    type: 'object',
    required: ['type', ...required],
    properties: { type: { type: 'string', enum: [type] }, ...properties },
  };
}

/** Schemas that are read in another way than the specification has them. */
const PATCHED = { EasyInputMessage: MESSAGE, InputMessage: MESSAGE, OutputMessage: MESSAGE };
/** Members that must be there, where the service takes more than the specification says. */
const NEEDED = {
  FunctionTool: ['type', 'name'],
  InputImageContent: ['type'],
  LocalShellToolCallOutput: ['type', 'output'],
};
/** Values that the service takes beside those of the specification: the SDKs send them. */
const MORE_VALUES = { ToolChoiceTypes: { type: ['web_search', 'web_search_2025_08_26'] } };
/** Schemas of items: what the service made up itself need not come back with them. */
const ITEMS = ['InputItem', 'Item'];
const NOT_NEEDED = new Set(['id', 'status', 'pending_safety_checks', 'request_id']);

/** The definitions of a family as they are read. */
function patched(defs) {
  const result = structuredClone(defs);
  for (const [name, schema] of Object.entries(PATCHED)) if (result[name]) result[name] = schema;
  // Families without output do not say what it refers to.
  for (const name of ['Annotation', 'LogProb']) result[name] ??= {};
  for (const [name, required] of Object.entries(NEEDED)) if (result[name]) result[name].required = required;
  for (const [name, members] of Object.entries(MORE_VALUES)) {
    for (const [member, values] of Object.entries(members))
      result[name]?.properties[member].enum.push(...values);
  }
  for (const name of ITEMS) {
    for (const { $ref } of defs[name]?.anyOf ?? []) {
      const item = $ref && result[nameOf($ref)];
      if (item?.required && nameOf($ref) !== 'ItemReferenceParam')
        item.required = item.required.filter((member) => !NOT_NEEDED.has(member));
    }
  }
  return result;
}

/** Keeps no more than there is. */
const bounds = (low, high) =>
  low === undefined && high === undefined ? undefined : [low ?? null, high ?? null];
const said = (fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
const nameOf = (ref) => ref.split('/').at(-1);

/**
 * Makes nodes: lists of the shapes that a value can have. A shape has its type (`t`), listed values (`e`), bounds of a number (`b`)
 * or of a length (`l`), the node of items (`i`), the nodes of members by name (`m`), required members (`r`), and the node of
 * members of any other name (`v`).
 */
class Reader {
  nodes = [];
  #byKey = new Map();

  constructor() {
    this.defs = {};
  }

  /** The number of a schema's node. */
  nodeOf(family, schema) {
    const key = `${family} ${JSON.stringify(schema)}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const index = this.nodes.push(null) - 1;
    this.#byKey.set(key, index);
    const shapes = this.#alternatives(family, schema, []).flatMap((one) => this.#shapesOf(family, one));
    // Where any text will do, a list of known ones says nothing.
    const isOpen = shapes.some(({ t, e, l }) => t === 'string' && !e && !l);
    const telling = isOpen ? shapes.filter(({ t, e }) => t !== 'string' || !e) : shapes;
    const texts = new Set(telling.map((one) => JSON.stringify(one)));
    this.nodes[index] = [...texts].map((text) => JSON.parse(text));
    return index;
  }

  /** A schema without references, conjunctions and disjunctions. */
  #alternatives(family, schema, seen) {
    const { $ref, allOf, anyOf, oneOf, $defs: _, ...own } = schema;
    let all = [own];
    const and = (others) => {
      all = all.flatMap((one) => others.map((other) => merged(one, other)));
    };
    if ($ref) {
      const name = nameOf($ref);
      if (seen.includes(name)) return [];
      and(this.#alternatives(family, this.defs[family][name], [...seen, name]));
    }
    for (const one of allOf ?? []) and(this.#alternatives(family, one, seen));
    const any = anyOf ?? oneOf;
    if (any) and(any.flatMap((one) => this.#alternatives(family, one, seen)));
    return all;
  }

  #shapesOf(family, schema) {
    const types = [schema.type ?? (schema.properties ? 'object' : typeOfValues(schema.enum))].flat();
    return types.map((type) => this.#shapeOf(family, type, schema));
  }

  #shapeOf(family, t, schema) {
    const e = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
    switch (t) {
      case 'string':
        if (schema.format === 'binary') return { t: 'file' };
        return said({ t, e, l: bounds(schema.minLength, schema.maxLength) });
      case 'integer':
      case 'number':
        return said({ t, e, b: bounds(schema.minimum, schema.maximum) });
      case 'array':
        return said({
          t,
          l: bounds(schema.minItems, schema.maxItems),
          i: schema.items && this.nodeOf(family, schema.items),
        });
      case 'object':
        return said({ t, ...this.#members(family, schema) });
      default:
        return said({ t: t ?? 'any', e });
    }
  }

  #members(family, { properties, required, additionalProperties }) {
    const hasMembers = Object.keys(properties ?? {}).length > 0;
    const other = typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0;
    return {
      ...(hasMembers && {
        m: Object.fromEntries(
          Object.entries(properties).map(([name, one]) => [name, this.nodeOf(family, one)]),
        ),
      }),
      ...(required?.length > 0 && { r: [...new Set(required)] }),
      ...(other && { v: this.nodeOf(family, additionalProperties) }),
    };
  }
}

const typeOfValues = (values) => (values ? typeof values[0] : undefined);

function merged(a, b) {
  const properties = { ...a.properties, ...b.properties };
  const required = [...(a.required ?? []), ...(b.required ?? [])];
  return {
    ...a,
    ...b,
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(required.length > 0 && { required }),
  };
}

/** Nodes that say the same become one, until there are no more of them; those that nothing leads to are gone. */
function compacted(nodes, roots) {
  let numbers = nodes.map((_, i) => i);
  for (;;) {
    const first = new Map();
    const next = nodes.map((shapes) => {
      const text = JSON.stringify(renumbered(shapes, numbers));
      if (!first.has(text)) first.set(text, first.size);
      return first.get(text);
    });
    const isSame = new Set(next).size === new Set(numbers).size;
    numbers = next;
    if (isSame) break;
  }
  const kept = new Map();
  const visit = (node) => {
    const number = numbers[node];
    if (kept.has(number)) return;
    kept.set(number, { index: kept.size, node });
    for (const { i, v, m } of nodes[node])
      for (const inner of [i, v, ...Object.values(m ?? {})]) if (inner !== undefined) visit(inner);
  };
  for (const root of Object.values(roots)) visit(root);
  const places = nodes.map((_, i) => kept.get(numbers[i])?.index);
  return {
    nodes: [...kept.values()].map(({ node }) => renumbered(nodes[node], places)),
    roots: Object.fromEntries(Object.entries(roots).map(([id, root]) => [id, places[root]])),
  };
}

const renumbered = (shapes, numbers) =>
  shapes.map(({ i, v, m, ...rest }) =>
    said({
      ...rest,
      i: i === undefined ? undefined : numbers[i],
      m: m && Object.fromEntries(Object.entries(m).map(([name, node]) => [name, numbers[node]])),
      v: v === undefined ? undefined : numbers[v],
    }),
  );

const reader = new Reader();
const roots = {};
for (const file of readdirSync(`${ROOT}test/spec`).toSorted()) {
  const family = file.replace('.json', '');
  if (!file.endsWith('.json') || LEFT_OUT.test(family)) continue;
  const { operations, $defs } = JSON.parse(readFileSync(`${ROOT}test/spec/${file}`, 'utf8'));
  reader.defs[family] = patched($defs);
  for (const [id, { request, query }] of Object.entries(operations)) {
    if (Object.keys(query).length > 0)
      roots[`${id} query`] = reader.nodeOf(family, { type: 'object', properties: query });
    const schema = request['application/json'];
    if (schema) roots[id] = reader.nodeOf(family, schema);
    const form = request['multipart/form-data'];
    if (form) roots[`${id} form`] = reader.nodeOf(family, form);
  }
}
const shapes = compacted(reader.nodes, roots);
const text = JSON.stringify(shapes).replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${');

await writeGenerated(import.meta.url, {
  [OUTPUT]: `/**
 * What the bodies of requests can be, by operation, with the word form behind it where they are forms, and query where it is that: made by scripts/generate-request-shapes.mjs from OpenAI's
 * specification (https://github.com/openai/openai-openapi, MIT License). request-shapes.ts says how it is read.
 */
export const REQUEST_SHAPES = \`
${text.replaceAll('},{"t":"object"', '},\n{"t":"object"')}
\`;
`,
});
