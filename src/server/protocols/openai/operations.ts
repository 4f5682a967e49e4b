/** The operations of OpenAI's API: those that a family answers, and all others, which are said not to be simulated. */
import type { ServerContext } from '../../context.js';
import type { ApiRequest } from '../../routing/api-request.js';
import type { Reply } from '../../routing/reply.js';
import type { Method, Route } from '../../routing/route.js';
import { ApiError } from './errors.js';
import { OPERATION_LIST } from './operation-list.js';

/** Where an operation is. */
interface Operation {
  method: Method;
  /** A pattern (see path-tree.ts), without `/v1`. */
  path: string;
  operationId: string;
}

const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  OPERATION_LIST.trim()
    .split('\n')
    .map((line) => {
      const [method, path, operationId] = line.split(' ') as [Method, string, string];
      return [operationId, { method, path: path.replaceAll(/\{(\w+)\}/g, ':$1'), operationId }];
    }),
);

/** Answers one operation. */
export type OperationHandler = (
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
) => void | Promise<void>;

/** Handlers by the operation's name in the specification. */
export type OperationHandlers = Readonly<Record<string, OperationHandler>>;

/**
 * The routes of a family whose code is loaded with its first request.
 *
 * @param load - imports the handlers
 * @param operationIds - names of operations of the specification; `load` must give a handler for each
 */
export function lazyRoutes(
  context: ServerContext,
  load: () => Promise<OperationHandlers>,
  operationIds: readonly string[],
): Route[] {
  let loaded: Family | undefined;
  return operationIds.map((operationId) => {
    const operation = OPERATIONS.get(operationId)!;
    return {
      ...operation,
      // To import what is there already takes tens of microseconds. What is thrown is a rejection in either case.
      handler: async (request, reply) => {
        const { handlers, checkRequest, sayingIts, hasOwnWords } = (loaded ??= await loadFamily(load));
        const answer = (): void | Promise<void> => {
          checkRequest(operationId, operation.path, request);
          return handlers[operationId]!(context, request, reply);
        };
        return hasOwnWords(operationId) ? sayingIts(operationId, answer) : answer();
      },
    };
  });
}

/** What a family's routes need. */
interface Family
  extends
    Pick<typeof import('./checked-request.js'), 'checkRequest'>,
    Pick<typeof import('./words/family-words.js'), 'sayingIts' | 'hasOwnWords'> {
  handlers: OperationHandlers;
}

async function loadFamily(load: () => Promise<OperationHandlers>): Promise<Family> {
  const [handlers, { checkRequest }, { sayingIts, hasOwnWords }] = await Promise.all([
    load(),
    import('./checked-request.js'),
    import('./words/family-words.js'),
  ]);
  return { handlers, checkRequest, sayingIts, hasOwnWords };
}

const shapeOf = (method: string, path: string): string => `${method} ${path.replaceAll(/:\w+/g, ':')}`;

/** Routes for all operations of the specification that `routes` do not answer: 501, and what it is that is missing. */
export function missingRoutes(routes: readonly Route[]): Route[] {
  const known = new Set(routes.map(({ operationId }) => operationId));
  const taken = new Set(routes.map(({ method, path }) => shapeOf(method, path)));
  return [...OPERATIONS.values()]
    .filter(({ method, path, operationId }) => !known.has(operationId) && !taken.has(shapeOf(method, path)))
    .map((operation) => ({ ...operation, borrowsBody: true, handler: () => refuse(operation) }));
}

function refuse({ method, path, operationId }: Operation): never {
  throw new ApiError({
    status: 501,
    type: 'not_implemented_error',
    code: 'not_implemented',
    // Clients would try again and again what cannot succeed.
    headers: 'x-should-retry: false\r\n',
    message: `fakeai does not simulate ${operationId} (${method} /v1${path}) yet.`,
  });
}
