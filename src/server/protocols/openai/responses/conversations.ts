/** `/v1/conversations`: items that responses add to and go on from. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import { digestOf } from '../../../../lib/digest.js';
import { willAnswer } from '../../../store/commit-note.js';
import { newId } from '../../../store/new-id.js';
import type { Transaction } from '../../../store/store.js';
import { metadataField } from '../chat/body.js';
import { listBody, notFound, pageOf, readPage } from '../lists.js';
import type { OperationHandler, OperationHandlers } from '../operations.js';
import { refuseUnknownItemFields } from '../known-fields.js';
import { check } from '../validation.js';
import { checkItem } from './check-item.js';
import { includeOf, withIncluded } from './included.js';
import { type Item, itemId, normalized } from './items.js';
import { readItem } from './read-item.js';
import {
  CONVERSATION_ITEMS,
  type ConversationItemRecord,
  type ConversationRecord,
  CONVERSATIONS,
  itemKey,
  itemsOf,
  requireConversation,
} from './records.js';

/** Most items that are added at once. */
const MAX_ADDED = 20;

const item = z.looseObject({ type: z.string().optional() });
const newConversation = z.looseObject({
  metadata: metadataField,
  items: z.array(item).max(MAX_ADDED).nullish(),
});
const newItems = z.looseObject({ items: z.array(item).min(1).max(MAX_ADDED) });
const changes = z.looseObject({ metadata: metadataField.unwrap() });

const conversationBody = ({ id, createdS, metadata }: ConversationRecord) => ({
  id,
  object: 'conversation',
  created_at: createdS,
  metadata,
});

/**
 * Items with ids.
 *
 * @throws ApiError for what is none
 */
async function checkedItems(
  context: ServerContext,
  raw: readonly Record<string, unknown>[],
): Promise<Item[]> {
  const key = digestOf([await newId(context, 'items_')]);
  const items = normalized(raw, (type, index) => itemId(context.seed, key, 'conversation', index, type));
  for (const [i, one] of items.entries()) {
    checkItem(one, `items[${i}]`);
    readItem(one, `items[${i}]`, context.seed);
  }
  refuseUnknownItemFields(raw, 'items');
  return items;
}

function putItems(transaction: Transaction, conversationId: string, items: readonly Item[]): void {
  for (const item of items)
    transaction.put(CONVERSATION_ITEMS, itemKey(conversationId, item.id), { conversationId, item });
}

const createConversation: OperationHandler = async (context, request, reply) => {
  const text = request.body.length === 0 ? {} : request.json();
  const { metadata, items } = check(newConversation, text);
  const store = await context.store();
  const createdS = Math.floor(context.clock.wallMs() / 1000);
  const record: ConversationRecord = {
    id: await newId(context, 'conv_', 48, 'hex'),
    createdS,
    metadata: metadata ?? {},
  };
  const first = items && items.length > 0 ? await checkedItems(context, items) : [];
  // All of it, or nothing: also when an item is refused.
  await store.transact((transaction) => {
    transaction.put(CONVERSATIONS, record.id, record);
    putItems(transaction, record.id, first);
  });
  reply.json(conversationBody(record));
};

const getConversation: OperationHandler = async (context, request, reply) => {
  reply.json(
    conversationBody(await requireConversation(await context.store(), request.param('conversation_id'))),
  );
};

const updateConversation: OperationHandler = async (context, request, reply) => {
  const { metadata } = check(changes, request.json());
  const store = await context.store();
  const { id } = await requireConversation(store, request.param('conversation_id'));
  const changed = await store.update(CONVERSATIONS, id, (record) => ({
    ...record,
    metadata: metadata ?? {},
  }));
  reply.json(conversationBody(changed!));
};

const deleteConversation: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const { id } = await requireConversation(store, request.param('conversation_id'));
  const items = await itemsOf(store, id);
  await store.transact((transaction) => {
    transaction.delete(CONVERSATIONS, id);
    for (const one of items) transaction.delete(CONVERSATION_ITEMS, itemKey(id, one.id));
  });
  reply.json({ id, object: 'conversation.deleted', deleted: true });
};

const createItems: OperationHandler = async (context, request, reply) => {
  const { items } = check(newItems, request.json());
  const store = await context.store();
  const { id } = await requireConversation(store, request.param('conversation_id'));
  const data = await checkedItems(context, items);
  const include = includeOf(request);
  const shown = data.map((one) => withIncluded(one, undefined, include, context.seed));
  const body = listBody({ data: shown, hasMore: false });
  willAnswer(body);
  await store.transact((transaction) => putItems(transaction, id, data));
  reply.json(body);
};

const listItems: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const { id } = await requireConversation(store, request.param('conversation_id'));
  const query = pageOf<ConversationItemRecord>(request);
  const cursor = query.after === undefined ? undefined : itemKey(id, query.after);
  const index = { name: 'conversation', group: id };
  const page = await readPage(store, CONVERSATION_ITEMS, { ...query, after: cursor, index });
  const include = includeOf(request);
  const data = page.data.map((record) => withIncluded(record.item, record.hidden, include, context.seed));
  reply.json(listBody({ data, hasMore: page.hasMore }));
};

const getItem: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const { id } = await requireConversation(store, request.param('conversation_id'));
  const wanted = request.param('item_id');
  const record = await store.get(CONVERSATION_ITEMS, itemKey(id, wanted));
  if (!record) throw notFound(`Item with id '${wanted.slice(0, 200)}' not found.`);
  reply.json(withIncluded(record.item, record.hidden, includeOf(request), context.seed));
};

const deleteItem: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const conversation = await requireConversation(store, request.param('conversation_id'));
  const wanted = request.param('item_id');
  if (!(await store.delete(CONVERSATION_ITEMS, itemKey(conversation.id, wanted)))) {
    throw notFound(`Item with id '${wanted.slice(0, 200)}' not found.`);
  }
  reply.json(conversationBody(conversation));
};

export const conversationHandlers: OperationHandlers = {
  createConversation,
  getConversation,
  updateConversation,
  deleteConversation,
  createConversationItems: createItems,
  listConversationItems: listItems,
  getConversationItem: getItem,
  deleteConversationItem: deleteItem,
};
