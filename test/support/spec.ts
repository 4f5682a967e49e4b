/**
 * Holds answers against OpenAI's specification. The slices in test/spec/ have every operation of it, by family (the first
 * part of the path); scripts/spec-slice.mjs makes them.
 *
 *     const file = await expectAnswer('retrieveFile', await fetch(`${url}/v1/files/${id}`));     // status, type, body
 *     const events = await expectEvents('createResponse', await fetch(…));   // every event of a stream
 *     expectValid('createBatch', await openai.batches.create(…));            // a value that an SDK gave
 *     expectValid('createChatCompletion', chunk, 'event');                   // one event that an SDK gave
 *     await expectError(await fetch(…), 404, { code: 'not_found', param: 'id' });
 *     violations('createVectorStore', body, 'request');                      // what is wrong, as texts, without failing
 *     expectSchema('threads', 'AssistantStreamEvent', event);                // a schema by name
 *
 * One thing is stricter than the specification's letter: objects have no properties that it does not name (strict-schema.ts).
 * Four things are looser: `oneOf` is `anyOf`, as many of its alternatives overlap; the
 * `first_id` and `last_id` of an empty list may be null, and so may the `error` of what an eval ran; and `format` is not checked.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { type ErrorObject, Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { createParser } from 'eventsource-parser';
import { expect } from 'vitest';
import { closed, closedInside } from './strict-schema.js';

type Schema = Record<string, unknown>;
type Part = 'body' | 'event' | 'request';

interface Operation {
  family: string;
  method: string;
  /** With `{names}`, without `/v1`. */
  path: string;
  /** Schemas of the parameters in the query, by name (without `[]`). */
  query: Record<string, Schema>;
  /** Schemas by content type. */
  request: Record<string, Schema>;
  /** Schemas by content type by status. */
  responses: Record<string, Record<string, Schema>>;
}

interface Slice {
  operations: Record<string, Operation>;
  $defs: Record<string, Schema>;
}

const FOLDER = new URL('../spec/', import.meta.url);
const JSON_TYPE = 'application/json';
const EVENT_TYPE = 'text/event-stream';

const slices = new Map(
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => [
      name.replace('.json', ''),
      JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Slice,
    ]),
);

/** All operations of the specification by id. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  [...slices].flatMap(([family, slice]) =>
    Object.entries(slice.operations).map(([id, operation]) => [id, { ...operation, family }]),
  ),
);

const OPTIONS = { strict: false, validateFormats: false, verbose: true };
const quick = new Ajv2020(OPTIONS);
/** Says all that is wrong, which takes longer: asked when something is. */
const thorough = new Ajv2020({ ...OPTIONS, allErrors: true });
const compiled = new Map<string, ValidateFunction>();

/** The definitions of a family, compiled once for all that refers to them. */
function definitionsOf(family: string, ajv: Ajv2020): string {
  const id = `spec:${family}`;
  if (!ajv.getSchema(id)) ajv.addSchema({ $id: id, $defs: closedInside(slices.get(family)!.$defs) });
  return id;
}

function compile(key: string, family: string, schema: Schema, ajv = quick): ValidateFunction {
  const name = `${key}${ajv === thorough ? ' thorough' : ''}`;
  const known = compiled.get(name);
  if (known) return known;
  const id = definitionsOf(family, ajv);
  const text = JSON.stringify(closed(schema)).replaceAll('"#/$defs/', `"${id}#/$defs/`);
  const validate = ajv.compile(JSON.parse(text) as Schema);
  compiled.set(name, validate);
  return validate;
}

function operationOf(id: string): Operation {
  const operation = operations.get(id);
  if (!operation) throw new Error(`the specification has no operation "${id}"`);
  return operation;
}

function schemaOf(id: string, part: Part): Schema {
  const { request, responses } = operationOf(id);
  const contents = part === 'request' ? [request] : Object.values(responses);
  const types = part === 'event' ? [EVENT_TYPE] : [JSON_TYPE, 'multipart/form-data'];
  const found = contents
    .flatMap((content) => types.map((type) => content[type]))
    .find((schema) => schema !== undefined);
  if (!found) throw new Error(`the specification has no schema for the ${part} of ${id}`);
  return found;
}

/** The types of all events that a stream of an operation, or a schema called by its name, can be of. */
export function eventTypes(operationId: string, name?: string): string[] {
  const { family } = operationOf(operationId);
  const { $defs } = slices.get(family)!;
  const walk = (schema: Schema): string[] => {
    const { $ref, anyOf, properties } = schema as { $ref?: string; anyOf?: Schema[]; properties?: Schema };
    if ($ref) return walk($defs[$ref.slice('#/$defs/'.length)]!);
    if (anyOf) return anyOf.flatMap(walk);
    const { type, event } = (properties ?? {}) as Record<
      string,
      { enum?: string[]; const?: string } | undefined
    >;
    const said = event?.enum ?? type?.enum ?? [type?.const ?? event?.const];
    return said.filter((one) => one !== undefined);
  };
  return [...new Set(walk(name ? $defs[name]! : schemaOf(operationId, 'event')))];
}

