/** Has the thread that writes (store-thread.ts) write. */
import type { MessagePort } from 'node:worker_threads';
import { type Deferred, deferred } from '../../lib/deferred.js';
import { ApiError } from '../protocols/openai/errors.js';
import type { Commit, WriteAnswer, WriteProblem, Writer, WriteRequest } from './write-protocol.js';

type Result = WriteAnswer['result'];
/** A request without its number. */
type Asked = WriteRequest extends infer Request
  ? Request extends unknown
    ? Omit<Request, 'id'>
    : never
  : never;

/** See the file's head. */
export class RemoteWriter implements Writer {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, Deferred<Result>>();
  #requests = 0;
  #ended = false;

  private constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (answer: WriteAnswer) => this.#answered(answer));
    port.on('close', () => this.#onEnd());
  }

  /**
   * Connects.
   *
   * @param port - the other end goes to `StoreHost.connect`
   * @returns once there is a database that can be read
   */
  static async on(port: MessagePort): Promise<RemoteWriter> {
    const writer = new RemoteWriter(port);
    await writer.#answer(0);
    return writer;
  }

  async commit(commit: Commit): Promise<boolean> {
    return (await this.#ask({ type: 'commit', commit })) === true;
  }

  async putBlob(blob: string, part: number, bytes: Uint8Array, nowMs: number): Promise<void> {
    // Of a view the whole buffer would be sent.
    const copy = new Uint8Array(bytes);
    await this.#ask({ type: 'putBlob', blob, part, bytes: copy, nowMs }, [copy.buffer]);
  }

  async dropBlob(blob: string): Promise<void> {
    await this.#ask({ type: 'dropBlob', blob });
  }

  async next(name: string): Promise<number> {
    return (await this.#ask({ type: 'next', name })) as number;
  }

  // oxlint-disable-next-line typescript/require-await -- a failure is a rejection
  async close(): Promise<void> {
    this.#port.close();
  }

  #ask(request: Asked, transfer: ArrayBuffer[] = []): Promise<Result> {
    if (this.#ended) return Promise.reject(hasEnded());
    const id = ++this.#requests;
    const answer = this.#answer(id);
    this.#port.postMessage({ ...request, id }, transfer);
    return answer;
  }

  #answer(id: number): Promise<Result> {
    const waiting = deferred<Result>();
    this.#waiting.set(id, waiting);
    return waiting.promise;
  }

  #answered({ id, result, problem }: WriteAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (problem) waiting?.reject(errorOf(problem));
    else waiting?.resolve(result);
  }

  #onEnd(): void {
    this.#ended = true;
    for (const { reject } of this.#waiting.values()) reject(hasEnded());
    this.#waiting.clear();
  }
}

const hasEnded = (): Error => new Error('the thread that stores resources has ended');

const errorOf = ({ message, status, code = null }: WriteProblem): Error =>
  status === undefined ? new Error(message) : new ApiError({ status, message, code });
