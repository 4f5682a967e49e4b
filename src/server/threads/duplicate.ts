/**
 * A private duplicate of a listening socket's descriptor.
 *
 * Closing a descriptor closes it for every thread of the process, and Node cannot call dup(). But a descriptor that
 * goes to a child process and comes back over its IPC channel is a new one. So a child that lives for some 40 ms gets
 * the bound socket among its stdio and sends it back.
 */
import { spawn } from 'node:child_process';

/** Something that `net.Server.listen` takes; Node does not say more about it. */
export type SocketHandle = object;

// Descriptor 3 is the IPC channel. The child ends when the parent, who has the duplicate, disconnects.
const CHILD =
  "process.send('', require('node:net')._createServerHandle(null, 0, 0, 4)); process.on('message', () => {})";
const TIMEOUT_MS = 10_000;

/**
 * Duplicates a descriptor of this process.
 *
 * @param fd - a bound socket
 * @returns a handle that belongs to the calling thread alone
 */
export function duplicateSocket(fd: number): Promise<SocketHandle> {
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...env } = process.env;
  const child = spawn(process.execPath, ['-e', CHILD], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc', fd],
    env,
    timeout: TIMEOUT_MS,
  });
  return new Promise((resolve, reject) => {
    child.once('message', (_message, handle) => {
      child.disconnect();
      if (handle) resolve(handle);
      else reject(new Error('the duplicate did not arrive'));
    });
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Error(`the duplicating process ended with ${signal ?? code}`)),
    );
  });
}
