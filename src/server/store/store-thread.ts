/**
 * The thread that writes to the database. No other one does: a thread that ends within a transaction, as when it has no
 * memory left, holds the lock of the database for ever, and those that serve requests may end at any moment.
 */
import { type MessagePort, workerData } from 'node:worker_threads';
import { systemClock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import { ApiError } from '../protocols/openai/errors.js';
import { within } from './gate.js';
import type { StoreControl, StoreTask } from './store-host.js';
import { StoreWriter } from './store-writer.js';
import type { WriteAnswer, WriteProblem, Writer, WriteRequest } from './write-protocol.js';

const { folder, maxBytes, process, control, gate } = workerData as StoreTask;

let writer: StoreWriter | undefined;

function opened(): StoreWriter {
  if (!writer) {
    writer = new StoreWriter({
      folder,
      maxBytes,
      process,
      guard: (transaction) => within(gate, transaction),
    });
    writer.forgetEnded(systemClock.wallMs());
  }
  return writer;
}

function connect(port: MessagePort, owner: string): void {
  const say = (answer: WriteAnswer): void => port.postMessage(answer);
  let own: Writer;
  try {
    own = opened().for(owner, systemClock.wallMs());
  } catch (error) {
    say({ id: 0, problem: problemOf(error) });
    port.close();
    return;
  }
  port.on('message', (request: WriteRequest) => {
    perform(own, request).then(
      (result) => say({ id: request.id, result }),
      (error: unknown) => say({ id: request.id, problem: problemOf(error) }),
    );
  });
  // The thread at the other end is done, or has crashed.
  port.on('close', () => void own.close().catch(() => {}));
  say({ id: 0 });
}

async function perform(own: Writer, request: WriteRequest): Promise<boolean | number | undefined> {
  if (request.type === 'commit') return own.commit(request.commit);
  if (request.type === 'next') return own.next(request.name);
  if (request.type === 'putBlob') await own.putBlob(request.blob, request.part, request.bytes, request.nowMs);
  else await own.dropBlob(request.blob);
  return undefined;
}

function problemOf(error: unknown): WriteProblem {
  const message = messageOf(error);
  return error instanceof ApiError ? { message, status: error.status, code: error.code } : { message };
}

control.postMessage('started');
control.on('message', (message: StoreControl) => {
  if (message.type === 'connect') {
    connect(message.port, message.owner);
    return;
  }
  control.close();
  void writer?.close();
});
