/** Operations with an idempotency key on a server that is killed when it is about to keep the answer: what they have made is made once. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InstantGenerator } from '../../src/server/generation/instant.js';
import { ApiError } from '../../src/server/protocols/openai/errors.js';
import { OWNED } from '../../src/server/store/owned.js';
import type { Collection, PutOptions, Store, Transaction } from '../../src/server/store/store.js';
import { TestApp } from '../support/app.js';
import { EXAMPLES, exampleUrl, World } from '../support/examples/index.js';
import { formOf } from '../support/examples/world.js';
import { operations } from '../support/spec.js';

/** A store whose user can end before an answer is kept. */
class Killable {
  readonly #store: Store;
  #isArmed = false;
  #key = '';
  /** What was about to be kept. */
  lost: Buffer | undefined;
  #blobs = new Map<string, Buffer>();

  constructor(store: Store) {
    this.#store = store;
  }

  get store(): Store {
    const inner = this.#store;
    return {
      get: (...given) => inner.get(...given),
      list: (...given) => inner.list(...given),
      count: (...given) => inner.count(...given),
      transact: (action) => inner.transact((transaction) => action(this.#watched(transaction))),
      put: (...given) => inner.put(...given),
      update: (...given) => inner.update(...given),
      delete: (...given) => inner.delete(...given),
      writeBlob: (id, bytes) => {
        if (this.#isArmed) this.#blobs.set(id, Buffer.from(bytes));
        return inner.writeBlob(id, bytes);
      },
      readBlob: (id) => inner.readBlob(id),
      nextNumber: (name) => inner.nextNumber(name),
      watch: (...given) => inner.watch(...given),
      close: () => inner.close(),
    };
  }

  arm(): void {
    this.#isArmed = true;
    this.lost = undefined;
  }

  /** What the one that was killed had is given up. */
  async revive(): Promise<void> {
    this.#isArmed = false;
    this.#blobs.clear();
    const keys: Collection<object> = { name: OWNED.idempotencyKeys, maxCount: 1e5, atBound: 'evict' };
    await this.#store.delete(keys, this.#key);
  }

  #watched(transaction: Transaction): Transaction {
    const put = <T extends object>(
      collection: Collection<T>,
      id: string,
      value: T,
      options?: PutOptions,
    ): void => {
      if (collection.name === OWNED.idempotencyKeys) this.#key = id;
      if (this.#isArmed && collection.name === 'idempotency_answers') this.#atAnswer(value);
      transaction.put(collection, id, value, options);
    };
    return {
      get: (...given) => transaction.get(...given),
      put,
      delete: (...given) => transaction.delete(...given),
    };
  }

  #atAnswer(value: { answer?: { blob: string } }): void {
    if (!value.answer) return;
    this.lost = this.#blobs.get(value.answer.blob);
    throw new ApiError({ status: 503, message: 'killed' });
  }
}

let killable: Killable;
let app: TestApp;
let server: Server;
let world: World;
beforeAll(async () => {
  app = new TestApp(new InstantGenerator(), { model: [] }, (store) => {
    killable = new Killable(store);
    return killable.store;
  });
  server = createServer((request, response) => {
    void (async () => {
      app.pass(50);
      const { pathname, search } = new URL(request.url!, 'http://any');
      const { status, headers, body } = await app.answer({
        method: request.method!,
        path: pathname,
        query: search.slice(1),
        headers: new Map(Object.entries(request.headers) as [string, string][]),
        body: await buffer(request),
      });
      const lines = headers.split('\r\n').filter((line) => line !== '');
      response.writeHead(
        status,
        lines.flatMap((line) => [line.split(': ', 1)[0]!, line.slice(line.indexOf(': ') + 2)]),
      );
      response.end(body);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  world = new World(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterAll(async () => {
  await world.close();
  await app.close();
  server.close();
});

/** What can be made again without harm, or is over with its server. */
const STORES_NOTHING = new Set(
  `createCompletion Getinputtokencounts Compactconversation createEmbedding createModeration
  runGrader validateGrader createImage createImageEdit createImageVariation createSpeech createTranscription createTranslation
  searchVectorStore create-realtime-call`.split(/\s+/),
);

/** Of a resource. */
const idOf = (text: string): unknown =>
  text.startsWith('{') ? (JSON.parse(text) as { id?: unknown }).id : undefined;

const POSTS = Object.keys(EXAMPLES).filter(
  // A call over WebRTC is gone with its server.
  (id) => operations.get(id)!.method === 'POST' && id !== 'hangup-realtime-call',
);

test.each(POSTS)('%s', async (id) => {
  const example = await EXAMPLES[id]!(world);
  const send = (): Promise<Response> =>
    fetch(exampleUrl(world.url, id, example), {
      method: 'POST',
      headers: { 'idempotency-key': id, ...(example.body && { 'content-type': 'application/json' }) },
      ...(example.form
        ? { body: formOf(example.form) }
        : example.body && { body: JSON.stringify(example.body) }),
    });
  killable.arm();
  await (await send()).arrayBuffer();
  const { lost } = killable;
  await killable.revive();
  if (!lost) throw new Error('there was no answer to be kept');
  const again = await send();
  const text = await again.text();
  if (STORES_NOTHING.has(id)) expect(again.headers.get('idempotent-replayed')).toBe(null);
  else if (idOf(lost.toString()) === undefined) expect(text).toBe(lost.toString());
  else expect(idOf(text)).toBe(idOf(lost.toString()));
  if (again.status >= 400) expect(text).toBe(lost.toString());
});