/** What the body of a request can have, as far as it is said at its top. */
export interface RequestProperties {
  /** Schemas by name; of alternatives with the same name, all. */
  properties: Map<string, Schema[]>;
  required: Set<string>;
}

export function requestProperties(operationId: string): RequestProperties {
  const { family, request } = operationOf(operationId);
  const { $defs } = slices.get(family)!;
  const found: RequestProperties = { properties: new Map(), required: new Set() };
  const walk = (schema: Schema | undefined, depth: number, isOption: boolean): void => {
    if (!schema || depth > 5) return;
    const { $ref, properties, required, allOf, anyOf } = schema as Record<string, unknown>;
    for (const [name, one] of Object.entries((properties ?? {}) as Record<string, Schema>))
      found.properties.set(name, [...(found.properties.get(name) ?? []), one]);
    if (!isOption) for (const name of (required ?? []) as string[]) found.required.add(name);
    if (typeof $ref === 'string') walk($defs[$ref.slice('#/$defs/'.length)], depth + 1, isOption);
    for (const one of (allOf ?? []) as Schema[]) walk(one, depth + 1, isOption);
    for (const one of (anyOf ?? []) as Schema[]) walk(one, depth + 1, true);
  };
  const schemas = Object.values(request);
  for (const schema of schemas) walk(schema, 0, schemas.length > 1);
  return found;
}

/** A field of a form, or a parameter of a query, as far as its schema says. */
export interface FormFieldShape {
  name: string;
  kind: 'file' | 'string' | 'integer' | 'number' | 'boolean' | 'object';
  /** There can be several. */
  isList: boolean;
  /** Listed, where nothing else is taken. */
  values?: unknown[];
  least?: number;
  most?: number;
  longest?: number;
}

/** The fields of an operation's form. */
export function formFields(operationId: string): FormFieldShape[] {
  const { family, request } = operationOf(operationId);
  const [form] = alternatives(family, request['multipart/form-data']!);
  return fieldsOf(family, form!['properties'] as Record<string, Schema>);
}

/** What an operation's query can have. */
export function queryFields(operationId: string): FormFieldShape[] {
  const { family, query } = operationOf(operationId);
  return fieldsOf(family, query);
}

/** A schema without references and disjunctions. */
function alternatives(family: string, { $ref, anyOf, allOf, ...own }: Schema): Schema[] {
  if (typeof $ref === 'string')
    return alternatives(family, slices.get(family)!.$defs[$ref.slice('#/$defs/'.length)]!);
  const inner = (anyOf ?? allOf) as Schema[] | undefined;
  return inner ? inner.flatMap((one) => alternatives(family, one)) : [own];
}

function fieldsOf(family: string, properties: Readonly<Record<string, Schema>>): FormFieldShape[] {
  return Object.entries(properties).map(([name, schema]) => {
    const all = alternatives(family, schema).filter(({ type }) => type !== 'null');
    const items = all.flatMap((one) => (one['type'] === 'array' ? alternatives(family, one['items'] as Schema) : [one])); // prettier-ignore
    const isFile = items.some(({ format }) => format === 'binary');
    const [first] = items.filter(({ type }) => type !== 'object');
    const isOpen = items.some(({ type, enum: values }) => type === 'string' && !values);
    return {
      name,
      kind: (isFile ? 'file' : (first?.['type'] ?? 'object')) as FormFieldShape['kind'],
      isList: all.some(({ type }) => type === 'array'),
      ...(!isOpen && first?.['enum'] ? { values: first['enum'] as unknown[] } : {}),
      ...(first?.['minimum'] === undefined ? {} : { least: first['minimum'] as number }),
      ...(first?.['maximum'] === undefined ? {} : { most: first['maximum'] as number }),
      ...(first?.['maxLength'] === undefined ? {} : { longest: first['maxLength'] as number }),
    };
  });
}

/** Names of what the body of a request can have. */
export const requestKeys = (operationId: string): string[] => [
  ...requestProperties(operationId).properties.keys(),
];

const letter = new Ajv2020(OPTIONS);

/** A schema as the specification has it, of open objects. */
function openly(family: string, schema: Schema): ValidateFunction {
  const id = `letter:${family}`;
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', `"${id}#/$defs/`);
  const known = compiled.get(text);
  if (known) return known;
  if (!letter.getSchema(id)) letter.addSchema({ $id: id, $defs: slices.get(family)!.$defs });
  const validate = letter.compile(JSON.parse(text) as Schema);
  compiled.set(text, validate);
  return validate;
}

/** A value can be that of a property of the request. */
export function fitsProperty(operationId: string, name: string, value: unknown): boolean {
  const schemas = requestProperties(operationId).properties.get(name) ?? [];
  const { family } = operationOf(operationId);
  return schemas.some((schema) => openly(family, schema)(value));
}

const said = (error: ErrorObject): string =>
  `${error.instancePath || '(the value)'} ${error.message ?? ''} ${JSON.stringify(error.params)}: ${JSON.stringify(error.data)?.slice(0, 200)}`;

