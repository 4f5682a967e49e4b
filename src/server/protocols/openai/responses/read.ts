/** What can be done with a kept response: read, replay, cancel, delete, list its input. */
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import type { Store } from '../../../store/store.js';
import { invalid } from '../errors.js';
import { listBody, pageOf } from '../lists.js';
import type { OperationHandler } from '../operations.js';
import { readResponseBody } from './body.js';
import { prepareResponse } from './prepare.js';
import { requireResponse, type ResponseRecord, RESPONSES, withoutWork } from './records.js';

const isOver = ({ body }: ResponseRecord): boolean =>
  body.status !== 'queued' && body.status !== 'in_progress';

export const getResponse: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const record = await requireResponse(store, request.param('response_id'));
  if (request.query.get('stream') === 'true') await replay(store, record, request, reply);
  else reply.json(record.body);
};

/** Sends the events behind a number again; of a response under way once it is over. */
async function replay(
  store: Store,
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
  if (!record.background || (isOver(record) && record.eventsBlob === null)) {
    const message =
      "This response cannot be streamed: only responses that were created with 'background' and 'stream' can be read again.";
    throw invalid('stream', 'invalid_value', message);
  }
  const done = isOver(record) ? record : await untilOver(store, record.id, reply);
  if (!done || reply.response.done) return;
  const bytes = done.eventsBlob === null ? undefined : await store.readBlob(done.eventsBlob);
  const events = (bytes?.toString('latin1') ?? '').split(/(?<=\n\n)/);
  const stream = reply.events();
  stream.end(events.slice(Number(after) + 1).join(''));
}

/** Resolves when a response is over; undefined when it is deleted or nobody waits any more. */
function untilOver(store: Store, id: string, reply: Reply): Promise<ResponseRecord | undefined> {
  return new Promise((resolve, reject) => {
    const look = async (): Promise<void> => {
      const record = await store.get(RESPONSES, id);
      if (record && !isOver(record)) return;
      stop();
      resolve(record);
    };
    const stop = store.watch(RESPONSES, (changed) => {
      if (changed === id) look().catch(reject);
    });
    reply.onAbort(() => {
      stop();
      resolve(undefined);
    });
    look().catch(reject);
  });
}

export const deleteResponse: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const { id } = await requireResponse(store, request.param('response_id'));
  await store.delete(RESPONSES, id);
  reply.json({ id, object: 'response', deleted: true });
};

export const cancelResponse: OperationHandler = async (context, request, reply) => {
  const store = await context.store();
  const { id, background } = await requireResponse(store, request.param('response_id'));
  if (!background) throw invalid('response_id', null, 'Cannot cancel a synchronous response.');
  const changed = await store.update(RESPONSES, id, (record) =>
    isOver(record) ? undefined : { ...withoutWork(record), body: { ...record.body, status: 'cancelled' } },
  );
  const record = changed ?? (await requireResponse(store, id));
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
  reply.json(listBody({ data: items.slice(from, from + limit), hasMore: from + limit < items.length }));
};

/** `POST /v1/responses/input_tokens`: what the input of such a response would cost. */
export const countInput: OperationHandler = async (context, request, reply) => {
  const input = {
    ...request.json(),
    store: false,
    stream: null,
    background: null,
  };
  const { prompt } = await prepareResponse(context, readResponseBody(input), {}, { answers: false });
  reply.json({ object: 'response.input_tokens', input_tokens: prompt.total });
};
