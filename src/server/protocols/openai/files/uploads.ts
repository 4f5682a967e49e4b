/** `/uploads`: files that come in parts. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { willAnswer } from '../../../store/commit-note.js';
import { newId } from '../../../store/new-id.js';
import type { Collection, Store, Transaction } from '../../../store/store.js';
import { ApiError, invalid } from '../errors.js';
import { notFound } from '../lists.js';
import { oneFile, readForm } from '../multipart.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { fileBody, makeFile, putFile, type FilePurpose, type FileRecord } from './file-records.js';
import { checkFilename, expiresAfter, lifeOf } from './files.js';
import { canBe } from './mime-types.js';

const PURPOSES = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'] as const;
const MAX_UPLOAD_BYTES = 8 * 1024 ** 3;
const MAX_PART_BYTES = 64 * 1024 ** 2;
const MAX_PARTS = 1000;
/** How long an upload takes parts. */
const LIFE_S = 3600;
/** How much longer one that took no more can be asked for. */
const AFTERLIFE_MS = 24 * 3600 * 1000;

interface UploadRecord {
  id: string;
  createdS: number;
  expiresS: number;
  filename: string;
  bytes: number;
  purpose: FilePurpose;
  lifeS: number | null;
  mimeType?: string;
  status: 'pending' | 'completed' | 'cancelled';
  /** Of a completed one. */
  file: string | null;
  /** Ids of its parts, in the order in which they came. */
  parts: string[];
}

interface PartRecord {
  id: string;
  bytes: number;
  blob: string;
}

const UPLOADS: Collection<UploadRecord> = { name: 'uploads', maxCount: 10_000, atBound: 'refuse' };
const PARTS: Collection<PartRecord> = { name: 'upload_parts', maxCount: 100_000, atBound: 'refuse' };

const newUpload = z.strictObject({
  filename: z.string().min(1).max(1000),
  purpose: z.enum(PURPOSES),
  bytes: z.int().min(1).max(MAX_UPLOAD_BYTES),
  mime_type: z.string(),
  expires_after: expiresAfter.nullish(),
});
const completion = z.strictObject({
  part_ids: z.array(z.string()).min(1).max(MAX_PARTS),
  md5: z.string().nullish(),
});

const nowS = ({ clock }: ServerContext): number => Math.floor(clock.wallMs() / 1000);
const statusOf = (context: ServerContext, { status, expiresS }: UploadRecord): string =>
  status === 'pending' && expiresS <= nowS(context) ? 'expired' : status;

const uploadBody = (context: ServerContext, upload: UploadRecord, file?: FileRecord) => ({
  id: upload.id,
  object: 'upload',
  bytes: upload.bytes,
  created_at: upload.createdS,
  expires_at: upload.expiresS,
  filename: upload.filename,
  purpose: upload.purpose,
  status: statusOf(context, upload),
  ...(file ? { file: fileBody(file) } : {}),
});

async function create(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const asked = check(newUpload, request.json());
  const { filename, purpose, bytes, mime_type: mimeType, expires_after: expires } = asked;
  checkFilename(filename, purpose);
  const createdS = nowS(context);
  const upload: UploadRecord = {
    id: await newId(context, 'upload_'),
    createdS,
    expiresS: createdS + LIFE_S,
    filename,
    bytes,
    purpose,
    mimeType,
    lifeS: lifeOf(purpose, expires),
    status: 'pending',
    file: null,
    parts: [],
  };
  const store = await context.store();
  const body = uploadBody(context, upload);
  willAnswer(body);
  await store.put(UPLOADS, upload.id, upload, { expiresAtMs: upload.expiresS * 1000 + AFTERLIFE_MS });
  reply.json(body);
}

async function addPart(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const uploadId = request.param('upload_id');
  pending(context, await store.get(UPLOADS, uploadId), uploadId);
  const { bytes } = await dataOf(request);
  if (bytes.length === 0) throw invalid('data', 'empty_file', 'File is empty.');
  if (bytes.length > MAX_PART_BYTES) {
    throw invalid('data', 'part_too_large', `A part can have at most ${MAX_PART_BYTES} bytes.`);
  }
  const id = await newId(context, 'part_');
  const blob = await newId(context, 'blob_');
  await store.writeBlob(blob, bytes);
  const body = { id, object: 'upload.part', created_at: nowS(context), upload_id: uploadId };
  willAnswer(body);
  await store.transact(async (transaction) => {
    const upload = pending(context, await transaction.get(UPLOADS, uploadId), uploadId);
    if (upload.parts.length === MAX_PARTS) {
      throw invalid('data', 'too_many_parts', `An upload can have at most ${MAX_PARTS} parts.`);
    }
    transaction.put(UPLOADS, uploadId, { ...upload, parts: [...upload.parts, id] });
    const options = { expiresAtMs: upload.expiresS * 1000, blobs: [blob] };
    transaction.put(PARTS, id, { id, bytes: bytes.length, blob }, options);
  });
  reply.json(body);
}

