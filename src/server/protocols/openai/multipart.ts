/** Request bodies that are forms (`multipart/form-data`), as file uploads are. */
import type { ApiRequest } from '../../routing/api-request.js';
import { ApiError, invalid, missing } from './errors.js';

/** A file of a form. */
export interface FormFile {
  filename: string;
  /** As the client says; `application/octet-stream` when it says nothing. */
  type: string;
  bytes: Buffer;
}

/** A form that was read whole. */
export interface Form {
  /** Values by name, as sent: `expires_after[seconds]` is a name. */
  fields: ReadonlyMap<string, readonly string[]>;
  files: ReadonlyMap<string, readonly FormFile[]>;
}

/** Most parts of each kind; more is refused. */
const LIMITS = { fields: 200, files: 600, fieldSize: 1024 * 1024, fieldNameSize: 200, headerPairs: 20 };

// The parser's types do not know of it.
const NAMELESS = 'a part has no name';

/**
 * Reads the form of an operation, and holds it against the specification.
 *
 * @param options - `preservePath`: whether names of files keep their folders
 * @throws ApiError 400 when it is not a form, or one without an end or with too many parts, or what it has is wrong
 */
export async function readForm(
  operationId: string,
  request: ApiRequest,
  options: { preservePath?: boolean } = {},
): Promise<Form> {
  const [form, { checkForm }] = await Promise.all([parseForm(request, options), import('./check-form.js')]);
  checkForm(operationId, form);
  return form;
}

/** Reads any form. The body is in memory already, and bounded like any other. */
export async function parseForm(
  request: ApiRequest,
  { preservePath = false }: { preservePath?: boolean } = {},
): Promise<Form> {
  const type = request.header('content-type') ?? '';
  if (!/^multipart\/form-data\b/i.test(type)) {
    throw bad(`The body must be multipart/form-data; the content type is '${type.slice(0, 100)}'.`);
  }
  const { Busboy } = await import('@fastify/busboy');
  const fields = new Map<string, string[]>();
  const files = new Map<string, FormFile[]>();
  return new Promise((resolve, reject) => {
    const fail = (problem: string): void => reject(bad(`The form cannot be read: ${problem}.`));
    try {
      const parser = new Busboy({ headers: { 'content-type': type }, limits: LIMITS, preservePath });
      parser.on('field', (name, value, nameTruncated, valueTruncated) => {
        if (typeof name !== 'string') fail(NAMELESS);
        else if (nameTruncated || valueTruncated) fail(`the field '${name.slice(0, 50)}' is too long`);
        else add(fields, name, value);
      });
      parser.on('file', (name, stream, filename, _encoding, mimeType) => {
        if (typeof name !== 'string') fail(NAMELESS);
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.on('error', () => fail('a file is cut off'));
        stream.on('end', () =>
          add(files, name, { filename: filename ?? '', type: mimeType, bytes: Buffer.concat(parts) }),
        );
      });
      for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) {
        parser.on(limit, () => fail('it has too many parts'));
      }
      parser.on('error', (error) => fail(error instanceof Error ? error.message : 'it is malformed'));
      parser.on('finish', () => resolve({ fields, files }));
      parser.end(request.body);
    } catch (error) {
      fail(error instanceof Error ? error.message : 'it is malformed');
    }
  });
}

function add<T>(map: Map<string, T[]>, name: string, value: T): void {
  const known = map.get(name);
  if (known) known.push(value);
  else map.set(name, [value]);
}

const bad = (message: string): ApiError => new ApiError({ status: 400, message });

/** Names that would reach into every object. */
const UNSAFE = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_DEPTH = 5;

/**
 * The fields of a form as the object that they stand for: `a[b]` is a key of `a`, `a[]` one of several values of it, and so
 * is a name that comes again. All values are strings.
 */
export function formObject(form: Form): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, values] of form.fields) {
    const keys = name.split('[').map((key, i) => (i > 0 && key.endsWith(']') ? key.slice(0, -1) : key));
    if (keys.length > MAX_DEPTH || keys.some((key) => UNSAFE.has(key))) continue;
    const isList = keys.length > 1 && keys.at(-1) === '';
    put(result, isList ? keys.slice(0, -1) : keys, isList || values.length > 1 ? values : values[0]);
  }
  return result;
}

function put(target: Record<string, unknown>, [key, ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    target[key!] = value;
    return;
  }
  const inner = target[key!];
  const next = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : {};
  target[key!] = next;
  put(next as Record<string, unknown>, rest, value);
}

/**
 * The only file of a name.
 *
 * @throws ApiError 400 when there is none, or more than one
 */
export function oneFile(form: Form, name: string): FormFile {
  const files = form.files.get(name) ?? [];
  if (files.length === 1) return files[0]!;
  if (files.length === 0) throw missing(name);
  throw invalid(name, null, `There can be one '${name}' only.`);
}
