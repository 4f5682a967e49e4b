/** What every route does alike, whatever it answers: keys, headers, methods, CORS, broken bodies. Walks the routes. */
import http from 'node:http';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { RawClient } from '../support/raw-client.js';
import { pathOf, serverRoutes } from '../support/routes.js';
import { startTestServer } from '../support/server.js';

const KEY = 'sk-test-0123456789abcdef';
let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ apiKey: ['another', KEY] });
});
afterAll(() => server.close());

const ROUTES = serverRoutes().map((route) => ({ ...route, url: `/v1${pathOf(route.path, 'x')}` }));

/** An answer, but for the body of a stream that does not end. */
async function ask(
  method: string,
  url: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<{ status: number; headers: Headers; text: string }> {
  const abort = new AbortController();
  const response = await fetch(server.url + url, {
    method,
    headers,
    signal: abort.signal,
    body: body ?? null,
  });
  const streams = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const text = streams ? '' : await response.text();
  if (streams) abort.abort();
  return { status: response.status, headers: response.headers, text };
}

function expectCommon(headers: Headers): void {
  expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
  expect(headers.get('openai-processing-ms')).toMatch(/^\d+$/);
  expect(headers.get('openai-version')).toBe('2020-10-01');
  expect(headers.get('openai-organization')).toMatch(/\w/);
  expect(Date.parse(headers.get('date')!)).not.toBeNaN();
}

/** OpenAI's shape, Anthropic's, Cohere's or Jina's. */
function expectProblem(text: string): void {
  const body = JSON.parse(text) as { error?: { message?: string }; message?: string; detail?: string };
  expect(body.error?.message ?? body.message ?? body.detail).toMatch(/\w/);
}

const withKey = { authorization: `Bearer ${KEY}` };

describe.each(ROUTES)('$method $path', ({ method, url, open }) => {
  it('needs a key, unless it is open', async () => {
    if (open) return;
    for (const headers of [
      {},
      { authorization: 'Bearer sk-wrong-0123456789abcdef' },
      { 'x-api-key': 'none' },
    ]) {
      const { status, headers: sent, text } = await ask(method, url, headers);
      expect(status, text).toBe(401);
      expectCommon(sent);
      expectProblem(text);
      expect(text).not.toContain('0123456789');
    }
  });

  it('refuses what is not JSON, never fails, and says who answered', async () => {
    const { status, headers, text } = await ask(method, url, withKey, method === 'GET' ? undefined : '{"a":');
    expectCommon(headers);
    if (status === 501) return;
    expect(status, text).toBeLessThan(500);
    if (method !== 'GET' && method !== 'DELETE') expect(status, text).toBeGreaterThanOrEqual(400);
    if (status >= 400) expectProblem(text);
  });

  it('says which methods it has, to pages of other origins too', async () => {
    const origin = { origin: 'http://localhost:3000', 'access-control-request-method': method };
    const preflight = { ...origin, 'access-control-request-headers': 'authorization, x-stainless-os' };
    const { status, headers } = await ask('OPTIONS', url, preflight);
    expect(status).toBe(200);
    expect(headers.get('allow')!.split(', ')).toEqual(expect.arrayContaining([method, 'OPTIONS']));
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-methods')).toBe(headers.get('allow'));
    expect(headers.get('access-control-allow-headers')).toBe('authorization, x-stainless-os');
    const refused = await ask('PATCH', url, { ...withKey, origin: 'http://localhost:3000' });
    if (refused.status === 405) expect(refused.headers.get('allow')).toBe(headers.get('allow'));
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(refused.headers.get('access-control-expose-headers')).toBe('*');
    expectProblem(refused.text);
  });

  it('answers HEAD as GET, without a body', async () => {
    if (method !== 'GET') return;
    const head = await ask('HEAD', url, withKey);
    const get = await ask('GET', url, withKey);
    expect([head.status, head.text]).toEqual([get.status, '']);
    expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
    expectCommon(head.headers);
  });
});

test('the server itself is asked what it can', async () => {
  const { hostname, port } = new URL(server.url);
  const { status, headers } = await new Promise<{
    status: number | undefined;
    headers: http.IncomingHttpHeaders;
  }>((resolve, reject) => {
    const asking = http.request({ hostname, port, method: 'OPTIONS', path: '*' }, (answer) => {
      answer.resume().on('end', () => resolve({ status: answer.statusCode, headers: answer.headers }));
    });
    asking.on('error', reject).end();
  });
  expect([status, headers.allow]).toEqual([200, 'GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS']);
});

test('no page of another origin, no CORS', async () => {
  const { headers } = await ask('GET', '/v1/models', withKey);
  expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
});

test('keys are taken as OpenAI, Azure and Anthropic take them', async () => {
  for (const headers of [withKey, { authorization: KEY }, { 'api-key': KEY }, { 'x-api-key': 'another' }]) {
    expect((await ask('GET', '/v1/models', headers as Record<string, string>)).status).toBe(200);
  }
});

test('the id of a request has the name that Anthropic gives it, and is in its errors', async () => {
  const { headers, text } = await ask('POST', '/v1/messages', withKey, '{}');
  const id = headers.get('request-id')!;
  expect([id, (JSON.parse(text) as { request_id: string }).request_id]).toEqual([
    headers.get('x-request-id'),
    id,
  ]);
  const refused = await ask('POST', '/v1/messages', {});
  expect(JSON.parse(refused.text)).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
  expect(JSON.parse((await ask('PUT', '/v1/messages', withKey)).text)).toMatchObject({ type: 'error' });
});

test('every POST refuses a body that is too large before it has come', async () => {
  const posts = ROUTES.filter(({ method }) => method === 'POST');
  await Promise.all(
    posts.map(async ({ url }) => {
      const own = await RawClient.to(server.url);
      own.socket.write(`POST ${url} HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n`);
      expect(await own.until((text) => text.includes('}'))).toMatch(/^HTTP\/1\.1 413 /);
      own.socket.destroy();
    }),
  );
});

test('unknown URLs are 404 with and without a key', async () => {
  for (const headers of [{}, withKey]) {
    const { status, text } = await ask('GET', '/v1/nothing/at/all', headers);
    expect(status).toBe(404);
    expect(JSON.parse(text)).toEqual({
      error: {
        message: 'Invalid URL (GET /v1/nothing/at/all)',
        type: 'invalid_request_error',
        param: null,
        code: null,
      },
    });
    const outside = JSON.parse((await ask('GET', '/nothing', headers)).text) as unknown;
    expect(outside).toMatchObject({ error: { code: 'unknown_url' } });
    expect((await ask('OPTIONS', '/v1/nothing', headers)).status).toBe(404);
  }
});
