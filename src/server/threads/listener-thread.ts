/**
 * The task of a listener thread, run by Piscina. What serves is loaded while the pool hands the task over, and while a
 * child process duplicates the socket: each takes longer than anything else of the start.
 */
import { duplicateSocket, type SocketHandle } from './duplicate.js';
import type { ListenTask } from './messages.js';

const loading = import('./serve.js');
// Whoever awaits it learns of a failure.
loading.catch(() => {});

/** Serves until a `close` message; see serve.ts. */
export default async function run(task: ListenTask): Promise<void> {
  const { source } = task;
  const socket: Promise<SocketHandle> | undefined =
    source.kind === 'shared' ? duplicateSocket(source.fd) : undefined;
  socket?.catch(() => {});
  const { serve } = await loading;
  await serve(task, socket);
}
