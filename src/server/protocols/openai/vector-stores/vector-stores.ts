/** `/vector_stores` themselves, and searching them. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { newId } from '../../../store/new-id.js';
import { optionalMetadata } from '../common-fields.js';
import { deleteGroup } from '../delete-group.js';
import { requireFile } from '../files/file-records.js';
import { listBody, pageOf, POLL_SOON, readPage } from '../lists.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { filter } from './filters.js';
import { chunkingStrategy, ingestSoon, putStoreFile } from './ingest.js';
import {
  type Chunking,
  NO_FILES,
  requireVectorStore,
  STORE_FILES,
  storeFileId,
  VECTOR_STORES,
  type VectorStoreRecord,
  vectorStoreBody,
} from './records.js';
import { WORDS_SHARE } from './ranking.js';
import { keyWords } from './rewrite.js';
import { searchStores } from './search.js';

const expiresAfter = z
  .strictObject({ anchor: z.literal('last_active_at'), days: z.int().min(1).max(365) })
  .nullish();
const name = z.string().max(1000).nullish();
const newStore = z.strictObject({
  file_ids: z.array(z.string()).max(500).nullish(),
  name,
  description: z.string().max(10_000).nullish(),
  expires_after: expiresAfter,
  chunking_strategy: chunkingStrategy,
  metadata: optionalMetadata,
});
const changes = z.strictObject({ name, expires_after: expiresAfter, metadata: optionalMetadata.optional() });
const query = z.strictObject({
  query: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(50)]),
  rewrite_query: z.boolean().nullish(),
  max_num_results: z.int().min(1).max(50).nullish(),
  filters: filter.nullish(),
  ranking_options: z
    .strictObject({
      ranker: z.enum(['none', 'auto', 'default-2024-11-15']).nullish(),
      score_threshold: z.number().min(0).max(1).nullish(),
      hybrid_search: z
        .strictObject({ embedding_weight: z.number().min(0), text_weight: z.number().min(0) })
        .refine((weights) => weights.embedding_weight + weights.text_weight > 0, {
          error: 'one of its weights must be above 0',
        })
        .nullish(),
    })
    .nullish(),
});

const nowS = ({ clock }: ServerContext): number => Math.floor(clock.wallMs() / 1000);

/** What a vector store is made with. */
export interface NewVectorStore {
  name: string;
  description?: string | null | undefined;
  files: readonly string[];
  chunking: Chunking;
  metadata: Record<string, string> | null;
  expiresDays: number | null;
}

/**
 * Makes a vector store, whose files are read afterwards.
 *
 * @param param - the parameter that names the files
 * @throws ApiError 404 when a file is not there
 */
export async function makeVectorStore(
  context: ServerContext,
  { name, description, files, chunking, metadata, expiresDays }: NewVectorStore,
  param = 'file_ids',
): Promise<VectorStoreRecord> {
  const store = await context.store();
  for (const [index, id] of files.entries()) await requireFile(store, id, `${param}[${index}]`);
  const id = await newId(context, 'vs_', 32, 'hex');
  const createdS = nowS(context);
  await store.put(VECTOR_STORES, id, {
    id,
    createdS,
    name,
    ...(description && { description }),
    metadata: metadata ?? {},
    expiresDays,
    lastActiveS: createdS,
    usageBytes: 0,
    counts: NO_FILES,
  });
  for (const file of new Set(files))
    await putStoreFile(context, id, { file, chunking, attributes: {} }, null, param);
  ingestSoon(context);
  return requireVectorStore(store, id);
}

async function create(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const asked = check(newStore, request.json());
  const made = await makeVectorStore(context, {
    name: asked.name ?? '',
    description: asked.description,
    files: asked.file_ids ?? [],
    chunking: asked.chunking_strategy,
    metadata: asked.metadata,
    expiresDays: asked.expires_after?.days ?? null,
  });
  reply.json(vectorStoreBody(made, nowS(context)));
}

async function list(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const page = await readPage(await context.store(), VECTOR_STORES, pageOf(request));
  reply.json(listBody({ ...page, data: page.data.map((one) => vectorStoreBody(one, nowS(context))) }));
}

async function retrieve(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const record = await requireVectorStore(await context.store(), request.param('vector_store_id'));
  const body = vectorStoreBody(record, nowS(context));
  reply.json(body, 200, body.status === 'in_progress' ? POLL_SOON : '');
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
  await deleteGroup(store, STORE_FILES, { name: 'store', group: id }, (file) => storeFileId(id, file.id));
  reply.json({ id, object: 'vector_store.deleted', deleted: true });
}

/** `none` has the cosine alone. */
function wordsShareOf({
  ranker,
  hybrid_search: weights,
}: NonNullable<z.output<typeof query>['ranking_options']>): number {
  if (ranker === 'none') return 0;
  return weights ? weights.text_weight / (weights.embedding_weight + weights.text_weight) : WORDS_SHARE;
}

async function search(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const id = request.param('vector_store_id');
  const asked = check(query, request.json());
  const given = typeof asked.query === 'string' ? [asked.query] : asked.query;
  const queries = asked.rewrite_query === true ? given.map(keyWords) : given;
  const found = await searchStores(context, [await requireVectorStore(await context.store(), id)], {
    queries,
    filters: asked.filters ?? undefined,
    wordsShare: wordsShareOf(asked.ranking_options ?? {}),
    limit: asked.max_num_results ?? 10,
    threshold: asked.ranking_options?.score_threshold ?? 0,
  });
  reply.json({
    object: 'vector_store.search_results.page',
    search_query: queries,
    data: found.map(({ file, filename, score, attributes, text }) => ({
      file_id: file,
      filename,
      score,
      attributes,
      content: [{ type: 'text', text }],
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
