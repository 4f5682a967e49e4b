/** `/files` */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { formInteger } from '../common-fields.js';
import { ApiError, invalid } from '../errors.js';
import { listBody, notFound, pageOf, readPage } from '../lists.js';
import { formObject, oneFile, readForm } from '../multipart.js';
import type { OperationHandlers } from '../operations.js';
import { leaveVectorStores } from '../vector-stores/records.js';
import { check } from '../validation.js';
import { contentOf, fileBody, FILES, requireFile, saveFile } from './file-records.js';

const PURPOSES = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'] as const;
/** Purposes whose files are read line by line. */
const JSONL_PURPOSES: ReadonlySet<string> = new Set(['batch', 'fine-tune']);
/** Purposes whose files OpenAI does not give back. */
const UPLOAD_ONLY: ReadonlySet<string> = new Set(['assistants', 'user_data', 'vision']);

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

/** How long a file is kept. */
export const expiresAfter = z.strictObject({
  anchor: z.literal('created_at'),
  seconds: formInteger(HOUR_S, 30 * DAY_S),
});

/** What files and uploads are made with. */
export const purpose = z.enum(PURPOSES);

/** Input files of batches are kept for 30 days unless something else is said, others for ever. */
export const lifeOf = (
  purpose: string,
  expires: z.output<typeof expiresAfter> | null | undefined,
): number | null => expires?.seconds ?? (purpose === 'batch' ? 30 * DAY_S : null);

/** @throws ApiError when a file of a purpose cannot have a name */
export function checkFilename(filename: string, purpose: string): void {
  if (!JSONL_PURPOSES.has(purpose) || filename.toLowerCase().endsWith('.jsonl')) return;
  const api = purpose === 'batch' ? 'Batch API' : 'Fine-Tuning API';
  throw invalid('file', 'invalid_file_format', `Invalid file format for ${api}. Must be .jsonl`);
}

const newFile = z.object({ purpose, expires_after: expiresAfter.nullish() });

async function create(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const form = await readForm('createFile', request);
  const { bytes, filename } = oneFile(form, 'file');
  const { purpose, expires_after: expires } = check(newFile, formObject(form));
  if (bytes.length === 0) throw invalid('file', 'empty_file', 'File is empty.');
  checkFilename(filename, purpose);
  const lifeS = lifeOf(purpose, expires);
  reply.json(fileBody(await saveFile(context, { filename, purpose, lifeS }, bytes)));
}

async function list(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const query = pageOf<never>(request, { limit: 10_000, maxLimit: 10_000 });
  const group = request.query.get('purpose');
  const index = group ? { index: { name: 'purpose', group } } : {};
  const page = await readPage(await context.store(), FILES, { ...query, ...index });
  reply.json(listBody({ ...page, data: page.data.map(fileBody) }));
}

async function retrieve(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  reply.json(fileBody(await requireFile(await context.store(), request.param('file_id'))));
}

async function remove(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const id = request.param('file_id');
  if (!(await store.delete(FILES, id))) throw notFound(`No such File object: ${id.slice(0, 200)}`, 'id');
  await leaveVectorStores(store, id);
  reply.json({ id, object: 'file', deleted: true });
}

async function download(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const file = await requireFile(store, request.param('file_id'));
  if (UPLOAD_ONLY.has(file.purpose)) {
    const message = `Not allowed to download files of purpose: ${file.purpose}`;
    throw new ApiError({ status: 400, message });
  }
  const name = encodeURIComponent(file.filename);
  const headers = `content-disposition: attachment; filename*=UTF-8''${name}\r\n`;
  reply.bytes(await contentOf(store, file), 'application/octet-stream', headers);
}

export const handlers: OperationHandlers = {
  createFile: create,
  listFiles: list,
  retrieveFile: retrieve,
  deleteFile: remove,
  downloadFile: download,
};
