/**
 * Holds the body of a request against OpenAI's specification: types, listed values, bounds and what must be there, at every
 * place of it. Members that the specification does not name are not looked at: known-fields.ts, or the schema of the operation,
 * says what is to become of them.
 */
import { type ApiError, missing, unsupportedValue } from './errors.js';
import { asListed } from './listed-values.js';
import { metadataFault } from './metadata-fault.js';
import { rootOf, type Shape, shapesOf } from './request-shapes.js';
import { type Fault, FILE_PART, type Path } from './shape-fault.js';
import { inReportOrder } from './report-order.js';
import { lengthFault, numberFault } from './shape-bounds.js';
import { expected } from './shape-words.js';
import { paramOf, typeError } from './validation.js';

/**
 * Checks a body.
 *
 * @param except - names that lead to places that are not looked at
 * @throws ApiError 400 for the first thing that is wrong
 */
export function checkShape(
  operationId: string,
  body: Readonly<Record<string, unknown>>,
  except: ReadonlySet<string> = NOTHING,
): void {
  const fault = shapeFault(operationId, body, except);
  if (fault) throw fault;
}

/** The first thing that is wrong with a body; undefined when nothing is. */
export function shapeFault(
  operationId: string,
  body: Readonly<Record<string, unknown>>,
  except: ReadonlySet<string> = NOTHING,
): ApiError | undefined {
  const root = rootOf(operationId);
  if (root === undefined) return undefined;
  const check = new ShapeCheck(except);
  const shapes = shapesOf(root);
  if (!check.fault(body, shapes, [])) return undefined;
  // Which of several comes first is only asked where there is any.
  return check.fault(inReportOrder(operationId, body), shapes, [])!.error;
}

/**
 * Checks a body against some shapes.
 *
 * @throws ApiError 400 for the first thing that is wrong
 */
export function checkValue(
  body: Readonly<Record<string, unknown>>,
  shapes: readonly Shape[],
  except: ReadonlySet<string>,
): void {
  const fault = valueFault(body, shapes, except);
  if (fault) throw fault;
}

/** The first thing that is wrong with a body that is to have one of some shapes. */
export const valueFault = (
  body: Readonly<Record<string, unknown>>,
  shapes: readonly Shape[],
  except: ReadonlySet<string> = NOTHING,
): ApiError | undefined => new ShapeCheck(except).fault(body, shapes, [])?.error;

const NOTHING: ReadonlySet<string> = new Set();

/** Members that tell shapes apart, in the order in which they are looked at. */
const TELLING = ['type', 'role', 'anchor', 'mode'];

/** What has no name is told of as that. */
const namesFirst = (names: readonly string[]): readonly string[] =>
  names.includes('name') ? ['name', ...names.filter((name) => name !== 'name')] : names;

class ShapeCheck {
  constructor(private readonly except: ReadonlySet<string>) {}

  fault(value: unknown, shapes: readonly Shape[], path: Path): Fault | undefined {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    const fitting = isObject ? objectsAmong(shapes) : shapes.filter((shape) => isOfType(value, shape));
    if (fitting.length === 0) return wrongType(value, shapes, path);
    if (fitting.some(({ t }) => t === 'any')) return undefined;
    if (typeof value === 'string') return stringFault(value, fitting, path);
    if (typeof value === 'number') return numberFault(value, fitting, path);
    if (Array.isArray(value)) return this.#arrayFault(value, fitting, path);
    if (isObject) return this.#objectFault(value as Readonly<Record<string, unknown>>, fitting, path);
    return undefined;
  }

