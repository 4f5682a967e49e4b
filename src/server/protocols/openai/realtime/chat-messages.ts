/** A realtime conversation as the messages of a chat. */
import type { Item, Part } from './conversation.js';

const textOf = ({ text, transcript }: Part): string => text ?? transcript ?? '';

const called = (id: string, name: string, text: string): object => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, type: 'function', function: { name, arguments: text } }],
});

/** The messages of an item; none of those that say nothing to a model. */
export function messagesOf(item: Item): object[] {
  switch (item.type) {
    case 'function_call_output':
      return [{ role: 'tool', tool_call_id: item.call_id, content: item.output }];
    case 'function_call':
      return [called(item.call_id ?? item.id, item.name, item.arguments)];
    case 'mcp_call':
      return [
        called(item.id, item.name, item.arguments),
        { role: 'tool', tool_call_id: item.id, content: item.output ?? JSON.stringify(item.error ?? '') },
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
