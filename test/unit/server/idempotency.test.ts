/** Idempotency keys whose first request never came to an answer. */
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/cli.js';
import { postChat, startTestServer } from '../../support/server.js';

const ASK = { model: 'fakeai-1', messages: [{ role: 'user', content: 'hi' }], max_tokens: 1 };
const ask = (url: string, signal?: AbortSignal): Promise<Response> =>
  postChat(url, ASK, {
    headers: { 'content-type': 'application/json', 'idempotency-key': 'one', connection: 'close' },
    ...(signal && { signal }),
  });

test('they can be used again once the server that was to answer has ended', async () => {
  const folder = temporaryFolder();
  const first = await startTestServer({ data: folder.path, latency: 'fixed', ttft: 60_000, drain: 0 });
  // The first one to come is not answered for a minute, and any other refused.
  const status = async (): Promise<unknown> =>
    (await ask(first.url, AbortSignal.timeout(500)).catch(() => undefined))?.status;
  await expect.poll(status).toBe(409);
  await first.close();
  const next = await startTestServer({ data: folder.path });
  const answered = await ask(next.url);
  expect(answered.status).toBe(200);
  const again = await ask(next.url);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(await again.text()).toBe(await answered.text());
  await next.close();
  folder.remove();
});
