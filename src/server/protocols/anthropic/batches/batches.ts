/** `/v1/messages/batches` */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import type { RouteHead } from '../../../routing/late-routes.js';
import type { Route } from '../../../routing/route.js';
import { willAnswer } from '../../../store/commit-note.js';
import { newId } from '../../../store/new-id.js';
import { UnknownCursorError } from '../../../store/store.js';
import { ApiError } from '../../openai/errors.js';
import { WorkRunner } from '../../openai/leased-work.js';
import { malformed } from '../errors.js';
import { MESSAGE_BATCH_WORK } from './execution.js';
import { MESSAGE_BATCHES, messageBatchBody, type MessageBatchRecord } from './records.js';

const MAX_REQUESTS = 100_000;
const MAX_PAGE = 1000;

const newBatch = z.looseObject({
  requests: z
    .array(
      z.looseObject({
        custom_id: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, {
          error: 'should have 1 to 64 letters, digits, underscores and hyphens',
        }),
        params: z.looseObject({
          // What else is wrong with a request is said in its result.
          stream: z.literal(false, { error: 'requests of a batch cannot be streamed' }).nullish(),
        }),
      }),
    )
    .min(1)
    .max(MAX_REQUESTS),
});

type Handler = (context: ServerContext, request: ApiRequest, reply: Reply) => Promise<void>;

const originOf = (request: ApiRequest): string => `http://${request.header('host') ?? 'localhost'}`;

const create: Handler = async (context, request, reply) => {
  const read = newBatch.safeParse(request.json());
  if (!read.success) {
    const [{ path, message }] = read.error.issues as [z.core.$ZodIssue];
    throw malformed(path.join('.'), message);
  }
  const { requests } = read.data;
  checkUnique(requests.map(({ custom_id: id }) => id));
  const store = await context.store();
  const [id, input] = [await newId(context, 'msgbatch_'), await newId(context, 'blob_')];
  await store.writeBlob(input, Buffer.from(requests.map((one) => JSON.stringify(one)).join('\n')));
  const createdMs = context.clock.wallMs();
  const batch: MessageBatchRecord = {
    id,
    createdMs,
    expiresMs: createdMs + context.options.batchWindow,
    cancelledMs: null,
    ended: null,
    total: requests.length,
    input,
    results: null,
  };
  const body = messageBatchBody(batch, originOf(request));
  willAnswer(body);
  await store.put(MESSAGE_BATCHES, id, batch, { blobs: [input] });
  WorkRunner.of(context, MESSAGE_BATCH_WORK).look();
  reply.json(body);
};

function checkUnique(ids: readonly string[]): void {
  const seen = new Set<string>();
  for (const [index, id] of ids.entries()) {
    if (seen.has(id))
      throw malformed(`requests.${index}.custom_id`, `'${id}' is used by another request too`);
    seen.add(id);
  }
}

const list: Handler = async (context, request, reply) => {
  const { query } = request;
  const limit = Number(query.get('limit') ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE)
    throw malformed('limit', `Input should be a whole number from 1 to ${MAX_PAGE}`);
  const [after, before] = [query.get('after_id') || undefined, query.get('before_id') || undefined];
  const store = await context.store();
  const page = await store
    .list(MESSAGE_BATCHES, { limit, order: 'desc', after, before })
    .catch((error: unknown) => {
      if (!(error instanceof UnknownCursorError)) throw error;
      throw malformed(`${error.parameter}_id`, `there is no batch with the id '${error.id.slice(0, 200)}'`);
    });
  const data = page.data.map((batch) => messageBatchBody(batch, originOf(request)));
  reply.json({
    data,
    has_more: page.hasMore,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  });
};

async function batchOf(context: ServerContext, request: ApiRequest): Promise<MessageBatchRecord> {
  const id = request.param('message_batch_id');
  const batch = await (await context.store()).get(MESSAGE_BATCHES, id);
  if (!batch) throw unknown(id);
  return batch;
}

const retrieve: Handler = async (context, request, reply) =>
  reply.json(messageBatchBody(await batchOf(context, request), originOf(request)));

const cancel: Handler = async (context, request, reply) => {
  const id = request.param('message_batch_id');
  const store = await context.store();
  const batch = await store.update(MESSAGE_BATCHES, id, (current) => {
    if (current.ended) throw malformed('', `Batch ${id} has ended: it cannot be canceled any more.`);
    return current.cancelledMs === null ? { ...current, cancelledMs: context.clock.wallMs() } : undefined;
  });
  if (!batch) throw unknown(id);
  WorkRunner.of(context, MESSAGE_BATCH_WORK).look();
  reply.json(messageBatchBody(batch, originOf(request)));
};

const remove: Handler = async (context, request, reply) => {
  const id = request.param('message_batch_id');
  await (
    await context.store()
  ).transact(async (transaction) => {
    const batch = await transaction.get(MESSAGE_BATCHES, id);
    if (!batch) throw unknown(id);
    if (!batch.ended) throw malformed('', `Batch ${id} has not ended: cancel it before it is deleted.`);
    transaction.delete(MESSAGE_BATCHES, id);
  });
  reply.json({ id, type: 'message_batch_deleted' });
};

const results: Handler = async (context, request, reply) => {
  const { id, results: blob } = await batchOf(context, request);
  const bytes = blob === null ? undefined : await (await context.store()).readBlob(blob);
  if (!bytes) throw malformed('', `Batch ${id} has no results yet: it has not ended.`);
  reply.bytes(bytes, 'application/x-jsonl');
};

const unknown = (id: string): ApiError =>
  new ApiError({ status: 404, message: `There is no message batch with the id '${id.slice(0, 200)}'.` });

const HANDLERS: Readonly<Record<string, Handler>> = {
  anthropicCreateMessageBatch: create,
  anthropicListMessageBatches: list,
  anthropicRetrieveMessageBatch: retrieve,
  anthropicDeleteMessageBatch: remove,
  anthropicCancelMessageBatch: cancel,
  anthropicMessageBatchResults: results,
};

/** The routes of `heads`. */
export const messageBatchRoutes = (context: ServerContext, heads: readonly RouteHead[]): Route[] =>
  heads.map((head) => {
    const handler = HANDLERS[head.operationId]!;
    return { ...head, handler: (request, reply) => handler(context, request, reply) };
  });
