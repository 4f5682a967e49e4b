/** Keys of requests whose thread ends at the worst moments. */
import { expect, test } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.js';
import type { ServerContext } from '../../../../src/server/context.js';
import { answerOnce } from '../../../../src/server/limits/idempotency.js';
import { pathsOfMade } from '../../../../src/server/limits/made-paths.js';
import { asApiError } from '../../../../src/server/protocols/openai/errors.js';
import {
  asHttpRequest,
  CollectedResponse,
  type InternalAnswer,
  type InternalRequest,
} from '../../../../src/server/routing/internal-request.js';
import { Reply } from '../../../../src/server/routing/reply.js';
import type { Route } from '../../../../src/server/routing/route.js';
import { LmdbStore } from '../../../../src/server/store/lmdb-store.js';
import type { Store } from '../../../../src/server/store/store.js';
import { StoreWriter } from '../../../../src/server/store/store-writer.js';
import { temporaryFolder } from '../../../support/cli.js';
import { THINGS } from '../../../support/store.js';

type Dispatch = (store: Store, request: InternalRequest) => Promise<InternalAnswer>;

const NEVER = new Promise<never>(() => {});
const ROUTE = { method: 'POST', path: '/things', operationId: 'createThing' } as Route;
const json = (value: unknown, status = 200): InternalAnswer => ({
  status,
  headers: 'content-type: application/json\r\n',
  body: Buffer.from(JSON.stringify(value)),
});

/** Threads of one server. */
function openThreads() {
  const folder = temporaryFolder();
  const writer = new StoreWriter({ folder: folder.path, maxBytes: 1e7, process: 'test' });
  const begin = (instance: string, dispatch: Dispatch) => {
    const store = new LmdbStore({
      folder: folder.path,
      clock: systemClock,
      writer: writer.for(instance, systemClock.wallMs()),
    });
    const opened: () => Promise<Store> = () => Promise.resolve(store);
    const context = {
      seed: 1,
      clock: systemClock,
      instance,
      store: opened,
      dispatch: (request: InternalRequest) => dispatch(store, request),
      commonHeaders: () => '',
      countStream: () => {},
    } as unknown as ServerContext;
    const post = (key: string, route = ROUTE): Promise<InternalAnswer> =>
      new Promise((resolve) => {
        const reply = new Reply(context, new CollectedResponse(0, resolve), (error) => {
          const { status, body } = asApiError(error);
          resolve({ status, headers: '', body: Buffer.from(body) });
        });
        const headers = new Map([['idempotency-key', key]]);
        const request = asHttpRequest({
          method: 'POST',
          path: `/v1${route.path}`,
          headers,
          body: Buffer.from('{}'),
        });
        answerOnce(context, request, key, route, reply).catch(reply.fail);
      });
    return { store, post, crash: () => writer.forget(instance, systemClock.wallMs()) };
  };
  const close = async (...stores: Store[]): Promise<void> => {
    for (const store of stores) await store.close();
    await writer.close();
    folder.remove();
  };
  return { begin, close };
}

/** Resolves when something is stored, and answers never. */
function storesAndHangs(write: (store: Store) => Promise<unknown>) {
  let told = (): void => {};
  const stored = new Promise<void>((resolve) => (told = resolve));
  const dispatch: Dispatch = async (store) => {
    await write(store);
    told();
    return NEVER;
  };
  return { stored, dispatch };
}

const creates: Dispatch = async (store, { method }) => {
  if (method === 'GET') return json({ error: {} }, 404);
  await store.put(THINGS, 'second', { id: 'second' });
  return json({ id: 'second' });
};

test('a request that had stored nothing is made again', async () => {
  const threads = openThreads();
  const { stored, dispatch } = storesAndHangs((store) => store.nextNumber('any'));
  const first = threads.begin('a', dispatch);
  void first.post('k');
  await stored;
  const second = threads.begin('b', creates);
  expect((await second.post('k')).status).toBe(409);
  first.crash();
  expect(await second.post('k')).toMatchObject({ status: 200, body: Buffer.from('{"id":"second"}') });
  expect((await second.post('k')).headers).toContain('idempotent-replayed: true');
  await threads.close(first.store, second.store);
});

test('one that had stored something is never made again: told so where it cannot be read', async () => {
  const threads = openThreads();
  const { stored, dispatch } = storesAndHangs((store) => store.put(THINGS, 'first', { id: 'first' }));
  const first = threads.begin('a', dispatch);
  void first.post('k');
  await stored;
  first.crash();
  const second = threads.begin('b', creates);
  for (let i = 0; i < 2; i++) {
    const refused = await second.post('k');
    expect(refused.status).toBe(409);
    expect(refused.body.toString()).toContain('took effect');
  }
  expect(await second.store.count(THINGS)).toBe(1);
  await threads.close(first.store, second.store);
});

test('a failure of ours is made again, but for one that had stored something', async () => {
  const threads = openThreads();
  let made = 0;
  const fails =
    (writes: boolean): Dispatch =>
    async (store) => {
      made++;
      if (writes) await store.put(THINGS, 'half', { id: 'half' });
      return json({ made }, 500);
    };
  const idle = threads.begin('a', fails(false));
  for (const times of [1, 2]) expect((await idle.post('k')).body.toString()).toBe(`{"made":${times}}`);
  made = 0;
  const half = threads.begin('b', fails(true));
  for (let i = 0; i < 2; i++) expect((await half.post('l')).body.toString()).toBe('{"made":1}');
  await threads.close(idle.store, half.store);
});

test('what was made is found below its path, or at the path of what was changed', () => {
  const paths = (operationId: string, pattern: string, path: string, ids: string[]) =>
    pathsOfMade({ operationId, path: pattern }, path, ids);
  const inStore = '/v1/vector_stores/vs_1/files';
  expect(paths('createVectorStoreFile', '/vector_stores/:id/files', inStore, ['vs_1/file-2'])).toEqual({
    status: 200,
    paths: [`${inStore}/file-2`],
  });
  expect(paths('createEval', '/evals', '/v1/evals', ['eval_1'])).toEqual({
    status: 201,
    paths: ['/v1/evals/eval_1'],
  });
  expect(paths('modifyThread', '/threads/:id', '/v1/threads/t', ['t']).paths).toEqual(['/v1/threads/t']);
  expect(paths('cancelBatch', '/batches/:id/cancel', '/batches/b/cancel', ['b']).paths).toEqual([
    '/batches/b',
  ]);
  // A secret is shown once.
  expect(paths('admin-api-keys-create', '/organization/admin_api_keys', '/x', ['key']).paths).toEqual([]);
});
