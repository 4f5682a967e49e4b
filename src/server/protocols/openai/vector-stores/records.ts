/** Vector stores and their files as they are kept, and as the API shows them. */
import type { FileProblem } from '../../../documents/text-of.js';
import type { Collection, Store, Transaction } from '../../../store/store.js';
import { notFound } from '../lists.js';

export type Attributes = Record<string, string | number | boolean>;

/** How a file is cut into chunks. */
export interface Chunking {
  maxTokens: number;
  overlapTokens: number;
}

/** OpenAI's `auto`. */
export const AUTO_CHUNKING: Chunking = { maxTokens: 800, overlapTokens: 400 };

export type FileStatus = 'in_progress' | 'completed' | 'failed' | 'cancelled';

/** Files by their status. */
export type FileCounts = Record<FileStatus, number>;
export const NO_FILES: FileCounts = { in_progress: 0, completed: 0, failed: 0, cancelled: 0 };

export interface VectorStoreRecord {
  id: string;
  createdS: number;
  name: string;
  description?: string;
  metadata: Record<string, string> | null;
  /** Days without use after which it expires; null for never. */
  expiresDays: number | null;
  lastActiveS: number;
  usageBytes: number;
  counts: FileCounts;
}

/** Files that were put in together. */
export interface FileBatchRecord {
  id: string;
  vectorStore: string;
  createdS: number;
  counts: FileCounts;
  cancelled: boolean;
}

export interface StoreFileRecord {
  /** Of the file. */
  id: string;
  vectorStore: string;
  /** Of the file batch that it came with. */
  batch: string | null;
  createdS: number;
  filename: string;
  usageBytes: number;
  status: FileStatus;
  error: FileProblem | null;
  chunking: Chunking;
  attributes: Attributes;
  /** When it can be read at the earliest, in milliseconds since 1970. */
  readyMs: number;
  /** Blob of the chunks; null until it is completed. */
  chunks: string | null;
}

export const VECTOR_STORES: Collection<VectorStoreRecord> = {
  name: 'vector_stores',
  maxCount: 10_000,
  atBound: 'refuse',
};

/** The group of {@link STORE_FILES} by `state` of those that are to be read. */
export const OPEN = 'open';

/** By {@link storeFileId}. */
export const STORE_FILES: Collection<StoreFileRecord> = {
  name: 'vector_store_files',
  indexes: {
    store: ({ vectorStore }) => vectorStore,
    batch: ({ batch }) => batch ?? undefined,
    file: ({ id }) => id,
    state: ({ status }) => (status === 'in_progress' ? OPEN : undefined),
  },
  maxCount: 100_000,
  atBound: 'refuse',
};

export const FILE_BATCHES: Collection<FileBatchRecord> = {
  name: 'vector_store_file_batches',
  maxCount: 100_000,
  atBound: 'evict',
};

export const storeFileId = (vectorStore: string, file: string): string => `${vectorStore}/${file}`;

const DAY_S = 86_400;

/** When a store that is not used any more expires. */
const expiresS = ({ expiresDays, lastActiveS }: VectorStoreRecord): number | null =>
  expiresDays === null ? null : lastActiveS + expiresDays * DAY_S;

export const isExpired = (store: VectorStoreRecord, nowS: number): boolean =>
  (expiresS(store) ?? Infinity) <= nowS;

/** What the API says of a vector store. */
export const vectorStoreBody = (store: VectorStoreRecord, nowS: number) => ({
  id: store.id,
  object: 'vector_store',
  created_at: store.createdS,
  name: store.name,
  ...(store.description === undefined ? {} : { description: store.description }),
  usage_bytes: store.usageBytes,
  file_counts: countsBody(store.counts),
  status: isExpired(store, nowS) ? 'expired' : store.counts.in_progress > 0 ? 'in_progress' : 'completed',
  ...(store.expiresDays === null
    ? {}
    : { expires_after: { anchor: 'last_active_at', days: store.expiresDays } }),
  expires_at: expiresS(store),
  last_active_at: store.lastActiveS,
  metadata: store.metadata,
});

export const countsBody = (counts: FileCounts) => ({
  ...counts,
  total: counts.in_progress + counts.completed + counts.failed + counts.cancelled,
});

/** What the API says of a file of a vector store. */
export const storeFileBody = (file: StoreFileRecord) => ({
  id: file.id,
  object: 'vector_store.file',
  usage_bytes: file.usageBytes,
  created_at: file.createdS,
  vector_store_id: file.vectorStore,
  status: file.status,
  last_error: file.error,
  chunking_strategy: {
    type: 'static',
    static: {
      max_chunk_size_tokens: file.chunking.maxTokens,
      chunk_overlap_tokens: file.chunking.overlapTokens,
    },
  },
  attributes: file.attributes,
});

/** @throws ApiError 404 when there is none */
export async function requireVectorStore(
  source: Pick<Store, 'get'> | Transaction,
  id: string,
): Promise<VectorStoreRecord> {
  const store = await source.get(VECTOR_STORES, id);
  if (!store) throw notFound(`No vector store found with id '${id.slice(0, 200)}'.`, 'vector_store_id');
  return store;
}

/** @throws ApiError 404 when there is none */
export async function requireStoreFile(
  source: Pick<Store, 'get'> | Transaction,
  vectorStore: string,
  file: string,
): Promise<StoreFileRecord> {
  const found = await source.get(STORE_FILES, storeFileId(vectorStore, file));
  if (found) return found;
  const message = `No file found with id '${file.slice(0, 200)}' in vector store '${vectorStore.slice(0, 200)}'.`;
  throw notFound(message, 'file_id');
}

/** Takes a file out of its vector store. The batch with which it came does not wait for it any more. */
export async function takeOut(transaction: Transaction, file: StoreFileRecord): Promise<void> {
  const { id, vectorStore, batch, status } = file;
  transaction.delete(STORE_FILES, storeFileId(vectorStore, id));
  const from = await transaction.get(VECTOR_STORES, vectorStore);
  if (from) transaction.put(VECTOR_STORES, vectorStore, counted(from, file, -1));
  if (batch === null || status !== 'in_progress') return;
  const whole = await transaction.get(FILE_BATCHES, batch);
  if (!whole) return;
  const counts = changed(changed(whole.counts, status, -1), 'cancelled', 1);
  transaction.put(FILE_BATCHES, batch, { ...whole, counts });
}

/** Takes a file out of every vector store that it is in. */
export async function leaveVectorStores(store: Store, file: string): Promise<void> {
  for (;;) {
    const index = { name: 'file', group: file };
    const { data, hasMore } = await store.list(STORE_FILES, { limit: 100, order: 'asc', index });
    for (const { vectorStore } of data) {
      await store.transact(async (transaction) => {
        const current = await transaction.get(STORE_FILES, storeFileId(vectorStore, file));
        if (current) await takeOut(transaction, current);
      });
    }
    if (!hasMore) return;
  }
}

/** Counts with one file more (1) or less (-1) in a status. */
export const changed = (counts: FileCounts, status: FileStatus, change: 1 | -1): FileCounts => ({
  ...counts,
  [status]: counts[status] + change,
});

/** Counts a file in (1) or out (-1). */
export const counted = (
  store: VectorStoreRecord,
  { status, usageBytes }: StoreFileRecord,
  change: 1 | -1,
): VectorStoreRecord => ({
  ...store,
  usageBytes: store.usageBytes + change * usageBytes,
  counts: changed(store.counts, status, change),
});
