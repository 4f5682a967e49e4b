/** Items of responses and conversations: given ids, and read as messages of a prompt. */
import { createRandom } from '../../../../lib/random.js';
import type { Digest } from '../../../../lib/digest.js';
import type { ImageDetail } from '../../../../simulator/prompt/image-tokens.js';
import type { MediaPart } from '../../../../simulator/prompt/media-tokens.js';
import type { PromptMessage } from '../../../text/prompt.js';
import { invalid, missing, unsupported } from '../errors.js';
import { readCompacted } from './compacted.js';

/** An item as the API shows it. */
export interface Item {
  type: string;
  id: string;
  [key: string]: unknown;
}

/** What the ids of items begin with. */
const PREFIXES: Readonly<Record<string, string>> = {
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
  compaction: 'cmp_',
};
const HEX_DIGITS = 48;

/** The id of the `index`th item of its kind and group. */
export function itemId(seed: number, digest: Digest, group: string, index: number, type: string): string {
  const random = createRandom(seed, 'item', group, digest.high, digest.low, index);
  let id = PREFIXES[type] ?? 'item_';
  for (let i = 0; i < HEX_DIGITS; i++) id += random.int(16).toString(16);
  return id;
}

type RawItem = Readonly<Record<string, unknown>>;

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
    } else if (type.endsWith('_call') || type === 'function_call_output') item.status ??= 'completed';
    return item;
  });
}

const textPart = (kind: string, text: string): object =>
  kind === 'output_text' ? { type: kind, text, annotations: [], logprobs: [] } : { type: kind, text };

const ROLES = new Set(['user', 'system', 'developer', 'assistant']);
const TEXT_PARTS = new Set(['input_text', 'output_text', 'text', 'summary_text', 'reasoning_text']);

/**
 * An item as a message of a prompt; undefined for what a model does not read again.
 *
 * @param at - where it is, for errors
 * @param seed - of the server, which opens what it sealed
 * @throws ApiError when it is malformed
 */
export function readItem(item: Item, at: string, seed: number): PromptMessage | undefined {
  switch (item.type) {
    case 'message':
      return readMessage(item, at);
    case 'function_call':
      return called(textOf(item, 'name', at) + textOf(item, 'arguments', at));
    case 'custom_tool_call':
      return called(textOf(item, 'name', at) + textOf(item, 'input', at));
    case 'function_call_output':
    case 'custom_tool_call_output':
      textOf(item, 'call_id', at);
      return { ...readContent(item.output, `${at}.output`), role: 'tool', name: undefined };
    case 'reasoning':
      return undefined;
    case 'compaction':
      return called(readCompacted(seed, item, at).text);
    case 'compaction_trigger':
      throw unsupported(`${at}.type`, "items of type 'compaction_trigger' (POST /v1/responses/compact is)");
    default:
      if (!(item.type in PREFIXES)) throw unknownType(item.type, `${at}.type`);
      return called(JSON.stringify(item.action ?? item.queries ?? item.code ?? ''));
  }
}

const called = (text: string): PromptMessage => ({ role: 'assistant', name: undefined, text });

function readMessage(item: Item, at: string): PromptMessage {
  const { role } = item;
  if (role === undefined) throw missing(`${at}.role`);
  if (typeof role !== 'string' || !ROLES.has(role)) {
    const shown = JSON.stringify(role).slice(0, 100);
    throw invalid(
      `${at}.role`,
      'invalid_value',
      `Invalid value: ${shown}. Supported values are: 'assistant', 'system', 'developer', and 'user'.`,
    );
  }
  return { ...readContent(item.content, `${at}.content`), role, name: undefined };
}

function readContent(content: unknown, at: string): Pick<PromptMessage, 'text' | 'media'> {
  if (typeof content === 'string') return { text: content };
  if (content === undefined) throw missing(at);
  if (!Array.isArray(content))
    throw invalid(at, 'invalid_type', `Invalid type for '${at}': expected a string or an array.`);
  const media: MediaPart[] = [];
  const text = content.map((part, i) => readPart(part as RawItem, `${at}[${i}]`, media)).join('');
  return media.length > 0 ? { text, media } : { text };
}

function readPart(part: RawItem | null, at: string, media: MediaPart[]): string {
  const type = part?.type;
  if (!part || typeof type !== 'string') throw missing(`${at}.type`);
  if (TEXT_PARTS.has(type)) return textOf(part, 'text', at);
  switch (type) {
    case 'refusal':
      return textOf(part, 'refusal', at);
    case 'input_image': {
      if (part.image_url == null && part.file_id != null)
        throw unsupported(`${at}.file_id`, 'images by file id');
      const detail = typeof part.detail === 'string' ? (part.detail as ImageDetail) : 'auto';
      media.push({ kind: 'image', url: textOf(part, 'image_url', at), detail });
      return '';
    }
    case 'input_file': {
      const url = part.file_data ?? part.file_url;
      if (url == null && part.file_id != null) throw unsupported(`${at}.file_id`, 'files by id');
      if (typeof url !== 'string') throw missing(`${at}.file_data`);
      media.push({ kind: 'file', url });
      return '';
    }
    case 'input_audio': {
      const audio = (part.input_audio ?? part) as RawItem;
      media.push({ kind: 'audio', data: textOf(audio, 'data', at) });
      return '';
    }
    default:
      throw unknownType(type, `${at}.type`);
  }
}

const unknownType = (type: string, at: string) =>
  invalid(
    at,
    'invalid_value',
    `Invalid value: ${JSON.stringify(type.slice(0, 100))}. It is not a type that is known here.`,
  );

function textOf(object: RawItem, key: string, at: string): string {
  const value = object[key];
  if (typeof value === 'string') return value;
  const where = `${at}.${key}`;
  throw value === undefined
    ? missing(where)
    : invalid(where, 'invalid_type', `Invalid type for '${where}': expected a string.`);
}

/**
 * Every output belongs to a call, and every call has an output.
 *
 * @throws ApiError 400 in OpenAI's words
 */
export function checkCalls(items: readonly Item[]): void {
  const open = new Set<unknown>();
  for (const { type, call_id: id } of items) {
    if (type === 'function_call' || type === 'custom_tool_call') open.add(id);
    if (type !== 'function_call_output' && type !== 'custom_tool_call_output') continue;
    const what = type === 'function_call_output' ? 'function call' : 'custom tool call';
    if (!open.delete(id))
      throw invalid(
        'input',
        null,
        `No tool call found for ${what} output with call_id ${String(id).slice(0, 200)}.`,
      );
  }
  for (const id of open)
    throw invalid('input', null, `No tool output found for function call ${String(id).slice(0, 200)}.`);
}
