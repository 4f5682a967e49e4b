/** `GET /realtime?call_id=`: a WebSocket that joins a call, such as a server's beside a browser's own connection. */
import { messageOf } from '../../../../../lib/errors.js';
import type { ServerContext } from '../../../../context.js';
import type { ApiRequest } from '../../../../routing/api-request.js';
import type { Reply } from '../../../../routing/reply.js';
import { acceptWebSocket } from '../../../../routing/websocket.js';
import type { Membership } from './call.js';
import { callsOf, noCall } from './call-book.js';

/** Codes of a WebSocket that closes (RFC 6455, section 7.4.1, and the registry of later ones). */
const NORMAL = 1000;
const TRY_LATER = 1013;
/** A member that reads so slowly is let go. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;

export async function joinCall(
  context: ServerContext,
  callId: string,
  request: ApiRequest,
  reply: Reply,
): Promise<void> {
  const book = callsOf(context);
  if (!(await book.exists(callId))) throw noCall(callId);
  const socket = await acceptWebSocket(request, reply, ['realtime']);
  context.countStream(1);
  let membership: Membership | undefined;
  // The thread that has the call may be another one, and what the client sends waits until that has answered.
  socket.pause();
  socket.on('message', (data: Buffer) => membership?.receive(data.toString('utf8')));
  socket.on('close', () => {
    membership?.leave();
    context.countStream(-1);
  });
  const over = (): void => socket.close(NORMAL, 'the call has ended');
  const onEvent = (text: string): void => {
    if (socket.bufferedAmount > MAX_UNREAD_BYTES) socket.terminate();
    else if (socket.readyState === socket.OPEN) socket.send(text);
  };
  try {
    membership = await book.join(callId, { onEvent, onOver: over });
    if (!membership) over();
  } catch (error) {
    socket.close(TRY_LATER, messageOf(error));
  }
  socket.resume();
  if (socket.readyState !== socket.OPEN) membership?.leave();
}
