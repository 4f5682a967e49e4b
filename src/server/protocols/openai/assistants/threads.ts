/** `/v1/assistants`, `/v1/threads` and the messages of threads. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import { newId } from '../../../store/new-id.js';
import type { Store } from '../../../store/store.js';
import { deleteGroup } from '../delete-group.js';
import { metadata as metadataOf } from '../common-fields.js';
import { invalid } from '../errors.js';
import { listBody, pageOf, readPage } from '../lists.js';
import type { OperationHandler, OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { assistantFields, type MessageFields, messageFields, threadFields, toolResources } from './fields.js';
import {
  type Assistant,
  ASSISTANTS,
  LATEST_RUNS,
  type MessageContent,
  MESSAGES,
  nowS,
  requireAssistant,
  requireMessage,
  requireThread,
  RUNS,
  STEPS,
  type Thread,
  type ThreadMessage,
  THREADS,
} from './records.js';
import { attachFiles, checkFiles, makeResources } from './resources.js';
import { activeRun } from './run-ends.js';
import { checkTools, formatOf } from './run-prompt.js';

/** Most runs of a thread whose steps are looked for when it is deleted. */
const MAX_RUNS = 100_000;

const newAssistant = z.strictObject({ model: z.string(), ...assistantFields });
const assistantChanges = z.strictObject({ model: z.string().nullish(), ...assistantFields });
const threadChanges = z.strictObject({ metadata: metadataOf.nullish(), tool_resources: toolResources });
const messageChanges = z.strictObject({ metadata: metadataOf.nullish() });

const createAssistant: OperationHandler = async (context, request, reply) => {
  const data = check(newAssistant, request.json());
  context.models.of(data.model, 'chat');
  checkTools(data.tools ?? []);
  formatOf(data.response_format);
  const assistant: Assistant = {
    id: await newId(context, 'asst_'),
    object: 'assistant',
    created_at: nowS(context),
    name: data.name ?? null,
    description: data.description ?? null,
    model: data.model,
    instructions: data.instructions ?? null,
    tools: data.tools ?? [],
    tool_resources: await makeResources(context, data.tool_resources),
    metadata: data.metadata ?? {},
    temperature: data.temperature ?? 1,
    top_p: data.top_p ?? 1,
    reasoning_effort: data.reasoning_effort ?? null,
    response_format: data.response_format ?? 'auto',
  };
  await (await context.store()).put(ASSISTANTS, assistant.id, assistant);
  reply.json(assistant);
};

const listAssistants: OperationHandler = async (context, request, reply) => {
  reply.json(listBody(await readPage(await context.store(), ASSISTANTS, pageOf<Assistant>(request))));
};

const getAssistant: OperationHandler = async (context, request, reply) => {
  reply.json(await requireAssistant(await context.store(), request.param('assistant_id')));
};

const modifyAssistant: OperationHandler = async (context, request, reply) => {
  const data = check(assistantChanges, request.json());
  if (data.model != null) context.models.of(data.model, 'chat');
  const store = await context.store();
  const { id } = await requireAssistant(store, request.param('assistant_id'));
  checkTools(data.tools ?? []);
  formatOf(data.response_format);
  const { tool_resources: resources, ...changes } = data;
  const given = {
    ...Object.fromEntries(Object.entries(changes).filter(([, value]) => value != null)),
    ...(resources && { tool_resources: await makeResources(context, resources) }),
  };
  reply.json((await store.update(ASSISTANTS, id, (current) => ({ ...current, ...given })))!);
};

const deleteAssistant: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const { id } = await requireAssistant(store, request.param('assistant_id'));
  await store.delete(ASSISTANTS, id);
  reply.json({ id, object: 'assistant.deleted', deleted: true });
};

/** Makes a thread with its messages. */
export async function makeThread(
  context: ServerContext,
  store: Store,
  data: z.output<typeof threadFields>,
): Promise<Thread> {
  await checkFiles(store, data.messages ?? []);
  const thread: Thread = {
    id: await newId(context, 'thread_'),
    object: 'thread',
    created_at: nowS(context),
    tool_resources: await makeResources(context, data.tool_resources),
    metadata: data.metadata ?? {},
  };
  await store.put(THREADS, thread.id, thread);
  await addMessages(context, store, thread.id, data.messages ?? []);
  // Attachments give it more.
  return (await store.get(THREADS, thread.id)) ?? thread;
}

