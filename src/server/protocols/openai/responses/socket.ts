/** `GET /v1/responses`: becomes a WebSocket, over which responses are created one after the other. */
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { acceptWebSocket } from '../../../routing/websocket.js';
import { ResponsesConnection } from './socket-connection.js';

/** See the file's head. */
export async function openResponses(
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
): Promise<void> {
  const socket = await acceptWebSocket(request, reply);
  const connection = new ResponsesConnection(context, request, {
    send: (text, written) => socket.send(text, written),
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    close: (code, reason) => socket.close(code, reason),
  });
  socket.on('message', (data: Buffer) => connection.receive(data));
  socket.on('close', () => connection.close());
}
