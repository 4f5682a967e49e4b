/** The items of a realtime conversation, in order, and what a model makes of them. */
import * as z from 'zod';

const part = z.looseObject({
  type: z.enum(['input_text', 'input_audio', 'input_image', 'output_text', 'output_audio', 'text', 'audio']),
  text: z.string().nullish(),
  transcript: z.string().nullish(),
  audio: z.string().nullish(),
  image_url: z.string().nullish(),
});

/** An item as clients send it. */
export const itemSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('message'),
    id: z.string().max(64).optional(),
    object: z.literal('realtime.item').optional(),
    status: z.string().optional(),
    role: z.enum(['system', 'user', 'assistant']),
    content: z.array(part),
  }),
  z.object({
    type: z.literal('function_call'),
    id: z.string().max(64).optional(),
    object: z.literal('realtime.item').optional(),
    status: z.string().optional(),
    call_id: z.string().optional(),
    name: z.string(),
    arguments: z.string(),
  }),
  z.object({
    type: z.literal('function_call_output'),
    id: z.string().max(64).optional(),
    object: z.literal('realtime.item').optional(),
    status: z.string().optional(),
    call_id: z.string(),
    output: z.string(),
  }),
]);

type Part = z.output<typeof part>;
/** An item as it is kept. */
export type Item = z.output<typeof itemSchema> & { id: string };

/** Most items; the oldest go. */
const MAX_ITEMS = 1000;

/** See the file's head. */
export class Conversation {
  #items: Item[] = [];

  /** The id of the last item. */
  get lastId(): string | null {
    return this.#items.at(-1)?.id ?? null;
  }

  get items(): readonly Item[] {
    return this.#items;
  }

  find(id: string): Item | undefined {
    return this.#items.find((item) => item.id === id);
  }

  /**
   * Puts an item in.
   *
   * @param after - behind which item; `root` is in front of all, undefined behind all
   * @returns the id of the item before it; undefined when there is no item `after`
   */
  insert(item: Item, after?: string): string | null | undefined {
    const at = after === undefined ? this.#items.length : after === 'root' ? 0 : this.#indexOf(after) + 1;
    if (after !== undefined && after !== 'root' && at === 0) return undefined;
    this.#items.splice(at, 0, item);
    if (this.#items.length > MAX_ITEMS) this.#items.shift();
    return this.#items[at - 1]?.id ?? null;
  }

  /** Removes an item; false when there is none. */
  remove(id: string): boolean {
    const at = this.#indexOf(id);
    if (at >= 0) this.#items.splice(at, 1);
    return at >= 0;
  }

  #indexOf(id: string): number {
    return this.#items.findIndex((item) => item.id === id);
  }
}

const textOf = ({ text, transcript }: Part): string => text ?? transcript ?? '';

/** The items as messages of a chat. */
export const chatMessages = (instructions: string, items: readonly Item[]): object[] => [
  ...(instructions === '' ? [] : [{ role: 'system', content: instructions }]),
  ...items.flatMap(messageOf),
];

function messageOf(item: Item): object[] {
  if (item.type === 'function_call_output') {
    return [{ role: 'tool', tool_call_id: item.call_id, content: item.output }];
  }
  if (item.type === 'function_call') {
    const call = { name: item.name, arguments: item.arguments };
    const calls = [{ id: item.call_id ?? item.id, type: 'function', function: call }];
    return [{ role: 'assistant', content: null, tool_calls: calls }];
  }
  const images = item.content.flatMap(({ type, image_url: url }) =>
    type === 'input_image' && url ? [{ type: 'image_url', image_url: { url } }] : [],
  );
  const text = item.content.map(textOf).join('\n');
  if (images.length === 0) return [{ role: item.role, content: text === '' ? ' ' : text }];
  return [{ role: item.role, content: [{ type: 'text', text: text === '' ? ' ' : text }, ...images] }];
}

/** An item as the API shows it. */
export const shownItem = (item: Item): Record<string, unknown> => ({
  object: 'realtime.item',
  status: 'completed',
  ...item,
});
