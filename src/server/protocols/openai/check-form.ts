/** Holds forms against OpenAI's specification, as check-shape.ts does JSON: their values are texts and files. */
import { checkValue } from './check-shape.js';
import { unknownParameter } from './errors.js';
import type { Form } from './multipart.js';
import { formRootOf, rootOf, type Shape, shapesOf } from './request-shapes.js';
import { FILE_PART } from './shape-fault.js';
import { paramOf } from './validation.js';

/** Places that are read by the operation alone, because more is taken there than the specification says. */
const EXCEPT: Readonly<Record<string, readonly string[]>> = {
  // Each model has its own, and those of others more than OpenAI's.
  createImageEdit: ['size', 'quality'],
  createImageVariation: ['size'],
  createVideo: ['seconds'],
  CreateVideoExtend: ['seconds'],
  // A text is as good as a file.
  addUploadPart: ['data'],
  // Its members are those of a session over a socket.
  'create-realtime-call': ['session'],
};

/** Texts that are taken from parts that are files too, as some clients send what is long. */
const TEXT_FILES: Readonly<Record<string, readonly string[]>> = {
  'create-realtime-call': ['sdp', 'session'],
};

type Nodes = readonly number[];

/**
 * Checks a form.
 *
 * @throws ApiError 400 for the first thing that is wrong: a name that is not known, a value of another type, or beyond its bounds
 */
export function checkForm(operationId: string, form: Form): void {
  const roots = [formRootOf(operationId), rootOf(operationId)].filter((root) => root !== undefined);
  if (roots.length === 0) return;
  const members = membersOf(roots);
  const body: Record<string, unknown> = {};
  for (const [name, values] of valuesOf(form, TEXT_FILES[operationId] ?? [])) {
    const [first, ...rest] = partsOf(name);
    const nodes = members.get(first!);
    if (!nodes) throw unknownParameter(first!);
    put(body, first!, rest, values, nodes);
  }
  const shape: Shape = {
    t: 'object',
    m: Object.fromEntries([...members].map(([name, [node]]) => [name, node!])),
  };
  checkValue(body, [shape], new Set(EXCEPT[operationId]));
}

/** By name, of all shapes that a body can have; those of the form first. */
function membersOf(roots: Nodes): Map<string, Nodes> {
  const members = new Map<string, Nodes>();
  for (const root of roots)
    for (const { m } of shapesOf(root))
      for (const [name, node] of Object.entries(m ?? {}))
        members.set(name, [...(members.get(name) ?? []), node]);
  return members;
}

/** Texts and files by name, in the order of their kinds. */
function valuesOf(form: Form, asTexts: readonly string[]): [string, unknown[]][] {
  const files = [...form.files]
    .filter(([name]) => !asTexts.includes(name))
    .map(([name, all]): [string, unknown[]] => [name, all.map(() => FILE_PART)]);
  const texts = [...form.fields].map(([name, all]): [string, unknown[]] => [name, [...all]]);
  return [...texts, ...files];
}

/** `a[b][]`: `a`, `b`, and nothing for one of several. */
const partsOf = (name: string): string[] =>
  name.split('[').map((key, i) => (i > 0 && key.endsWith(']') ? key.slice(0, -1) : key));

function put(
  target: Record<string, unknown>,
  name: string,
  rest: readonly string[],
  values: readonly unknown[],
  nodes: Nodes,
): void {
  const shapes = nodes.flatMap((node) => shapesOf(node));
  const [next, ...further] = rest;
  if (next === undefined || next === '') {
    const isList = next === '' || values.length > 1 || isListOnly(shapes);
    const before = target[name];
    const all = [...(Array.isArray(before) ? (before as unknown[]) : []), ...values];
    const items = shapes.flatMap(({ i }) => (i === undefined ? [] : shapesOf(i)));
    target[name] = isList ? all.map((value) => read(value, items)) : read(values[0], shapes);
    return;
  }
  const inner = shapes.flatMap(({ m }) => (m && Object.hasOwn(m, next) ? m[next]! : []));
  if (inner.length === 0) throw unknownParameter(paramOf([name, next]));
  const before = target[name];
  const object = typeof before === 'object' && before !== null ? (before as Record<string, unknown>) : {};
  target[name] = object;
  put(object, next, further, values, inner);
}

const isListOnly = (shapes: readonly Shape[]): boolean =>
  shapes.every(({ t }) => t === 'array' || t === 'null');

/** A text as what it can stand for; what it cannot stays a text. */
function read(value: unknown, shapes: readonly Shape[]): unknown {
  if (typeof value !== 'string') return value;
  const can = (type: Shape['t']): boolean => shapes.some(({ t }) => t === type);
  if (shapes.some(({ t, e }) => t === 'string' && (!e || e.includes(value)))) return value;
  if ((can('integer') || can('number')) && value.trim() !== '' && Number.isFinite(Number(value)))
    return Number(value);
  if (can('boolean') && (value === 'true' || value === 'false')) return value === 'true';
  if (can('object') && value.startsWith('{')) return parsed(value);
  return value;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
