/** Values by flat names, as forms and queries have them (`expires_after[seconds]`, `include[]`), put together as JSON has them. */
import { unknownParameter } from './errors.js';
import { type Shape, shapesOf } from './request-shapes.js';
import { paramOf } from './validation.js';

type Nodes = readonly number[];

/** What a name can stand for, by the first part of it. */
export type Members = ReadonlyMap<string, Nodes>;

/** By name, of all shapes that a body can have; those of the first root first. */
export function membersOf(roots: Nodes): Members {
  const members = new Map<string, Nodes>();
  for (const root of roots)
    for (const { m } of shapesOf(root))
      for (const [name, node] of Object.entries(m ?? {}))
        members.set(name, [...(members.get(name) ?? []), node]);
  return members;
}

/** A shape of which the values are held against: of each name what was meant first. */
export const shapeOfMembers = (members: Members): Shape => ({
  t: 'object',
  m: Object.fromEntries([...members].map(([name, [node]]) => [name, node!])),
});

/**
 * Puts values together.
 *
 * @param fields - texts, and what stands for files, by name
 * @param strict - names that are not known are refused, not left out
 * @throws ApiError 400 for a name that is not known
 */
export function nested(
  fields: Iterable<readonly [string, readonly unknown[]]>,
  members: Members,
  strict: boolean,
): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const [name, values] of fields) {
    const [first, ...rest] = partsOf(name);
    const nodes = members.get(first!);
    if (nodes) put(body, first!, rest, values, nodes, strict);
    else if (strict) throw unknownParameter(first!);
  }
  return body;
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
  strict: boolean,
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
  const inner = shapes.flatMap(({ m, v }) => (m && Object.hasOwn(m, next) ? m[next]! : (v ?? [])));
  if (inner.length === 0) {
    if (strict) throw unknownParameter(paramOf([name, next]));
    return;
  }
  const before = target[name];
  const object = typeof before === 'object' && before !== null ? (before as Record<string, unknown>) : {};
  target[name] = object;
  put(object, next, further, values, inner, strict);
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
