/**
 * `/chatkit/threads`. Threads come into being when somebody chats on a page with a session's secret, through addresses that
 * the API does not describe and that are not simulated: so there are none, and whatever is asked for is not found.
 */
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { invalid } from '../errors.js';
import { listBody, notFound, pageOf } from '../lists.js';
import type { OperationHandlers } from '../operations.js';

function list(_context: ServerContext, request: ApiRequest, reply: Reply): void {
  const { after, before } = pageOf(request);
  for (const [name, id] of Object.entries({ after, before })) {
    if (id === undefined) continue;
    const message = `Invalid '${name}': there is no object with the id '${id.slice(0, 200)}'.`;
    throw invalid(name, 'invalid_value', message);
  }
  reply.json(listBody({ data: [], hasMore: false }));
}

function none(_context: ServerContext, request: ApiRequest): never {
  const id = request.param('thread_id').slice(0, 200);
  throw notFound(`No ChatKit thread found with id '${id}'.`, 'thread_id');
}

export const handlers: OperationHandlers = {
  ListThreadsMethod: list,
  GetThreadMethod: none,
  DeleteThreadMethod: none,
  ListThreadItemsMethod: none,
};