  #arrayFault(value: readonly unknown[], shapes: readonly Shape[], path: Path): Fault | undefined {
    // Of several, the one whose items these are: each item is of all of them that can be.
    if (shapes.some(({ i }) => i === undefined)) return undefined;
    const faults: Fault[] = [];
    for (const { i, l } of shapes) {
      const fault = lengthFault(value, 'array', l, path) ?? this.#itemFault(value, shapesOf(i!), path);
      if (!fault) return undefined;
      faults.push(fault);
    }
    return deepest(faults);
  }

  #itemFault(value: readonly unknown[], shapes: readonly Shape[], path: Path): Fault | undefined {
    for (const [index, item] of value.entries()) {
      const fault = this.fault(item, shapes, [...path, index]);
      if (fault) return fault;
    }
    return undefined;
  }

  #objectFault(
    value: Readonly<Record<string, unknown>>,
    shapes: readonly Shape[],
    path: Path,
  ): Fault | undefined {
    if (isNothing(value, path))
      return { path, error: unsupportedValue(paramOf(path), value.role ?? '', ROLES) };
    let left = shapes;
    for (const name of TELLING) {
      if (left.length < 2) break;
      const told = toldBy(name, value, left, path);
      if (!Array.isArray(told)) return this.#isExcepted(path, name) ? undefined : (told as Fault);
      left = told as Shape[];
    }
    const faults: Fault[] = [];
    for (const shape of left) {
      const fault = this.#memberFault(value, shape, path);
      if (!fault) return path.at(-1) === 'metadata' ? metadataFault(value, shape, path) : undefined;
      faults.push(fault);
    }
    return deepest(faults);
  }

  #memberFault(value: Readonly<Record<string, unknown>>, { m, r, v }: Shape, path: Path): Fault | undefined {
    // What a body itself must have is said by its operation, which knows whether a name is misspelt.
    for (const name of path.length === 0 ? [] : namesFirst(r ?? [])) {
      if (value[name] === undefined && !this.#isExcepted(path, name))
        return { path: [...path, name], error: missing(paramOf([...path, name])), isMissing: true };
    }
    for (const [name, member] of Object.entries(value)) {
      const node = m && Object.hasOwn(m, name) ? m[name] : v;
      if (node === undefined || this.#isExcepted(path, name)) continue;
      // What need not be there can be null: clients send their objects as they have them.
      if (member == null && !r?.includes(name)) continue;
      const fault = this.fault(member, shapesOf(node), [...path, name]);
      if (fault) return fault;
    }
    return undefined;
  }

  #isExcepted(path: Path, name: string): boolean {
    if (this.except.size === 0) return false;
    return this.except.has([...path, name].filter((part) => typeof part === 'string').join('.'));
  }
}

function isOfType(value: unknown, { t }: Shape): boolean {
  switch (t) {
    case 'any':
      return true;
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'file':
      return value === FILE_PART;
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === t;
  }
}

const wrongType = (value: unknown, shapes: readonly Shape[], path: Path): Fault => {
  const name = path.findLast((part) => typeof part === 'string') ?? '';
  const wanted = isItem(path) ? 'an input item' : expected(shapes, name);
  const types = shapes.map(({ t }) => t);
  const values = shapes.flatMap(({ e }) => e ?? []);
  return { path, error: typeError(paramOf(path), wanted, value, { kind: 'type', types, values, value }) };
};

function stringFault(value: string, shapes: readonly Shape[], path: Path): Fault | undefined {
  const open = shapes.filter(({ e }) => e === undefined);
  if (open.length > 0) {
    const faults = open.map(({ l }) => lengthFault(value, 'string', l, path));
    return faults.includes(undefined) ? undefined : faults[0];
  }
  const values = shapes.flatMap(({ e }) => e ?? []);
  if (values.includes(value)) return undefined;
  const param = paramOf(path);
  return { path, error: unsupportedValue(param, value, asListed(param, [...new Set(values)])) };
}

/**
 * The shapes that an object can have by one of its members.
 *
 * @returns a fault when it can have none
 */
