/** Files as they are kept, and as the API shows them. Other families keep files with this too. */
import type { Clock } from '../../../../lib/clock.js';
import type { IdSource } from '../../../store/new-id.js';
import { newId } from '../../../store/new-id.js';
import type { Collection, Store, Transaction } from '../../../store/store.js';
import { notFound } from '../lists.js';

/** What a file is for; the last three are of files that the server makes. */
export type FilePurpose =
  | 'assistants'
  | 'batch'
  | 'fine-tune'
  | 'vision'
  | 'user_data'
  | 'evals'
  | 'assistants_output'
  | 'batch_output'
  | 'fine-tune-results';

/** A file as it is kept. */
export interface FileRecord {
  id: string;
  bytes: number;
  createdS: number;
  expiresS: number | null;
  filename: string;
  purpose: FilePurpose;
  /** The content, in order: one blob, or one for each part of an upload. */
  blobs: string[];
}

export const FILES: Collection<FileRecord> = {
  name: 'files',
  indexes: { purpose: ({ purpose }) => purpose },
  maxCount: 100_000,
  atBound: 'refuse',
};

/** What the API says of a file. */
export const fileBody = ({ id, bytes, createdS, expiresS, filename, purpose }: FileRecord) => ({
  id,
  object: 'file',
  bytes,
  created_at: createdS,
  ...(expiresS === null ? {} : { expires_at: expiresS }),
  filename,
  purpose,
  status: 'processed',
});

/** What a file is made of. */
export interface NewFile {
  filename: string;
  purpose: FilePurpose;
  /** How long it is kept; null for ever. */
  lifeS: number | null;
}

/** Who makes files. */
export type FileMaker = IdSource & { clock: Clock };

/**
 * A record of a file whose content is kept already; put it with {@link putFile}.
 *
 * @param blobs - the content, in order
 * @param bytes - its size
 */
export async function makeFile(
  maker: FileMaker,
  { filename, purpose, lifeS }: NewFile,
  blobs: string[],
  bytes: number,
): Promise<FileRecord> {
  const createdS = Math.floor(maker.clock.wallMs() / 1000);
  const expiresS = lifeS === null ? null : createdS + lifeS;
  return { id: await newId(maker, 'file-', 22), bytes, createdS, expiresS, filename, purpose, blobs };
}

/** Puts a file; its content is its own from now on. */
export function putFile(transaction: Transaction, file: FileRecord): void {
  transaction.put(FILES, file.id, file, {
    blobs: file.blobs,
    ...(file.expiresS === null ? {} : { expiresAtMs: file.expiresS * 1000 }),
  });
}

/** Keeps a new file. */
export async function saveFile(maker: FileMaker, file: NewFile, content: Uint8Array): Promise<FileRecord> {
  const store = await maker.store();
  const blob = await newId(maker, 'blob_');
  await store.writeBlob(blob, content);
  const record = await makeFile(maker, file, [blob], content.length);
  await store.transact((transaction) => putFile(transaction, record));
  return record;
}

/**
 * A file.
 *
 * @param param - the parameter that names it
 * @throws ApiError 404 when there is none
 */
export async function requireFile(store: Pick<Store, 'get'>, id: string, param = 'id'): Promise<FileRecord> {
  const file = await store.get(FILES, id);
  if (!file) throw notFound(`No such File object: ${id.slice(0, 200)}`, param);
  return file;
}

/** The content of a file. */
export async function contentOf(store: Store, { blobs }: Pick<FileRecord, 'blobs'>): Promise<Buffer> {
  const parts = await Promise.all(blobs.map((blob) => store.readBlob(blob)));
  return Buffer.concat(parts.map((part) => part ?? Buffer.alloc(0)));
}
