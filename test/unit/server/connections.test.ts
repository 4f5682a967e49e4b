import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../../src/server/index.js';
import { chatBytes, RawClient } from '../../support/raw-client.js';
import { postChat, startTestServer } from '../../support/server.js';

const ASK = { model: 'fakeai-1', messages: [{ role: 'user', content: 'hi' }], max_tokens: 5 };
const HEALTH = 'GET /health HTTP/1.1\r\nHost: test\r\n\r\n';
const count = (text: string, part: string): number => text.split(part).length - 1;

let server: RunningServer;
let client: RawClient;
beforeAll(async () => {
  server = await startTestServer({ threads: 1 });
});
afterAll(() => server.close());

describe('a connection', () => {
  it('answers pipelined requests in order and stays open', async () => {
    client = await RawClient.to(server.url);
    client.socket.write(chatBytes(ASK) + chatBytes({ ...ASK, stream: true }) + HEALTH);
    const received = await client.until((text) => text.includes('"status":"ok"'));
    expect(count(received, 'HTTP/1.1 200 OK')).toBe(3);
    expect(received.indexOf('chat.completion"')).toBeLessThan(received.indexOf('[DONE]'));
    client.socket.write(HEALTH);
    await client.until((text) => count(text, '"status":"ok"') === 2);
    client.socket.destroy();
  });

  it('says 100 Continue to a client that waits for it', async () => {
    client = await RawClient.to(server.url);
    const [head, body] = chatBytes(ASK, 'Expect: 100-continue\r\n').split('\r\n\r\n') as [string, string];
    client.socket.write(`${head}\r\n\r\n`);
    await client.until((text) => text === 'HTTP/1.1 100 Continue\r\n\r\n');
    client.socket.write(body);
    await client.until((text) => text.includes('chat.completion'));
    client.socket.destroy();
  });

  it('refuses what is ambiguous in the API shape and closes', async () => {
    client = await RawClient.to(server.url);
    client.socket.write(chatBytes(ASK, 'Transfer-Encoding: chunked\r\n'));
    const received = await client.untilClosed();
    expect(received).toMatch(/^HTTP\/1\.1 400 /);
    expect(received).toContain('connection: close');
    expect(JSON.parse(received.split('\r\n\r\n')[1]!)).toMatchObject({
      error: { type: 'invalid_request_error' },
    });
  });

  it('refuses a body that is too large before it has read it', async () => {
    client = await RawClient.to(server.url);
    client.socket.write('POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n');
    const received = await client.until((text) => text.includes('}'));
    expect(received).toMatch(/^HTTP\/1\.1 413 /);
    expect(received).toContain('1048576 bytes');
    client.socket.destroy();
  });

  it('gives HTTP/1.0 a stream without chunks that ends with the connection', async () => {
    client = await RawClient.to(server.url);
    client.socket.write(chatBytes({ ...ASK, stream: true }).replace('HTTP/1.1', 'HTTP/1.0'));
    const received = await client.untilClosed();
    expect(received).not.toContain('transfer-encoding');
    expect(received.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('answers HEAD without a body', async () => {
    client = await RawClient.to(server.url);
    client.socket.write('HEAD /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const received = await client.untilClosed();
    expect(received).toMatch(/content-length: [1-9]/);
    expect(received.endsWith('\r\n\r\n')).toBe(true);
  });
});

describe('what the body of a request may be', () => {
  const send = (body: Buffer, headers = {}): Promise<Response> =>
    fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...headers, connection: 'close' },
      body: new Uint8Array(body),
    });

  it('compressed', async () => {
    const plain = Buffer.from(JSON.stringify({ ...ASK, max_tokens: 3 }));
    const [packed, whole] = await Promise.all([
      send(gzipSync(plain), { 'content-encoding': 'gzip' }),
      send(plain),
    ]);
    const { usage } = (await whole.json()) as { usage: object };
    expect(await packed.json()).toMatchObject({ object: 'chat.completion', usage });
  });

  it.each([
    ['not in its coding', Buffer.from('{}'), { 'content-encoding': 'gzip' }, 400],
    ['in an unknown coding', Buffer.from('{}'), { 'content-encoding': 'foo' }, 415],
    ['larger than allowed', gzipSync(Buffer.alloc(20_000_000, ' ')), { 'content-encoding': 'gzip' }, 413],
    ['not UTF-8', Buffer.from(JSON.stringify(ASK).replace('hi', '\xff'), 'latin1'), {}, 400],
  ])('not %s', async (_, body, headers, status) => {
    const response = await send(body, headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    expect((await postChat(server.url, ASK)).status).toBe(200);
  });
});

describe('a reader that does not read', () => {
  it('stops the making of tokens, and gets all of them when it reads again', async () => {
    client = await RawClient.to(server.url);
    client.socket.pause();
    client.socket.write(
      chatBytes({ ...ASK, max_tokens: 100_000, ignore_eos: true, stream: true }, 'Connection: close\r\n'),
    );
    await expect.poll(async () => (await server.stats())[0]!.activeStreams).toBe(1);
    // Others are served meanwhile.
    expect((await postChat(server.url, ASK)).status).toBe(200);
    expect((await server.stats())[0]!.activeStreams).toBe(1);
    client.socket.resume();
    const received = await client.untilClosed();
    expect(received.endsWith('data: [DONE]\n\n\r\n0\r\n\r\n')).toBe(true);
    expect(count(received, '"delta":{"content":')).toBe(100_000);
  });

  it('is forgotten when it goes', async () => {
    const gone = await RawClient.to(server.url);
    gone.socket.pause();
    gone.socket.write(chatBytes({ ...ASK, max_tokens: 100_000, ignore_eos: true, stream: true }));
    await expect.poll(async () => (await server.stats())[0]!.activeStreams).toBe(1);
    gone.socket.destroy();
    await expect
      .poll(async () => (await server.stats())[0])
      .toMatchObject({ activeStreams: 0, connections: 0 });
  });
});

describe('routes', () => {
  it.each([
    ['GET', '/v1/nothing', 404, null, null],
    ['GET', '/nothing', 404, 'unknown_url', null],
    ['GET', '/v1/embeddings', 405, 'method_not_supported', 'POST, OPTIONS'],
    ['DELETE', '/v1/models', 405, 'method_not_supported', 'GET, HEAD, OPTIONS'],
    ['GET', '/v1/models/%ff', 404, null, null],
  ])('%s %s is answered with %i', async (method, path, status, code, allow) => {
    const response = await fetch(server.url + path, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('allow')).toBe(allow);
    expect(await response.json()).toMatchObject({ error: { code, type: 'invalid_request_error' } });
  });

  it('has aliases without /v1', async () => {
    expect((await fetch(`${server.url}/models`)).status).toBe(200);
    const response = await fetch(`${server.url}/chat/completions?x=1`, {
      method: 'POST',
      body: JSON.stringify(ASK),
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('openai-processing-ms')).toMatch(/^\d+$/);
  });
});
