/** What OpenAI's service looks for in items beyond their shapes: ids that are of their type, names, and that none is there twice. */
import { invalid } from '../errors.js';
import { requirePrefix } from '../id-prefixes.js';
import { lengthError, patternError } from '../validation.js';
import { type Item, PREFIXES } from './items.js';

/** Types of items whose ids OpenAI was seen to refuse by how they begin. */
const KNOWN_BY_PREFIX = [
  'message', 'reasoning', 'function_call', 'custom_tool_call', 'custom_tool_call_output', 'web_search_call',
  'file_search_call', 'code_interpreter_call', 'image_generation_call', 'computer_call', 'mcp_list_tools', 'mcp_call',
  'mcp_approval_request',
]; // prettier-ignore
const ID_PREFIXES: ReadonlyMap<string, string> = new Map([
  ...KNOWN_BY_PREFIX.map((type): [string, string] => [type, PREFIXES[type]!.slice(0, -1)]),
  // The same as of its call.
  ['function_call_output', 'fc'],
]);

const MAX_ID = 64;
const CALL_NAME = /^[a-zA-Z0-9_-]+$/;

/**
 * Checks an item that a client sent.
 *
 * @param at - where it is
 * @throws ApiError 400 in OpenAI's words
 */
export function checkItem({ type, id, call_id: callId, name }: Item, at: string): void {
  if (id !== '') {
    refuseLong(id, `${at}.id`);
    const prefix = ID_PREFIXES.get(type);
    if (prefix !== undefined) requirePrefix(`${at}.id`, id, prefix);
  }
  if (type !== 'function_call' && type !== 'custom_tool_call') return;
  if (typeof callId === 'string') refuseLong(callId, `${at}.call_id`);
  if (typeof name === 'string' && !CALL_NAME.test(name)) throw patternError(`${at}.name`, CALL_NAME.source);
}

function refuseLong(id: string, at: string): void {
  if (id.length > MAX_ID) throw lengthError(at, { kind: 'string', big: true, bound: MAX_ID }, id.length);
}

/**
 * Refuses items that are there twice.
 *
 * @throws ApiError 400 in OpenAI's words
 */
export function refuseTwice(items: readonly Item[]): void {
  const seen = new Set<string>();
  for (const { id } of items) {
    if (id === '') continue;
    if (seen.has(id)) {
      const message = `Duplicate item found with id ${id.slice(0, 200)}. Remove duplicate items from your input and try again.`;
      throw invalid('input', null, message);
    }
    seen.add(id);
  }
}
