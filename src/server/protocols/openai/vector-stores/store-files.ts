/** Files of a vector store, one by one and in batches. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { newId } from '../../../store/new-id.js';
import type { Collection } from '../../../store/store.js';
import { ApiError, invalid, missing } from '../errors.js';
import { contentOf, requireFile } from '../files/file-records.js';
import { listBody, notFound, pageOf, readPage } from '../lists.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { attributes, chunkingStrategy, ingest, type NewStoreFile } from './ingest.js';
import {
  counted,
  countsBody,
  requireStoreFile,
  requireVectorStore,
  STORE_FILES,
  storeFileBody,
  storeFileId,
  type StoreFileRecord,
  VECTOR_STORES,
} from './records.js';

interface FileBatchRecord {
  id: string;
  vectorStore: string;
  createdS: number;
  counts: Record<'completed' | 'failed', number>;
}

const FILE_BATCHES: Collection<FileBatchRecord> = {
  name: 'vector_store_file_batches',
  maxCount: 100_000,
  atBound: 'evict',
};

const MAX_BATCH = 2000;
const STATUSES = ['in_progress', 'completed', 'failed', 'cancelled'];

const newFile = z.object({ file_id: z.string(), chunking_strategy: chunkingStrategy, attributes });
const newBatch = z.object({
  file_ids: z.array(z.string()).min(1).max(MAX_BATCH).nullish(),
  files: z.array(newFile).min(1).max(MAX_BATCH).nullish(),
  chunking_strategy: chunkingStrategy,
  attributes,
});

async function create(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const id = request.param('vector_store_id');
  const asked = check(newFile, request.json());
  await requireVectorStore(await context.store(), id);
  reply.json(storeFileBody(await ingest(context, id, asNew(asked), null, 'file_id')));
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
  if (status && !STATUSES.includes(status)) {
    throw invalid(
      'filter',
      'invalid_value',
      `Invalid value: '${status.slice(0, 50)}'. Supported values are: '${STATUSES.join("', '")}'.`,
    );
  }
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
  reply.json(storeFileBody(await fileOf(context, request)));
}

async function update(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { vectorStore, id } = await fileOf(context, request);
  const body = request.json();
  if (body['attributes'] === undefined) throw missing('attributes');
  const asked = check(z.object({ attributes }), body);
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
    const current = await requireVectorStore(transaction, vectorStore);
    const file = await requireStoreFile(transaction, vectorStore, id);
    transaction.delete(STORE_FILES, storeFileId(vectorStore, id));
    transaction.put(VECTOR_STORES, vectorStore, counted(current, file, -1));
  });
  reply.json({ id, object: 'vector_store.file.deleted', deleted: true });
}

async function content(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { id, status } = await fileOf(context, request);
  const store = await context.store();
  const text =
    status === 'failed'
      ? ''
      : (await contentOf(store, await requireFile(store, id, 'file_id'))).toString('utf8');
  reply.json({
    object: 'vector_store.file_content.page',
    data: [{ type: 'text', text }],
    has_more: false,
    next_page: null,
  });
}

const batchBody = ({ id, vectorStore, createdS, counts }: FileBatchRecord) => ({
  id,
  object: 'vector_store.files_batch',
  created_at: createdS,
  vector_store_id: vectorStore,
  status: 'completed',
  file_counts: countsBody(counts),
});

async function createBatch(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const asked = check(newBatch, request.json());
  const { id: vectorStore } = await requireVectorStore(store, request.param('vector_store_id'));
  if (!asked.file_ids === !asked.files) throw asked.files ? bothGiven() : missing('file_ids');
  const common = { chunking: asked.chunking_strategy, attributes: asked.attributes };
  const files = asked.files?.map(asNew) ?? asked.file_ids!.map((file) => ({ file, ...common }));
  for (const { file } of files) await requireFile(store, file, 'file_ids');
  const id = await newId(context, 'vsfb_', 32, 'hex');
  const counts = { completed: 0, failed: 0 };
  for (const file of files) counts[(await ingest(context, vectorStore, file, id, 'file_ids')).status]++;
  const batch = { id, vectorStore, createdS: Math.floor(context.clock.wallMs() / 1000), counts };
  await store.put(FILE_BATCHES, id, batch);
  reply.json(batchBody(batch));
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
  reply.json(batchBody(await batchOf(context, request)));
}

async function listBatch(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const { id, vectorStore } = await batchOf(context, request);
  await listFiles(context, request, reply, vectorStore, { name: 'batch', group: id });
}

async function cancelBatch(context: ServerContext, request: ApiRequest): Promise<void> {
  const { id } = await batchOf(context, request);
  const message = `The file batch '${id}' is completed: there is nothing to cancel.`;
  throw new ApiError({ status: 400, message, param: 'batch_id', code: 'invalid_status' });
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
