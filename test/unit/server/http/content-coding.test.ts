import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { contentCodings, decodeBody } from '../../../../src/server/http/content-coding.js';
import { parseHead } from '../../../../src/server/http/request-head.js';

const LIMIT = 1000;
const TEXT = '{"model":"x"}';
const headWith = (coding: string) =>
  parseHead(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Encoding: ${coding}`);

async function decode(coding: string, body: Buffer): Promise<string> {
  const head = headWith(coding);
  return (await decodeBody({ head, body }, contentCodings(head) ?? [], LIMIT)).body.toString();
}

describe('the codings of a body', () => {
  it.each(['identity', '', 'identity, identity'])('are none for "%s"', (coding) => {
    expect(contentCodings(headWith(coding))).toBeUndefined();
  });

  it('are none without a header', () => {
    expect(contentCodings(parseHead('POST / HTTP/1.1\r\nHost: x'))).toBeUndefined();
  });

  it.each([
    ['gzip', gzipSync(TEXT)],
    ['GZip', gzipSync(TEXT)],
    ['x-gzip', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['br, gzip', gzipSync(brotliCompressSync(TEXT))],
  ])('%s is undone', async (coding, body) => {
    expect(await decode(coding, body)).toBe(TEXT);
  });

  it.each([
    ['foo', Buffer.from(TEXT), 415],
    ['gzip, gzip, gzip', gzipSync(TEXT), 415],
    ['toString', Buffer.from(TEXT), 415],
    ['gzip', Buffer.from(TEXT), 400],
    ['gzip', gzipSync(TEXT).subarray(0, 20), 400],
    ['gzip', gzipSync(Buffer.alloc(1_000_000)), 413],
  ])('%s is refused when it cannot be undone', async (coding, body, status) => {
    await expect(decode(coding, body)).rejects.toMatchObject({ status });
  });
});
