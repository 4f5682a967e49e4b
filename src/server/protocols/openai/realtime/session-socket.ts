/** A session on a WebSocket of its own. */
import type { WebSocket } from 'ws';
import type { ServerContext } from '../../../context.js';
import { type AnySession, expired, SESSION_S } from './any-session.js';
import { Inbox, type SessionVoices } from './session-voices.js';

/** The code of a WebSocket that has served its purpose. */
const NORMAL = 1000;

/** @param begin - makes the session; `end` closes the connection when the session is over by itself */
export function overSocket(
  context: ServerContext,
  socket: WebSocket,
  voices: SessionVoices,
  begin: (write: (text: string) => void, end: () => void) => AnySession,
): void {
  const session = begin(
    (text) => socket.send(text),
    () => socket.close(NORMAL),
  );
  context.countStream(1);
  const inbox = new Inbox(voices, socket, (text) => {
    if (socket.readyState === socket.OPEN) session.receive(text);
  });
  socket.on('message', (data: Buffer) => inbox.put(data.toString('utf8'), undefined));
  const expiry = context.wheel.at(context.clock.nowMs() + SESSION_S * 1000, () => {
    session.fail(expired());
    socket.close(NORMAL, 'session_expired');
  });
  socket.on('close', () => {
    context.wheel.cancel(expiry);
    session.close();
    context.countStream(-1);
  });
  session.open();
}
