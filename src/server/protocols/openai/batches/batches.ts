/** `/batches` */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { newId } from '../../../store/new-id.js';
import { optionalMetadata } from '../common-fields.js';
import { ApiError, invalid } from '../errors.js';
import { FILES } from '../files/file-records.js';
import { expiresAfter } from '../files/files.js';
import { WorkRunner } from '../leased-work.js';
import { listBody, notFound, pageOf, readPage, unknownReference } from '../lists.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { batchBody, BATCHES, type BatchRecord, inStatus, INPUTS } from './batch-records.js';
import { BATCH_WORK } from './runner.js';

const ENDPOINTS = [
  '/v1/responses',
  '/v1/chat/completions',
  '/v1/embeddings',
  '/v1/completions',
  '/v1/moderations',
  '/v1/images/generations',
  '/v1/images/edits',
  '/v1/videos',
] as const;

const newBatch = z.strictObject({
  input_file_id: z.string(),
  endpoint: z.enum(ENDPOINTS),
  completion_window: z.enum(['24h']),
  metadata: optionalMetadata,
  output_expires_after: expiresAfter.nullish(),
});

async function create(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const store = await context.store();
  const asked = check(newBatch, request.json());
  const file = await store.get(FILES, asked.input_file_id);
  if (!file) throw noSuchFile(asked.input_file_id);
  if (file.purpose !== 'batch') {
    const message = `The file ${file.id} was uploaded with the purpose '${file.purpose}'; a batch needs one with the purpose 'batch'.`;
    throw invalid('input_file_id', 'invalid_file_purpose', message);
  }
  const createdS = Math.floor(context.clock.wallMs() / 1000);
  const batch: BatchRecord = {
    id: await newId(context, 'batch_', 32, 'hex'),
    endpoint: asked.endpoint,
    model: null,
    inputFile: file.id,
    completionWindow: asked.completion_window,
    metadata: asked.metadata,
    outputLifeS: asked.output_expires_after?.seconds ?? null,
    status: 'validating',
    createdS,
    expiresS: createdS + Math.ceil(context.options.batchWindow / 1000),
    reachedS: {},
    errors: [],
    counts: { total: 0, completed: 0, failed: 0 },
    usage: { inputTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0 },
    outputFile: null,
    errorFile: null,
  };
  await store.transact(async (transaction) => {
    // Deleted this very moment, it is not there.
    const input = await transaction.get(FILES, file.id);
    if (!input) throw noSuchFile(file.id);
    transaction.put(BATCHES, batch.id, batch);
    transaction.put(INPUTS, batch.id, { blobs: input.blobs }, { sharedBlobs: input.blobs });
  });
  WorkRunner.of(context, BATCH_WORK).look();
  reply.json(batchBody(batch));
}

async function list(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const page = await readPage(await context.store(), BATCHES, pageOf(request));
  reply.json(listBody({ ...page, data: page.data.map(batchBody) }));
}

async function retrieve(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const id = request.param('batch_id');
  const batch = await (await context.store()).get(BATCHES, id);
  if (!batch) throw unknown(id);
  reply.json(batchBody(batch));
}

async function cancel(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const id = request.param('batch_id');
  const nowS = Math.floor(context.clock.wallMs() / 1000);
  const batch = await (
    await context.store()
  ).update(BATCHES, id, (current) => {
    const { status } = current;
    if (status === 'cancelling' || status === 'cancelled') return undefined;
    if (status === 'validating' || status === 'in_progress') return inStatus(current, 'cancelling', nowS);
    const message = `Cannot cancel a batch with status '${status}'.`;
    throw new ApiError({ status: 409, message, code: 'invalid_batch_status' });
  });
  if (!batch) throw unknown(id);
  WorkRunner.of(context, BATCH_WORK).look();
  reply.json(batchBody(batch));
}

const noSuchFile = (id: string): ApiError =>
  unknownReference('input_file_id', 'invalid_request', `No such File object: ${id.slice(0, 200)}`);

const unknown = (id: string): ApiError => notFound(`No batch found with id '${id.slice(0, 200)}'.`);

export const handlers: OperationHandlers = {
  createBatch: create,
  listBatches: list,
  retrieveBatch: retrieve,
  cancelBatch: cancel,
};
