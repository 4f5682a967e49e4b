/**
 * Tools that OpenAI names and the client runs: computers, shells, patches. The model calls them like functions; what it asks for
 * does no harm where somebody really does it: it looks at things, and writes only the file that the user named.
 */
import * as z from 'zod';
import type { Digest } from '../../../../lib/digest.js';
import { createRandom } from '../../../../lib/random.js';
import type { ToolSpec } from '../../../../simulator/content/tool-choice.js';
import { unsupported } from '../errors.js';
import type { ItemView } from './item-view.js';
import type { Item } from './items.js';

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
 * @throws ApiError for one that would run here
 */
export function clientTool(
  raw: RawTool,
  at: string,
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
      if (environment && environment.type !== 'local')
        throw unsupported(`${at}.environment`, 'shells in containers');
      return shell(context);
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

/** The text as JSON, or nothing where a limit cut it. */
function parsed<T>(text: string, otherwise: T): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    return otherwise;
  }
}

/** Calls of a kind since the user last said something. */
function callsSince(items: readonly Item[], type: string): number {
  const from = items.findLastIndex((item) => item.type === 'message' && item.role === 'user');
  return items.slice(from + 1).filter((item) => item.type === type).length;
}

/** Whether a computer is to be used once more: a look at the screen is followed by a click. */
export const goesOn = (items: readonly Item[]): boolean =>
  items.at(-1)?.type === 'computer_call_output' && callsSince(items, 'computer_call') < 2;

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
  const base = (callId: string) => ({ type, call_id: callId, pending_safety_checks: [] });
  return toolOf(
    'computer',
    'use the computer: open the browser, a website or a page, click, type, scroll, take a screenshot of the screen',
    looked ? click : first,
    (callId) => ({
      type,
      begin: (id) => ({ id, ...base(callId), status: 'in_progress', ...shown(first) }),
      done: (text, complete) => ({
        status: complete ? 'completed' : 'incomplete',
        ...shown(parsed(text, first)),
      }),
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

/** A file that the user named, below the working directory. */
const fileNamedIn = (words: string): string | undefined =>
  /(?:^|[\s"'`(])((?:[\w-]+\/){0,8}[\w-]{1,64}\.[A-Za-z]\w{0,8})(?=$|[\s"'`),.:;?!])/.exec(words)?.[1];

function localShell({ words }: CallContext): ClientTool {
  const type = 'local_shell_call';
  const action = (command: readonly string[]) => ({ action: { type: 'exec', command, env: {} } });
  return toolOf('local_shell', SHELL, { command: ['bash', '-lc', commandFor(words)] }, (callId) => ({
    type,
    begin: (id) => ({ id, type, call_id: callId, status: 'in_progress', ...action([]) }),
    done: (text, complete) => ({
      status: complete ? 'completed' : 'incomplete',
      ...action(parsed<{ command: string[] }>(text, { command: [] }).command),
    }),
  }));
}

function shell({ words }: CallContext): ClientTool {
  const type = 'shell_call';
  const action = (commands: readonly string[]) => ({
    action: { commands, timeout_ms: null, max_output_length: null },
  });
  return toolOf('shell', SHELL, { commands: [commandFor(words)] }, (callId) => ({
    type,
    begin: (id) => ({
      id,
      type,
      call_id: callId,
      status: 'in_progress',
      environment: { type: 'local' },
      ...action([]),
    }),
    done: (text, complete, say) => {
      const { commands } = parsed<{ commands: string[] }>(text, { commands: [] });
      for (const [index, command] of commands.entries()) {
        // These alone, of all events about items, do not have the item's id.
        const at = { item_id: undefined, command_index: index };
        say('response.shell_call_command.added', { ...at, command: '' });
        say('response.shell_call_command.delta', { ...at, delta: command });
        say('response.shell_call_command.done', { ...at, command });
      }
      return { status: complete ? 'completed' : 'incomplete', ...action(commands) };
    },
  }));
}

/** Creates the file that the user named. */
function applyPatch({ words }: CallContext): ClientTool {
  const type = 'apply_patch_call';
  const path = fileNamedIn(words) ?? 'notes.md';
  const line = words.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
  const operation = { type: 'create_file', path, diff: `+${line}\n` };
  return toolOf(
    'apply_patch',
    'apply a patch: create, write, edit, change, update, rename or fix a file or its code',
    operation,
    (callId) => ({
      type,
      begin: (id) => ({
        id,
        type,
        call_id: callId,
        status: 'in_progress',
        operation: { ...operation, diff: '' },
      }),
      done: (text, complete) => ({
        status: complete ? 'completed' : 'in_progress',
        operation: parsed(text, { ...operation, diff: '' }),
      }),
    }),
  );
}