/** The alternative that an error is about. */
const alternativeOf = ({ schemaPath, instancePath }: ErrorObject): string =>
  `${/^.*(?:\$defs\/[^/]+|anyOf\/\d+)/.exec(schemaPath)?.[0] ?? ''} ${instancePath.replace(/\/(type|event|object)$/, '')}`;

/** Errors without those of alternatives that are another type of thing, when others are left. */
function telling(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const others = new Set(
    errors
      .filter(
        ({ keyword, instancePath }) => keyword === 'enum' && /\/(type|event|object)$/.test(instancePath),
      )
      .map(alternativeOf),
  );
  const left = errors.filter((error) => error.keyword !== 'anyOf' && !others.has(alternativeOf(error)));
  return left.length > 0 ? left : errors;
}

function check(key: string, family: string, schema: Schema, value: unknown): string[] {
  if (compile(key, family, schema)(value)) return [];
  const validate = compile(key, family, schema, thorough);
  validate(value);
  return telling(validate.errors ?? []).map(said);
}

/** The schema of an operation's request, with what it refers to; undefined when it has no body. */
export function requestSchema(operationId: string): Schema | undefined {
  const { family, request } = operationOf(operationId);
  const [schema] = Object.values(request);
  return schema && { ...schema, $defs: slices.get(family)!.$defs };
}

/** A schema that is called by its name, with what it refers to. */
export const namedSchema = (family: string, name: string): Schema => ({
  $ref: `#/$defs/${name}`,
  $defs: slices.get(family)!.$defs,
});

/** What is wrong with a value, one line for each thing; of alternatives, what is wrong with each. */
export const violations = (operationId: string, value: unknown, part: Part = 'body'): string[] =>
  check(`${operationId} ${part}`, operationOf(operationId).family, schemaOf(operationId, part), value);

function conform(what: string, found: readonly string[]): void {
  expect(found, `${what}: ${found.join('; ')}`).toEqual([]);
}

/** A value is what the specification says that an operation answers. */
export function expectValid(operationId: string, value: unknown, part: Part = 'body'): void {
  // An SDK adds `_request_id`, and methods; what counts is what was sent.
  const sent = JSON.parse(JSON.stringify(value)) as unknown;
  conform(`${part} of ${operationId}`, violations(operationId, sent, part));
}

/** A value is of a schema that is called by its name. */
export function expectSchema(family: string, name: string, value: unknown): void {
  conform(name, check(`${family}#${name}`, family, { $ref: `#/$defs/${name}` }, value));
}

function documentedContent(operationId: string, response: Response, text: string): Record<string, Schema> {
  const content = operationOf(operationId).responses[String(response.status)];
  if (!content) throw new Error(`${operationId} answered ${response.status}: ${text.slice(0, 500)}`);
  return content;
}

const typeOf = (response: Response): string =>
  (response.headers.get('content-type') ?? '').split(';')[0]!.trim();

/**
 * An answer has a status, a content type and a body that the specification knows.
 *
 * @returns the body, parsed
 */
export async function expectAnswer<T = Record<string, unknown>>(
  operationId: string,
  response: Response,
): Promise<T> {
  const text = await response.text();
  const content = documentedContent(operationId, response, text);
  expect([JSON_TYPE], `content type of ${operationId}`).toContain(typeOf(response));
  const body = JSON.parse(text) as T;
  if (content[JSON_TYPE]) expectValid(operationId, body);
  return body;
}

/**
 * Every event of a stream is one that the specification knows.
 *
 * @returns the events, parsed, without the `[DONE]` at the end
 */
export async function expectEvents<T = Record<string, unknown>>(
  operationId: string,
  response: Response,
): Promise<T[]> {
  const text = await response.text();
  documentedContent(operationId, response, text);
  expect(typeOf(response), `content type of ${operationId}`).toBe(EVENT_TYPE);
  const events: T[] = [];
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data !== '[DONE]') events.push(JSON.parse(data) as T);
    },
  });
  parser.feed(text);
  for (const event of events) expectValid(operationId, event, 'event');
  return events;
}

const ERROR: Schema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: { type: 'string', minLength: 1 },
        type: { type: 'string', minLength: 1 },
        param: { type: ['string', 'null'] },
        code: { type: ['string', 'null'] },
      },
      additionalProperties: false,
    },
    // Whisper's service says beside it that nothing was heard.
    usage: { const: { type: 'duration', seconds: 0 } },
  },
  additionalProperties: false,
};

/** What an error says. */
export interface ErrorBody {
  message: string;
  type: string;
  param: string | null;
  code: string | null;
}

/** An answer is an error in OpenAI's shape, with the status and the fields that are given. */
export async function expectError(
  response: Response,
  status: number,
  fields: Partial<ErrorBody> = {},
): Promise<ErrorBody> {
  const text = await response.text();
  expect(response.status, text.slice(0, 500)).toBe(status);
  const body = JSON.parse(text) as { error: ErrorBody };
  conform('error', check('error', 'files', ERROR, body));
  expect(body.error).toMatchObject(fields);
  return body.error;
}
