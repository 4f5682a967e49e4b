/** Responses in the background whose server ends: the next one with the same data makes them, or says why it cannot. */
import OpenAI from 'openai';
import { afterEach, expect, test } from 'vitest';
import type { RunningServer, ServerOptions } from '../../../src/server/index.js';
import { temporaryFolder } from '../../support/cli.js';
import { startTestServer } from '../../support/server.js';

type Response_ = OpenAI.Responses.Response;

const folder = temporaryFolder();
const open = new Set<RunningServer>();
afterEach(async () => {
  for (const server of open) await server.close();
  open.clear();
  folder.remove();
});

async function start(options: Partial<ServerOptions>): Promise<{ server: RunningServer; openai: OpenAI }> {
  const server = await startTestServer({ threads: 2, drain: 0, data: folder.path, ...options });
  open.add(server);
  return { server, openai: new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'x', maxRetries: 3 }) };
}

/** What never ends by itself in the time of a test. */
const SLOW = { latency: 'fixed', ttft: 0, itl: 60_000, jitter: 0 } as const;

async function untilIs(openai: OpenAI, id: string, status: string): Promise<Response_> {
  await expect.poll(async () => (await openai.responses.retrieve(id)).status).toBe(status);
  return openai.responses.retrieve(id);
}

test('they are begun anew, and come to the same end', async () => {
  const first = await start(SLOW);
  const ask = { model: 'fakeai-1', input: 'Tell me more', background: true };
  const { id: conversation } = await first.openai.conversations.create({});
  const polled = await first.openai.responses.create({ ...ask, conversation });
  const read = await first.openai.responses.create({ ...ask, stream: true });
  let streamed = '';
  for await (const event of read) {
    if (event.type === 'response.created') streamed = event.response.id;
    if (event.type === 'response.output_text.delta') break;
  }
  await untilIs(first.openai, polled.id, 'in_progress');
  await first.server.close();
  open.delete(first.server);

  const { openai } = await start({ latency: 'instant' });
  const done = await untilIs(openai, polled.id, 'completed');
  expect(done.created_at).toBe(polled.created_at);
  const expected = await openai.responses.create({ model: 'fakeai-1', input: 'Tell me more' });
  expect((done as unknown as { output: [{ content: unknown }] }).output[0].content).toEqual(
    (expected as unknown as { output: [{ content: unknown }] }).output[0].content,
  );
  // What was said is in the conversation once.
  const { data: items } = await openai.conversations.items.list(conversation, { order: 'asc' });
  expect(items.map((item) => (item as { role: string }).role)).toEqual(['user', 'assistant']);
  await untilIs(openai, streamed, 'completed');
  const types: string[] = [];
  const again = await openai.responses.retrieve(streamed, { stream: true });
  for await (const event of again) {
    expect(event.sequence_number).toBe(types.length);
    types.push(event.type);
  }
  expect(types.slice(0, 2)).toEqual(['response.created', 'response.queued']);
  expect(types.at(-1)).toBe('response.completed');
}, 40_000);

test('those that cannot be made any more fail, and say why', async () => {
  const first = await start(SLOW);
  const { id } = await first.openai.responses.create({ model: 'fakeai-1', input: 'x', background: true });
  const cancelled = await first.openai.responses.create({ model: 'fakeai-1', input: 'y', background: true });
  await first.openai.responses.cancel(cancelled.id);
  await first.server.close();
  open.delete(first.server);

  const { openai } = await start({ model: ['other'] });
  const failed = await untilIs(openai, id, 'failed');
  expect(failed.error).toMatchObject({
    code: 'server_error',
    message: expect.stringContaining('fakeai-1') as string,
  });
  expect((await openai.responses.retrieve(cancelled.id)).status).toBe('cancelled');
}, 40_000);
