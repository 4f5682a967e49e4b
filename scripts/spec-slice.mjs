// Cuts OpenAI's specification into slices for the tests: the schemas of what the operations of a family take and answer.
//
//   node scripts/spec-slice.mjs PATH/openai-openapi.json [FAMILY …]
//
// writes test/spec/FAMILY.json for the families named, or for all of them, the list of operations that the server knows
// (src/server/protocols/openai/operation-list.ts) and the bodies of the requests and the answers that the document shows (test/spec/examples/). The family of an operation is the first part of
// its path; `?beta=true` variants are left out. Descriptions are left out too, and what OpenAPI says in words
// of its own is said in those of JSON Schema 2020-12. Nothing in the repository depends on where the specification lies:
// run it by hand when there is a newer one.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
/** Says nothing about which values are valid. */
const LEFT_OUT = new Set([
  'description',
  'title',
  'example',
  'examples',
  'default',
  'deprecated',
  'discriminator',
]);
/** Events that no operation refers to, because they are described in words or travel on a WebSocket. */
const UNREFERRED = {
  threads: ['AssistantStreamEvent'],
  responses: ['ResponsesClientEvent', 'ResponsesWebSocketStreamEvent', 'ResponseWsError'],
  realtime: [
    'RealtimeClientEvent',
    'RealtimeServerEvent',
    'RealtimeTranslationClientEvent',
    'RealtimeTranslationServerEvent',
  ],
};
/** Keys whose values are schemas by name, so that a property called `title` stays. */
const NAMED = new Set(['properties', '$defs', 'patternProperties']);

const [path, ...wanted] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write('usage: node scripts/spec-slice.mjs PATH/openai-openapi.json [FAMILY …]\n');
  process.exit(2);
}
const specification = JSON.parse(readFileSync(path, 'utf8'));
const { schemas } = specification.components;

const familyOf = (path) => path.split('/')[1];

/** All operations, in the order of the document. */
function* operations() {
  for (const [path, methods] of Object.entries(specification.paths)) {
    if (path.includes('?')) continue;
    for (const method of METHODS) {
      if (methods[method]) yield { method: method.toUpperCase(), path, operation: methods[method] };
    }
  }
}

/** First and last id of a list: null when it is empty, though the specification says that they are texts. */
const LIST_ENDS = new Set(['first_id', 'last_id']);

/** Null where all went well, as the specification's examples show, though it does not say so. */
const NULLABLE = new Set(['EvalApiError']);
/** Members of schemas of which the same is so. */
const NULL_MEMBERS = {
  Batch: [
    'errors', 'output_file_id', 'error_file_id', 'in_progress_at', 'finalizing_at', 'completed_at', 'failed_at', 'expired_at',
    'cancelling_at', 'cancelled_at',
  ],
  ModelResponseProperties: ['user'],
}; // prettier-ignore

/** A schema in the words of JSON Schema 2020-12; `used` collects the names of those that it refers to. */
function cleaned(schema, used, owner) {
  if (Array.isArray(schema)) return schema.map((one) => cleaned(one, used, owner));
  if (typeof schema !== 'object' || schema === null) return schema;
  const result = {};
  for (const [key, value] of Object.entries(schema)) {
    if (LEFT_OUT.has(key) || key.startsWith('x-') || key === 'nullable' || key === '$recursiveAnchor')
      continue;
    if (key === '$ref') {
      const name = value.split('/').at(-1);
      used.add(name);
      result.$ref = `#/$defs/${name}`;
    } else if (key === '$recursiveRef') result.$ref = `#/$defs/${owner}`;
    else if (key === 'enum' || key === 'const') result[key] = value;
    else if (key === 'required') result.required = [...new Set(value)];
    else if (NAMED.has(key)) {
      result[key] = Object.fromEntries(
        Object.entries(value).map(([name, one]) => [name, cleaned(one, used, owner)]),
      );
      for (const name of LIST_ENDS) if (result[key][name]) result[key][name] = { type: ['string', 'null'] };
    }
    // Many alternatives overlap, so that a value can be of two of them: `oneOf` would refuse it.
    else result[key === 'oneOf' ? 'anyOf' : key] = cleaned(value, used, owner);
  }
  // As older versions of JSON Schema said it.
  if (result.exclusiveMinimum === true) {
    result.exclusiveMinimum = result.minimum;
    delete result.minimum;
  }
  return schema.nullable ? { anyOf: [result, { type: 'null' }] } : result;
}

