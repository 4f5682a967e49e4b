/** Whether two runs can be compared at all: what their plans and targets do not have in common. */
import type { RunFile } from '../run-file.js';

/** Paths of the plan that differ, such as `arrivals.ratePerSecond`, and `targets` when their names do. */
export function planDifferences(base: RunFile, other: RunFile): string[] {
  const different = differingPaths(base.plan, other.plan);
  const names = ({ targets }: RunFile): string => JSON.stringify(targets.map(({ name }) => name).toSorted());
  const single = base.targets.length === 1 && other.targets.length === 1;
  // One target each is a comparison of these two, whatever they are called.
  return single || names(base) === names(other) ? different : [...different, 'targets'];
}

/**
 * Those that matter for a comparison. Conditions of goodput judge answers and change no load: where one run has none, only its
 * goodput is absent.
 */
export const comparedDifferences = (base: RunFile, other: RunFile): string[] =>
  planDifferences(base, other).filter((path) => path !== 'goodput');

function differingPaths(a: unknown, b: unknown, path = ''): string[] {
  if (isObject(a) && isObject(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].flatMap((key) => differingPaths(a[key], b[key], path === '' ? key : `${path}.${key}`));
  }
  return Object.is(a, b) ? [] : [path];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Those of the paths that no waiver names; a waiver covers its path and what is below it. */
export const unwaived = (paths: readonly string[], waivers: readonly string[]): string[] =>
  paths.filter((path) => !waivers.some((waiver) => path === waiver || path.startsWith(`${waiver}.`)));
