/** Idempotency keys whose first request never came to an answer. */
import { expect, test } from 'vitest';
import OpenAI from 'openai';
import { startCliServer, temporaryFolder } from '../../support/cli.js';
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

test('what a server stored before it was killed is answered with, and not made again', async () => {
  const folder = temporaryFolder();
  const pace = ['--latency', 'fixed', '--ttft', '60s', '--drain', '0'];
  const cli = await startCliServer(['--data', folder.path, '--model', 'fakeai-1', '--threads', '2', ...pace]);
  const body = { ...ASK, store: true, metadata: { is: 'kept' } };
  const send = (url: string): Promise<Response> =>
    postChat(url, body, { headers: { 'content-type': 'application/json', 'idempotency-key': 'two' } });
  const kept = async (url: string) =>
    (await new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any' }).chat.completions.list()).data;
  // It is kept at once, and answered after a minute.
  const unanswered = send(cli.url).then(
    () => 'answered',
    () => 'broken off',
  );
  await expect.poll(async () => (await kept(cli.url)).length).toBe(1);
  cli.process.kill('SIGKILL');
  expect(await unanswered).toBe('broken off');
  await cli.done;
  const next = await startTestServer({ data: folder.path });
  const [made] = await kept(next.url);
  for (let i = 0; i < 3; i++) {
    const again = await send(next.url);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await again.json()).toEqual(made);
  }
  expect(await kept(next.url)).toHaveLength(1);
  await next.close();
  folder.remove();
});
