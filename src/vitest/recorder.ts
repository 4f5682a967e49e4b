/** A door in front of a server: remembers what clients ask, and can answer in its place. */
import { once } from 'node:events';
import {
  createServer,
  request as ask,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** A request that was seen. */
export interface SeenRequest {
  method: string;
  /** With `/v1`, without the query. */
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed, if it was JSON; else the text. */
  body: unknown;
}

/** An answer in place of the server's. */
export interface CannedAnswer {
  /** Default 200. */
  status?: number;
  headers?: Readonly<Record<string, string>>;
  /** A text as it is, anything else as JSON. */
  body?: unknown;
}

/** An answer that waits for its requests. */
interface Expected {
  method: string;
  path: string;
  answer: CannedAnswer;
  left: number;
}

/** Requests that are kept; the oldest go. */
const MAX_SEEN = 10_000;

/** See the file's head. */
export class Recorder {
  readonly seen: SeenRequest[] = [];
  readonly #target: URL;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #expected: Expected[] = [];
  #ready: Promise<unknown> = Promise.resolve();

  /** @param target - where the server is */
  constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((request, response) => void this.#handle(request, response));
    this.#server.on('upgrade', (request, socket: Socket, head: Buffer) =>
      this.#tunnel(request, socket, head),
    );
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Begins to listen, and says where. */
  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  /** Answers the next requests itself. */
  expect(method: string, path: string, answer: CannedAnswer, times: number): void {
    this.#expected.push({ method, path, answer, left: times });
  }

  /** Requests wait for something before the server gets them. */
  after(ready: Promise<unknown>): void {
    this.#ready = Promise.all([this.#ready, ready]);
  }

  /** Forgets what was seen, and what was to be answered. */
  reset(): void {
    this.seen.length = 0;
    this.#expected = [];
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const bytes = Buffer.concat(parts);
    const seen = this.#remember(request, bytes.toString('utf8'));
    const canned = this.#expected.find(
      ({ method, path, left }) => left > 0 && method === seen.method && path === seen.path,
    );
    if (canned) {
      canned.left--;
      send(response, canned.answer);
    } else {
      await this.#ready;
      this.#forward(request, bytes, response);
    }
  }

  #remember(request: IncomingMessage, text: string): SeenRequest {
    const url = new URL(request.url ?? '/', this.#target);
    const seen = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: parsed(text),
    };
    this.seen.push(seen);
    if (this.seen.length > MAX_SEEN) this.seen.shift();
    return seen;
  }

  #forward(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const { hostname: host, port } = this.#target;
    const { method, url: path, headers } = request;
    const onward = ask(
      { host, port, method, path, headers: { ...headers, connection: 'close' } },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    // The client has gone: so has its request.
    response.on('close', () => onward.destroy());
    onward.end(body);
  }

  /** WebSockets go through as they are. */
  #tunnel(request: IncomingMessage, socket: Socket, head: Buffer): void {
    this.#remember(request, '');
    const onward = connect(Number(this.#target.port), this.#target.hostname, () => {
      const lines = request.rawHeaders.flatMap((value, at, all) =>
        at % 2 === 0 ? `${value}: ${all[at + 1]}` : [],
      );
      onward.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    for (const end of [socket, onward]) end.on('error', () => {});
    socket.on('close', () => onward.destroy());
    onward.on('close', () => socket.destroy());
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function send(response: ServerResponse, { status = 200, headers = {}, body = '' }: CannedAnswer): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(text);
}
