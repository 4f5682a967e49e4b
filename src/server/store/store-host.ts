/** The main thread's side of the thread that writes: starts it when it is first needed, connects the others, ends it. */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { type Deferred, deferred } from '../../lib/deferred.js';
import { FakeaiError, messageOf } from '../../lib/errors.js';
import { workerUrl } from '../../lib/worker-url.js';
import { asApiError } from '../protocols/openai/errors.js';
import { newGate, shut } from './gate.js';
import { processName } from './process-name.js';
import type { WriteAnswer } from './write-protocol.js';

/** What a {@link StoreHost} is made of. */
export interface StoreHostOptions {
  /** Folder of the database. */
  folder: string;
  /** Most bytes of all values and blobs. */
  maxBytes: number;
}

/** What the thread is started with. */
export interface StoreTask extends StoreHostOptions {
  /** Which process this is. */
  process: string;
  control: MessagePort;
  /** See gate.ts. */
  gate: Int32Array;
}

/** To the thread. */
export type StoreControl =
  /** Serve whoever is at the other end, until the port is closed. */
  { type: 'connect'; port: MessagePort; owner: string } | { type: 'close' };

/** The thread. */
interface Running {
  control: MessagePort;
  /** Rejected when it cannot be. */
  started: Promise<void>;
  ended: Promise<void>;
}

/** See the file's head. */
export class StoreHost {
  readonly #options: StoreHostOptions;
  readonly #crash: Deferred<never> = deferred<never>();
  readonly #gate = newGate();
  readonly #shut = (): void => shut(this.#gate);
  #thread: Running | undefined;
  #closed = false;

  constructor(options: StoreHostOptions) {
    this.#options = options;
    // Those who do not watch it learn of a crash from the requests.
    this.#crash.promise.catch(() => {});
  }

  /** Rejected with FAKEAI_THREAD_CRASHED when the thread is lost; never resolved. */
  get crashed(): Promise<never> {
    return this.#crash.promise;
  }

  /**
   * Connects somebody who wants to write.
   *
   * @param port - where it speaks; see remote-writer.ts
   * @param owner - different for everybody at every time
   */
  connect(port: MessagePort, owner: string): void {
    if (this.#closed) {
      port.close();
      return;
    }
    const thread = (this.#thread ??= this.#start());
    thread.started.then(
      () => thread.control.postMessage({ type: 'connect', port, owner } satisfies StoreControl, [port]),
      (error: unknown) => {
        const { message, status, code } = asApiError(error);
        port.postMessage({ id: 0, problem: { message, status, code } } satisfies WriteAnswer);
        port.close();
      },
    );
  }

  /** Ends the thread, once all who were connected are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#thread?.control.postMessage({ type: 'close' } satisfies StoreControl);
    await this.#thread?.ended;
  }

  #start(): Running {
    const { port1: control, port2 } = new MessageChannel();
    const workerData: StoreTask = {
      ...this.#options,
      process: processName(),
      control: port2,
      gate: this.#gate,
    };
    const worker = new Worker(workerUrl('./store-thread.js'), {
      workerData,
      transferList: [port2],
      name: 'fakeai-store',
      execArgv: [],
    });
    process.on('exit', this.#shut);
    const { promise: started, resolve, reject } = deferred<void>();
    started.catch(() => {});
    const ended = deferred<void>();
    let isStarted = false;
    control.once('message', () => {
      isStarted = true;
      resolve();
    });
    worker.on('error', (error) => {
      if (isStarted) this.#onLost(error);
      else reject(error);
    });
    worker.on('exit', () => {
      const error = new Error('the thread that stores resources ended');
      if (isStarted) this.#onLost(error);
      else reject(error);
      // The next who wants to write has another one started.
      if (!isStarted) this.#thread = undefined;
      process.off('exit', this.#shut);
      control.close();
      ended.resolve();
    });
    return { control, started, ended: ended.promise };
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
