import * as fc from '../../../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { RequestParser } from '../../../../src/server/http/parser.js';
import { ProtocolError } from '../../../../src/server/http/request-head.js';

const LIMITS = { headBytes: 1000, bodyBytes: 100 };

/** Requests, or the status of the refusal, that a parser gives for parts of a byte sequence. */
function parse(parts: readonly (string | Buffer)[], limits = LIMITS): (object | number)[] {
  const parser = new RequestParser(limits);
  const results: (object | number)[] = [];
  try {
    for (const part of parts) {
      const bytes = Buffer.from(Buffer.isBuffer(part) ? part : Buffer.from(part, 'latin1'));
      parser.push(bytes);
      for (let request = parser.next(); request; request = parser.next()) {
        const { method, path, query, headers, keepAlive } = request.head;
        const body = request.body.toString('latin1');
        results.push({ method, path, query, headers: Object.fromEntries(headers), keepAlive, body });
      }
      // The server reads everything into one buffer.
      parser.keep();
      bytes.fill('!');
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    results.push(error.status);
  }
  return results;
}

const post = (headers: string, body = ''): string =>
  `POST /a?b=1 HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;

describe('RequestParser', () => {
  it('reads a request with a body of known length', () => {
    expect(parse([post('Content-Length: 5\r\nX-A:  1 \r\nx-a: 2\r\n', 'hello')])).toEqual([
      {
        method: 'POST',
        path: '/a',
        query: 'b=1',
        headers: { host: 'x', 'content-length': '5', 'x-a': '1, 2' },
        keepAlive: true,
        body: 'hello',
      },
    ]);
  });

  it('refuses what begins no request at once, and not the first half of an empty line', () => {
    for (const first of ['\x16\x03\x01', '\0', ' ', '\xff', '\rG']) expect(parse([first])).toEqual([400]);
    expect(parse(['\r', '\nGET /c HTTP/1.1\r\nHost: y\r\n\r\n'])).toMatchObject([{ path: '/c' }]);
    expect(() => {
      const parser = new RequestParser(LIMITS);
      parser.push(Buffer.from('\x16\x03\x01', 'latin1'));
      parser.next();
    }).toThrow('use http://');
  });

  it('reads chunks, extensions and trailers', () => {
    const chunked = post('Transfer-Encoding: chunked\r\n', '5;x=y\r\nhello\r\n01\r\n!\r\n0\r\nT: 1\r\n\r\n');
    expect(parse([chunked])).toMatchObject([{ body: 'hello!' }]);
  });

  it('reads pipelined requests and ignores empty lines between them', () => {
    const text = `${post('Content-Length: 2\r\n', 'ab')}\r\n\r\nGET /c HTTP/1.1\r\nHost: y\r\nConnection: close\r\n\r\n`;
    expect(parse([text])).toMatchObject([
      { body: 'ab', keepAlive: true },
      { method: 'GET', path: '/c', keepAlive: false },
    ]);
  });

  it('tells heads apart that begin alike', () => {
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const long = 'x'.repeat(11);
    const sent = [
      post('Content-Length: 1\r\n', 'x'),
      post('Content-Length: 1\r\n', 'y'),
      post('Content-Length: 11\r\n', long),
      get('/a'),
      get('/ab'),
      get('/a'),
    ];
    const expected = [
      ['/a', 'x'],
      ['/a', 'y'],
      ['/a', long],
      ['/a', ''],
      ['/ab', ''],
      ['/a', ''],
    ].map(([path, body]) => ({ path, body }));
    expect(parse([sent.join('')])).toMatchObject(expected);
    expect(parse(sent)).toMatchObject(expected);
  });

  it('knows absolute targets and HTTP/1.0', () => {
    expect(parse(['GET http://h:1/p?q HTTP/1.1\r\nHost: h\r\n\r\n'])).toMatchObject([
      { path: '/p', query: 'q' },
    ]);
    expect(parse(['GET / HTTP/1.0\r\n\r\n'])).toMatchObject([{ keepAlive: false }]);
    expect(parse(['GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n'])).toMatchObject([{ keepAlive: true }]);
  });

  it.each([
    ['both lengths', post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'), 400],
    ['two lengths', post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'), 400],
    ['a list of lengths', post('Content-Length: 3, 3\r\n', 'abc'), 400],
    ['a signed length', post('Content-Length: +3\r\n', 'abc'), 400],
    ['a hexadecimal length', post('Content-Length: 0x3\r\n', 'abc'), 400],
    ['an empty length', post('Content-Length:\r\n'), 400],
    ['another transfer encoding', post('Transfer-Encoding: gzip, chunked\r\n'), 501],
    ['chunked twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'), 400],
    ['chunked in HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['a folded line', post('X-A: 1\r\n b\r\n'), 400],
    ['space before the colon', post('Content-Length : 3\r\n', 'abc'), 400],
    ['a bare line feed', 'GET / HTTP/1.1\nHost: x\n\n', 400],
    ['a bare carriage return', post('X-A: 1\rContent-Length: 3\r\n'), 400],
    ['a NUL', post('X-A: \0\r\n'), 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['a target that is none', 'GET foo HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['another version', 'GET / HTTP/2.0\r\nHost: x\r\n\r\n', 505],
    ['no request', 'hello\r\n\r\n', 400],
    ['a bad chunk size', post('Transfer-Encoding: chunked\r\n', 'g\r\n'), 400],
    ['a negative chunk size', post('Transfer-Encoding: chunked\r\n', '-1\r\n'), 400],
    ['a chunk longer than said', post('Transfer-Encoding: chunked\r\n', '1\r\nab\r\n'), 400],
    ['an endless chunk line', post('Transfer-Encoding: chunked\r\n', `1;${'x'.repeat(300)}`), 400],
    ['an unknown expectation', post('Expect: cake\r\n'), 417],
    ['a large body', post('Content-Length: 101\r\n'), 413],
    ['large chunks', post('Transfer-Encoding: chunked\r\n', `60\r\n${'x'.repeat(96)}\r\n5\r\n`), 413],
    ['a large head', post(`X: ${'x'.repeat(1000)}\r\n`), 431],
    ['an endless head', `GET /${'x'.repeat(1100)}`, 431],
  ])('refuses %s', (_, text, status) => {
    expect(parse([text]).at(-1)).toBe(status);
  });

  it('does not grow with the number of parts that a body comes in', () => {
    const parser = new RequestParser({ headBytes: 1000, bodyBytes: 20_000 });
    parser.push(Buffer.from(post('Content-Length: 20000\r\n')));
    let early = 0;
    for (let i = 0; i < 20_000; i++) {
      if (parser.next()) early++;
      parser.push(Buffer.from('x'));
    }
    expect(early).toBe(0);
    expect(parser.next()!.body.length).toBe(20_000);
    expect(parser.buffered).toBe(0);
  });

  const request = fc.oneof(
    fc
      .string({ maxLength: 30 })
      .map((body) => post(`Content-Length: ${body.length}\r\n`, body.replace(/[^ -~]/g, '.'))),
    fc.array(fc.stringMatching(/^[ -~]{1,9}$/), { maxLength: 4 }).map((chunks) => {
      const body = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
      return post('Transfer-Encoding: chunked\r\n', `${body}0\r\n\r\n`);
    }),
    fc.constantFrom(
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      '\r\n',
      post('Content-Length: 3x\r\n'),
      post('Expect: 100-continue\r\n'),
    ),
  );

  it('gives the same for any bytes split anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(request, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(400), { maxLength: 6 }),
        (all, cuts) => {
          const text = all.join('');
          const whole = parse([text]);
          expect(parse([...text])).toEqual(whole);
          const at = [0, ...cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b), text.length];
          expect(parse(at.slice(1).map((end, i) => text.slice(at[i], end)))).toEqual(whole);
        },
      ),
    );
  });

  it('answers garbage with a refusal or waits for more, and never fails otherwise', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 60 }).map((b) => Buffer.from(b)),
            request,
          ),
          { maxLength: 5 },
        ),
        (parts) => {
          for (const result of parse(parts)) expect(['object', 'number']).toContain(typeof result);
        },
      ),
    );
  });
});
