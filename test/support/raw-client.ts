/** A client that says exactly what a test wants said, for what fetch would not say. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export class RawClient {
  received = '';
  closed = false;
  #wake: () => void = () => {};

  private constructor(readonly socket: Socket) {
    socket.on('data', (bytes) => {
      this.received += bytes.toString('latin1');
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  static async to(url: string): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Waits until what was received satisfies a condition; fails when the connection closes before. */
  async until(condition: (received: string) => boolean): Promise<string> {
    while (!condition(this.received)) {
      if (this.closed) throw new Error(`closed after: ${this.received.slice(0, 500)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.received;
  }

  /** Waits until the server closes the connection; gives everything that was received. */
  async untilClosed(): Promise<string> {
    while (!this.closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.received;
  }
}

/** A chat request as bytes. */
export function chatBytes(body: object, headers = ''): string {
  const text = JSON.stringify(body);
  return `POST /v1/chat/completions HTTP/1.1\r\nHost: test\r\nContent-Length: ${text.length}\r\n${headers}\r\n${text}`;
}
