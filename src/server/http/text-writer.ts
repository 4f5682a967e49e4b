/**
 * Writes text to a socket past the machinery of streams. That keeps count of what it holds back, which is nothing while clients read,
 * and has every write acknowledged in a turn of its own: a tenth of what a token costs.
 */
import type { Socket } from 'node:net';

/** See the file's head. Others may write to the same socket by its own methods: what is written stays in order. */
export class TextWriter {
  readonly #socket: Socket;
  readonly #onDrain: () => void;
  /** Bytes of the one write that the system has not taken all of, if there is one. */
  #waitingBytes = 0;
  #writing = false;

  /** @param onDrain - called when the system has taken everything, after it had not; the socket's own `drain` may tell the same */
  constructor(socket: Socket, onDrain: () => void) {
    this.#socket = socket;
    this.#onDrain = onDrain;
  }

  /** Bytes written that the client has not taken yet. */
  get waitingBytes(): number {
    return this.#waitingBytes + this.#socket.writableLength;
  }

  /** Writes Latin-1 text; nothing where the socket has been destroyed. */
  write(text: string): void {
    const socket = this.#socket;
    if (text === '' || socket.destroyed) return;
    if (this.waitingBytes > 0) {
      socket.write(text, 'latin1', this.#onOthersTaken);
      return;
    }
    this.#waitingBytes = text.length;
    this.#writing = true;
    socket._write(text, 'latin1', this.#onTaken);
    this.#writing = false;
  }

  /** Mostly called while it is written: the system has room for it. */
  readonly #onTaken = (error?: Error | null): void => {
    this.#waitingBytes = 0;
    if (error) this.#socket.destroy(error);
    else if (!this.#writing) this.#onOthersTaken();
  };

  readonly #onOthersTaken = (): void => {
    if (this.waitingBytes === 0 && !this.#socket.destroyed) this.#onDrain();
  };
}
