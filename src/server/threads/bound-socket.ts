/** A socket that the main thread binds and does not listen on: it holds the port while threads come and go. */
import { lookup } from 'node:dns/promises';
import * as net from 'node:net';
import { getSystemErrorName } from 'node:util';
import { FakeaiError, messageOf } from '../../lib/errors.js';

interface ServerHandle {
  fd: number;
  getsockname(out: { port?: number }): number;
  close(): void;
}

// Node has no public way to bind without listening. This one has been there since Node 0.x, for its own cluster module.
type CreateServerHandle = (address: string, port: number, addressType: 4 | 6) => ServerHandle | number;
const createServerHandle = (net as { _createServerHandle?: CreateServerHandle })._createServerHandle;

/** Whether threads can share a bound socket on this platform. */
export const canShareSockets = process.platform !== 'win32' && createServerHandle !== undefined;

/** The address that a host name stands for. */
export async function resolveHost(host: string, port: number): Promise<{ address: string; family: 4 | 6 }> {
  try {
    const { address, family } = await lookup(host.replace(/^\[(.*)\]$/, '$1'));
    return { address, family: family === 6 ? 6 : 4 };
  } catch (error) {
    throw new FakeaiError(
      'FAKEAI_LISTEN_FAILED',
      { host, port, problem: messageOf(error) },
      { cause: error },
    );
  }
}

/** What a failure to listen is called. */
export function listenError(host: string, port: number, code: string, problem: string): FakeaiError {
  return code === 'EADDRINUSE'
    ? new FakeaiError('FAKEAI_PORT_IN_USE', { host, port })
    : new FakeaiError('FAKEAI_LISTEN_FAILED', { host, port, problem });
}

/** See the file's head. */
export class BoundSocket {
  #handle: ServerHandle | undefined;

  private constructor(
    handle: ServerHandle,
    /** The port, also when any free one was asked for. */
    readonly port: number,
  ) {
    this.#handle = handle;
  }

  /**
   * Binds.
   *
   * @throws FakeaiError FAKEAI_PORT_IN_USE or FAKEAI_LISTEN_FAILED
   */
  static async bind(host: string, port: number): Promise<BoundSocket> {
    const { address, family } = await resolveHost(host, port);
    const handle = createServerHandle!(address, port, family);
    if (typeof handle === 'number') throw failure(host, port, handle);
    // libuv keeps "address in use" back until something is done with the socket.
    const name: { port?: number } = {};
    const status = handle.getsockname(name);
    if (status !== 0) {
      handle.close();
      throw failure(host, port, status);
    }
    return new BoundSocket(handle, name.port ?? port);
  }

  /** The descriptor; it stays this object's. -1 when closed. */
  get fd(): number {
    return this.#handle?.fd ?? -1;
  }

  /** Gives the port up, as far as no thread has a duplicate. */
  close(): void {
    this.#handle?.close();
    this.#handle = undefined;
  }
}

function failure(host: string, port: number, status: number): FakeaiError {
  const code = getSystemErrorName(status);
  return listenError(host, port, code, code);
}
