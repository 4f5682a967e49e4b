import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.js';
import { LatenessHistogram } from '../../../../src/lib/lateness.js';
import { Connection } from '../../../../src/server/http/connection.js';
import { Outbox } from '../../../../src/server/http/outbox.js';
import type { HttpResponse } from '../../../../src/server/http/response.js';

/** A connection without a network, which tells what is written to it in one go. */
function connected(handle: (response: HttpResponse) => void) {
  const writes: string[] = [];
  const socket = new Duplex({
    read: () => {},
    write: (bytes: Buffer, _encoding, done) => {
      writes.push(bytes.toString('latin1'));
      done();
    },
  });
  const owner = {
    draining: false,
    outbox: new Outbox(systemClock, new LatenessHistogram()),
    closed: () => {},
  };
  const handler = {
    handle: (_request: unknown, response: HttpResponse) => handle(response),
    refuse: () => {},
  };
  const limits = { headBytes: 1000, bodyBytes: 1000, idleMs: 1e6, receiveMs: 1e6, stallMs: 1e6 };
  const connection = new Connection(socket as Socket, owner, handler, systemClock, limits);
  const ask = (): void => connection.receive(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
  return { writes, ask };
}

const HEAD = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

it('writes in one go what is made of a stream while its request is taken in', () => {
  const { writes, ask } = connected((response) => {
    response.begin(200, '');
    response.write('one');
    response.end('two');
  });
  ask();
  ask();
  const whole = `${HEAD}3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n`;
  expect(writes).toEqual([whole, whole]);
});

it('writes what is made later as it comes', () => {
  const responses: HttpResponse[] = [];
  const { writes, ask } = connected((response) => {
    responses.push(response);
    response.begin(200, '');
  });
  ask();
  responses[0]!.write('one');
  responses[0]!.end('two');
  expect(writes).toEqual([HEAD, '3\r\none\r\n', '3\r\ntwo\r\n0\r\n\r\n']);
});

it('lets no more than its bound wait', () => {
  const long = 'x'.repeat(10_000);
  const { writes, ask } = connected((response) => {
    response.begin(200, '');
    for (let i = 0; i < 4; i++) response.write(long);
    response.end('end');
  });
  ask();
  expect(writes.map((text) => text.split(long).length - 1)).toEqual([2, 2, 0]);
});
