import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.js';
import { DeadlineWheel, type TickSource } from '../../../../src/lib/deadline-wheel.js';
import { LatenessHistogram } from '../../../../src/lib/lateness.js';
import { HttpListener } from '../../../../src/server/http/listener.js';
import { Outbox } from '../../../../src/server/http/outbox.js';
import type { HttpResponse } from '../../../../src/server/http/response.js';

/** A wheel whose ticks and clock a test moves by hand. */
function wheelByHand() {
  const clock = { now: 0, nowMs: () => clock.now, wallMs: () => clock.now };
  let onTick = (): void => {};
  const ticks: TickSource = { onTick: (callback) => (onTick = callback), arm: () => {}, close: () => {} };
  const lateness = new LatenessHistogram();
  const outbox = new Outbox(clock, lateness);
  const wheel = new DeadlineWheel({ clock, ticks, lateness, gathering: outbox });
  const tickAt = (instantMs: number): void => {
    clock.now = instantMs;
    onTick();
  };
  return { clock, outbox, wheel, tickAt };
}

describe('an outbox of a wheel', () => {
  it('writes what callbacks wrote when all of them have been called, in order, and says how late that was', () => {
    const { clock, outbox, wheel, tickAt } = wheelByHand();
    const seen: string[] = [];
    for (const [name, instantMs] of [
      ['a', 10],
      ['b', 11],
    ] as const) {
      const sender = { flush: () => seen.push(`${name} written at ${clock.now++}`) };
      wheel.at(instantMs, () => {
        seen.push(`${name} made at ${clock.now++}`);
        expect(outbox.holds(sender)).toBe(true);
      });
    }
    wheel.at(12, () => (clock.now += 2));
    wheel.at(13, () => expect(outbox.holds({ flush: () => {} })).toBe(false), false);
    tickAt(20);
    expect(seen).toEqual(['a made at 20', 'b made at 21', 'a written at 24', 'b written at 25']);
    // 24 - 10, 25 - 11, and 22 - 12 of the one that wrote nothing.
    expect(wheel.lateness.report()).toMatchObject({ count: 3, maxMs: 14, meanMs: 38 / 3 });
    expect(outbox.holds({ flush: () => {} })).toBe(false);
  });

  it('lets no more wait than its bound, and what waits not for a callback that throws', () => {
    const { outbox, wheel, tickAt } = wheelByHand();
    let [waiting, most] = [0, 0];
    const sender = { flush: () => waiting-- };
    for (let i = 0; i < 200; i++)
      wheel.at(1, () => {
        outbox.holds(sender);
        most = Math.max(most, ++waiting);
      });
    wheel.at(2, () => {
      throw new Error('on purpose');
    });
    expect(() => tickAt(3)).toThrow('on purpose');
    expect(most).toBe(64);
    expect(waiting).toBe(0);
    expect(wheel.lateness.report().count).toBe(200);
  });
});

it('holds answers in one piece back while a connection is read, and until those that come in the same turn were', async () => {
  const outbox = new Outbox(systemClock, new LatenessHistogram());
  const seen: string[] = [];
  const sender = (name: string) => ({ flush: () => seen.push(name) });
  outbox.beginRead();
  expect(outbox.holds(sender('stream'))).toBe(false);
  expect(outbox.holds(sender('a'), true)).toBe(true);
  outbox.endRead();
  expect(outbox.holds(sender('later'), true)).toBe(false);
  outbox.beginRead();
  expect(outbox.holds(sender('b'), true)).toBe(true);
  outbox.endRead();
  expect(seen).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(seen).toEqual(['a', 'b']);
});

it('changes nothing of what a client gets, and in which order', async () => {
  const outbox = new Outbox(systemClock, new LatenessHistogram());
  let onResponse = (_response: HttpResponse): void => {};
  const listener = new HttpListener({
    handler: {
      handle: (_request, response) => onResponse(response),
      refuse: (status, message, response) => response.send(status, '', message, true),
    },
    clock: systemClock,
    bodyLimit: 1000,
    maxConnections: 10,
    outbox,
  });
  const port = await listener.listen({ host: '127.0.0.1', port: 0 });
  /** What a client gets that asks twice at once, where the first answer is made by what is given. */
  const got = async (first: (response: HttpResponse) => void): Promise<string> => {
    const responses: HttpResponse[] = [];
    const begun = new Promise<void>((resolve) => {
      onResponse = (response) => {
        if (responses.push(response) === 1) resolve();
        else response.send(200, '', 'second', true);
      };
    });
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2));
    await begun;
    outbox.begin();
    first(responses[0]!);
    outbox.end(0, 0);
    outbox.release();
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => (text += part));
    await once(socket, 'close');
    return text;
  };
  const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
  const second = 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nsecond';
  const streamed = await got((response) => {
    response.begin(200, '');
    response.write('one');
    response.write('two');
    response.end('three');
  });
  expect(streamed).toBe(`${head}3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n${second}`);
  expect(await got((response) => response.sendBytes(200, '', Buffer.from('bytes')))).toBe(
    `HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nbytes${second}`,
  );
  // What is too long to wait goes at once, behind what waits: nothing would say that it was taken, once all of it was.
  const long = 'x'.repeat(16 * 1024);
  const much = await got((response) => {
    response.begin(200, '');
    response.write('one');
    response.write(long);
    response.end('two');
  });
  expect(much).toBe(`${head}3\r\none\r\n4000\r\n${long}\r\n3\r\ntwo\r\n0\r\n\r\n${second}`);
  // A stream that waits for its reader hears of it, however much was made in one tick.
  const waited = await got((response) => {
    response.begin(200, '');
    for (let i = 0; i < 3; i++) response.write('x'.repeat(64 * 1024));
    const end = (): void => response.end('');
    if (response.waitingBytes > 128 * 1024) response.onceDrained(end);
    else end();
  });
  expect(waited.endsWith(`0\r\n\r\n${second}`)).toBe(true);
  const cut = await got((response) => {
    response.begin(200, '');
    response.write('one');
    response.fail();
  });
  expect(cut).toBe(`${head}3\r\none\r\n`);
  await listener.close(1000);
});
