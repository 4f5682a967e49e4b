/** Items are listed with members that may be left out where they are sent. */
import type { Item, RawItem } from './items.js';

/** What an item of a type has where it was sent without. */
const ITEMS: Readonly<Record<string, () => RawItem>> = {
  shell_call: () => ({ environment: null }),
  shell_call_output: () => ({ max_output_length: null }),
  computer_call: () => ({ pending_safety_checks: [] }),
  code_interpreter_call: () => ({ code: null, outputs: null }),
};

/** What a part of a content has where it was sent without. */
const PARTS: Readonly<Record<string, () => RawItem>> = {
  input_image: () => ({ detail: 'auto' }),
  output_text: () => ({ annotations: [], logprobs: [] }),
};

const LIMITS: RawItem = { timeout_ms: null, max_output_length: null };

/** Gives an item what the specification wants of those that are listed. */
export function fillIn(item: Item): void {
  filled(item, ITEMS[item.type]?.());
  if (item.type === 'shell_call' && isObject(item.action)) item.action = filled({ ...item.action }, LIMITS);
  for (const name of ['content', 'output']) {
    const parts = item[name];
    if (Array.isArray(parts)) item[name] = parts.map(filledPart);
  }
}

function filledPart(part: unknown): unknown {
  const defaults = isObject(part) && typeof part.type === 'string' ? PARTS[part.type]?.() : undefined;
  return defaults ? filled({ ...(part as RawItem) }, defaults) : part;
}

function filled(object: Record<string, unknown>, defaults: RawItem = {}): object {
  for (const [name, value] of Object.entries(defaults)) object[name] ??= value;
  return object;
}

const isObject = (value: unknown): value is RawItem =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
