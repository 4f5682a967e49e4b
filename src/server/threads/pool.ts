/** The listener threads: started together, replaced when they crash, closed gracefully. */
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Clock } from '../../lib/clock.js';
import { type Deferred, deferred } from '../../lib/deferred.js';
import { FakeaiError, messageOf } from '../../lib/errors.js';
import { staySmall } from '../../lib/garbage.js';
import { hash32 } from '../../lib/random.js';
import { workerUrl } from '../../lib/worker-url.js';
import type { Vocabulary } from '../../lib/tokens/vocabulary.js';
import { codeSettled } from '../../lib/idle-code.js';
import type { ClusterHost } from '../cluster/cluster-host.js';
import { sharePrefixes } from '../generation/prefix-memory.js';
import { shareInFlight } from '../generation/shared-in-flight.js';
import { shareRateLimits } from '../limits/rate-limiter.js';
import { StoreHost } from '../store/store-host.js';
import { type Fixture, shareFixtureCalls } from '../text/fixtures.js';
import { shareRemovedModels } from '../models/removed-models.js';
import type { ModelInfo } from '../../simulator/models/model.js';
import type { ServerOptions } from '../options.js';
import { shareLists } from '../telemetry/shared-lists.js';
import { listenError } from './bound-socket.js';
import type { ControlMessage, ListenSource, ListenTask, ThreadMessage, ThreadStats } from './messages.js';
import { ThreadView } from './thread-record.js';

/** So many crashes within so long are a defect that replacing threads does not cure. */
const CRASH_LIMIT = { count: 5, withinMs: 10_000 } as const;
const PING_TIMEOUT_MS = 1000;

/** What a {@link ListenerPool} is made of. */
export interface PoolOptions {
  threads: number;
  source: ListenSource;
  options: ServerOptions;
  /** Models that the user described. */
  customModels: readonly ModelInfo[];
  /** Folder of stored resources. */
  dataFolder: string;
  /** Called once, while the threads come up. */
  loadVocabulary: () => Vocabulary;
  /** Runs the clusters, if any model is simulated. The pool closes it. */
  cluster?: ClusterHost | undefined;
  clock: Clock;
}

/** A descriptor could not be duplicated: this system cannot share a socket between threads. */
export class CannotShareError extends Error {}

interface Slot {
  control: MessagePort;
  /** Settled when the thread listens, or cannot. */
  listening: Promise<number>;
  /** Wait for its answers. */
  waiting: (() => void)[];
}

