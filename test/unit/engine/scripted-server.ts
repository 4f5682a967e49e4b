/** A raw server that answers each request with scripted bytes, for the tests of the engine. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';

/** Answers one request; `count` is its number on this connection, `total` over all connections, both from 0. */
export type Script = (socket: Socket, request: { text: string; count: number; total: number }) => void;

export interface ScriptedServer {
  port: number;
  /** Requests so far. */
  requests: string[];
  connections: number;
  close(): Promise<void>;
}

const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url), 'utf8');

/** The length of the first complete request in a text, or -1. */
function requestLength(text: string): number {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return -1;
  const length = /content-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? '0';
  const total = head + 4 + Number(length);
  return text.length >= total ? total : -1;
}

/** Starts a server on a free port of the loopback interface. */
export async function startScripted(
  script: Script,
  options: { tls?: boolean } = {},
): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  const state = { requests: [] as string[], connections: 0 };
  const serve = (socket: Socket): void => {
    let text = '';
    let count = 0;
    state.connections++;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (data) => {
      text += data.toString('latin1');
      for (let length = requestLength(text); length >= 0; length = requestLength(text)) {
        const request = text.slice(0, length);
        text = text.slice(length);
        state.requests.push(request);
        script(socket, { text: request, count: count++, total: state.requests.length - 1 });
      }
    });
  };
  const server = options.tls
    ? createTlsServer({ key: fixture('key.pem'), cert: fixture('cert.pem') }, serve)
    : createServer(serve);
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  const { port } = server.address() as AddressInfo;
  return Object.defineProperty({ port, requests: state.requests, connections: 0, close }, 'connections', {
    get: () => state.connections,
  });
}

/** An HTTP response with a length. */
export const response = (status: string, contentType: string, body: string, extra = ''): string =>
  `HTTP/1.1 ${status}\r\ncontent-type: ${contentType}\r\n${extra}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** The head of a stream of events that ends with the connection. */
export const STREAM_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n';

/** A text event. */
export const textEvent = (text: string): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: text } }] })}\n\n`;

/** The end of a stream, with usage. */
export const usageAndDone = (input: number, output: number): string =>
  `data: ${JSON.stringify({ id: 'c', choices: [], usage: { prompt_tokens: input, completion_tokens: output } })}\n\ndata: [DONE]\n\n`;

/** A whole completion. */
export const completion = (input: number, output: number, content = 'hi'): string =>
  JSON.stringify({
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: input, completion_tokens: output },
  });
