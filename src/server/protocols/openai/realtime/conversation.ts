/** The items of a realtime conversation, in order, and what was heard of them. */
import * as z from 'zod';
import type { Digest } from '../../../../lib/digest.js';

const part = z.looseObject({
  type: z.enum(['input_text', 'input_audio', 'input_image', 'output_text', 'output_audio', 'text', 'audio']),
  text: z.string().nullish(),
  transcript: z.string().nullish(),
  audio: z.string().nullish(),
  image_url: z.string().nullish(),
  detail: z.enum(['auto', 'low', 'high']).nullish(),
});

const common = {
  id: z.string().max(64).optional(),
  object: z.literal('realtime.item').optional(),
  status: z.enum(['completed', 'incomplete', 'in_progress']).optional(),
};

const mcpItem = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), id: z.string().max(64).optional(), ...shape });

/** An item as clients send it. */
export const itemSchema = z.discriminatedUnion('type', [
  z.object({
    ...common,
    type: z.literal('message'),
    role: z.enum(['system', 'user', 'assistant']),
    content: z.array(part),
  }),
  z.object({
    ...common,
    type: z.literal('function_call'),
    call_id: z.string().optional(),
    name: z.string(),
    arguments: z.string(),
  }),
  z.object({ ...common, type: z.literal('function_call_output'), call_id: z.string(), output: z.string() }),
  mcpItem('mcp_list_tools', {
    server_label: z.string(),
    tools: z.array(z.looseObject({ name: z.string() })),
  }),
  mcpItem('mcp_call', {
    server_label: z.string(),
    name: z.string(),
    arguments: z.string(),
    approval_request_id: z.string().nullish(),
    output: z.string().nullish(),
    error: z.looseObject({ type: z.string() }).nullish(),
  }),
  mcpItem('mcp_approval_request', { server_label: z.string(), name: z.string(), arguments: z.string() }),
  mcpItem('mcp_approval_response', {
    approval_request_id: z.string(),
    approve: z.boolean(),
    reason: z.string().nullish(),
  }),
]);

/** A part of a message. */
export type Part = z.output<typeof part>;
/** An item as it is kept. */
export type Item = z.output<typeof itemSchema> & { id: string };

/** Sound of a part that was heard. */
export interface HeardSound {
  /** In base64, as the session has it; undefined when there was no more room for it. */
  audio: string | undefined;
  digest: Digest;
  durationMs: number;
  /** What it says. */
  text: string;
}

/** Most items; the oldest go. */
const MAX_ITEMS = 1000;
/** Most characters of sound that can still be looked at; that of the oldest goes. */
const MAX_SOUND = 32 * 1024 * 1024;

const keyOf = (id: string, index: number): string => `${id} ${index}`;

/** See the file's head. */
export class Conversation {
  #items: Item[] = [];
  readonly #heard = new Map<string, HeardSound>();
  #soundLength = 0;

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
    const previous = this.#items[at - 1]?.id ?? null;
    if (this.#items.length > MAX_ITEMS) this.#forget(this.#items.shift()!);
    return previous;
  }

  /** Removes an item; false when there is none. */
  remove(id: string): boolean {
    const at = this.#indexOf(id);
    if (at >= 0) this.#forget(this.#items.splice(at, 1)[0]!);
    return at >= 0;
  }

  /** Keeps what was heard of a part of an item. */
  hear(id: string, index: number, sound: HeardSound): void {
    this.#heard.set(keyOf(id, index), sound);
    this.#soundLength += sound.audio?.length ?? 0;
    for (const one of this.#heard.values()) {
      if (this.#soundLength <= MAX_SOUND) break;
      this.#soundLength -= one.audio?.length ?? 0;
      one.audio = undefined;
    }
  }

  /** What was heard of a part of an item. */
  heard(id: string, index: number): HeardSound | undefined {
    return this.#heard.get(keyOf(id, index));
  }

  /** An item with something in the place of its parts that were heard. */
  withHeard(item: Item, change: (part: Part, sound: HeardSound) => Part): Item {
    if (item.type !== 'message') return item;
    const content = item.content.map((one, index) => {
      const sound = this.heard(item.id, index);
      return sound ? change(one, sound) : one;
    });
    return { ...item, content };
  }

  #forget(item: Item): void {
    if (item.type !== 'message') return;
    for (const index of item.content.keys()) {
      this.#soundLength -= this.heard(item.id, index)?.audio?.length ?? 0;
      this.#heard.delete(keyOf(item.id, index));
    }
  }

  #indexOf(id: string): number {
    return this.#items.findIndex((item) => item.id === id);
  }
}

/** An item as the API shows it. */
export const shownItem = (item: Item): Record<string, unknown> =>
  item.type.startsWith('mcp_') ? { ...item } : { object: 'realtime.item', status: 'completed', ...item };
