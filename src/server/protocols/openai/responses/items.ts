/** Items of responses and conversations: given ids, and completed to what is stored and listed. */
import { createRandom } from '../../../../lib/random.js';
import type { Digest } from '../../../../lib/digest.js';
import { invalid } from '../errors.js';
import { fillIn } from './filled-items.js';
import { shownTools } from './shown-tools.js';

/** An item as the API shows it. */
export interface Item {
  type: string;
  id: string;
  [key: string]: unknown;
}

/** What the ids of items begin with. */
export const PREFIXES: Readonly<Record<string, string>> = {
  message: 'msg_',
  reasoning: 'rs_',
  function_call: 'fc_',
  function_call_output: 'fco_',
  custom_tool_call: 'ctc_',
  custom_tool_call_output: 'ctco_',
  web_search_call: 'ws_',
  file_search_call: 'fs_',
  code_interpreter_call: 'ci_',
  image_generation_call: 'ig_',
  mcp_list_tools: 'mcpl_',
  mcp_call: 'mcp_',
  mcp_approval_request: 'mcpr_',
  mcp_approval_response: 'mcpa_',
  computer_call: 'cu_',
  computer_call_output: 'cuo_',
  local_shell_call: 'lsh_',
  local_shell_call_output: 'lsho_',
  shell_call: 'sh_',
  shell_call_output: 'sho_',
  apply_patch_call: 'apc_',
  apply_patch_call_output: 'apco_',
  compaction: 'cmp_',
  compaction_trigger: 'cmpt_',
  tool_search_call: 'tsc_',
  tool_search_output: 'tso_',
  additional_tools: 'at_',
  program: 'prg_',
  program_output: 'prgo_',
};
const HEX = '0123456789abcdef';
const HEX_DIGITS = 48;
const idBytes = Buffer.allocUnsafeSlow(HEX_DIGITS);

/** The id of the `index`th item of its kind and group. */
export function itemId(seed: number, digest: Digest, group: string, index: number, type: string): string {
  const random = createRandom(seed, 'item', group, digest.high, digest.low, index);
  for (let i = 0; i < HEX_DIGITS; i++) idBytes[i] = HEX.charCodeAt(random.int(HEX.length));
  return (PREFIXES[type] ?? 'item_') + idBytes.toString('latin1');
}

/** The id of an item of a response that is kept. It tells the response's, so that an item is found by its id alone. */
export function keptItemId(
  responseId: string,
  group: 'output' | 'input',
  index: number,
  type: string,
): string {
  const place = (group === 'output' ? '0' : '1') + index.toString(16).padStart(3, '0');
  return (PREFIXES[type] ?? 'item_') + responseId.slice(responseId.indexOf('_') + 1) + place;
}

/** The id of the response that an item is of, if it is of one that is kept. */
export function responseOfItem(id: string): string | undefined {
  const digits = /^[a-z]+_([0-9a-f]{48})[01][0-9a-f]{3,}$/.exec(id)?.[1];
  return digits === undefined ? undefined : `resp_${digits}`;
}

/** An item as it was sent. */
export type RawItem = Readonly<Record<string, unknown>>;

/**
 * Input in the form in which it is stored and listed: with ids, and contents as lists.
 *
 * @param idOf - makes the id of an item that has none
 */
export function normalized(
  input: string | readonly RawItem[],
  idOf: (type: string, index: number) => string,
): Item[] {
  if (typeof input === 'string') {
    const content = [{ type: 'input_text', text: input }];
    return [{ id: idOf('message', 0), type: 'message', status: 'completed', role: 'user', content }];
  }
  return input.map((raw, index) => {
    const type = typeof raw.type === 'string' ? raw.type : 'message';
    const id = typeof raw.id === 'string' && raw.id !== '' ? raw.id : idOf(type, index);
    const item: Item = { ...raw, id, type };
    if (type === 'message') {
      const kind = raw.role === 'assistant' ? 'output_text' : 'input_text';
      if (typeof raw.content === 'string') item.content = [textPart(kind, raw.content)];
      item.status ??= 'completed';
    } else if (/_call(?:_output)?$/.test(type)) item.status ??= 'completed';
    if (Array.isArray(raw.tools)) item.tools = shownTools(raw.tools);
    fillIn(item);
    if (/^tool_search_(?:call|output)$/.test(type)) {
      item.call_id ??= null;
      item.execution ??= item.call_id === null ? 'server' : 'client';
      item.status ??= 'completed';
    }
    // The specification wants both.
    if (type === 'mcp_approval_response') item.request_id ??= item.approval_request_id;
    return item;
  });
}

const textPart = (kind: string, text: string): object =>
  kind === 'output_text' ? { type: kind, text, annotations: [], logprobs: [] } : { type: kind, text };

/** A call that the server has run: its output comes with it. */
const isAnswered = ({ type, environment }: Item): boolean =>
  type === 'shell_call' &&
  (environment as { type?: unknown } | null | undefined)?.type === 'container_reference';

/** Behind results of tools, and what the user said to a request, nothing is called again. */
export const afterCalls = (items: readonly Item[]): boolean => {
  const type = items.at(-1)?.type ?? '';
  return /_output$|^mcp_approval_response$/.test(type) && type !== 'tool_search_output';
};

/** Calls that the client answers, and what errors call them. */
const CLIENT_CALLS: Readonly<Record<string, string>> = {
  function_call: 'function call',
  custom_tool_call: 'custom tool call',
  computer_call: 'computer call',
  local_shell_call: 'local shell call',
  shell_call: 'shell call',
  apply_patch_call: 'apply patch call',
  tool_search_call: 'tool search call',
};

/** Of a call or an output, what the client answers; a shell in a container and a search of the server's are answered already. */
function clientCall(item: Item, kind = item.type): string | undefined {
  if (kind === 'tool_search_call' && item.execution !== 'client') return undefined;
  return isAnswered(item) ? undefined : CLIENT_CALLS[kind];
}

/**
 * Every output belongs to a call, and every call has an output.
 *
 * @throws ApiError 400 in OpenAI's words
 */
export function checkCalls(items: readonly Item[]): void {
  const open = new Map<string, string>();
  const answered = new Set(items.filter(isAnswered).map(({ call_id: callId }) => callId));
  for (const item of items) {
    const { type, call_id: callId, id: itemId } = item;
    // The output of a local shell has the call's id as its own.
    const own = type === 'local_shell_call_output' ? itemId : '';
    const id = typeof callId === 'string' ? callId.slice(0, 200) : own;
    const call = clientCall(item);
    if (call) open.set(id, call);
    const asked = type.replace(/(?:_call)?_output$/, '_call');
    const what = asked === type ? undefined : clientCall(item, asked);
    if (!what || open.delete(id) || answered.has(callId)) continue;
    throw invalid('input', null, `No tool call found for ${what} output with call_id ${id}.`);
  }
  for (const [id, what] of open) throw invalid('input', null, `No tool output found for ${what} ${id}.`);
}
