import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.js';
import { Http1Transport } from '../../../../src/engine/transport/http1-transport.js';
import { UndiciTransport } from '../../../../src/engine/transport/undici-transport.js';
import type {
  Opening,
  ResponseObserver,
  Route,
  Sending,
  Transport,
} from '../../../../src/engine/transport/transport.js';
import { response, startScripted, type Script, type ScriptedServer } from '../scripted-server.js';

/** What an observer heard, without what depends on how the network cut the bytes. */
interface Heard {
  head?: { status: number; contentType: string; retryAfter: string | undefined };
  body: string;
  end: string;
}

const KINDS = { http1: Http1Transport, undici: UndiciTransport };
type Kind = keyof typeof KINDS;

let server: ScriptedServer | undefined;
let transport: Transport | undefined;
afterEach(async () => {
  transport?.close();
  await server?.close();
  server = undefined;
  transport = undefined;
});

const open = (kind: Kind, port: number, over: Partial<Route> = {}): Transport =>
  new KINDS[kind](
    {
      method: 'POST',
      url: new URL(`http://127.0.0.1:${port}/v1/x?q=1`),
      headers: { 'x-own': 'yes' },
      ...over,
    },
    systemClock,
  );

function exchange(to: Transport, body: string | undefined): Promise<Heard> {
  return new Promise((resolve) => {
    const heard: Heard = { body: '', end: '' };
    const stamps: number[] = [systemClock.nowMs()];
    const finish = (end: string, atMs: number): void => {
      stamps.push(atMs);
      expect([...stamps].sort((a, b) => a - b)).toEqual(stamps);
      heard.end = end;
      resolve(heard);
    };
    const observer: ResponseObserver = {
      onHead: (status, contentType, retryAfter, atMs) => {
        heard.head = { status, contentType, retryAfter };
        stamps.push(atMs);
      },
      onData: (buffer, start, end) => {
        heard.body += buffer.toString('latin1', start, end);
      },
      onEnd: (atMs) => finish('end', atMs),
      onFailure: ({ kind }, atMs) => finish(kind, atMs),
    };
    to.send(body === undefined ? undefined : to.prepare(body), observer);
  });
}

