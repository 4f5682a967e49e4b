/** What can be done with a kept response: read, replay, cancel, delete, list its input. */
import type { ServerContext } from '../../../context.js';
import { libraryOf } from '../../../prompts/library.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { announce } from '../../../webhooks/events.js';
import { invalid } from '../errors.js';
import { listBody, pageOf } from '../lists.js';
import type { OperationHandler } from '../operations.js';
import { readResponseBody } from './body.js';
import { dropFeed } from './feed.js';
import { follow } from './follow.js';
import { includeOf, withIncluded } from './included.js';
import { prepareResponse } from './prepare.js';
import { replayedPadding } from './replayed-padding.js';
import { isOver, requireResponse, type ResponseRecord, RESPONSES, withoutWork } from './records.js';

export const getResponse: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const record = await requireResponse(store, request.param('response_id'));
  if (request.query.get('stream') === 'true') await replay(context, record, request, reply);
  else reply.json(shownBody(record, includeOf(request), context.seed));
};

/** A response with what is asked for. */
function shownBody(
  { body, hidden = {} }: ResponseRecord,
  include: ReadonlySet<string>,
  seed: number,
): object {
  if (include.size === 0) return body;
  return { ...body, output: body.output.map((item) => withIncluded(item, hidden[item.id], include, seed)) };
}

/** Sends the events behind a number again; those of a response under way as they come. */
async function replay(
  context: ServerContext,
  record: ResponseRecord,
  request: ApiRequest,
  reply: Reply,
): Promise<void> {
  const after = request.query.get('starting_after') ?? '-1';
  if (!/^-?\d{1,9}$/.test(after))
    throw invalid(
      'starting_after',
      'invalid_type',
      "Invalid type for 'starting_after': expected an integer.",
    );
  if (record.eventsBlob === null && record.work?.request.stream !== true) {
    const message =
      record.body.status === 'cancelled'
        ? 'This response was cancelled: its events are not kept.'
        : "This response cannot be streamed: only responses that were created with 'background' and 'stream' can be read again.";
    throw invalid('stream', 'invalid_value', message);
  }
  const shown = replayedPadding(request.query.get('include_obfuscation'));
  await follow(context, record.id, Math.max(Number(after) + 1, 0), reply, shown);
}

export const deleteResponse: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const { id } = await requireResponse(store, request.param('response_id'));
  await store.transact(async (transaction) => {
    transaction.delete(RESPONSES, id);
    await dropFeed(transaction, id);
  });
  reply.json({ id, object: 'response', deleted: true });
};

export const cancelResponse: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const { id, background } = await requireResponse(store, request.param('response_id'));
  if (!background) throw invalid('response_id', null, 'Cannot cancel a synchronous response.');
  await store.transact(async (transaction) => {
    const record = await transaction.get(RESPONSES, id);
    if (!record || isOver(record)) return;
    const body = { ...record.body, status: 'cancelled' };
    transaction.put(RESPONSES, id, { ...withoutWork(record), body });
    await dropFeed(transaction, id);
    await announce(context, transaction, 'response.cancelled', { id });
  });
  const record = await requireResponse(store, id);
  if (record.body.status !== 'cancelled')
    throw invalid('response_id', null, `Cannot cancel a ${record.body.status} response.`);
  reply.json(record.body);
};

export const listInputItems: OperationHandler = async (context, request, reply) => {
  const { limit, order, after } = pageOf<never>(request);
  const { input } = await requireResponse(await context.store(), request.param('response_id'));
  const items = order === 'asc' ? input : input.toReversed();
  const from = after === undefined ? 0 : items.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && from === 0) {
    throw invalid(
      'after',
      'invalid_value',
      `Invalid 'after': there is no object with the id '${after.slice(0, 200)}'.`,
    );
  }
  const include = includeOf(request);
  const data = items
    .slice(from, from + limit)
    .map((item) => withIncluded(item, undefined, include, context.seed));
  reply.json(listBody({ data, hasMore: from + limit < items.length }));
};

/** `POST /v1/responses/input_tokens`: what the input of such a response would cost. */
export const countInput: OperationHandler = async (context, request, reply) => {
  const input = {
    ...request.json(),
    store: false,
    stream: null,
    background: null,
  };
  const { prompt } = await prepareResponse(
    context,
    readResponseBody(input, libraryOf(context)),
    {},
    { answers: false },
  );
  reply.json({ object: 'response.input_tokens', input_tokens: prompt.total });
};
