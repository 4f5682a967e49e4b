/** The main thread's side of the cluster thread: starts it, connects the threads that serve HTTP, ends it. */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { type Deferred, deferred } from '../../lib/deferred.js';
import { FakeaiError, messageOf } from '../../lib/errors.js';
import { workerUrl } from '../../lib/worker-url.js';
import type { ClusterControl, ClusterLink, ClusterTask, ModelFleet } from './messages.js';

/** What a {@link ClusterHost} is made of. */
export interface ClusterHostOptions {
  fleets: readonly ModelFleet[];
  seed: number;
  timeScale: number;
}

/** See the file's head. */
export class ClusterHost {
  readonly #worker: Worker;
  readonly #control: MessagePort;
  readonly #bell = new Int32Array(new SharedArrayBuffer(4));
  readonly #crash: Deferred<never> = deferred<never>();
  #clients = 0;
  #closed = false;

  constructor({ fleets, seed, timeScale }: ClusterHostOptions) {
    const { port1, port2: control } = new MessageChannel();
    this.#control = port1;
    const workerData: ClusterTask = { fleets, seed, timeScale, control, bell: this.#bell };
    this.#worker = new Worker(workerUrl('./cluster-thread.js'), {
      workerData,
      transferList: [control],
      name: 'fakeai-cluster',
      execArgv: [],
    });
    this.#worker.on('error', (error) => this.#onLost(error));
    this.#worker.on('exit', () => this.#onLost(new Error('the cluster thread ended')));
    // Those who do not watch it learn of a crash from the requests.
    this.#crash.promise.catch(() => {});
  }

  /** Rejected with FAKEAI_THREAD_CRASHED when the thread is lost; never resolved. */
  get crashed(): Promise<never> {
    return this.#crash.promise;
  }

  /** Makes a connection for one thread; its ports are to be transferred there. */
  connect(): ClusterLink {
    const client = this.#clients++;
    const events = new MessageChannel();
    const reports = new MessageChannel();
    const theirs = { port: events.port1, reports: reports.port1 };
    this.#say({ type: 'connect', client, ...theirs }, Object.values(theirs));
    return { client, port: events.port2, reports: reports.port2, bell: this.#bell };
  }

  /** Gives up the requests of a thread that has ended. */
  disconnect({ client }: ClusterLink): void {
    this.#say({ type: 'disconnect', client });
  }

  /** Ends the thread; requests under way are lost. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker.terminate();
    this.#control.close();
  }

  #say(message: ClusterControl, transfer: MessagePort[] = []): void {
    this.#control.postMessage(message, transfer);
    ring(this.#bell);
  }

  #onLost(error: unknown): void {
    if (this.#closed) return;
    this.#crash.reject(
      new FakeaiError(
        'FAKEAI_THREAD_CRASHED',
        { room: 'server', problem: messageOf(error) },
        { cause: error },
      ),
    );
  }
}

/** Wakes the cluster thread. */
export function ring(bell: Int32Array): void {
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}
