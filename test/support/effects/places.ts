/** The places of a request's body that the specification has, and bodies that differ in one of them only. */
import { walkCases } from '../parameter-walk.js';

/** Whether a place is another one, or inside of it; all are inside of none. */
export const isWithin = (place: string, outer: string): boolean =>
  outer === '' || place === outer || place.startsWith(`${outer}.`) || place.startsWith(`${outer}[]`);

type Json = unknown;
type Steps = readonly (string | number)[];

/** A place, without the numbers of items: `tools[].function.name`. */
export const placeOf = (param: string): string => param.replaceAll(/\[\d+\]/g, '[]');

const stepsOf = (param: string): Steps =>
  [...param.matchAll(/[^.[\]]+/g)].map(([part]) => (/^\d+$/.test(part) ? Number(part) : part));

/** A copy of a body with something else in one place; undefined where it does not get there. */
function changed(
  body: object,
  param: string,
  change: (owner: Record<string | number, Json>, key: string | number) => void,
): object | undefined {
  const copy = structuredClone(body);
  const steps = stepsOf(param);
  let owner: Json = copy;
  for (const step of steps.slice(0, -1)) owner = (owner as Record<string | number, Json> | undefined)?.[step];
  if (typeof owner !== 'object' || owner === null) return undefined;
  change(owner as Record<string | number, Json>, steps.at(-1)!);
  return copy;
}

const without = (body: object, param: string): object | undefined =>
  changed(body, param, (owner, key) => {
    if (Array.isArray(owner)) owner.splice(key as number, 1);
    else delete owner[key];
  });

const withValue = (body: object, param: string, value: Json): object | undefined =>
  changed(body, param, (owner, key) => {
    owner[key] = value;
  });

function valueAt(body: object, param: string): Json {
  let at: Json = body;
  for (const step of stepsOf(param)) at = (at as Record<string | number, Json> | null | undefined)?.[step];
  return at;
}

/** Values of the same kind as one, but others. */
function others(value: Json, place: string, known: Known): Json[] {
  const other = known.find(({ pattern }) => pattern.test(place))?.values ?? [];
  if (other.length > 0) return other.filter((one) => JSON.stringify(one) !== JSON.stringify(value));
  if (typeof value === 'string') return [`${value}b`, `${value} c`];
  if (typeof value === 'number') return [value + 1, value + 0.5, value - 1, value / 2];
  if (typeof value === 'boolean') return [!value];
  if (Array.isArray(value) && value.length > 1) return [value.slice(0, -1)];
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) return [{ k: 'v' }];
  return [];
}

/** Values that a place must have to mean something, where the specification says no more than that they are texts. */
export type Known = readonly { pattern: RegExp; values: readonly Json[] }[];

/** Puts what means something where the walk has put anything. */
function meaningful(value: Json, place: string, known: Known): Json {
  if (Array.isArray(value)) return value.map((one) => meaningful(one, `${place}[]`, known));
  if (value === 'a' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)) {
    return known.find(({ pattern }) => pattern.test(place))?.values[0] ?? value;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      meaningful(one, place === '' ? key : `${place}.${key}`, known),
    ]),
  );
}

/** Bodies to compare with each other, which differ in one place only. They are made when they are asked for. */
export type Alternatives = () => Iterable<object>;

/**
 * By place: groups of bodies.
 *
 * @param bases - bodies in which more places mean something
 * @param isLeftOut - places that are not gone into
 */
export function alternativesOf(
  operationId: string,
  body: object,
  bases: readonly object[],
  known: Known,
  isLeftOut: (place: string) => boolean,
): ReadonlyMap<string, readonly Alternatives[]> {
  const byParam = new Map<string, object[]>();
  for (const one of walkCases(operationId, body, (param) => isLeftOut(placeOf(param)))) {
    if (!one.isGood) continue;
    const bodies = byParam.get(one.param) ?? [];
    bodies.push(one.body);
    byParam.set(one.param, bodies);
  }
  const inBases = new Map<string, { base: object; param: string }[]>();
  for (const base of bases)
    for (const param of paramsIn(base)) {
      const place = placeOf(param);
      inBases.set(place, [...(inBases.get(place) ?? []), { base, param }]);
    }
  const found = new Map<string, Alternatives[]>();
  for (const [param, bodies] of byParam) {
    const place = placeOf(param);
    const means = (one: object): object => meaningful(one, '', known) as object;
    const values = (): Json[] => bodies.map((one) => valueAt(means(one), param));
    const groups: Alternatives[] = [() => group(means(bodies[0]!), param, values(), known)];
    for (const { base, param: at } of inBases.get(place) ?? [])
      groups.push(() => group(base, at, values(), known));
    found.set(place, [...(found.get(place) ?? []), ...groups]);
  }
  return found;
}

const MOST = 24;

function* group(body: object, param: string, values: readonly Json[], known: Known): Generator<object> {
  const given = new Set<string>();
  for (const one of differing(body, param, values, known)) {
    const text = JSON.stringify(one);
    if (one === undefined || given.has(text)) continue;
    given.add(text);
    yield one;
    if (given.size === MOST) return;
  }
}

function* differing(
  body: object,
  param: string,
  values: readonly Json[],
  known: Known,
): Generator<object | undefined> {
  yield body;
  yield without(body, param);
  for (const value of others(valueAt(body, param), placeOf(param), known))
    yield withValue(body, param, value);
  for (const value of values) yield withValue(body, param, value);
}

/** All places of a body that have something. */
function paramsIn(value: Json, at = ''): string[] {
  const own = at === '' ? [] : [at];
  if (Array.isArray(value)) return [...own, ...value.flatMap((one, i) => paramsIn(one, `${at}[${i}]`))];
  if (typeof value !== 'object' || value === null) return own;
  return [
    ...own,
    ...Object.entries(value).flatMap(([key, one]) => paramsIn(one, at === '' ? key : `${at}.${key}`)),
  ];
}
