/** The small part of JSONPath that answers need: `choices[0].delta.content`, `$.a[*].b`, `['a name']`. */
const STEP = /\.?([\w$-]+)|\[(\d+)\]|\[\*\]|\['([^']*)'\]/y;

/** One step of a path: a member, an element, or all elements. */
type Step = string | number | typeof ALL;
const ALL = Symbol('all');

/** The steps of a path; undefined for what is not one. */
export function parsePath(path: string): Step[] | undefined {
  const steps: Step[] = [];
  let at = path.startsWith('$') ? 1 : 0;
  while (at < path.length) {
    STEP.lastIndex = at;
    const match = STEP.exec(path);
    if (!match) return undefined;
    const [, name, index, quoted] = match;
    steps.push(name ?? quoted ?? (index === undefined ? ALL : Number(index)));
    at = STEP.lastIndex;
  }
  return steps.length > 0 ? steps : undefined;
}

const known = new Map<string, Step[]>();

/** All values that a path leads to; none for a path that leads nowhere. Paths come from settings: few, and kept. */
export function readPath(root: unknown, path: string): unknown[] {
  let steps = known.get(path);
  if (!steps) known.set(path, (steps = parsePath(path) ?? []));
  return steps.reduce<unknown[]>((values, step) => values.flatMap((value) => take(value, step)), [root]);
}

function take(value: unknown, step: Step): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (step === ALL) return Array.isArray(value) ? value : Object.values(value);
  const member = Object.hasOwn(value, step) ? (value as Record<string | number, unknown>)[step] : undefined;
  return member === undefined ? [] : [member];
}
