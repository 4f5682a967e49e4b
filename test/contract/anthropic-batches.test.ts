/** Message batches and the list of models, as Anthropic's SDK uses them. */
import Anthropic from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/cli.js';
import { startTestServer, TEST_OPTIONS } from '../support/server.js';
import { useServer } from '../support/use-server.js';

const MODEL = 'claude-sonnet-4-5';
const options = {
  model: ['fakeai-1', MODEL, 'claude-opus-4-1'],
  latency: 'fixed',
  ttft: 20,
  itl: 0,
  jitter: 0,
} as const;
const used = useServer({ ...options, model: [...options.model] });
const clientOf = (url: string): Anthropic =>
  new Anthropic({ baseURL: url, apiKey: 'sk-ant-test', maxRetries: 0 });
const client = (): Anthropic => clientOf(used.server.url);

type Request = Anthropic.Messages.BatchCreateParams.Request;

const requestOf = (id: string, over: Partial<Request['params']> = {}): Request => ({
  custom_id: id,
  params: { model: MODEL, max_tokens: 20, messages: [{ role: 'user', content: `Say ${id}` }], ...over },
});

async function untilEnded(anthropic: Anthropic, id: string) {
  const ask = () => anthropic.messages.batches.retrieve(id);
  await expect.poll(async () => (await ask()).processing_status, { interval: 30 }).toBe('ended');
  return ask();
}

async function resultsOf(anthropic: Anthropic, id: string) {
  const results: Anthropic.Messages.MessageBatchIndividualResponse[] = [];
  for await (const result of await anthropic.messages.batches.results(id)) results.push(result);
  return results;
}

test('a batch is made, ends, and has a result of each request', async () => {
  const { batches } = client().messages;
  const made = await batches.create({
    requests: [
      requestOf('a'),
      requestOf('b', { model: 'claude-unknown' }),
      requestOf('c', { max_tokens: 0 }),
    ],
  });
  expect(made).toMatchObject({
    type: 'message_batch',
    id: expect.stringMatching(/^msgbatch_/) as string,
    processing_status: 'in_progress',
    request_counts: { processing: 3, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
    results_url: null,
    ended_at: null,
  });
  const ended = await untilEnded(client(), made.id);
  expect(ended.request_counts).toEqual({ processing: 0, succeeded: 1, errored: 2, canceled: 0, expired: 0 });
  const [a, b, c] = await resultsOf(client(), made.id);
  const alone = await client().messages.create(requestOf('a').params);
  expect(a).toEqual({
    custom_id: 'a',
    result: { type: 'succeeded', message: { ...alone, usage: { ...alone.usage, service_tier: 'batch' } } },
  });
  expect(b).toMatchObject({
    custom_id: 'b',
    result: { type: 'errored', error: { type: 'error', error: { type: 'not_found_error' } } },
  });
  expect(c).toMatchObject({
    custom_id: 'c',
    result: { error: { error: { type: 'invalid_request_error' } } },
  });
  expect(await batches.delete(made.id)).toEqual({ id: made.id, type: 'message_batch_deleted' });
  await expect(batches.retrieve(made.id)).rejects.toBeInstanceOf(Anthropic.NotFoundError);
});

test('a batch is cancelled: what was not made is said to be', async () => {
  const { batches } = client().messages;
  const requests = Array.from({ length: 60 }, (_, i) => requestOf(`r${i}`));
  const { id } = await batches.create({ requests });
  const cancelling = await batches.cancel(id);
  expect(cancelling.processing_status).toBe('canceling');
  expect(cancelling.cancel_initiated_at).not.toBeNull();
  const { request_counts: counts } = await untilEnded(client(), id);
  expect(counts.canceled).toBeGreaterThan(0);
  expect(counts.canceled + counts.succeeded).toBe(60);
  const results = await resultsOf(client(), id);
  expect(results.map((one) => one.custom_id)).toEqual(requests.map((one) => one.custom_id));
  expect(results.filter(({ result }) => result.type === 'canceled')).toHaveLength(counts.canceled);
  await expect(batches.cancel(id)).rejects.toBeInstanceOf(Anthropic.BadRequestError);
});

test('batches are listed page by page, the newest first', async () => {
  const { batches } = client().messages;
  const ids: string[] = [];
  for (const id of ['x', 'y', 'z']) ids.unshift((await batches.create({ requests: [requestOf(id)] })).id);
  const listed: string[] = [];
  for await (const batch of batches.list({ limit: 2 })) listed.push(batch.id);
  expect(listed.slice(0, 3)).toEqual(ids);
  const before = await batches.list({ limit: 1, before_id: ids[2]! });
  expect(before.data.map(({ id }) => id)).toEqual([ids[1]]);
  await expect(batches.list({ after_id: 'msgbatch_none' })).rejects.toThrow('after_id');
});

test.each([
  ['no requests', []],
  ['a bad id', [requestOf('a b')]],
  ['an id twice', [requestOf('a'), requestOf('a')]],
  ['a stream', [requestOf('a', { stream: true } as object)]],
])('%s is refused', async (_what, requests) => {
  const error = await client()
    .messages.batches.create({ requests })
    .catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(Anthropic.BadRequestError);
  expect((error as Error).message).toContain('requests');
});

test('the next server goes on with a batch', async () => {
  const folder = temporaryFolder();
  const first = await startTestServer({
    ...TEST_OPTIONS,
    ...options,
    model: [MODEL],
    data: folder.path,
    batchConcurrency: 1,
  });
  const requests = Array.from({ length: 30 }, (_, i) => requestOf(`r${i}`));
  const { id } = await clientOf(first.url).messages.batches.create({ requests });
  await first.close();
  const next = await startTestServer({ ...TEST_OPTIONS, model: [MODEL], data: folder.path });
  const { request_counts: counts } = await untilEnded(clientOf(next.url), id);
  expect(counts).toMatchObject({ succeeded: 30, errored: 0 });
  expect(await resultsOf(clientOf(next.url), id)).toHaveLength(30);
  await next.close();
  folder.remove();
});

test('models are listed and shown', async () => {
  const listed: Anthropic.ModelInfo[] = [];
  for await (const model of client().models.list({ limit: 1 })) listed.push(model);
  expect(listed.map(({ id }) => id).toSorted()).toEqual([...options.model].toSorted());
  expect(await client().models.retrieve(MODEL)).toMatchObject({
    type: 'model',
    id: MODEL,
    display_name: 'Claude Sonnet 4.5',
    line: 'sonnet',
    max_input_tokens: expect.any(Number) as number,
  });
  const error = await client()
    .models.retrieve('claude-none')
    .catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(Anthropic.NotFoundError);
  expect((error as InstanceType<typeof Anthropic.NotFoundError>).error).toMatchObject({ type: 'error' });
});