function toldBy(
  name: string,
  value: Readonly<Record<string, unknown>>,
  shapes: readonly Shape[],
  path: Path,
): readonly Shape[] | Fault {
  const told = tellingOf(shapes, name);
  if (!told) return shapes;
  const said = value[name];
  const fitting = said == null ? told.without : (told.byValue.get(said) ?? told.withAny);
  if (fitting.length > 0) return fitting;
  const at = [...path, name];
  const param = paramOf(at);
  if (said === undefined) return { path: at, error: missing(param), isMissing: true };
  const known = [...told.byValue.keys()];
  if (known.length > MANY_TYPES && isItem(path) && typeof said === 'string')
    return { path: at, error: unsupportedValue(paramOf(path), said, known.map(String).toSorted()) };
  if (typeof said === 'string')
    return { path: at, error: unsupportedValue(param, said, asListed(param, known)) };
  return wrongType(said, [{ t: 'string', e: known }], at);
}

/** What a member tells of which of several shapes an object has. */
interface Telling {
  /** By the values that are listed; those that take any are among them. */
  byValue: ReadonlyMap<unknown, readonly Shape[]>;
  withAny: readonly Shape[];
  /** Those that can be without it. */
  without: readonly Shape[];
}

/** By the shapes, whose lists are made once: looking through all of them for each object would take most of the time. */
const objects = new WeakMap<readonly Shape[], readonly Shape[]>();
const tellings = new WeakMap<readonly Shape[], Map<string, Telling | undefined>>();

/** The shapes that an object can have. */
function objectsAmong(shapes: readonly Shape[]): readonly Shape[] {
  let known = objects.get(shapes);
  if (!known) objects.set(shapes, (known = shapes.filter((shape) => isOfType({}, shape))));
  return known;
}

/** Undefined when it tells nothing. */
function tellingOf(shapes: readonly Shape[], name: string): Telling | undefined {
  let byName = tellings.get(shapes);
  if (!byName) tellings.set(shapes, (byName = new Map()));
  if (!byName.has(name)) byName.set(name, readTelling(shapes, name));
  return byName.get(name);
}

function readTelling(shapes: readonly Shape[], name: string): Telling | undefined {
  const all = shapes.map((shape) => ({ shape, values: listedValues(name, shape) }));
  if (all.every(({ values }) => values === undefined)) return undefined;
  const of = (is: (values: readonly unknown[] | undefined) => boolean): Shape[] =>
    all.filter(({ values }) => is(values)).map(({ shape }) => shape);
  const known = new Set(all.flatMap(({ values }) => values ?? []));
  return {
    byValue: new Map(
      [...known].map((value) => [value, of((values) => values === undefined || values.includes(value))]),
    ),
    withAny: of((values) => values === undefined),
    without: shapes.filter(({ r }) => !r?.includes(name)),
  };
}

/** Of fewer types are parts, which are told of by their own. */
const MANY_TYPES = 10;

/** Items of responses and conversations: OpenAI tells of their types by the items. */
const isItem = ([first, second, ...rest]: Path): boolean =>
  (first === 'input' || first === 'items') && typeof second === 'number' && rest.length === 0;

const ROLES = ['assistant', 'system', 'developer', 'user'];

/** Whether an item has neither a type nor a role that tell what it is, nor the id of another one. */
const isNothing = ({ type, role, id }: Readonly<Record<string, unknown>>, path: Path): boolean =>
  isItem(path) && type == null && id === undefined && !ROLES.includes(role as string);

/** The values that a member can have in a shape, where they are listed; undefined where it can be anything or is not there. */
function listedValues(name: string, { m }: Shape): readonly unknown[] | undefined {
  const node = m && Object.hasOwn(m, name) ? m[name] : undefined;
  if (node === undefined) return undefined;
  const shapes = shapesOf(node);
  return shapes.every(({ e, t }) => e !== undefined || t === 'null')
    ? shapes.flatMap(({ e }) => e ?? [])
    : undefined;
}

/** What is wrong furthest in says most, and what is there more than what is not. */
const deepest = (faults: readonly Fault[]): Fault | undefined =>
  faults.toSorted(
    (a, b) => b.path.length - a.path.length || Number(a.isMissing ?? false) - Number(b.isMissing ?? false),
  )[0];