/** Adds messages to a thread, in order; their files must have been {@link checkFiles checked}. */
export async function addMessages(
  context: ServerContext,
  store: Store,
  threadId: string,
  all: readonly MessageFields[],
): Promise<ThreadMessage[]> {
  const messages: ThreadMessage[] = [];
  for (const { role, content, attachments, metadata } of all) {
    messages.push({
      id: await newId(context, 'msg_'),
      object: 'thread.message',
      created_at: nowS(context),
      thread_id: threadId,
      status: 'completed',
      incomplete_details: null,
      completed_at: nowS(context),
      incomplete_at: null,
      role,
      content: contentOf(content),
      assistant_id: null,
      run_id: null,
      attachments: attachments ?? [],
      metadata: metadata ?? {},
    });
  }
  await store.transact((transaction) => {
    for (const message of messages) transaction.put(MESSAGES, message.id, message);
  });
  await attachFiles(context, store, threadId, all);
  return messages;
}

/** Text is shown with room for annotations. */
function contentOf(content: MessageFields['content']): MessageContent[] {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content;
  return parts.map((part) =>
    part.type === 'text' ? { type: 'text', text: { value: part.text, annotations: [] } } : part,
  );
}

const createThread: OperationHandler = async (context, request, reply) => {
  const data = check(threadFields, request.body.length === 0 ? {} : request.json());
  reply.json(await makeThread(context, await context.store(), data));
};

const getThread: OperationHandler = async (context, request, reply) => {
  reply.json(await requireThread(await context.store(), request.param('thread_id')));
};

const modifyThread: OperationHandler = async (context, request, reply) => {
  const { metadata, tool_resources: resources } = check(threadChanges, request.json());
  const store = await context.store();
  const { id } = await requireThread(store, request.param('thread_id'));
  const change = {
    ...(metadata && { metadata }),
    ...(resources && { tool_resources: await makeResources(context, resources) }),
  };
  reply.json((await store.update(THREADS, id, (current) => ({ ...current, ...change })))!);
};

const deleteThread: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const { id } = await requireThread(store, request.param('thread_id'));
  await store.delete(THREADS, id);
  await store.delete(LATEST_RUNS, id);
  const index = { name: 'thread', group: id };
  for (const { id: run } of (await store.list(RUNS, { limit: MAX_RUNS, order: 'asc', index })).data)
    await deleteGroup(store, STEPS, { name: 'run', group: run });
  await deleteGroup(store, RUNS, index);
  await deleteGroup(store, MESSAGES, index);
  reply.json({ id, object: 'thread.deleted', deleted: true });
};

const createMessage: OperationHandler = async (context, request, reply) => {
  const data = check(messageFields, request.json());
  const store = await context.store();
  const { id } = await requireThread(store, request.param('thread_id'));
  const active = await activeRun(context, store, id);
  if (active)
    throw invalid('thread_id', null, `Can't add messages to ${id} while a run ${active.id} is active.`);
  await checkFiles(store, [data]);
  reply.json((await addMessages(context, store, id, [data]))[0]!);
};

const listMessages: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const { id } = await requireThread(store, request.param('thread_id'));
  const runId = request.query.get('run_id');
  const where = runId ? { where: (message: ThreadMessage) => message.run_id === runId } : {};
  const query = { ...pageOf<ThreadMessage>(request), index: { name: 'thread', group: id }, ...where };
  reply.json(listBody(await readPage(store, MESSAGES, query)));
};

const getMessage: OperationHandler = async (context, request, reply) => {
  reply.json(
    await requireMessage(await context.store(), request.param('thread_id'), request.param('message_id')),
  );
};

const modifyMessage: OperationHandler = async (context, request, reply) => {
  const { metadata } = check(messageChanges, request.json());
  const store = await context.store();
  const { id } = await requireMessage(store, request.param('thread_id'), request.param('message_id'));
  reply.json(
    (await store.update(MESSAGES, id, (current) => ({
      ...current,
      metadata: metadata ?? current.metadata,
    })))!,
  );
};

const deleteMessage: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const { id } = await requireMessage(store, request.param('thread_id'), request.param('message_id'));
  await store.delete(MESSAGES, id);
  reply.json({ id, object: 'thread.message.deleted', deleted: true });
};

export const threadHandlers: OperationHandlers = {
  createAssistant,
  listAssistants,
  getAssistant,
  modifyAssistant,
  deleteAssistant,
  createThread,
  getThread,
  modifyThread,
  deleteThread,
  createMessage,
  listMessages,
  getMessage,
  modifyMessage,
  deleteMessage,
};
