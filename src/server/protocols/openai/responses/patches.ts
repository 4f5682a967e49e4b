/** What `apply_patch` is called with: what the user asked for, on the files that the conversation has shown. */
import { changeDiff, creationDiff, type LineChange, linesOf } from '../../../text/v4a.js';
import { fileNamedIn } from './call-texts.js';

/** An operation of an `apply_patch_call`. */
export type PatchOperation =
  { type: 'create_file' | 'update_file'; path: string; diff: string } | { type: 'delete_file'; path: string };

const DELETES = /\b(?:delete|remove|drop)\s+(?:the\s+)?(?:file\b|\S*\.[A-Za-z]\w{0,8}(?=$|[\s"'`),.:;?!]))/i;
const REPLACES =
  /\b(?:rename|replace|change)\s+(?:the\s+)?(?:\w+\s+)?["'`]([^"'`\n]{1,100})["'`]\s+(?:to|with|by|into)\s+["'`]([^"'`\n]{0,100})["'`]/i;
const MAX_LINE = 200;

/** What words want to be done with a file, if they want anything. */
export function wantedOfFile(words: string): 'edit' | 'create' | 'delete' | undefined {
  const said = wordsOutsideOfCode(words);
  if (DELETES.test(said)) return 'delete';
  if (/\b(?:edit|change|update|rename|replace|fix|modify|refactor|add|remove|patch)\b/i.test(said))
    return 'edit';
  return /\b(?:create|write|make|save)\b/i.test(said) ? 'create' : undefined;
}

/**
 * The operation that words ask for. A file that the conversation has shown is updated so that the diff applies to it: what is to
 * be replaced is, and else a line is added. Any other is created.
 *
 * @param files - of {@link seenFiles}
 */
export function patchFor(words: string, files: ReadonlyMap<string, string>): PatchOperation {
  const said = wordsOutsideOfCode(words);
  const path =
    fileNamedIn(said) ??
    (files.size === 1 && wantedOfFile(said) === 'edit' ? [...files.keys()][0]! : 'notes.md');
  if (wantedOfFile(said) === 'delete') return { type: 'delete_file', path };
  const line = said.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_LINE);
  const content = files.get(path);
  if (content === undefined) return { type: 'create_file', path, diff: creationDiff(`${line}\n`) };
  const lines = linesOf(content);
  const replaced = replacements(said, lines);
  const changes = replaced.length > 0 ? replaced : [{ at: lines.length, removed: 0, added: [line] }];
  return { type: 'update_file', path, diff: changeDiff(lines, changes) };
}

/** What the user shows is not what the user asks for. */
export const wordsOutsideOfCode = (words: string): string =>
  words.replaceAll(/^```[^\n]*\n[\s\S]*?^```/gm, ' ');

function replacements(words: string, lines: readonly string[]): LineChange[] {
  const [, from, to] = REPLACES.exec(words) ?? [];
  if (from === undefined || to === undefined) return [];
  return lines.flatMap((line, at) =>
    line.includes(from) ? [{ at, removed: 1, added: [line.replaceAll(from, to)] }] : [],
  );
}