/** Clients send the part as a file, or as a field. */
async function dataOf(request: ApiRequest): Promise<{ bytes: Buffer }> {
  const form = await readForm('addUploadPart', request);
  const text = form.fields.get('data')?.[0];
  return text === undefined ? oneFile(form, 'data') : { bytes: Buffer.from(text) };
}

async function complete(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const id = request.param('upload_id');
  const { part_ids: partIds, md5 } = check(completion, request.json());
  const upload = pending(context, await store.get(UPLOADS, id), id);
  const parts = await partsOf(store, upload, partIds);
  await checkContent(store, upload, parts, md5);
  const blobs = parts.map(({ blob }) => blob);
  const file = await makeFile(context, upload, blobs, upload.bytes);
  const body = uploadBody(context, { ...upload, status: 'completed' }, file);
  willAnswer(body);
  await store.transact(async (transaction) => {
    const current = pending(context, await transaction.get(UPLOADS, id), id);
    for (const part of parts) transaction.delete(PARTS, part.id, true);
    dropParts(
      transaction,
      current.parts.filter((part) => !partIds.includes(part)),
    );
    putFile(transaction, file);
    transaction.put(UPLOADS, id, { ...current, status: 'completed', file: file.id, parts: [] });
  });
  reply.json(body);
}

async function partsOf(store: Store, upload: UploadRecord, ids: readonly string[]): Promise<PartRecord[]> {
  if (new Set(ids).size < ids.length) throw invalid('part_ids', 'invalid_value', 'A part is named twice.');
  const parts: PartRecord[] = [];
  for (const id of ids) {
    const part = upload.parts.includes(id) ? await store.get(PARTS, id) : undefined;
    if (!part) throw invalid('part_ids', 'invalid_value', `The upload has no part '${id.slice(0, 100)}'.`);
    parts.push(part);
  }
  return parts;
}

async function checkContent(
  store: Store,
  { bytes, mimeType = '' }: UploadRecord,
  parts: readonly PartRecord[],
  md5: string | null | undefined,
): Promise<void> {
  const sent = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (sent !== bytes) {
    const message = `The parts have ${sent} bytes, but the upload was to have ${bytes}.`;
    throw invalid('part_ids', 'bytes_mismatch', message);
  }
  const beginning = (await store.readBlob(parts[0]!.blob)) ?? Buffer.alloc(0);
  if (!canBe(mimeType, beginning)) {
    const message = `The file is not of the type '${mimeType.slice(0, 100)}' that the upload was created with.`;
    throw invalid('mime_type', 'invalid_mime_type', message);
  }
  if (md5 == null) return;
  const hash = createHash('md5');
  for (const { blob } of parts) hash.update((await store.readBlob(blob)) ?? '');
  if (hash.digest('hex') === md5.toLowerCase()) return;
  throw invalid('md5', 'checksum_mismatch', 'The MD5 checksum of the parts is not the one given.');
}

async function cancel(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const id = request.param('upload_id');
  const body = await store.transact(async (transaction) => {
    const current = pending(context, await transaction.get(UPLOADS, id), id);
    dropParts(transaction, current.parts);
    const cancelled: UploadRecord = { ...current, status: 'cancelled', parts: [] };
    transaction.put(UPLOADS, id, cancelled);
    const answer = uploadBody(context, cancelled);
    willAnswer(answer);
    return answer;
  });
  reply.json(body);
}

function dropParts(transaction: Transaction, ids: readonly string[]): void {
  for (const id of ids) transaction.delete(PARTS, id);
}

/** @throws ApiError when there is no upload, or it takes nothing more */
function pending(context: ServerContext, upload: UploadRecord | undefined, id: string): UploadRecord {
  if (!upload) throw notFound(`No such Upload object: ${id.slice(0, 200)}`, 'upload_id');
  const status = statusOf(context, upload);
  if (status === 'pending') return upload;
  const message = `Upload ${id} is ${status}: only a pending one can be changed.`;
  throw new ApiError({ status: 400, message, param: 'upload_id', code: 'upload_not_pending' });
}

export const handlers: OperationHandlers = {
  createUpload: create,
  addUploadPart: addPart,
  completeUpload: complete,
  cancelUpload: cancel,
};
