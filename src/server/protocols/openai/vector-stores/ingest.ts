/** Puts files into a vector store. They are read afterwards: text, chunks, vectors. Whoever reads one holds its lease. */
import * as z from 'zod';
import { Embedder } from '../../../../simulator/embedding/embedder.js';
import type { ServerContext } from '../../../context.js';
import { type FileProblem, textOf } from '../../../documents/text-of.js';
import { newId } from '../../../store/new-id.js';
import type { Transaction } from '../../../store/store.js';
import { contentOf, FILES, requireFile } from '../files/file-records.js';
import { LeasedExecution } from '../leased-execution.js';
import { type WorkKind, WorkRunner } from '../leased-work.js';
import { chunkTexts, embedAll, packChunks } from './chunks.js';
import {
  type Attributes,
  AUTO_CHUNKING,
  changed,
  type Chunking,
  counted,
  FILE_BATCHES,
  OPEN,
  requireVectorStore,
  STORE_FILES,
  storeFileId,
  type StoreFileRecord,
  VECTOR_STORES,
} from './records.js';

export const attributes = z
  .record(z.string().max(64), z.union([z.string().max(512), z.number(), z.boolean()]))
  .refine((pairs) => Object.keys(pairs).length <= 16, { error: 'it can have at most 16 pairs' })
  .nullish()
  .transform((pairs) => pairs ?? {});

/** `auto`, or so many tokens with so many in common. */
export const chunkingStrategy = z
  .union([
    z.strictObject({ type: z.literal('auto') }),
    z.strictObject({
      type: z.literal('static'),
      static: z
        .strictObject({
          max_chunk_size_tokens: z.int().min(100).max(4096),
          chunk_overlap_tokens: z.int().min(0).max(2048),
        })
        .refine(({ max_chunk_size_tokens: max, chunk_overlap_tokens: overlap }) => overlap <= max / 2, {
          error: 'chunk_overlap_tokens can be at most half of max_chunk_size_tokens',
        }),
    }),
  ])
  .nullish()
  .transform((strategy): Chunking =>
    strategy?.type === 'static'
      ? {
          maxTokens: strategy.static.max_chunk_size_tokens,
          overlapTokens: strategy.static.chunk_overlap_tokens,
        }
      : AUTO_CHUNKING,
  );

/** What is put into a store. */
export interface NewStoreFile {
  file: string;
  chunking: Chunking;
  attributes: Attributes;
}

const DIMENSIONS = 256;

/** The embedder of all vector stores; queries and chunks need the same one. */
export const embedderOf = ({ seed }: { seed: number }): Embedder =>
  new Embedder({ seed, model: 'vector-store', dimensions: DIMENSIONS });

/**
 * Puts a file into a store, to be read; one that is there already is put anew.
 *
 * @param batch - the file batch that it comes with
 * @param param - the parameter that names the file
 * @throws ApiError 404 when the store or the file is not there
 */
export async function putStoreFile(
  context: ServerContext,
  vectorStore: string,
  asked: NewStoreFile,
  batch: string | null,
  param: string,
): Promise<StoreFileRecord> {
  const store = await context.store();
  const { id: file, filename } = await requireFile(store, asked.file, param);
  const nowMs = context.clock.wallMs();
  const record: StoreFileRecord = {
    id: file,
    vectorStore,
    batch,
    createdS: Math.floor(nowMs / 1000),
    filename,
    usageBytes: 0,
    status: 'in_progress',
    error: null,
    chunking: asked.chunking,
    attributes: asked.attributes,
    readyMs: nowMs + context.options.ingestDuration,
    chunks: null,
  };
  await store.transact(async (transaction) => {
    const id = storeFileId(vectorStore, file);
    let current = await requireVectorStore(transaction, vectorStore);
    const earlier = await transaction.get(STORE_FILES, id);
    if (earlier) current = counted(current, earlier, -1);
    transaction.put(VECTOR_STORES, vectorStore, {
      ...counted(current, record, 1),
      lastActiveS: record.createdS,
    });
    transaction.put(STORE_FILES, id, record, { blobs: [] });
  });
  return record;
}

/** Files of vector stores that are to be read, for the threads to look for. */
export const INGESTS: WorkKind = {
  name: 'vector store file',
  collection: STORE_FILES,
  index: { name: 'state', group: OPEN },
  idOf: ({ vectorStore, id }: StoreFileRecord) => storeFileId(vectorStore, id),
  begin: (context, store, lease, id) => new Ingest(context, store, lease, id),
};

/** Has the files read that were put. */
export const ingestSoon = (context: ServerContext): void => WorkRunner.of(context, INGESTS).look();

/** What becomes of a file. */
type Outcome = Pick<StoreFileRecord, 'status' | 'error' | 'usageBytes' | 'chunks'>;

/** Reads one file. */
class Ingest extends LeasedExecution {
  #wake = (): void => {};

  async run(): Promise<void> {
    const record = await this.store.get(STORE_FILES, this.id);
    if (record?.status !== 'in_progress') return;
    await this.#until(record.readyMs);
    if (this.stopped) return;
    const outcome = await this.#read(record);
    await this.store.transact(async (transaction) => {
      await this.lease.check(transaction);
      const current = await transaction.get(STORE_FILES, this.id);
      // Cancelled, taken out or put anew meanwhile.
      if (current?.status !== 'in_progress' || current.readyMs !== record.readyMs) return;
      await settle(transaction, current, outcome);
    });
  }

  override stop(): void {
    super.stop();
    this.#wake();
  }

  async #until(wallMs: number): Promise<void> {
    const { clock, wheel } = this.context;
    const waitMs = wallMs - clock.wallMs();
    if (waitMs <= 0 || this.stopped) return;
    await new Promise<void>((resolve) => {
      const deadline = wheel.at(clock.nowMs() + waitMs, () => resolve());
      this.#wake = () => {
        wheel.cancel(deadline);
        resolve();
      };
    });
  }

  async #read({ id, filename, chunking }: StoreFileRecord): Promise<Outcome> {
    const failed = (error: FileProblem): Outcome => ({
      status: 'failed',
      error,
      usageBytes: 0,
      chunks: null,
    });
    const file = await this.store.get(FILES, id);
    if (!file) return failed({ code: 'invalid_file', message: `The file ${id} is not there any more.` });
    const text = await textOf(filename, await contentOf(this.store, file));
    if (typeof text !== 'string') return failed(text);
    const texts = chunkTexts(text, this.context.counter.tokenizer, chunking);
    const packed = packChunks(await embedAll(texts, embedderOf(this.context)));
    const chunks = await newId(this.context, 'blob_');
    await this.store.writeBlob(chunks, packed);
    return { status: 'completed', error: null, usageBytes: packed.length, chunks };
  }
}

/** Gives a file its outcome, and counts it where it is counted. */
export async function settle(
  transaction: Transaction,
  file: StoreFileRecord,
  outcome: Outcome,
): Promise<void> {
  const { vectorStore, batch } = file;
  const record = { ...file, ...outcome };
  transaction.put(STORE_FILES, storeFileId(vectorStore, file.id), record, {
    blobs: record.chunks === null ? [] : [record.chunks],
  });
  const store = await transaction.get(VECTOR_STORES, vectorStore);
  if (store) transaction.put(VECTOR_STORES, vectorStore, counted(counted(store, file, -1), record, 1));
  const whole = batch === null ? undefined : await transaction.get(FILE_BATCHES, batch);
  if (!whole) return;
  const counts = changed(changed(whole.counts, file.status, -1), record.status, 1);
  transaction.put(FILE_BATCHES, whole.id, { ...whole, counts });
}
