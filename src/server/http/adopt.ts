/**
 * Reads an accepted connection into one buffer that all connections of a thread share.
 *
 * A server's socket gets a fresh 64 KiB buffer for every read and hands it through the stream machinery; reading into
 * one buffer (`onread`) halves the cost of a small request. Node offers `onread` for outgoing sockets only, so the
 * accepted connection is taken over by a socket that has it.
 */
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';

const SHARED_BYTES = 64 * 1024;

/** One per thread: what is in it is read and used up before the next read, of whichever connection. */
const shared = Buffer.allocUnsafeSlow(SHARED_BYTES);

/**
 * Takes an accepted connection over.
 *
 * @param accepted - a socket that has not begun to read (`pauseOnConnect`)
 * @param onBytes - gets bytes that are valid only until it returns, so many from the first on
 * @returns the socket to use instead of `accepted`
 */
export function adopt(accepted: Socket, onBytes: (bytes: Buffer, length: number) => void): Socket {
  const holder = accepted as unknown as { _handle: object | null };
  const handle = holder._handle;
  if (!handle) {
    // The connection is gone already, or this Node keeps its handle elsewhere: then the usual way works as well.
    accepted.on('data', (bytes: Buffer) => onBytes(bytes, bytes.length));
    return accepted;
  }
  holder._handle = null;
  const options: SocketConstructorOpts & { handle: object; onread: OnReadOpts } = {
    handle,
    onread: {
      buffer: shared,
      callback: (length: number) => {
        onBytes(shared, length);
        return true;
      },
    },
  };
  const socket = new Socket(options);
  // The server counts the accepted one.
  socket.once('close', () => accepted.destroy());
  return socket;
}
