/**
 * Tools that OpenAI names and the client runs: computers, shells, patches. The model calls them like functions; what it asks for
 * does no harm where somebody really does it: it looks at things, and touches only the file that the user named.
 */
import * as z from 'zod';
import type { Digest } from '../../../../lib/digest.js';
import { createRandom } from '../../../../lib/random.js';
import type { ToolSpec } from '../../../../simulator/content/tool-choice.js';
import { fileNamedIn, parsed } from './call-texts.js';
import type { ItemView, Say } from './item-view.js';
import type { Item } from './items.js';
import { patchFor, wantedOfFile, wordsOutsideOfCode } from './patches.js';
import { seenFiles } from './seen-files.js';

/** A tool as it was sent. */
export type RawTool = { type: string } & Readonly<Record<string, unknown>>;

/** A tool of this kind. */
export interface ClientTool {
  spec: ToolSpec;
  view: (callId: string) => ItemView;
}

/** What is known when a tool is called. */
export interface CallContext {
  words: string;
  /** The conversation so far. */
  items: readonly Item[];
  digest: Digest;
  seed: number;
}

/** No function can have such a name. */
const nameOf = (kind: string): string => `.${kind}`;

/** The tool that a `tool_choice` means. */
export const clientToolName = nameOf;

const display = z.object({
  type: z.literal('computer_use_preview'),
  environment: z.enum(['windows', 'mac', 'linux', 'ubuntu', 'browser']),
  display_width: z.int().min(1).max(16_384),
  display_height: z.int().min(1).max(16_384),
});
/** How large the screen of a `computer` is, which does not say so. */
const SCREEN = { width: 1024, height: 768 };

/**
 * Reads a tool that the client runs; undefined when it is none.
 *
 * @param read - checks it against a schema
 */
export function clientTool(
  raw: RawTool,
  context: CallContext,
  read: <T>(schema: z.ZodType<T>) => T,
): ClientTool | undefined {
  switch (raw.type) {
    case 'computer_use_preview': {
      const { display_width: width, display_height: height } = read(display);
      return computer(context, { width, height }, (action) => ({ action }));
    }
    case 'computer':
      return computer(context, SCREEN, (action) => ({ actions: [action] }));
    case 'local_shell':
      return localShell(context);
    case 'shell': {
      const environment = raw.environment as { type?: unknown } | null | undefined;
      return environment && environment.type !== 'local' ? undefined : shell(context);
    }
    case 'apply_patch':
      return applyPatch(context);
    default:
      return undefined;
  }
}

const toolOf = (kind: string, description: string, input: object, view: ClientTool['view']): ClientTool => ({
  spec: { type: 'function', name: nameOf(kind), description, input: JSON.stringify(input) },
  view,
});

/** Calls of a kind since the user last said something. */
function callsSince(items: readonly Item[], type: string): number {
  const from = items.findLastIndex((item) => item.type === 'message' && item.role === 'user');
  return items.slice(from + 1).filter((item) => item.type === type).length;
}

/**
 * The tool that has to be called, whatever the others are for: a look at the screen is followed by a click; a file that is to be
 * changed is looked at, if it was not shown and can be, and then changed.
 */
export function nextTool(
  { items, words }: CallContext,
  tools: readonly Pick<ToolSpec, 'name'>[],
): string | undefined {
  const last = items.at(-1)?.type;
  const has = (kind: string): boolean => tools.some(({ name }) => name === nameOf(kind));
  if (last === 'computer_call_output')
    return has('computer') && callsSince(items, 'computer_call') < 2 ? nameOf('computer') : undefined;
  const path = fileNamedIn(wordsOutsideOfCode(words));
  if (path === undefined || !has('apply_patch') || callsSince(items, 'apply_patch_call') > 0)
    return undefined;
  const wants = wantedOfFile(words);
  const isSeen = wants !== undefined && seenFiles(items).has(path);
  const looks = /^(?:local_)?shell_call_output$|^function_call_output$/.test(last ?? '');
  if (looks || last !== 'message')
    return wants === 'edit' && isSeen && looks ? nameOf('apply_patch') : undefined;
  const look = ['shell', 'local_shell'].find(has);
  if (wants === 'edit' && !isSeen && look !== undefined) return nameOf(look);
  return wants && nameOf('apply_patch');
}

