/** Which known name a mistyped one was probably meant to be. */
import { closest, distance } from 'fastest-levenshtein';

/** The candidate that begins with the name, or the nearest by edit distance; undefined when none is near. */
export function nearestOf(name: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const begun = candidates.filter((candidate) => candidate.startsWith(name));
  if (begun.length === 1) return begun[0];
  const best = closest(
    name.toLowerCase(),
    candidates.map((candidate) => candidate.toLowerCase()),
  );
  const found = candidates.find((candidate) => candidate.toLowerCase() === best)!;
  // Two letters swapped, or a third of them wrong; beyond that a suggestion confuses more than it helps.
  return distance(name.toLowerCase(), best) <= Math.max(2, Math.floor(name.length / 3)) ? found : undefined;
}
