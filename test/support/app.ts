/** The server's application in this thread, on a clock that is moved by hand; what it stores is in a folder of its own. */
import { DeadlineWheel, type TickSource } from '../../src/lib/deadline-wheel.js';
import { TokenCounter } from '../../src/lib/tokens/counter.js';
import { loadVocabulary } from '../../src/lib/tokens/vocabulary.js';
import { App } from '../../src/server/app.js';
import type { Generator } from '../../src/server/generation/generator.js';
import { InstantGenerator } from '../../src/server/generation/instant.js';
import { ServedModels } from '../../src/server/models/served-models.js';
import type { ServerOptions } from '../../src/server/options.js';
import {
  asHttpRequest,
  CollectedResponse,
  type InternalAnswer,
  type InternalRequest,
  TappedResponse,
} from '../../src/server/routing/internal-request.js';
import type { Store } from '../../src/server/store/store.js';
import type { MeterData } from '../../src/server/telemetry/thread-meters.js';
import type { Fixtures } from '../../src/server/text/fixtures.js';
import { TEST_OPTIONS } from './server.js';
import { HandClock, openTestStore, type TestStore } from './store.js';

/** Ticks when the clock is moved. */
class HandTicks implements TickSource {
  #armedMs = Number.POSITIVE_INFINITY;
  #callback = (): void => {};
  onTick = (callback: () => void): void => void (this.#callback = callback);
  arm = (instantMs: number): void => void (this.#armedMs = instantMs);
  close = (): void => {};

  tick(nowMs: number): void {
    while (this.#armedMs <= nowMs) {
      this.#armedMs = Number.POSITIVE_INFINITY;
      this.#callback();
    }
  }
}

/** An answer, as far as it has come. */
export interface AppAnswer {
  status: number;
  /** The body, or the data of its events. */
  body: Record<string, unknown>;
  text: string;
}

/** A stored thing of the API. */
export type Body = Record<string, unknown> & { id: string };

export class TestApp {
  readonly clock = new HandClock();
  readonly models: ServedModels;
  readonly #ticks = new HandTicks();
  readonly #app: App;
  readonly #closers: (() => void | Promise<void>)[] = [];
  readonly #wheel: DeadlineWheel;
  readonly #stored: TestStore;

  /**
   * @param generator - decides when tokens are ready; at once without one
   * @param around - gives what the application has in place of its store
   */
  constructor(
    generator: Generator = new InstantGenerator(),
    options: Partial<ServerOptions> = {},
    around: (store: Store) => Store = (store) => store,
  ) {
    this.#wheel = new DeadlineWheel({ clock: this.clock, ticks: this.#ticks });
    this.#stored = openTestStore({ clock: this.clock });
    const store = around(this.#stored.store);
    const all = { ...TEST_OPTIONS, ...options };
    this.models = new ServedModels({ model: all.model, custom: [], unknown: all.unknownModels });
    this.#app = new App({
      seed: all.seed,
      clock: this.clock,
      generator,
      cacheIsolation: all.cacheIsolation,
      blockTokens: all.blockTokens,
      wheel: this.#wheel,
      counter: new TokenCounter(loadVocabulary('o200k_base')),
      models: this.models,
      options: all,
      onClose: (callback) => this.#closers.push(callback),
      rateLimits: undefined,
      hasStored: () => true,
      store: () => Promise.resolve(store),
      instance: 'test',
      vitals: () => ({ uptimeMs: this.clock.nowMs(), activeStreams: 0 }),
      report: () => Promise.reject(new Error('not here')),
    });
  }

  /** What it has counted. */
  get meters(): MeterData {
    return this.#app.meters;
  }

  /** Answers with other fixtures from now on, or with none. */
  useFixtures(fixtures: Fixtures | undefined): void {
    this.#app.useFixtures(fixtures);
  }

  /** Posts bytes as they are; gives everything that is answered. */
  postBytes(path: string, body: Buffer, headers: ReadonlyMap<string, string>): Promise<InternalAnswer> {
    return this.answer({ method: 'POST', path, headers, body });
  }

  /** Everything that a request is answered with. */
  answer(request: InternalRequest): Promise<InternalAnswer> {
    return new Promise((resolve) => {
      const response = new CollectedResponse(this.clock.nowMs(), resolve);
      this.#app.handle(asHttpRequest(request), response);
    });
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.clock.ms += ms;
    this.#ticks.tick(this.clock.ms);
  }

  /** Sends a request and waits for the whole answer. */
  request(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<AppAnswer> {
    return this.stream(method, path, body, () => {});
  }

  /** The same, with the parts of the body as they come. */
  stream(
    method: string,
    path: string,
    body: object | undefined,
    onText: (text: string) => void,
  ): Promise<AppAnswer> {
    const [where, query = ''] = path.split('?') as [string, string?];
    const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
    return new Promise((resolve) => {
      const settle = (answer: { status: number; body: Buffer }): void => {
        const text = answer.body.toString('utf8');
        const isJson = text.startsWith('{');
        resolve({
          status: answer.status,
          text,
          body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
        });
      };
      const response = new TappedResponse(this.clock.nowMs(), settle, onText);
      const headers = new Map([['content-type', 'application/json']]);
      this.#app.handle(asHttpRequest({ method, path: `/v1${where}`, query, headers, body: bytes }), response);
    });
  }

  /** The same for a client that goes before the end: when what is returned is called. */
  leaving(method: string, path: string, body: object, onText: (text: string) => void): () => void {
    const response = new TappedResponse(this.clock.nowMs(), () => {}, onText);
    const headers = new Map([['content-type', 'application/json']]);
    const bytes = Buffer.from(JSON.stringify(body));
    this.#app.handle(asHttpRequest({ method, path: `/v1${path}`, headers, body: bytes }), response);
    return () => response.abort();
  }

  /** The body of a good answer to a POST. */
  async post(path: string, body: object = {}): Promise<Body> {
    const answer = await this.request('POST', path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`);
    return answer.body as Body;
  }

  /** The body of a good answer to a GET. */
  async get(path: string): Promise<Body> {
    const answer = await this.request('GET', path);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`);
    return answer.body as Body;
  }

  /** Keeps a file. */
  async file(
    name: string,
    content: string | Buffer,
    purpose = 'assistants',
    more: Record<string, string> = {},
  ): Promise<string> {
    const form = new FormData();
    form.set('purpose', purpose);
    for (const [key, value] of Object.entries(more)) form.set(key, value);
    form.set('file', new File([new Uint8Array(Buffer.from(content))], name));
    const encoded = new Response(form);
    const bytes = Buffer.from(await encoded.arrayBuffer());
    const headers = new Map([['content-type', encoded.headers.get('content-type')!]]);
    return new Promise((resolve) => {
      const settle = ({ body }: { body: Buffer }): void =>
        resolve((JSON.parse(body.toString('utf8')) as Body).id);
      const response = new TappedResponse(this.clock.nowMs(), settle, () => {});
      this.#app.handle(asHttpRequest({ method: 'POST', path: '/v1/files', headers, body: bytes }), response);
    });
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#closers.map(async (close) => close()));
    this.#wheel.close();
    await this.#stored.close();
  }
}
