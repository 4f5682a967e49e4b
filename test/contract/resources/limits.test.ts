/** Rate limits and idempotency keys as clients see them, on a server of two threads. */
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../../src/server/index.js';
import { postChat, startTestServer } from '../../support/server.js';
import { expectError } from '../../support/spec.js';

const ASK = { model: 'fakeai-1', messages: [{ role: 'user', content: 'hi' }], max_tokens: 2 };

describe('rate limits', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startTestServer({ rateLimitRpm: 3, rateLimitTpm: 10_000 });
  });
  afterAll(() => server.close());

  const as = (key: string, body: object = ASK): Promise<Response> =>
    postChat(server.url, body, {
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', connection: 'close' },
    });

  test('hold over all threads, key by key, and only where a model works', async () => {
    for (let i = 2; i >= 0; i--) {
      const response = await as('a');
      expect(response.status).toBe(200);
      expect(response.headers.get('x-ratelimit-limit-requests')).toBe('3');
      expect(response.headers.get('x-ratelimit-remaining-requests')).toBe(String(i));
      expect(response.headers.get('x-ratelimit-reset-requests')).toMatch(/^(\d+m)?[\d.]+m?s$/);
      expect(response.headers.get('x-ratelimit-limit-tokens')).toBe('10000');
      await response.text();
    }
    const refused = await as('a');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(Number(refused.headers.get('retry-after-ms'))).toBeGreaterThan(1000);
    await expectError(refused, 429, { code: 'rate_limit_exceeded', type: 'requests' });
    expect((await as('b')).status).toBe(200);
    const models = await fetch(`${server.url}/v1/models`, { headers: { authorization: 'Bearer a' } });
    expect(models.status).toBe(200);
    expect(models.headers.get('x-ratelimit-limit-requests')).toBeNull();
  });

  test('count what may be answered', async () => {
    await expectError(await as('c', { ...ASK, max_tokens: 20_000 }), 429, { type: 'tokens' });
    expect((await as('c', { ...ASK, max_tokens: 9000 })).status).toBe(200);
    await expectError(await as('c', { ...ASK, max_tokens: 9000 }), 429, { type: 'tokens' });
  });

  test('count messages of Anthropic, in the words of Anthropic', async () => {
    const send = (): Promise<Response> =>
      fetch(`${server.url}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': 'anthropic', 'content-type': 'application/json' },
        body: JSON.stringify({ ...ASK, max_tokens: 2 }),
      });
    const { headers } = await send();
    expect(headers.get('anthropic-ratelimit-requests-limit')).toBe('3');
    expect(headers.get('anthropic-ratelimit-requests-remaining')).toBe('2');
    expect(headers.get('anthropic-ratelimit-tokens-limit')).toBe('10000');
    const reset = headers.get('anthropic-ratelimit-requests-reset')!;
    expect(reset).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const waitS = (Date.parse(reset) - Date.parse(headers.get('date')!)) / 1000;
    expect(waitS).toBeGreaterThanOrEqual(10);
    expect(waitS).toBeLessThanOrEqual(22);
    expect(headers.get('x-ratelimit-limit-requests')).toBeNull();
    await send();
    await send();
    const refused = await send();
    expect([refused.status, refused.headers.has('retry-after')]).toEqual([429, true]);
    expect(await refused.json()).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } });
  });

  test('an SDK sees its own error', async () => {
    const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'd', maxRetries: 0 });
    const request = { ...ASK, max_tokens: 20_000 } as OpenAI.ChatCompletionCreateParamsNonStreaming;
    await expect(openai.chat.completions.create(request)).rejects.toThrow(OpenAI.RateLimitError);
  });
});

describe('idempotency keys', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const create = (key: string, body: object): Promise<Response> =>
    fetch(`${server.url}/v1/uploads`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key, connection: 'close' },
      body: JSON.stringify({ filename: 'a.pdf', purpose: 'vision', mime_type: 'x', bytes: 1, ...body }),
    });

  test('the same request has the same answer, whichever thread it meets', async () => {
    const first = (await (await create('k1', {})).json()) as { id: string };
    for (let i = 0; i < 6; i++) {
      const again = await create('k1', {});
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      expect(await again.json()).toEqual(first);
    }
    const other = (await (await create('k2', {})).json()) as { id: string };
    expect(other.id).not.toBe(first.id);
  });

  test('hold for every family that makes something, forms among them', async () => {
    const once = async (path: string, body: object | (() => FormData)): Promise<{ id: string }> => {
      const isForm = typeof body === 'function';
      const send = (): Promise<Response> =>
        fetch(`${server.url}/v1${path}`, {
          method: 'POST',
          headers: {
            ...(isForm ? {} : { 'content-type': 'application/json' }),
            'idempotency-key': `once ${path}`,
            connection: 'close',
          },
          body: isForm ? body() : JSON.stringify(body),
        });
      const first = (await (await send()).json()) as { id: string };
      const again = await send();
      expect(again.headers.get('idempotent-replayed'), path).toBe('true');
      expect(await again.json()).toEqual(first);
      expect(first.id, path).toMatch(/./);
      return first;
    };
    const form = (): FormData => {
      const made = new FormData();
      made.set('purpose', 'fine-tune');
      const example = '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}';
      made.set('file', new File([`${example}\n`.repeat(10)], 'a.jsonl'));
      return made;
    };
    const file = await once('/files', form);
    await once('/fine_tuning/jobs', { model: 'fakeai-1', training_file: file.id });
    await once('/vector_stores', { name: 'a' });
    await once('/containers', { name: 'a' });
    const criterion = { type: 'string_check', name: 'a', input: 'a', reference: 'a', operation: 'eq' };
    const config = { type: 'custom', item_schema: {} };
    await once('/evals', { data_source_config: config, testing_criteria: [criterion] });
    const assistant = await once('/assistants', { model: 'fakeai-1' });
    const thread = await once('/threads', {});
    await once(`/threads/${thread.id}/messages`, { role: 'user', content: 'Hi' });
    await once(`/threads/${thread.id}/runs`, { assistant_id: assistant.id });
  });

  test('another body with the same key is refused; a refusal is repeated', async () => {
    await create('k3', {});
    await expectError(await create('k3', { bytes: 2 }), 400, { code: 'idempotency_error' });
    const message = "0 is less than the minimum of 1 - 'bytes'";
    await expectError(await create('k4', { bytes: 0 }), 400, { message });
    const again = await create('k4', { bytes: 0 });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    await expectError(again, 400, { message });
    await expectError(await create('x'.repeat(256), {}), 400, { code: 'idempotency_error' });
  });

  test('at the same time, one is made and the others wait to be sent again', async () => {
    const responses = await Promise.all(Array.from({ length: 10 }, () => create('k5', {})));
    const bodies = await Promise.all(responses.map(async (one) => (await one.json()) as { id?: string }));
    expect(new Set(bodies.flatMap(({ id }) => id ?? [])).size).toBe(1);
    for (const { status } of responses) expect([200, 409]).toContain(status);
  });
});

test('every answer names the version and the organization', async () => {
  const server = await startTestServer({ threads: 1 });
  const { headers } = await postChat(server.url, ASK);
  expect(headers.get('openai-version')).toBe('2020-10-01');
  expect(headers.get('openai-organization')).toBe('fakeai');
  await server.close();
});
