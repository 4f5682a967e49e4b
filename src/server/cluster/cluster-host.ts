/** The main thread's side of the cluster thread: starts it, connects the threads that serve HTTP, ends it. */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { type Deferred, deferred } from '../../lib/deferred.js';
import { FakeaiError, messageOf } from '../../lib/errors.js';
import { workerUrl } from '../../lib/worker-url.js';
import type { ClusterAnswer, ClusterControl, ClusterLink, ClusterTask, ModelFleet } from './messages.js';

const REPORT_TIMEOUT_MS = 1000;

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
  readonly #asked: ((answer: ClusterAnswer) => void)[] = [];
  #clients = 0;
  #closed = false;

  constructor({ fleets, seed, timeScale }: ClusterHostOptions) {
    const { port1, port2: control } = new MessageChannel();
    this.#control = port1;
    port1.on('message', (answer: ClusterAnswer) => {
      for (const take of this.#asked.splice(0)) take(answer);
    });
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

  /** Makes a connection for one thread; its port is to be transferred there. */
  connect(): ClusterLink {
    const client = this.#clients++;
    const { port1, port2 } = new MessageChannel();
    this.#say({ type: 'connect', client, port: port1 }, [port1]);
    return { client, port: port2, bell: this.#bell };
  }

  /** Gives up the requests of a thread that has ended. */
  disconnect({ client }: ClusterLink): void {
    this.#say({ type: 'disconnect', client });
  }

  /** The state of all clusters now; undefined when it does not come within a second. */
  report(): Promise<ClusterAnswer | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, REPORT_TIMEOUT_MS, undefined);
      this.#asked.push((answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.#say({ type: 'snapshot' });
    });
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
