/** Responses and conversations as they are kept. */
import type { Collection, Store } from '../../../store/store.js';
import type { Sender } from '../../../text/sender.js';
import { invalid } from '../errors.js';
import { notFound } from '../lists.js';
import type { ResponseRequest } from './body.js';
import type { Hidden, HiddenById } from './included.js';
import type { Item } from './items.js';

/** A response as it is kept. */
export interface ResponseRecord {
  id: string;
  /** As the API shows it. */
  body: { status: string; output: Item[]; [key: string]: unknown };
  /** Its own input, without what came before. */
  input: Item[];
  previousId: string | null;
  /** It goes on without its client. */
  background: boolean;
  /** Its events can be read again, from this blob once it is over. */
  eventsBlob: string | null;
  /** What is known of its output beside what is shown of it. */
  hidden?: HiddenById | undefined;
  /** What is left to do, until it is over: the request without its input, and who sent it. */
  work?: { request: ResponseRequest; sender: Sender };
}

/** Responses that are still to be made. */
export const OPEN = 'open';

export const RESPONSES: Collection<ResponseRecord> = {
  name: 'responses',
  indexes: { state: ({ work }) => (work ? OPEN : undefined) },
  maxCount: 100_000,
  atBound: 'evict',
  watched: true,
};

/** A response of which nothing is left to do. */
export function withoutWork({ work: _work, ...record }: ResponseRecord): ResponseRecord {
  return record;
}

/** Whether nothing more comes of a response. */
export const isOver = ({ body }: ResponseRecord): boolean =>
  body.status !== 'queued' && body.status !== 'in_progress';

/** How long responses are kept. */
export const RESPONSE_LIFE_MS = 30 * 86_400_000;

export interface ConversationRecord {
  id: string;
  createdS: number;
  metadata: Record<string, string>;
}

export const CONVERSATIONS: Collection<ConversationRecord> = {
  name: 'conversations',
  maxCount: 100_000,
  atBound: 'refuse',
};

/** An item of a conversation. */
export interface ConversationItemRecord {
  conversationId: string;
  item: Item;
  hidden?: Hidden;
}

export const CONVERSATION_ITEMS: Collection<ConversationItemRecord> = {
  name: 'conversation_items',
  indexes: { conversation: ({ conversationId }) => conversationId },
  maxCount: 1_000_000,
  atBound: 'refuse',
};

/** The key of an item: ids are unique within their conversation. */
export const itemKey = (conversationId: string, itemId: string): string =>
  `${conversationId}/${itemId.slice(0, 128)}`;

/** @throws ApiError 404 when there is none */
export async function requireResponse(store: Store, id: string): Promise<ResponseRecord> {
  const record = await store.get(RESPONSES, id);
  if (!record) throw notFound(`Response with id '${id.slice(0, 200)}' not found.`, null);
  return record;
}

/** @throws ApiError 404 when there is none */
export async function requireConversation(store: Store, id: string): Promise<ConversationRecord> {
  const record = await store.get(CONVERSATIONS, id);
  if (!record) throw notFound(`Conversation with id '${id.slice(0, 200)}' not found.`, null);
  return record;
}

/** Most responses that a chain is followed through. */
const MAX_CHAIN = 1000;
/** Most items of a conversation that a response reads. */
const MAX_ITEMS = 10_000;

/** Responses that are known beside those that are stored: all that was said up to one, in order. */
export type RecentResponses = (id: string) => readonly Item[] | undefined;

/**
 * What was said before a response that goes on from another one, in order.
 *
 * @throws ApiError 400 when it cannot be found
 */
export async function itemsBefore(
  open: () => Promise<Store>,
  previousId: string,
  recent: RecentResponses = () => undefined,
): Promise<Item[]> {
  const known = recent(previousId);
  if (known) return [...known];
  const store = await open();
  const turns: (readonly Item[])[] = [];
  for (let id: string | null = previousId; id !== null;) {
    const remembered = recent(id);
    if (remembered) {
      turns.push(remembered);
      break;
    }
    const record: ResponseRecord | undefined = await store.get(RESPONSES, id);
    if (!record || turns.length >= MAX_CHAIN) {
      const message = `Previous response with id '${id.slice(0, 200)}' not found.`;
      throw invalid('previous_response_id', 'previous_response_not_found', message);
    }
    turns.push([...record.input, ...record.body.output]);
    id = record.previousId;
  }
  return turns.toReversed().flat();
}

/** The items of a conversation, in order. */
export async function itemsOf(store: Store, conversationId: string): Promise<Item[]> {
  const index = { name: 'conversation', group: conversationId };
  const page = await store.list(CONVERSATION_ITEMS, { limit: MAX_ITEMS, order: 'asc', index });
  return page.data.map(({ item }) => item);
}
