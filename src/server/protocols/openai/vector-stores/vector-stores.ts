/** `/vector_stores` themselves, and searching them. */
import { LRUCache } from 'lru-cache';
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { newId } from '../../../store/new-id.js';
import type { Store } from '../../../store/store.js';
import { optionalMetadata } from '../common-fields.js';
import { ApiError } from '../errors.js';
import { requireFile } from '../files/file-records.js';
import { listBody, pageOf, readPage } from '../lists.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { type Chunks, unpackChunks } from './chunks.js';
import { filter, passes } from './filters.js';
import { chunkingStrategy, embedderOf, ingest } from './ingest.js';
import { rank } from './ranking.js';
import {
  isExpired,
  requireVectorStore,
  STORE_FILES,
  storeFileId,
  type StoreFileRecord,
  VECTOR_STORES,
  type VectorStoreRecord,
  vectorStoreBody,
} from './records.js';

const MAX_FILES = 10_000;
const DELETE_AT_ONCE = 100;
/** Bytes of unpacked chunks that a thread keeps for the next search. */
const CACHE_BYTES = 64 * 1024 * 1024;

const expiresAfter = z
  .object({ anchor: z.literal('last_active_at'), days: z.int().min(1).max(365) })
  .nullish();
const name = z.string().max(1000).nullish();
const newStore = z.object({
  file_ids: z.array(z.string()).max(500).nullish(),
  name,
  expires_after: expiresAfter,
  chunking_strategy: chunkingStrategy,
  metadata: optionalMetadata,
});
const changes = z.object({ name, expires_after: expiresAfter, metadata: optionalMetadata.optional() });
const query = z.object({
  query: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(50)]),
  rewrite_query: z.boolean().nullish(),
  max_num_results: z.int().min(1).max(50).nullish(),
  filters: filter.nullish(),
  ranking_options: z
    .object({
      ranker: z.enum(['none', 'auto', 'default-2024-11-15']).nullish(),
      score_threshold: z.number().min(0).max(1).nullish(),
    })
    .nullish(),
});

const nowS = ({ clock }: ServerContext): number => Math.floor(clock.wallMs() / 1000);

async function create(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const asked = check(newStore, request.json());
  const store = await context.store();
  const files = asked.file_ids ?? [];
  for (const [index, id] of files.entries()) await requireFile(store, id, `file_ids[${index}]`);
  const id = await newId(context, 'vs_', 32, 'hex');
  const record: VectorStoreRecord = {
    id,
    createdS: nowS(context),
    name: asked.name ?? '',
    metadata: asked.metadata ?? {},
    expiresDays: asked.expires_after?.days ?? null,
    lastActiveS: nowS(context),
    usageBytes: 0,
    counts: { completed: 0, failed: 0 },
  };
  await store.put(VECTOR_STORES, id, record);
  const chunking = asked.chunking_strategy;
  for (const file of files) await ingest(context, id, { file, chunking, attributes: {} }, null, 'file_ids');
  reply.json(vectorStoreBody(await requireVectorStore(store, id), nowS(context)));
}

async function list(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const page = await readPage(await context.store(), VECTOR_STORES, pageOf(request));
  reply.json(listBody({ ...page, data: page.data.map((one) => vectorStoreBody(one, nowS(context))) }));
}

async function retrieve(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const record = await requireVectorStore(await context.store(), request.param('vector_store_id'));
  reply.json(vectorStoreBody(record, nowS(context)));
}

async function modify(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const id = request.param('vector_store_id');
  const { name: newName, expires_after: expires, metadata } = check(changes, request.json());
  const store = await context.store();
  const changed = await store.transact(async (transaction) => {
    const current = await requireVectorStore(transaction, id);
    const next: VectorStoreRecord = {
      ...current,
      ...(newName == null ? {} : { name: newName }),
      ...(expires === undefined ? {} : { expiresDays: expires?.days ?? null }),
      ...(metadata == null ? {} : { metadata }),
      lastActiveS: nowS(context),
    };
    transaction.put(VECTOR_STORES, id, next);
    return next;
  });
  reply.json(vectorStoreBody(changed, nowS(context)));
}

async function remove(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const { id } = await requireVectorStore(store, request.param('vector_store_id'));
  await store.delete(VECTOR_STORES, id);
  for (;;) {
    const index = { name: 'store', group: id };
    const { data, hasMore } = await store.list(STORE_FILES, { limit: DELETE_AT_ONCE, order: 'asc', index });
    await store.transact((transaction) => {
      for (const file of data) transaction.delete(STORE_FILES, storeFileId(id, file.id));
    });
    if (!hasMore) break;
  }
  reply.json({ id, object: 'vector_store.deleted', deleted: true });
}

/** By the blob's id: blobs never change, and a thread has one store. */
const cache = new LRUCache<string, Chunks>({
  maxSize: CACHE_BYTES,
  sizeCalculation: ({ texts, vectors }) =>
    1 + vectors.byteLength + texts.reduce((sum, { length }) => sum + 2 * length, 0),
});

async function chunksOf(store: Store, { chunks }: StoreFileRecord): Promise<Chunks> {
  const known = cache.get(chunks!);
  if (known) return known;
  const bytes = await store.readBlob(chunks!);
  const unpacked = bytes ? unpackChunks(bytes) : { texts: [], vectors: new Float32Array() };
  cache.set(chunks!, unpacked);
  return unpacked;
}

async function search(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const id = request.param('vector_store_id');
  const asked = check(query, request.json());
  const store = await context.store();
  const record = await requireVectorStore(store, id);
  if (isExpired(record, nowS(context))) {
    const message = `Vector store '${id}' is expired: it was not used for ${record.expiresDays} days.`;
    throw new ApiError({ status: 400, message, param: 'vector_store_id', code: 'vector_store_expired' });
  }
  const { filters } = asked;
  const { data: files } = await store.list(STORE_FILES, {
    limit: MAX_FILES,
    order: 'asc',
    index: { name: 'store', group: id },
    where: (file) => file.chunks !== null && (filters == null || passes(filters, file.attributes)),
  });
  const chunks: Chunks[] = [];
  for (const file of files) chunks.push(await chunksOf(store, file));
  const queries = typeof asked.query === 'string' ? [asked.query] : asked.query;
  const embedder = embedderOf(context);
  const ranked = rank(
    queries.map((text) => ({ text, vector: embedder.embed(text) })),
    chunks,
    asked.ranking_options?.ranker === 'none' ? 'vectors' : 'hybrid',
    asked.max_num_results ?? 10,
  );
  await store.update(VECTOR_STORES, id, (current) => ({ ...current, lastActiveS: nowS(context) }));
  const threshold = asked.ranking_options?.score_threshold ?? 0;
  reply.json({
    object: 'vector_store.search_results.page',
    search_query: queries,
    data: ranked
      .filter(({ score }) => score >= threshold)
      .map(({ file, chunk, score }) => ({
        file_id: files[file]!.id,
        filename: files[file]!.filename,
        score,
        attributes: files[file]!.attributes,
        content: [{ type: 'text', text: chunks[file]!.texts[chunk]! }],
      })),
    has_more: false,
    next_page: null,
  });
}

export const handlers: OperationHandlers = {
  createVectorStore: create,
  listVectorStores: list,
  getVectorStore: retrieve,
  modifyVectorStore: modify,
  deleteVectorStore: remove,
  searchVectorStore: search,
};
