/** Chat completions that were kept (`store: true`): listed, read, given metadata, deleted. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { Collection } from '../../../store/store.js';
import { listBody, notFound, pageOf, readPage, unknownCursor } from '../lists.js';
import type { OperationHandler, OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { type MessageBody, metadataField } from './body.js';
import type { ChatMessage } from './messages.js';
import type { ChatRequest } from './request.js';

/** A completion as it is kept. */
export interface StoredCompletion {
  id: string;
  model: string;
  metadata: Readonly<Record<string, string>>;
  /** As it was answered, and what it was asked with. */
  body: Record<string, unknown>;
  messages: StoredMessage[];
}

type StoredMessage = { id: string } & Record<string, unknown>;

export const COMPLETIONS: Collection<StoredCompletion> = {
  name: 'chat_completions',
  indexes: { model: ({ model }) => model },
  maxCount: 100_000,
  atBound: 'evict',
};

/** How long they are kept. */
const LIFE_MS = 30 * 86_400_000;

/**
 * Keeps a completion.
 *
 * @param completion - the answer, as JSON
 */
export async function keepCompletion(
  context: ServerContext,
  request: ChatRequest,
  id: string,
  completion: string,
): Promise<void> {
  const { extras, model, messages, temperature, topP, seed } = request;
  const { raw, metadata, sent } = extras!;
  const body = {
    ...(JSON.parse(completion) as Record<string, unknown>),
    metadata,
    temperature: temperature ?? 1,
    top_p: topP ?? 1,
    presence_penalty: raw.presence_penalty ?? 0,
    frequency_penalty: raw.frequency_penalty ?? 0,
    seed: seed ?? null,
    tools: raw.tools ?? null,
    tool_choice: raw.tool_choice ?? null,
    response_format: raw.response_format ?? null,
    input_user: raw.user ?? null,
  };
  // Documents come before what was sent.
  const kept = messages
    .slice(messages.length - sent!.length)
    .map((message, i) => keptMessage(`${id}-${i}`, message, sent![i]!));
  const expiresAtMs = context.clock.wallMs() + LIFE_MS;
  const store = await context.store();
  const version = context.models.versionOf(model);
  await store.put(COMPLETIONS, id, { id, model: version, metadata, body, messages: kept }, { expiresAtMs });
}

/** Parts that come back as parts: what a message has beside them is among its text, or is not shown. */
const SHOWN_PARTS = new Set(['text', 'image_url']);

/** A message as the list of them shows it. */
function keptMessage(id: string, { role, name, text }: ChatMessage, sent: MessageBody): StoredMessage {
  const { content, tool_calls: calls, tool_call_id: answered } = sent;
  const parts = Array.isArray(content) ? content.filter(({ type }) => SHOWN_PARTS.has(type)) : null;
  return {
    id,
    role,
    content: calls && content == null ? null : text,
    refusal: sent.refusal ?? null,
    ...(name !== undefined && { name }),
    ...(calls && { tool_calls: calls }),
    ...(answered != null && { tool_call_id: answered }),
    ...(sent.function_call && { function_call: sent.function_call }),
    content_parts: parts,
  };
}

async function requireCompletion(context: ServerContext, id: string): Promise<StoredCompletion> {
  const found = await (await context.store()).get(COMPLETIONS, id);
  if (!found) throw notFound(`Chat completion with id '${id.slice(0, 200)}' not found.`, 'completion_id');
  return found;
}

/** `metadata[key]=value` in a query. */
function wantedMetadata(query: URLSearchParams): [string, string][] {
  return [...query].flatMap(([name, value]): [string, string][] => {
    const key = /^metadata\[(.+)\]$/.exec(name)?.[1];
    return key === undefined ? [] : [[key, value]];
  });
}

const list: OperationHandler = async (context, request, reply) => {
  const page = pageOf<StoredCompletion>(request, { order: 'asc' });
  const model = request.query.get('model');
  const wanted = wantedMetadata(request.query);
  const where = ({ metadata }: StoredCompletion): boolean =>
    wanted.every(([key, value]) => metadata[key] === value);
  const index = model ? { index: { name: 'model', group: context.models.versionOf(model) } } : {};
  const found = await readPage(await context.store(), COMPLETIONS, {
    ...page,
    ...index,
    ...(wanted.length > 0 && { where }),
  });
  reply.json(listBody({ ...found, data: found.data.map(({ body, id }) => ({ ...body, id })) }));
};

const retrieve: OperationHandler = async (context, request, reply) => {
  reply.json((await requireCompletion(context, request.param('completion_id'))).body);
};

const change = z.looseObject({ metadata: metadataField.unwrap() });

const update: OperationHandler = async (context, request, reply) => {
  const metadata = check(change, request.json()).metadata ?? {};
  const { id } = await requireCompletion(context, request.param('completion_id'));
  const store = await context.store();
  const changed = await store.update(COMPLETIONS, id, (current) => ({
    ...current,
    metadata,
    body: { ...current.body, metadata },
  }));
  reply.json(changed!.body);
};

const remove: OperationHandler = async (context, request, reply) => {
  const { id } = await requireCompletion(context, request.param('completion_id'));
  await (await context.store()).delete(COMPLETIONS, id);
  reply.json({ object: 'chat.completion.deleted', id, deleted: true });
};

const listMessages: OperationHandler = async (context, request, reply) => {
  const { limit, order, after } = pageOf<never>(request, { order: 'asc' });
  const { messages } = await requireCompletion(context, request.param('completion_id'));
  const all = order === 'asc' ? messages : messages.toReversed();
  const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && from === 0) throw unknownCursor('after', after);
  reply.json(listBody({ data: all.slice(from, from + limit), hasMore: from + limit < all.length }));
};

export const handlers: OperationHandlers = {
  listChatCompletions: list,
  getChatCompletion: retrieve,
  updateChatCompletion: update,
  deleteChatCompletion: remove,
  getChatCompletionMessages: listMessages,
};
