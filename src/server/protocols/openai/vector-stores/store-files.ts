/** Files of a vector store, one by one and in batches. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import { textOf } from '../../../documents/text-of.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { newId } from '../../../store/new-id.js';
import type { Store } from '../../../store/store.js';
import { ApiError, invalid, missing } from '../errors.js';
import { contentOf, requireFile } from '../files/file-records.js';
import { listBody, notFound, pageOf, POLL_SOON, readPage } from '../lists.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import {
  attributes,
  chunkingStrategy,
  ingestSoon,
  type NewStoreFile,
  putStoreFile,
  settle,
} from './ingest.js';
import {
  countsBody,
  FILE_BATCHES,
  type FileBatchRecord,
  NO_FILES,
  requireStoreFile,
  requireVectorStore,
  STORE_FILES,
  storeFileBody,
  storeFileId,
  takeOut,
  type StoreFileRecord,
} from './records.js';

const MAX_BATCH = 2000;

const newFile = z.strictObject({ file_id: z.string(), chunking_strategy: chunkingStrategy, attributes });
const newBatch = z.strictObject({
  file_ids: z.array(z.string()).min(1).max(MAX_BATCH).nullish(),
  files: z.array(newFile).min(1).max(MAX_BATCH).nullish(),
  chunking_strategy: chunkingStrategy,
  attributes,
});

async function create(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const id = request.param('vector_store_id');
  const asked = check(newFile, request.json());
  await requireVectorStore(await context.store(), id);
  reply.json(storeFileBody(await putStoreFile(context, id, asNew(asked), null, 'file_id')));
  ingestSoon(context);
}

const asNew = (asked: z.output<typeof newFile>): NewStoreFile => ({
  file: asked.file_id,
  chunking: asked.chunking_strategy,
  attributes: asked.attributes,
});

async function list(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { id } = await requireVectorStore(await context.store(), request.param('vector_store_id'));
  await listFiles(context, request, reply, id, { name: 'store', group: id });
}

async function listFiles(
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
  vectorStore: string,
  index: { name: string; group: string },
): Promise<void> {
  const query = pageOf<StoreFileRecord>(request);
  const status = request.query.get('filter');
  const page = await readPage(await context.store(), STORE_FILES, {
    ...query,
    index,
    after: query.after && storeFileId(vectorStore, query.after),
    before: query.before && storeFileId(vectorStore, query.before),
    where: status ? (file) => file.status === status : undefined,
  });
  reply.json(listBody({ ...page, data: page.data.map(storeFileBody) }));
}

async function fileOf(context: ServerContext, request: ApiRequest): Promise<StoreFileRecord> {
  const store = await context.store();
  const { id } = await requireVectorStore(store, request.param('vector_store_id'));
  return requireStoreFile(store, id, request.param('file_id'));
}

async function retrieve(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const file = await fileOf(context, request);
  reply.json(storeFileBody(file), 200, file.status === 'in_progress' ? POLL_SOON : '');
}

async function update(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { vectorStore, id } = await fileOf(context, request);
  const body = request.json();
  const asked = check(z.strictObject({ attributes }), body);
  if (body['attributes'] === undefined) throw missing('attributes');
  const changed = await (
    await context.store()
  ).update(STORE_FILES, storeFileId(vectorStore, id), (current) => ({
    ...current,
    attributes: asked.attributes,
  }));
  reply.json(storeFileBody(changed ?? (await fileOf(context, request))));
}

async function remove(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { vectorStore, id } = await fileOf(context, request);
  const store = await context.store();
  await store.transact(async (transaction) => {
    await takeOut(transaction, await requireStoreFile(transaction, vectorStore, id));
  });
  reply.json({ id, object: 'vector_store.file.deleted', deleted: true });
}

async function content(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { id, status, filename } = await fileOf(context, request);
  const store = await context.store();
  const text =
    status === 'completed'
      ? await textOf(filename, await contentOf(store, await requireFile(store, id, 'file_id')))
      : '';
  reply.json({
    object: 'vector_store.file_content.page',
    data: [{ type: 'text', text: typeof text === 'string' ? text : '' }],
    has_more: false,
    next_page: null,
  });
}

const batchBody = ({ id, vectorStore, createdS, counts, cancelled }: FileBatchRecord) => ({
  id,
  object: 'vector_store.files_batch',
  created_at: createdS,
  vector_store_id: vectorStore,
  status: cancelled ? 'cancelled' : counts.in_progress > 0 ? 'in_progress' : 'completed',
  file_counts: countsBody(counts),
});

async function createBatch(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const asked = check(newBatch, request.json());
  const { id: vectorStore } = await requireVectorStore(store, request.param('vector_store_id'));
  if (!asked.file_ids === !asked.files) throw asked.files ? bothGiven() : missing('file_ids');
  const common = { chunking: asked.chunking_strategy, attributes: asked.attributes };
  const files = asked.files?.map(asNew) ?? asked.file_ids!.map((file) => ({ file, ...common }));
  const byId = new Map(files.map((one) => [one.file, one]));
  for (const file of byId.keys()) await requireFile(store, file, 'file_ids');
  const batch: FileBatchRecord = {
    id: await newId(context, 'vsfb_', 32, 'hex'),
    vectorStore,
    createdS: Math.floor(context.clock.wallMs() / 1000),
    counts: { ...NO_FILES, in_progress: byId.size },
    cancelled: false,
  };
  await store.put(FILE_BATCHES, batch.id, batch);
  for (const file of byId.values()) await putStoreFile(context, vectorStore, file, batch.id, 'file_ids');
  reply.json(batchBody(batch));
  ingestSoon(context);
}

const bothGiven = (): ApiError =>
  invalid('files', 'invalid_value', "Give either 'file_ids' or 'files', not both.");

async function batchOf(context: ServerContext, request: ApiRequest): Promise<FileBatchRecord> {
  const store = await context.store();
  const { id: vectorStore } = await requireVectorStore(store, request.param('vector_store_id'));
  const id = request.param('batch_id');
  const batch = await store.get(FILE_BATCHES, id);
  if (batch?.vectorStore === vectorStore) return batch;
  throw notFound(`No file batch found with id '${id.slice(0, 200)}'.`, 'batch_id');
}

async function retrieveBatch(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const batch = await batchOf(context, request);
  reply.json(batchBody(batch), 200, batch.counts.in_progress > 0 ? POLL_SOON : '');
}

async function listBatch(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { id, vectorStore } = await batchOf(context, request);
  await listFiles(context, request, reply, vectorStore, { name: 'batch', group: id });
}

async function cancelBatch(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { id, vectorStore } = await batchOf(context, request);
  const store = await context.store();
  await store.update(FILE_BATCHES, id, (current) => {
    if (current.cancelled) return undefined;
    if (current.counts.in_progress > 0) return { ...current, cancelled: true };
    const message = `The file batch '${id}' is completed: there is nothing to cancel.`;
    throw new ApiError({ status: 400, message, param: 'batch_id', code: 'invalid_status' });
  });
  await cancelFiles(store, vectorStore, id);
  reply.json(batchBody(await batchOf(context, request)));
}

/** What of a batch was not read yet will not be. */
async function cancelFiles(store: Store, vectorStore: string, batch: string): Promise<void> {
  const index = { name: 'batch', group: batch };
  const where = ({ status }: StoreFileRecord): boolean => status === 'in_progress';
  const { data } = await store.list(STORE_FILES, { limit: MAX_BATCH, order: 'asc', index, where });
  for (const { id } of data) {
    await store.transact(async (transaction) => {
      const current = await transaction.get(STORE_FILES, storeFileId(vectorStore, id));
      if (current?.status !== 'in_progress' || current.batch !== batch) return;
      await settle(transaction, current, { status: 'cancelled', error: null, usageBytes: 0, chunks: null });
    });
  }
}

export const handlers: OperationHandlers = {
  createVectorStoreFile: create,
  listVectorStoreFiles: list,
  getVectorStoreFile: retrieve,
  updateVectorStoreFileAttributes: update,
  deleteVectorStoreFile: remove,
  retrieveVectorStoreFileContent: content,
  createVectorStoreFileBatch: createBatch,
  getVectorStoreFileBatch: retrieveBatch,
  listFilesInVectorStoreBatch: listBatch,
  cancelVectorStoreFileBatch: cancelBatch,
};