/** How a call of the client's is told of: what it asks for is known when all of it is written. */
interface CallItem {
  type: string;
  /** The same from the beginning to the end. */
  fields?: object;
  /** What a text asks for; an empty one, nothing yet. */
  asked: (text: string) => object;
  /** What a limit leaves of it. Default `incomplete`. */
  cut?: string;
  said?: (text: string, say: Say) => void;
}

/** See {@link CallItem}. */
export const callView =
  ({ type, fields, asked, cut = 'incomplete', said }: CallItem): ClientTool['view'] =>
  (callId) => ({
    type,
    begin: (id) => ({ id, type, call_id: callId, ...fields, status: 'in_progress', ...asked('') }),
    done: (text, complete, say) => {
      said?.(text, say);
      return { status: complete ? 'completed' : cut, ...asked(text) };
    },
  });

/** Looks at the screen first, and clicks somewhere on it then. */
function computer(
  { items, digest, seed }: CallContext,
  { width, height }: { width: number; height: number },
  shown: (action: object) => object,
): ClientTool {
  const type = 'computer_call';
  const random = createRandom(seed, 'computer', digest.high, digest.low);
  const looked = callsSince(items, type) > 0;
  const click = { type: 'click', button: 'left', x: random.int(width), y: random.int(height) };
  const first = { type: 'screenshot' };
  return toolOf(
    'computer',
    'use the computer: open the browser, a website or a page, click, type, scroll, take a screenshot of the screen',
    looked ? click : first,
    callView({
      type,
      fields: { pending_safety_checks: [] },
      asked: (text) => shown(parsed(text, first)),
    }),
  );
}

const SHELL =
  'run a shell command in the terminal: list files of a directory, show a file, print, execute a script';

/** A command that only looks. */
function commandFor(words: string): string {
  const file = fileNamedIn(words);
  if (file !== undefined) return `cat ${file}`;
  if (/\b(?:date|time)\b/i.test(words)) return 'date';
  return /\b(?:where|working directory)\b/i.test(words) ? 'pwd' : 'ls -la';
}

function localShell({ words }: CallContext): ClientTool {
  const commandOf = (text: string): readonly string[] =>
    parsed<{ command: string[] }>(text, { command: [] }).command;
  return toolOf(
    'local_shell',
    SHELL,
    { command: ['bash', '-lc', commandFor(words)] },
    callView({
      type: 'local_shell_call',
      asked: (text) => ({ action: { type: 'exec', command: commandOf(text), env: {} } }),
    }),
  );
}

const commandsOf = (text: string): string[] =>
  parsed<{ commands: string[] }>(text, { commands: [] }).commands;

/** A call of a shell, wherever that is. */
export const shellCallView = (environment: object, limits: object): ClientTool['view'] =>
  callView({
    type: 'shell_call',
    fields: { environment },
    asked: (text) => ({ action: { commands: commandsOf(text), ...limits } }),
    said: (text, say) => {
      for (const [index, command] of commandsOf(text).entries()) {
        // These alone, of all events about items, do not have the item's id.
        const at = { item_id: undefined, command_index: index };
        say('response.shell_call_command.added', { ...at, command: '' });
        say('response.shell_call_command.delta', { ...at, delta: command });
        say('response.shell_call_command.done', { ...at, command });
      }
    },
  });

function shell({ words }: CallContext): ClientTool {
  const view = shellCallView({ type: 'local' }, { timeout_ms: null, max_output_length: null });
  return toolOf('shell', SHELL, { commands: [commandFor(words)] }, view);
}

/** Creates, changes or deletes the file that the user named. */
function applyPatch({ words, items }: CallContext): ClientTool {
  const operation = patchFor(words, seenFiles(items));
  const begun = operation.type === 'delete_file' ? operation : { ...operation, diff: '' };
  return toolOf(
    'apply_patch',
    'apply a patch: create, write, edit, change, update, rename, delete or fix a file or its code',
    operation,
    callView({
      type: 'apply_patch_call',
      asked: (text) => ({ operation: parsed(text, begun) }),
      cut: 'in_progress',
    }),
  );
}