/** Writes pieces one turn of the event loop apart, so that they mostly arrive one by one. */
async function writePieces(
  socket: Parameters<Script>[0],
  pieces: string[],
  end: 'keep' | 'end' | 'reset',
): Promise<void> {
  for (const piece of pieces) {
    socket.write(piece, 'latin1');
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (end === 'end') socket.end();
  if (end === 'reset') socket.resetAndDestroy();
}

const OK = { status: 200, contentType: 'text/plain', retryAfter: undefined };
const CASES: { name: string; pieces: string[]; end?: 'keep' | 'end' | 'reset'; heard: Heard }[] = [
  {
    name: 'a body with a length',
    pieces: [response('200 OK', 'text/plain', 'hello')],
    heard: { head: OK, body: 'hello', end: 'end' },
  },
  {
    name: 'an empty body',
    pieces: [response('200 OK', 'text/plain', '')],
    heard: { head: OK, body: '', end: 'end' },
  },
  {
    name: 'no body at all (204)',
    pieces: ['HTTP/1.1 204 No Content\r\n\r\n'],
    heard: { head: { status: 204, contentType: '', retryAfter: undefined }, body: '', end: 'end' },
  },
  {
    name: 'chunks with extensions and trailers',
    pieces: [
      'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n',
      '5\r\nhello\r\n6;name=value\r\n world\r\n',
      '0\r\nx-checksum: 1\r\n\r\n',
    ],
    heard: { head: OK, body: 'hello world', end: 'end' },
  },
  {
    name: 'a body until the connection closes',
    pieces: ['HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n', 'hel', 'lo'],
    end: 'end',
    heard: { head: OK, body: 'hello', end: 'end' },
  },
  {
    name: 'HTTP/1.0',
    pieces: ['HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\nhello'],
    end: 'end',
    heard: { head: OK, body: 'hello', end: 'end' },
  },
  {
    name: 'interim responses',
    pieces: ['HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n', response('200 OK', 'text/plain', 'hello')],
    heard: { head: OK, body: 'hello', end: 'end' },
  },
  {
    name: 'a refusal with retry-after',
    pieces: [response('429 Too Many Requests', 'application/json', '{}', 'Retry-After: 7\r\n')],
    heard: {
      head: { status: 429, contentType: 'application/json', retryAfter: '7' },
      body: '{}',
      end: 'end',
    },
  },
  {
    name: 'a connection closed without a response',
    pieces: [],
    end: 'end',
    heard: { body: '', end: 'connection_reset' },
  },
  {
    name: 'a connection reset without a response',
    pieces: [],
    end: 'reset',
    heard: { body: '', end: 'connection_reset' },
  },
  {
    name: 'a connection closed in the head',
    pieces: ['HTTP/1.1 200 OK\r\ncontent-'],
    end: 'end',
    heard: { body: '', end: 'connection_reset' },
  },
  {
    name: 'a body shorter than its length',
    pieces: ['HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 10\r\n\r\nhello'],
    end: 'end',
    heard: { head: OK, body: 'hello', end: 'truncated' },
  },
  {
    name: 'chunks without an end',
    pieces: [
      'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n',
    ],
    end: 'end',
    heard: { head: OK, body: 'hello', end: 'truncated' },
  },
  {
    name: 'a broken chunk size',
    pieces: [
      'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n',
    ],
    heard: { head: OK, body: 'hello', end: 'invalid_http' },
  },
  {
    name: 'something that is not HTTP',
    pieces: ['SSH-2.0-OpenSSH_9\r\n\r\n'],
    heard: { body: '', end: 'invalid_http' },
  },
  {
    name: 'a head without an end',
    pieces: [`HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(70_000)}`],
    heard: { body: '', end: 'invalid_http' },
  },
];

describe.each(Object.keys(KINDS) as Kind[])('the %s transport', (kind) => {
  it.each(CASES)('hears $name', async ({ pieces, end, heard }) => {
    server = await startScripted((socket) => void writePieces(socket, pieces, end ?? 'keep'));
    transport = open(kind, server.port);
    expect(await exchange(transport, '{"a":1}')).toEqual(heard);
  });

  it.each(CASES)('hears $name, byte by byte', async ({ pieces, end, heard }) => {
    const bytes = pieces.join('').slice(0, 300).split('');
    if (pieces.join('').length > 300) return;
    server = await startScripted((socket) => void writePieces(socket, bytes, end ?? 'keep'));
    transport = open(kind, server.port);
    expect(await exchange(transport, '{"a":1}')).toEqual(heard);
  });

  it('sends method, path, headers and body', async () => {
    server = await startScripted((socket) => socket.write(response('200 OK', 'text/plain', '')));
    transport = open(kind, server.port);
    await exchange(transport, '{"name":"é€"}');
    const [request] = server.requests;
    expect(request).toMatch(/^POST \/v1\/x\?q=1 HTTP\/1\.1\r\n/);
    expect(request).toContain('x-own: yes\r\n');
    expect(request).toContain(`host: 127.0.0.1:${server.port}\r\n`);
    expect(Buffer.from(request!, 'latin1').toString('utf8')).toMatch(/\r\n\r\n\{"name":"é€"\}$/);
  });

  it.each([
    ['short', 'a'],
    ['long', 'a'.repeat(9_000)],
    ['longer than a write', 'a'.repeat(1_000_000)],
    ['Latin-1', 'é'.repeat(10)],
    ['long, in any script', 'é€'.repeat(9_000)],
  ])('sends a body that is %s', async (_, body) => {
    server = await startScripted((socket) => socket.write(response('200 OK', 'text/plain', '')));
    transport = open(kind, server.port);
    await exchange(transport, body);
    const sent = Buffer.from(server.requests[0]!.split('\r\n\r\n')[1]!, 'latin1').toString('utf8');
    expect(sent).toBe(body);
  });

  it('sends a GET without a body', async () => {
    server = await startScripted((socket) => socket.write(response('200 OK', 'text/plain', 'list')));
    transport = open(kind, server.port, { method: 'GET' });
    expect((await exchange(transport, undefined)).body).toBe('list');
    expect(server.requests[0]).toMatch(/^GET /);
  });

  it('uses a connection again, and not one that the server closes', async () => {
    server = await startScripted((socket, { total }) => {
      socket.write(response('200 OK', 'text/plain', `${total}`, total === 1 ? 'connection: close\r\n' : ''));
      if (total === 1) socket.end();
    });
    transport = open(kind, server.port);
    for (const body of ['0', '1', '2']) expect((await exchange(transport, 'x')).body).toBe(body);
    expect(server.connections).toBe(2);
  });

  it('keeps one connection per request in flight', async () => {
    const waiting: (() => void)[] = [];
    server = await startScripted((socket) => {
      waiting.push(() => socket.write(response('200 OK', 'text/plain', 'x')));
      if (waiting.length === 5) for (const answer of waiting) answer();
    });
    const used = (transport = open(kind, server.port));
    await Promise.all(Array.from({ length: 5 }, () => exchange(used, 'x')));
    expect(server.connections).toBe(5);
  });

  it.each(['end', 'resetAndDestroy'] as const)(
    'sends again when a kept connection is lost (%s)',
    async (how) => {
      server = await startScripted((socket, { count }) => {
        if (count === 0) socket.write(response('200 OK', 'text/plain', 'x'));
        else socket[how]();
      });
      transport = open(kind, server.port);
      expect((await exchange(transport, 'a')).end).toBe('end');
      // The server takes the second request and hangs up: once more, on a fresh connection.
      expect(await exchange(transport, 'b')).toEqual({ head: OK, body: 'x', end: 'end' });
      expect(server.requests).toHaveLength(3);
    },
  );

  it('sends again only once, and not after the first byte', async () => {
    server = await startScripted((socket, { total }) => {
      if (total === 0) socket.write(response('200 OK', 'text/plain', 'x'));
      else if (total === 1) socket.end('HTTP/1.1 200');
      else socket.end();
    });
    transport = open(kind, server.port);
    await exchange(transport, 'a');
    expect((await exchange(transport, 'b')).end).toBe('connection_reset');
    expect(server.requests).toHaveLength(2);
    expect((await exchange(transport, 'c')).end).toBe('connection_reset');
    expect(server.requests).toHaveLength(3);
  });

  it('names a refused connection and an unknown host', async () => {
    server = await startScripted(() => {});
    const { port } = server;
    await server.close();
    server = undefined;
    transport = open(kind, port);
    expect((await exchange(transport, 'x')).end).toBe('connect_refused');
    transport.close();
    transport = open(kind, 80, { url: new URL('http://no-such-host.invalid/') });
    expect((await exchange(transport, 'x')).end).toBe('dns');
  });

  it('says nothing after it was cancelled, and closes the connection', async () => {
    let closed: () => void = () => {};
    const gone = new Promise<void>((resolve) => (closed = resolve));
    let sending: { cancel(): void } | undefined;
    server = await startScripted((socket) => {
      socket.on('close', () => closed());
      sending?.cancel();
      socket.write(response('200 OK', 'text/plain', 'x'));
    });
    transport = open(kind, server.port);
    const fail = (): void => expect.unreachable();
    const observer = { onHead: fail, onData: fail, onEnd: fail, onFailure: fail };
    sending = transport.send(transport.prepare('x'), observer);
    await gone;
  });
});

describe('over TLS', () => {
  it('refuses a certificate that nobody vouches for', async () => {
    server = await startScripted((socket) => socket.end(response('200 OK', 'text/plain', 'x')), {
      tls: true,
    });
    transport = open('undici', 0, { url: new URL(`https://localhost:${server.port}/`) });
    expect((await exchange(transport, 'x')).end).toBe('tls');
  });

  it.each(['HTTP/1.1 400 Bad Request\r\n\r\n', ''])(
    'names a server that does not speak it: %j',
    async (answer) => {
      const plain = createServer((socket) => {
        socket.on('error', () => {});
        socket.end(answer);
      });
      plain.listen(0, '127.0.0.1');
      await once(plain, 'listening');
      const { port } = plain.address() as AddressInfo;
      transport = open('undici', 0, { url: new URL(`https://127.0.0.1:${port}/`) });
      expect((await exchange(transport, 'x')).end).toBe('tls');
      plain.close();
    },
  );
});

describe.each(['http1', 'undici'] as const)('%s takes the time of connecting', (kind) => {
  it('once per connection', async () => {
    server = await startScripted((socket) => socket.write(response('200 OK', 'text/plain', 'hello')));
    transport = open(kind, server.port);
    const sent = async (): Promise<Opening | undefined> => {
      const sending = await new Promise<Sending>((resolve) => {
        const own: Sending = transport!.send(transport!.prepare('{}'), {
          onHead: () => {},
          onData: () => {},
          onEnd: () => setImmediate(() => resolve(own)),
          onFailure: ({ message }) => expect.unreachable(message),
        });
      });
      return sending.opening;
    };
    const beforeMs = systemClock.nowMs();
    const opening = (await sent())!;
    expect(opening.startMs).toBeGreaterThanOrEqual(beforeMs);
    expect(opening.connectedMs).toBeGreaterThanOrEqual(opening.startMs);
    expect(opening.connectedMs).toBeLessThanOrEqual(systemClock.nowMs());
    expect(opening.secureMs).toBeNaN();
    expect(await sent()).toBeUndefined();
    expect(server.connections).toBe(1);
  });
});
