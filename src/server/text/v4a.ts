/**
 * V4A, the form of the diffs that `apply_patch` is called with: sections that begin with `@@`, lines of context with a space
 * before them, of what goes with `-`, of what comes with `+`. There are no line numbers; a section is found by its lines.
 */

const CONTEXT_LINES = 3;
const END = '*** End of File';

/** A change of a file: lines from `at` on give way to others. */
export interface LineChange {
  /** From 0; as many lines as the file has for its end. */
  at: number;
  /** How many lines go. */
  removed: number;
  added: readonly string[];
}

/** The lines of a file; what ends with a line break has no empty line behind it. */
export const linesOf = (content: string): string[] => {
  const lines = content.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
};

/** The diff of a new file. */
export const creationDiff = (content: string): string =>
  linesOf(content)
    .map((line) => `+${line}\n`)
    .join('');

/**
 * The diff of changes of a file. Each section has as much around it as tells where it is: applied in order, the first place
 * that fits is the one that is meant.
 *
 * @param changes - in the file's order
 */
export function changeDiff(lines: readonly string[], changes: readonly LineChange[]): string {
  let diff = '';
  let from = 0;
  for (const [i, change] of changes.entries()) {
    const next = changes[i + 1]?.at ?? lines.length;
    const end = change.at + change.removed;
    const before = lines.slice(Math.max(from, change.at - CONTEXT_LINES), change.at);
    const after = lines.slice(end, Math.min(next, end + CONTEXT_LINES));
    diff += section(before, lines.slice(change.at, end), change.added, after);
    if (end + after.length === lines.length) diff += `${END}\n`;
    // What one section has shown the next does not show again.
    from = end + after.length;
  }
  return diff;
}

const section = (
  before: readonly string[],
  removed: readonly string[],
  added: readonly string[],
  after: readonly string[],
): string =>
  ['@@', ...marked(' ', before), ...marked('-', removed), ...marked('+', added), ...marked(' ', after)]
    .map((line) => `${line}\n`)
    .join('');

const marked = (mark: string, lines: readonly string[]): string[] => lines.map((line) => mark + line);

/**
 * What a file is after a diff; undefined when it does not apply.
 *
 * @param content - undefined for a new file
 */
export function applyDiff(content: string | undefined, diff: string): string | undefined {
  const sections = sectionsOf(diff);
  if (content === undefined) {
    const lines = sections.flatMap(({ next }) => next);
    return sections.some(({ old }) => old.length > 0) ? undefined : textOf(lines);
  }
  const lines = linesOf(content);
  const result: string[] = [];
  let at = 0;
  for (const { old, next, isLast } of sections) {
    const found = place(lines, old, at, isLast);
    if (found === undefined) return undefined;
    result.push(...lines.slice(at, found), ...next);
    at = found + old.length;
  }
  return textOf([...result, ...lines.slice(at)]);
}

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

interface Section {
  /** Lines that are there before, and after. */
  old: string[];
  next: string[];
  /** It is at the end of the file. */
  isLast: boolean;
}

function sectionsOf(diff: string): Section[] {
  const sections: Section[] = [];
  for (const line of linesOf(diff)) {
    if (line.startsWith('@@') || sections.length === 0) sections.push({ old: [], next: [], isLast: false });
    if (line.startsWith('@@')) continue;
    const current = sections.at(-1)!;
    if (line === END) current.isLast = true;
    else {
      if (!line.startsWith('+')) current.old.push(line.slice(1));
      if (!line.startsWith('-')) current.next.push(line.slice(1));
    }
  }
  return sections;
}

/** Where lines are found from a place on; those of the end, at the end. */
function place(
  lines: readonly string[],
  old: readonly string[],
  from: number,
  isLast: boolean,
): number | undefined {
  const last = lines.length - old.length;
  for (let at = isLast ? Math.max(from, last) : from; at <= last; at++)
    if (old.every((line, i) => lines[at + i] === line)) return at;
  return undefined;
}