/** The schemas of what a query can have, by name. */
function queryOf({ parameters = [] }, used) {
  const inQuery = parameters.filter((one) => one.in === 'query');
  return Object.fromEntries(
    inQuery.map(({ name, schema }) => [name.replace(/\[\]$/, ''), cleaned(schema ?? {}, used, '')]),
  );
}

function sliceOf(family) {
  const used = new Set();
  const slice = { operations: {}, $defs: {} };
  const contentOf = (holder) =>
    Object.fromEntries(
      Object.entries(holder?.content ?? {}).map(([type, { schema }]) => [
        type,
        cleaned(schema ?? {}, used, ''),
      ]),
    );
  for (const { method, path, operation } of operations()) {
    if (familyOf(path) !== family) continue;
    const answers = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
    slice.operations[operation.operationId] = {
      method,
      path,
      query: queryOf(operation, used),
      request: contentOf(operation.requestBody),
      responses: Object.fromEntries(answers.map(([status, answer]) => [status, contentOf(answer)])),
    };
  }
  for (const name of UNREFERRED[family] ?? []) used.add(name);
  // A set grows while it is walked: whatever a schema refers to is visited too.
  for (const name of used) {
    const schema = NULLABLE.has(name) ? { ...schemas[name], nullable: true } : schemas[name];
    slice.$defs[name] = cleaned(schema, used, name);
    const { properties } = slice.$defs[name];
    for (const member of NULL_MEMBERS[name] ?? [])
      properties[member] = { anyOf: [properties[member], { type: 'null' }] };
  }
  return slice;
}

const families = new Set([...operations()].map(({ path }) => familyOf(path)));
for (const family of wanted.length > 0 ? wanted : families) {
  if (!families.has(family))
    throw new Error(`no such family: ${family}; there are ${[...families].join(', ')}`);
  writeFileSync(`${ROOT}test/spec/${family}.json`, `${JSON.stringify(sliceOf(family))}\n`);
}

/** The bodies of the requests that the document shows, as far as they are JSON. */
function* exampleBodies() {
  for (const { method, path, operation } of operations()) {
    if (method !== 'POST' || /^(organization|projects)$/.test(familyOf(path))) continue;
    for (const { title = '', request } of [operation['x-oaiMeta']?.examples ?? []].flat()) {
      const sent = /(?:-d|--data)\s+'(.*?)'\s*$/s.exec(request?.curl ?? '')?.[1];
      const body = sent && parsed(sent);
      if (body) yield { operationId: operation.operationId, title, body };
    }
  }
}

/** Some examples are no JSON. */
function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** The answers that the document shows, as far as they are objects; those of streams are not. */
function* exampleAnswers() {
  for (const { path, operation } of operations()) {
    if (/^(organization|projects)$/.test(familyOf(path))) continue;
    for (const { title = '', response } of [operation['x-oaiMeta']?.examples ?? []].flat()) {
      const answer = nearlyJson(response ?? '');
      if (answer) yield { operationId: operation.operationId, title, answer: shortened(answer) };
    }
  }
}

/** Some have comments, dots for what is left out, or commas too many. */
function nearlyJson(text) {
  if (!text.trimStart().startsWith('{')) return undefined;
  const lines = text.split('\n').filter((line) => !/^\s*(?:\.\.\.|\/\/.*)$/.test(line));
  const plain = lines.join('\n').replaceAll(/\s*\/\/ .*$|\.{3,}\s*$|\(omitted[^)]*\)/gm, '');
  try {
    return parse(plain.replaceAll('\t', '  '));
  } catch {
    return undefined;
  }
}

/** What is long is cut: the tests look at names and types. */
function shortened(value) {
  if (typeof value === 'string') return value.slice(0, 24);
  if (Array.isArray(value)) return value.slice(0, typeof value[0] === 'number' ? 2 : 8).map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([name]) => !/^\.+$/.test(name));
  return Object.fromEntries(members.map(([name, one]) => [name, shortened(one)]));
}

if (wanted.length === 0) {
  mkdirSync(`${ROOT}test/spec/examples`, { recursive: true });
  writeFileSync(`${ROOT}test/spec/examples/bodies.json`, `${JSON.stringify([...exampleBodies()])}\n`);
  writeFileSync(`${ROOT}test/spec/examples/answers.json`, `${JSON.stringify([...exampleAnswers()])}\n`);
  const lines = [...operations()].map(
    ({ method, path, operation }) => `${method} ${path} ${operation.operationId}`,
  );
  const text = `/** Every operation of OpenAI's API, from its specification (MIT); written by scripts/spec-slice.mjs. */
export const OPERATION_LIST = \`
${lines.join('\n')}
\`;
`;
  writeFileSync(`${ROOT}src/server/protocols/openai/operation-list.ts`, text);
}
