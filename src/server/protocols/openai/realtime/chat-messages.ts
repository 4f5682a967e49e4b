/** A realtime conversation as the messages of a chat. */
import type { Item, Part } from './conversation.js';

type Call = Extract<Item, { type: 'function_call' }>;

const textOf = ({ text, transcript }: Part): string => text ?? transcript ?? '';

const callOf = (id: string, name: string, text: string): object => ({
  id,
  type: 'function',
  function: { name, arguments: text },
});

const called = (calls: readonly object[]): object => ({
  role: 'assistant',
  content: null,
  tool_calls: calls,
});
const answered = (id: string, content: string): object => ({ role: 'tool', tool_call_id: id, content });

/**
 * The messages of a conversation. Chats want the result of each call behind it, and calls that were made together in one message;
 * sessions go on while a function is at work, and what comes of it may be told later. Results of calls that are not seen any more
 * are not seen either.
 */
export function messagesOf(items: readonly Item[]): object[] {
  const outputs = new Map<string, string>();
  for (const item of items) if (item.type === 'function_call_output') outputs.set(item.call_id, item.output);
  const messages: object[] = [];
  let open = new Map<string, Call>();
  const close = (): void => {
    if (open.size === 0) return;
    messages.push(called([...open].map(([id, call]) => callOf(id, call.name, call.arguments))));
    for (const id of open.keys()) messages.push(answered(id, outputs.get(id) ?? ''));
    open = new Map();
  };
  for (const item of items) {
    if (item.type === 'function_call') open.set(item.call_id ?? item.id, item);
    else {
      close();
      if (item.type !== 'function_call_output') messages.push(...messagesAlone(item));
    }
  }
  close();
  return messages;
}

/** The messages of an item, whatever there is beside it; none of those that say nothing to a model. */
export function messagesAlone(item: Item): object[] {
  switch (item.type) {
    case 'function_call_output':
      return [answered(item.call_id, item.output)];
    case 'function_call':
      return [called([callOf(item.call_id ?? item.id, item.name, item.arguments)])];
    case 'mcp_call':
      return [
        called([callOf(item.id, item.name, item.arguments)]),
        answered(item.id, item.output ?? JSON.stringify(item.error ?? '')),
      ];
    case 'message':
      return [message(item.role, item.content)];
    default:
      return [];
  }
}

/** All that is said in parts. */
export const textIn = (content: readonly Part[]): string => content.map(textOf).join('\n');

/** A message of parts that are texts, sounds with their transcripts, or pictures. */
export function message(role: string, content: readonly Part[]): object {
  const images = content.flatMap(({ type, image_url: url, detail }) =>
    type === 'input_image' && url
      ? [{ type: 'image_url', image_url: { url, ...(detail ? { detail } : {}) } }]
      : [],
  );
  const text = textIn(content);
  if (images.length === 0) return { role, content: text === '' ? ' ' : text };
  return { role, content: [{ type: 'text', text: text === '' ? ' ' : text }, ...images] };
}
