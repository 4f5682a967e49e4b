import * as fc from '../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { ResponseParser, type ParserState } from '../../src/engine/transport/response-parser.js';
import type { ResponseHead } from '../../src/engine/transport/response-head.js';

interface Parsed {
  heads: Pick<ResponseHead, 'status' | 'contentType' | 'keepAlive'>[];
  body: string;
  state: ParserState;
  /** Bytes after the response. */
  rest: number;
}

function parse(bytes: Buffer, cuts: number[]): Parsed {
  const parsed: Parsed = { heads: [], body: '', state: 'more', rest: 0 };
  const parser = new ResponseParser({
    onHead: ({ status, contentType, keepAlive }) => parsed.heads.push({ status, contentType, keepAlive }),
    onBody: (buffer, start, end) => {
      parsed.body += buffer.toString('latin1', start, end);
    },
  });
  parser.reset();
  const ends = [...new Set(cuts.map((c) => c % (bytes.length + 1))), bytes.length].sort((a, b) => a - b);
  let from = 0;
  // Each piece comes in the same buffer at an odd place, as it does from a socket: nothing of the last may be relied on.
  const buffer = Buffer.alloc(bytes.length + 8, 0x0a);
  for (const to of ends) {
    if (parsed.state !== 'more' || to === from) continue;
    buffer.fill(0x0d);
    bytes.copy(buffer, 3, from, to);
    parsed.state = parser.execute(buffer, 3, 3 + to - from);
    if (parsed.state === 'complete') parsed.rest = bytes.length - from - (parser.position - 3);
    from = to;
  }
  return parsed;
}

const token = fc.stringMatching(/^[a-z][a-z-]{0,12}$/).map((name) => `x-${name}`);
const fields = fc.array(fc.tuple(token, fc.stringMatching(/^[ -9;-~]{0,30}$/)), { maxLength: 4 });
const body = fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b).toString('latin1'));
const cuts = fc.array(fc.nat(), { maxLength: 12 });

const chunked = (content: string, sizes: number[], extension: string, trailer: string): string => {
  let text = '';
  let at = 0;
  for (const size of [...sizes, content.length]) {
    const piece = content.slice(at, at + size);
    at += piece.length;
    if (piece) text += `${piece.length.toString(16)}${extension}\r\n${piece}\r\n`;
  }
  return `${text}0\r\n${trailer}\r\n`;
};

const framed = fc.oneof(
  body.map((content) => ({ content, field: `content-length:${content.length} `, text: content })),
  fc
    .record({
      content: body,
      sizes: fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 5 }),
      extension: fc.constantFrom('', ';a=b', ' ;a'),
      trailer: fc.constantFrom('', 'x-a: 1\r\n', 'x-a: 1\r\nx-b: 2\r\n'),
    })
    .map(({ content, sizes, extension, trailer }) => ({
      content,
      field: 'Transfer-Encoding: chunked',
      text: chunked(content, sizes, extension, trailer),
    })),
);

describe('the response parser', () => {
  it('finds the same in a response however the network cuts it', () => {
    fc.assert(
      fc.property(
        framed,
        fields,
        fc.boolean(),
        fc.boolean(),
        fc.nat(3),
        cuts,
        (frame, extra, interim, close, rest, at) => {
          const lines = extra.map(([name, value]) => `${name}: ${value}\r\n`).join('');
          const text = [
            interim ? 'HTTP/1.1 100 Continue\r\n\r\n' : '',
            `HTTP/1.1 200 Fine\r\n${lines}Content-Type: \t text/plain \r\n${frame.field}\r\n`,
            close ? 'Connection: Close\r\n' : '',
            `\r\n${frame.text}`,
            'z'.repeat(rest),
          ].join('');
          expect(parse(Buffer.from(text, 'latin1'), at)).toEqual({
            heads: [{ status: 200, contentType: 'text/plain', keepAlive: !close }],
            body: frame.content,
            state: 'complete',
            // What follows in the same read is left over; what comes in a later one is not looked at here.
            rest: expect.any(Number) as number,
          });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('reads a response with a cut at every byte', () => {
    const text = `HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: a/b\r\ntransfer-encoding: chunked\r\n\r\n${chunked('hello world', [3, 5], ';x', 'y: z\r\n')}`;
    const bytes = Buffer.from(text);
    const every = Array.from(bytes, (_, i) => i);
    const whole = parse(bytes, []);
    expect(whole).toMatchObject({ body: 'hello world', state: 'complete', rest: 0 });
    expect(parse(bytes, every)).toEqual(whole);
    for (const cut of every) expect(parse(bytes, [cut])).toEqual(whole);
  });

  it('never throws and never reads past the end, whatever comes', () => {
    const line = fc.oneof(
      fc.constantFrom(
        'HTTP/1.1 200 OK',
        'HTTP/1.0 99 x',
        'content-length: 5',
        'content-length: -1',
        'transfer-encoding: gzip',
        ': x',
        '\n',
      ),
      fc.string({ maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), cuts, (lines, at) => {
        const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\nbody`, 'latin1');
        const { state, body: found } = parse(bytes, at);
        expect(['more', 'complete', 'invalid']).toContain(state);
        expect(found.length).toBeLessThanOrEqual(bytes.length);
        // How it was cut changes nothing.
        expect(parse(bytes, []).state).toBe(state);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['HTTP/2 200 OK\r\n\r\n', 'status line'],
    ['HTTP/1.1 20 OK\r\n\r\n', 'status line'],
    ['HTTP/1.1 200 OK\r\ncontent-length: 5x\r\n\r\n', 'not a number'],
    ['HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\n', 'not a number'],
    ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n', 'twice'],
    ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n', 'beside'],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n', 'beside'],
    ['HTTP/1.1 200 OK\r\nno colon\r\n\r\n', 'no name'],
    ['HTTP/1.1 101 Switching Protocols\r\n\r\n', 'switched'],
    [`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`, '64 KiB'],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n11111111111111\r\n', 'chunked body'],
    [`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;${'e'.repeat(70_000)}`, 'chunked body'],
  ])('refuses %j', (text, problem) => {
    const parser = new ResponseParser({ onHead: () => {}, onBody: () => {} });
    const bytes = Buffer.from(text);
    expect(parser.execute(bytes, 0, bytes.length)).toBe('invalid');
    expect(parser.problem).toContain(problem);
  });
});
