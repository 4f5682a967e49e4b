/** Searches vector stores: for their own endpoint, and for tools that look things up. */
import { LRUCache } from 'lru-cache';
import type { ServerContext } from '../../../context.js';
import { unnoted } from '../../../store/commit-note.js';
import type { Store } from '../../../store/store.js';
import { ApiError } from '../errors.js';
import { type Chunks, unpackChunks } from './chunks.js';
import { type Filter, passes } from './filters.js';
import { embedderOf } from './ingest.js';
import { rank } from './ranking.js';
import {
  type Attributes,
  isExpired,
  STORE_FILES,
  type StoreFileRecord,
  VECTOR_STORES,
  type VectorStoreRecord,
} from './records.js';

/** Most files of a store that are searched. */
const MAX_FILES = 10_000;
/** Bytes of unpacked chunks that a thread keeps for the next search. */
const CACHE_BYTES = 64 * 1024 * 1024;

/** What is looked for. */
export interface Search {
  /** A chunk is as good as for the query that it fits best. */
  queries: readonly string[];
  /** Over the attributes of files. */
  filters?: Filter | undefined;
  /** Share of the words in the score, from 0 to 1. */
  wordsShare: number;
  /** Most results. */
  limit: number;
  /** Least score, from 0 to 1. */
  threshold: number;
}

/** A chunk that was found. */
export interface Found {
  /** Id of its file. */
  file: string;
  filename: string;
  attributes: Attributes;
  /** From 0 to 1. */
  score: number;
  text: string;
}

/**
 * The best chunks of some stores, best first. The stores are in use from now on.
 *
 * @throws ApiError 400 when one of them is expired
 */
export async function searchStores(
  context: ServerContext,
  stores: readonly VectorStoreRecord[],
  { queries, filters, wordsShare, limit, threshold }: Search,
): Promise<Found[]> {
  const store = await context.store();
  const nowS = Math.floor(context.clock.wallMs() / 1000);
  const files: StoreFileRecord[] = [];
  for (const record of stores) {
    if (isExpired(record, nowS)) throw expired(record);
    files.push(...(await filesOf(store, record, filters)));
  }
  const chunks: Chunks[] = [];
  for (const file of files) chunks.push(await chunksOf(store, file));
  const embedder = embedderOf(context);
  const asked = queries.map((text) => ({ text, vector: embedder.embed(text) }));
  const ranked = rank(asked, chunks, wordsShare, limit);
  // It can be searched again without harm.
  for (const { id } of stores)
    await unnoted(() => store.update(VECTOR_STORES, id, (current) => ({ ...current, lastActiveS: nowS })));
  return ranked
    .filter(({ score }) => score >= threshold)
    .map(({ file, chunk, score }) => {
      const { id, filename, attributes } = files[file]!;
      return { file: id, filename, attributes, score, text: chunks[file]!.texts[chunk]! };
    });
}

const expired = ({ id, expiresDays }: VectorStoreRecord): ApiError => {
  const message = `Vector store '${id}' is expired: it was not used for ${expiresDays} days.`;
  return new ApiError({ status: 400, message, param: 'vector_store_id', code: 'vector_store_expired' });
};

async function filesOf(
  store: Store,
  { id: group }: VectorStoreRecord,
  filters: Filter | undefined,
): Promise<StoreFileRecord[]> {
  const where = ({ chunks, attributes }: StoreFileRecord): boolean =>
    chunks !== null && (filters === undefined || passes(filters, attributes));
  const index = { name: 'store', group };
  return (await store.list(STORE_FILES, { limit: MAX_FILES, order: 'asc', index, where })).data;
}

type ChunkCache = LRUCache<string, Chunks>;
const caches = new WeakMap<Store, ChunkCache>();

/** By the blob's id: blobs never change. */
function cacheOf(store: Store): ChunkCache {
  const known = caches.get(store);
  if (known) return known;
  const cache: ChunkCache = new LRUCache({
    maxSize: CACHE_BYTES,
    sizeCalculation: ({ texts, vectors }) =>
      1 + vectors.byteLength + texts.reduce((sum, { length }) => sum + 2 * length, 0),
  });
  caches.set(store, cache);
  return cache;
}

async function chunksOf(store: Store, { chunks }: StoreFileRecord): Promise<Chunks> {
  const cache = cacheOf(store);
  const known = cache.get(chunks!);
  if (known) return known;
  const bytes = await store.readBlob(chunks!);
  const unpacked = bytes ? unpackChunks(bytes) : { texts: [], vectors: new Float32Array() };
  cache.set(chunks!, unpacked);
  return unpacked;
}
