/** WebSockets (RFC 6455) on a route: the request becomes one. */
import type { IncomingMessage } from 'node:http';
import type { WebSocket, WebSocketServer } from 'ws';
import { ApiError } from '../protocols/openai/errors.js';
import type { ApiRequest } from './api-request.js';
import type { Reply } from './reply.js';

/** Largest message. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** The code of a server that goes away (RFC 6455, section 7.4.1). */
const GOING_AWAY = 1001;

/** By the subprotocols that are agreed to. */
const servers = new Map<string, Promise<WebSocketServer>>();

/** Loaded with the first WebSocket. */
function loaded(protocols: readonly string[]): Promise<WebSocketServer> {
  const name = protocols.join(',');
  const known = servers.get(name);
  if (known) return known;
  const server = import('ws').then(
    ({ WebSocketServer }) =>
      new WebSocketServer({
        noServer: true,
        maxPayload: MAX_MESSAGE_BYTES,
        perMessageDeflate: false,
        handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
      }),
  );
  servers.set(name, server);
  return server;
}

/**
 * Accepts a WebSocket.
 *
 * @param protocols - subprotocols that are agreed to when they are offered
 * @throws ApiError 426 when the request does not ask for one, 400 when it does so wrongly
 */
export async function acceptWebSocket(
  request: ApiRequest,
  reply: Reply,
  protocols: readonly string[] = [],
): Promise<WebSocket> {
  if (!/\bwebsocket\b/i.test(request.header('upgrade') ?? '')) {
    const message = 'This path is for WebSockets: send the request with "Upgrade: websocket".';
    throw new ApiError({ status: 426, message, headers: 'upgrade: websocket\r\n' });
  }
  if (
    !/^[+/0-9A-Za-z]{22}==$/.test(request.header('sec-websocket-key') ?? '') ||
    request.header('sec-websocket-version') !== '13'
  ) {
    const message = 'The WebSocket handshake is not one of version 13 (RFC 6455).';
    throw new ApiError({ status: 400, message, headers: 'sec-websocket-version: 13\r\n' });
  }
  const accepter = await loaded(protocols);
  const tunnel = reply.response.upgrade();
  if (!tunnel) throw new ApiError({ status: 400, message: 'A WebSocket needs a connection of HTTP/1.1.' });
  // What of node:http's request is looked at.
  const incoming = { method: 'GET', url: request.path, headers: Object.fromEntries(request.headers) };
  return new Promise((resolve) => {
    accepter.handleUpgrade(incoming as unknown as IncomingMessage, tunnel, Buffer.alloc(0), (socket) => {
      tunnel.onDrain = () => socket.close(GOING_AWAY, 'the server is stopping');
      // Its close follows.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}