/** See the file's head. */
export class ListenerPool {
  /** Settled when the pool has closed; rejected when it failed. */
  readonly closed: Promise<void>;
  readonly #options: PoolOptions;
  readonly #pool: Piscina<ListenTask, void>;
  readonly #slots = new Map<number, Slot>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #crashesMs: number[] = [];
  #vocabulary: Vocabulary | undefined;
  #generation = 0;
  #closing = false;
  readonly #settle: Deferred<void>;
  readonly #startedMs: number;
  readonly #rateLimits: SharedArrayBuffer | undefined;
  #fixtures: readonly Fixture[] | undefined;
  #fixtureCalls: SharedArrayBuffer | undefined;
  readonly #store: StoreHost;
  readonly #prefixes = sharePrefixes();
  readonly #removedModels = shareRemovedModels();
  readonly #inFlight: SharedArrayBuffer;
  readonly #records: readonly SharedArrayBuffer[];
  readonly #views: readonly ThreadView[];

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#startedMs = options.clock.nowMs();
    this.#inFlight = shareInFlight(options.threads);
    this.#records = Array.from({ length: options.threads }, shareLists);
    this.#views = this.#records.map((memory) => new ThreadView(memory));
    this.#rateLimits = shareRateLimits(options.options);
    this.#fixtures = options.options.fixtureData;
    this.#fixtureCalls = shareFixtureCalls(this.#fixtures);
    this.#store = new StoreHost({ folder: options.dataFolder, maxBytes: options.options.dataLimit });
    this.#settle = deferred<void>();
    this.closed = this.#settle.promise;
    // Whoever does not watch `closed` learns of a failure from the requests.
    this.closed.catch(() => {});
    this.#pool = new Piscina({
      filename: fileURLToPath(workerUrl('./listener-thread.js')),
      minThreads: options.threads,
      maxThreads: options.threads,
      concurrentTasksPerWorker: 1,
      // Each thread has one task for its whole life: waiting for further ones would freeze its sockets.
      atomics: 'disabled',
      execArgv: [],
      recordTiming: false,
    });
    this.#pool.on('error', () => {});
    for (const worker of this.#pool.threads) worker.once('online', staySmall);
    for (const host of [options.cluster, this.#store])
      host?.crashed.catch((error: Error) => this.#giveUp(error));
  }

  /** The threads, in no particular order. */
  get workers(): readonly Worker[] {
    return this.#pool.threads;
  }

  /**
   * Starts all threads.
   *
   * @returns the port, once all of them listen
   * @throws FakeaiError or CannotShareError when one cannot; the pool is closed then
   */
  async start(): Promise<number> {
    for (let index = 0; index < this.#options.threads; index++) this.#run(index);
    try {
      const ports = await Promise.all([...this.#slots.values()].map((slot) => slot.listening));
      return ports[0]!;
    } catch (error) {
      await this.close(0);
      throw error;
    }
  }

  /** Counters of each thread that serves. */
  stats(): ThreadStats[] {
    const nowMs = this.#options.clock.nowMs();
    return this.#views.map((view) => view.read(nowMs)).filter((stats) => stats !== undefined);
  }

  /** Has all threads answer with other fixtures; resolves when they do. */
  async setFixtures(fixtures: readonly Fixture[]): Promise<void> {
    this.#fixtures = fixtures;
    this.#fixtureCalls = shareFixtureCalls(fixtures);
    for (const { control } of this.#slots.values())
      send(control, { type: 'fixtures', fixtures, calls: this.#fixtureCalls });
    // A thread reads one message after the other: when it has answered this one, it has read that.
    await Promise.all([...this.#slots.values()].map((slot) => this.#pinged(slot)));
  }

  async #pinged(slot: Slot): Promise<void> {
    const { promise, resolve } = deferred<void>();
    slot.waiting.push(resolve);
    send(slot.control, { type: 'ping' });
    const timer = setTimeout(resolve, PING_TIMEOUT_MS);
    await promise;
    clearTimeout(timer);
  }

  /** Stops accepting, lets open answers finish for `drainMs`, then cuts what is left and ends the threads. */
  async close(drainMs: number): Promise<void> {
    this.#closing = true;
    for (const slot of this.#slots.values()) send(slot.control, { type: 'close', drainMs });
    await Promise.all(this.#tasks);
    await codeSettled();
    await this.#pool.destroy();
    await Promise.all([this.#options.cluster?.close(), this.#store.close()]);
    this.#settle.resolve();
  }

  /** Gives a thread its task. */
  #run(index: number): void {
    const { source, options, clock, customModels, dataFolder, cluster: host } = this.#options;
    const vocabulary = (this.#vocabulary ??= this.#options.loadVocabulary());
    staySmall();
    const { port1: control, port2 } = new MessageChannel();
    const { promise: listening, resolve, reject } = deferred<number>();
    listening.catch(() => {});
    const slot: Slot = { control, listening, waiting: [] };
    this.#slots.set(index, slot);
    const instance = hash32(clock.wallMs(), process.pid, index, this.#generation++)
      .toString(16)
      .padStart(8, '0');
    control.on('message', (message: ThreadMessage) => {
      if (message.type === 'listening') resolve(message.port);
      else if (message.type === 'failed') reject(this.#failure(message));
      else if (message.type === 'store') this.#store.connect(message.port, instance);
      else slot.waiting.shift()?.();
    });
    const cluster = host?.connect();
    const task = {
      control: port2,
      source,
      options: { ...options, fixtureData: this.#fixtures },
      vocabulary,
      instance,
      customModels,
      dataFolder,
      rateLimits: this.#rateLimits,
      fixtureCalls: this.#fixtureCalls,
      prefixes: this.#prefixes,
      removedModels: this.#removedModels,
      cluster,
      thread: index,
      inFlight: this.#inFlight,
      records: this.#records,
      startedMs: this.#startedMs,
    };
    const done = this.#pool
      .run(task, { transferList: cluster ? [port2, cluster.port, cluster.reports] : [port2] })
      .catch((error: unknown) => {
        reject(new FakeaiError('FAKEAI_THREAD_CRASHED', { room: 'server', problem: messageOf(error) }));
        this.#crashed(index, error);
      })
      .finally(() => {
        this.#views[index]!.lost();
        if (cluster) host?.disconnect(cluster);
        control.close();
        this.#tasks.delete(done);
      });
    this.#tasks.add(done);
  }

  #crashed(index: number, error: unknown): void {
    if (this.#closing) return;
    const nowMs = this.#options.clock.nowMs();
    this.#crashesMs.push(nowMs);
    if (this.#crashesMs.length > CRASH_LIMIT.count) this.#crashesMs.shift();
    const [first] = this.#crashesMs;
    if (this.#crashesMs.length < CRASH_LIMIT.count || nowMs - first! > CRASH_LIMIT.withinMs) {
      this.#run(index);
      return;
    }
    this.#slots.delete(index);
    this.#giveUp(
      new FakeaiError(
        'FAKEAI_THREAD_CRASHED',
        { room: 'server', problem: messageOf(error) },
        { cause: error },
      ),
    );
  }

  #giveUp(error: Error): void {
    this.#settle.reject(error);
    void this.close(0);
  }

  #failure(message: Extract<ThreadMessage, { type: 'failed' }>): Error {
    const { host, port } = this.#options.options;
    if (message.step === 'duplicate') return new CannotShareError(message.problem);
    return listenError(host, port, message.code, message.problem);
  }
}

const send = (control: MessagePort, message: ControlMessage): void => control.postMessage(message);
