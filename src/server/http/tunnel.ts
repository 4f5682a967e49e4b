/** A connection that speaks another protocol from some request on, as a stream: bytes in, bytes out. */
import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

/** See the file's head. The connection hands it what it receives. */
export class Tunnel extends Duplex {
  readonly #socket: Socket;
  /** Called when the server is stopping: the protocol should say goodbye. */
  onDrain: (() => void) | undefined;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    // A reset ends it; nobody needs to hear of it as an error.
    this.on('error', () => {});
  }

  /** Takes bytes of the client; they are its own. */
  receive(bytes: Buffer): void {
    if (!this.push(bytes)) this.#socket.pause();
  }

  /** The client sends no more. */
  receivedAll(): void {
    if (!this.destroyed) this.push(null);
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#socket.destroyed) done();
    else this.#socket.write(bytes, () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroySoon();
    done(error);
  }
}
