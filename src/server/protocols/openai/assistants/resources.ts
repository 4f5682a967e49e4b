/** `tool_resources` and attachments: which files and vector stores the tools of an assistant or a thread have. */
import type { ServerContext } from '../../../context.js';
import type { Store } from '../../../store/store.js';
import { requireFile } from '../files/file-records.js';
import { AUTO_CHUNKING, requireVectorStore } from '../vector-stores/records.js';
import { ingestSoon, putStoreFile } from '../vector-stores/ingest.js';
import { makeVectorStore } from '../vector-stores/vector-stores.js';
import type { MessageFields, ResourceFields } from './fields.js';
import { type Assistant, type KeptRun, type Thread, THREADS, type ToolResources } from './records.js';

/** Days without use after which the vector store of a thread's attachments expires, as OpenAI's do. */
const ATTACHMENT_DAYS = 7;

/**
 * Checks what is there, and makes the vector stores that are asked for.
 *
 * @throws ApiError 404 when a file or a vector store is not there
 */
export async function makeResources(context: ServerContext, asked: ResourceFields): Promise<ToolResources> {
  const store = await context.store();
  const { code_interpreter: code, file_search: search } = asked ?? {};
  const resources: ToolResources = {};
  if (code) {
    const ids = code.file_ids ?? [];
    for (const [i, id] of ids.entries())
      await requireFile(store, id, `tool_resources.code_interpreter.file_ids[${i}]`);
    resources.code_interpreter = { file_ids: ids };
  }
  if (search) {
    const ids = [...(search.vector_store_ids ?? [])];
    for (const id of ids) await requireVectorStore(store, id);
    for (const { file_ids: files, chunking_strategy: chunking, metadata } of search.vector_stores ?? []) {
      const made = { name: '', files: files ?? [], chunking, metadata, expiresDays: null };
      const param = 'tool_resources.file_search.vector_stores[0].file_ids';
      ids.push((await makeVectorStore(context, made, param)).id);
    }
    resources.file_search = { vector_store_ids: ids };
  }
  return resources;
}

/** @throws ApiError 404 when a message names a file that is not there */
export async function checkFiles(store: Store, messages: readonly MessageFields[]): Promise<void> {
  for (const { content, attachments } of messages) {
    for (const { file_id: id } of attachments ?? []) await requireFile(store, id, 'attachments');
    for (const part of typeof content === 'string' ? [] : content)
      if (part.type === 'image_file') await requireFile(store, part.image_file.file_id, 'content');
  }
}

/** Gives the files that messages have attached to the tools of their thread. */
export async function attachFiles(
  context: ServerContext,
  store: Store,
  threadId: string,
  messages: readonly MessageFields[],
): Promise<void> {
  const all = messages.flatMap(({ attachments }) => attachments ?? []);
  const filesFor = (type: string): string[] =>
    all.filter(({ tools }) => tools?.some((tool) => tool.type === type)).map(({ file_id: id }) => id);
  const found = filesFor('file_search');
  if (found.length > 0) await attachToSearch(context, store, threadId, found);
  const code = filesFor('code_interpreter');
  if (code.length === 0) return;
  await store.update(THREADS, threadId, (thread) => {
    const before = thread.tool_resources.code_interpreter?.file_ids ?? [];
    const ids = [...new Set([...before, ...code])];
    return { ...thread, tool_resources: { ...thread.tool_resources, code_interpreter: { file_ids: ids } } };
  });
}

async function attachToSearch(
  context: ServerContext,
  store: Store,
  threadId: string,
  files: readonly string[],
): Promise<void> {
  const thread = await store.get(THREADS, threadId);
  const [known] = thread?.tool_resources.file_search?.vector_store_ids ?? [];
  if (known !== undefined) {
    const common = { chunking: AUTO_CHUNKING, attributes: {} };
    for (const file of files) await putStoreFile(context, known, { file, ...common }, null, 'attachments');
    ingestSoon(context);
    return;
  }
  const made = { name: '', files, chunking: AUTO_CHUNKING, metadata: null, expiresDays: ATTACHMENT_DAYS };
  const { id } = await makeVectorStore(context, made, 'attachments');
  await store.update(THREADS, threadId, (current) => ({
    ...current,
    tool_resources: { ...current.tool_resources, file_search: { vector_store_ids: [id] } },
  }));
}

/** All that the tools of a run have: of its assistant, or its own in their place, and of its thread. */
export function resourcesOf(
  { own_resources: own }: KeptRun,
  assistant: Assistant | undefined,
  thread: Thread | undefined,
): { files: string[]; vectorStores: string[] } {
  const both = [own ?? assistant?.tool_resources, thread?.tool_resources];
  return {
    files: [...new Set(both.flatMap((one) => one?.code_interpreter?.file_ids ?? []))],
    vectorStores: [...new Set(both.flatMap((one) => one?.file_search?.vector_store_ids ?? []))],
  };
}
