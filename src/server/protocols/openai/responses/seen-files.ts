/** Files that a conversation has shown: in blocks of code, by what commands and functions have read, and by patches. */
import { applyDiff } from '../../../text/v4a.js';
import { fileNamedIn, parsed } from './call-texts.js';
import type { Item } from './items.js';

/** Characters of one file that are remembered. */
const MAX_CHARACTERS = 200_000;
/** Characters before a block of code in which its file may be named. */
const NAMED_BEFORE = 200;

interface Operation {
  type?: unknown;
  path?: unknown;
  diff?: unknown;
}

/** See the file's head: contents by path, as they are after all that was done. */
export function seenFiles(items: readonly Item[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const calls = new Map<unknown, Item>();
  const see = (path: string | undefined, content: unknown): void => {
    if (path === undefined || typeof content !== 'string' || content.length > MAX_CHARACTERS) return;
    files.set(path, content);
  };
  for (const item of items) {
    if (item.type === 'message' && item.role === 'user')
      for (const text of textsOf(item)) seeBlocks(text, see);
    else if (item.type.endsWith('_call')) calls.set(item.call_id, item);
    else if (item.type.endsWith('_output')) seeOutput(calls.get(item.call_id ?? item.id), item, files, see);
  }
  return files;
}

function textsOf({ content }: Item): string[] {
  if (typeof content === 'string') return [content];
  const parts = Array.isArray(content) ? (content as { text?: unknown }[]) : [];
  return parts.flatMap(({ text }) => (typeof text === 'string' ? [text] : []));
}

type See = (path: string | undefined, content: unknown) => void;

/** Blocks of code whose file is named behind their fence, or before them. */
function seeBlocks(text: string, see: See): void {
  for (const block of text.matchAll(/^```([^\n`]*)\n([\s\S]*?)^```/gm)) {
    const before = text.slice(Math.max(0, block.index - NAMED_BEFORE), block.index);
    const named = before.split(/\s+/).findLast((word) => fileNamedIn(word) !== undefined);
    see(fileNamedIn(block[1]!) ?? (named === undefined ? undefined : fileNamedIn(named)), block[2]);
  }
}

function seeOutput(
  call: Item | undefined,
  { output, status }: Item,
  files: Map<string, string>,
  see: See,
): void {
  switch (call?.type) {
    case 'shell_call': {
      const { commands } = (call.action ?? {}) as { commands?: unknown };
      for (const [i, command] of (Array.isArray(commands) ? commands : []).entries()) {
        const one = Array.isArray(output)
          ? (output as { stdout?: unknown; outcome?: Outcome }[])[i]
          : undefined;
        if (one?.outcome?.exit_code === 0) see(shownBy(command), one.stdout);
      }
      return;
    }
    case 'local_shell_call': {
      const { command } = (call.action ?? {}) as { command?: unknown };
      see(Array.isArray(command) ? shownBy(command.at(-1)) : undefined, output);
      return;
    }
    case 'function_call':
      see(readBy(call), output);
      return;
    case 'apply_patch_call':
      if (status !== 'failed') patch(files, call.operation ?? {});
  }
}

interface Outcome {
  exit_code?: unknown;
}

/** The file that a command shows, where it does nothing else. */
const shownBy = (command: unknown): string | undefined =>
  typeof command === 'string' && /^cat \S+$/.test(command) ? fileNamedIn(command) : undefined;

/** The file that a function was told to read. */
function readBy({ name, arguments: text }: Item): string | undefined {
  if (typeof name !== 'string' || typeof text !== 'string' || !/read|open|view|cat|show|get/i.test(name))
    return undefined;
  const values = Object.values(parsed<Record<string, unknown>>(text, {}) ?? {});
  return values.map((value) => (typeof value === 'string' ? fileNamedIn(value) : undefined)).find(Boolean);
}

function patch(files: Map<string, string>, { type, path, diff }: Operation): void {
  if (typeof path !== 'string') return;
  if (type === 'delete_file') files.delete(path);
  if (typeof diff !== 'string') return;
  const content = applyDiff(type === 'create_file' ? undefined : files.get(path), diff);
  if (content !== undefined && (type === 'create_file' || files.has(path))) files.set(path, content);
}
