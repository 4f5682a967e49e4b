/** Puts files into a vector store: text, chunks, vectors. Done when it is answered; `in_progress` is never seen. */
import * as z from 'zod';
import { Embedder } from '../../../../simulator/embedding/embedder.js';
import type { ServerContext } from '../../../context.js';
import { newId } from '../../../store/new-id.js';
import { contentOf, type FileRecord, requireFile } from '../files/file-records.js';
import { chunkTexts, embedAll, packChunks } from './chunks.js';
import {
  type Attributes,
  AUTO_CHUNKING,
  type Chunking,
  counted,
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
    z.object({ type: z.literal('auto') }),
    z.object({
      type: z.literal('static'),
      static: z
        .object({
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
const MAX_TEXT_BYTES = 64 * 1024 * 1024;

/** The embedder of all vector stores; queries and chunks need the same one. */
export const embedderOf = ({ seed }: { seed: number }): Embedder =>
  new Embedder({ seed, model: 'vector-store', dimensions: DIMENSIONS });

/**
 * Puts a file into a store; one that is there already is put anew.
 *
 * @param param - the parameter that names the file
 * @throws ApiError 404 when the store or the file is not there
 */
export async function ingest(
  context: ServerContext,
  vectorStore: string,
  asked: NewStoreFile,
  batch: string | null,
  param: string,
): Promise<StoreFileRecord> {
  const store = await context.store();
  const file = await requireFile(store, asked.file, param);
  const read = textOf(file, await contentOf(store, file));
  const createdS = Math.floor(context.clock.wallMs() / 1000);
  const { chunking, attributes } = asked;
  const base = { id: file.id, vectorStore, batch, createdS, filename: file.filename, chunking, attributes };
  const record: StoreFileRecord =
    typeof read === 'string'
      ? { ...base, status: 'completed', error: null, ...(await keepChunks(context, read, chunking)) }
      : { ...base, status: 'failed', error: read, usageBytes: 0, chunks: null };
  await store.transact(async (transaction) => {
    const id = storeFileId(vectorStore, file.id);
    let current = await requireVectorStore(transaction, vectorStore);
    const earlier = await transaction.get(STORE_FILES, id);
    if (earlier) current = counted(current, earlier, -1);
    transaction.put(VECTOR_STORES, vectorStore, { ...counted(current, record, 1), lastActiveS: createdS });
    transaction.put(STORE_FILES, id, record, { blobs: record.chunks === null ? [] : [record.chunks] });
  });
  return record;
}

async function keepChunks(
  context: ServerContext,
  text: string,
  chunking: Chunking,
): Promise<{ usageBytes: number; chunks: string }> {
  const texts = chunkTexts(text, context.counter.tokenizer, chunking);
  const packed = packChunks(await embedAll(texts, embedderOf(context)));
  const chunks = await newId(context, 'blob_');
  await (await context.store()).writeBlob(chunks, packed);
  return { usageBytes: packed.length, chunks };
}

type Unreadable = NonNullable<StoreFileRecord['error']>;

function textOf({ filename }: FileRecord, content: Buffer): string | Unreadable {
  if (content.length > MAX_TEXT_BYTES) {
    return { code: 'invalid_file', message: `The file has more than ${MAX_TEXT_BYTES} bytes.` };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content);
    if (!text.includes('\0')) return text;
  } catch {
    // Not UTF-8: said below.
  }
  const message = `fakeai reads files of text in UTF-8 only; ${filename.slice(0, 100)} is something else.`;
  return { code: 'unsupported_file', message };
}
