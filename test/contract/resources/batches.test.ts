/** Batches over OpenAI's SDK, on a server of two threads. */
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer, ServerOptions } from '../../../src/server/index.js';
import { readInput } from '../../../src/server/protocols/openai/batches/read-input.js';
import { chatLine, createBatch, linesOf, untilBatchIs, untilOver } from '../../support/batches.js';
import { uploadFile } from '../../support/files.js';
import { startTestServer } from '../../support/server.js';
import { expectAnswer, expectError, expectValid } from '../../support/spec.js';

const clientOf = ({ url }: RunningServer): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });

let server: RunningServer;
let openai: OpenAI;

beforeAll(async () => {
  server = await startTestServer();
  openai = clientOf(server);
});
afterAll(() => server.close());

test('every request is really made, and its answer is what it would have been alone', async () => {
  const ids = Array.from({ length: 40 }, (_, i) => `request-${i}`);
  const created = await createBatch(
    openai,
    ids.map((id) => chatLine(id)),
  );
  expectValid('createBatch', created);
  expect(created).toMatchObject({ status: 'validating', object: 'batch', completion_window: '24h' });
  const batch = await untilOver(openai, created.id);
  expectValid('retrieveBatch', batch);
  expect(batch).toMatchObject({
    status: 'completed',
    model: 'fakeai-1',
    request_counts: { total: 40, completed: 40, failed: 0 },
  });
  expect(batch.error_file_id).toBeNull();
  const lines = await linesOf(openai, batch.output_file_id);
  expect(lines.map((line) => line.custom_id)).toEqual(ids);
  const bodies = lines.map((line) => line.response!.body);
  for (const body of bodies) expectValid('createChatCompletion', body);
  const { created: _, ...first } = bodies[0]!;
  const alone = await openai.chat.completions.create({
    model: 'fakeai-1',
    messages: [{ role: 'user', content: 'request-0' }],
    max_tokens: 3,
  });
  expect({ ...alone, created: 0 }).toEqual({ ...first, created: 0 });
  const used = bodies.map(({ usage }) => usage as { total_tokens: number });
  const total = used.reduce((sum, { total_tokens: tokens }) => sum + tokens, 0);
  expect(batch.usage!.total_tokens).toBe(total);
  expect((await openai.files.retrieve(batch.output_file_id!)).purpose).toBe('batch_output');
});

test('refused requests are in the error file', async () => {
  const { id } = await createBatch(openai, [chatLine('good'), chatLine('bad', { temperature: 9 })]);
  const batch = await untilOver(openai, id);
  expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 2, completed: 1, failed: 1 } });
  expect((await linesOf(openai, batch.output_file_id)).map((line) => line.custom_id)).toEqual(['good']);
  const [bad] = await linesOf(openai, batch.error_file_id);
  expect(bad).toMatchObject({
    custom_id: 'bad',
    response: { status_code: 400, body: { error: { param: 'temperature' } } },
  });
});

test('embeddings too', async () => {
  const line = JSON.stringify({
    custom_id: 'e',
    method: 'POST',
    url: '/v1/embeddings',
    body: { model: 'text-embedding-3-small', input: 'Hello' },
  });
  const other = await startTestServer({ model: [], threads: 1 });
  const { id } = await createBatch(clientOf(other), [line], '/v1/embeddings');
  const batch = await untilOver(clientOf(other), id);
  const [answer] = await linesOf(clientOf(other), batch.output_file_id);
  expectValid('createEmbedding', answer!.response!.body);
  await other.close();
});

describe('a file that cannot be a batch', () => {
  test.each([
    ['no line', [''], [{ code: 'empty_file', line: undefined }]],
    ['no JSON', ['{'], [{ code: 'invalid_json_line', line: 1 }]],
    // As at OpenAI, where editors that put a mark before a text are a frequent cause.
    [
      'a byte order mark',
      [`\ufeff${chatLine('a')}`, chatLine('b')],
      [{ code: 'invalid_json_line', line: 1 }],
    ],
    [
      'equal ids, and an id that is not there',
      [chatLine('a'), chatLine('a'), '{"method":"POST","url":"/v1/chat/completions","body":{}}'],
      [
        { code: 'duplicate_custom_id', line: 2 },
        { code: 'missing_required_parameter', line: 3 },
      ],
    ],
    ['another endpoint', [chatLine('a', {}, { url: '/v1/embeddings' })], [{ code: 'invalid_url', line: 1 }]],
    ['another method', [chatLine('a', {}, { method: 'GET' })], [{ code: 'invalid_method', line: 1 }]],
    ['a stream', [chatLine('a', { stream: true })], [{ code: 'invalid_request', line: 1 }]],
    [
      'two models',
      [chatLine('a'), chatLine('b', { model: 'org/other:1' })],
      [{ code: 'mismatched_model', line: 2 }],
    ],
    ['an unknown model', [chatLine('a', { model: 'nobody' })], [{ code: 'model_not_found' }]],
  ])('%s', async (_, lines, problems) => {
    const batch = await untilOver(openai, (await createBatch(openai, lines)).id);
    expectValid('retrieveBatch', batch);
    expect(batch.status).toBe('failed');
    const found = batch.errors!.data!.map(({ code, line }) => ({ code, line: line ?? undefined }));
    expect(found).toEqual(problems.map((problem) => ({ line: undefined, ...problem })));
  });
});

test('lines that end as on Windows, and empty ones between them, are no matter', async () => {
  const lines = [`${chatLine('a')}\r`, '', '\r', `${chatLine('b')}\r`, '', ''];
  const batch = await untilOver(openai, (await createBatch(openai, lines)).id);
  expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 2, completed: 2, failed: 0 } });
  const ids = (await linesOf(openai, batch.output_file_id)).map(({ custom_id: id }) => id);
  expect(ids.toSorted()).toEqual(['a', 'b']);
});

test('more lines than a batch can have fail it as a whole', () => {
  const lines = Array.from({ length: 50_001 }, (_, i) => chatLine(`${i}`));
  const { problems } = readInput(Buffer.from(lines.join('\n')), '/v1/chat/completions');
  expect(problems).toMatchObject([{ code: 'too_many_tasks', line: null, param: null }]);
});

describe('refused', () => {
  const create = (body: object): Promise<Response> =>
    fetch(`${server.url}/v1/batches`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ endpoint: '/v1/chat/completions', completion_window: '24h', ...body }),
    });

  test('a batch of nothing, of the wrong file, in another window', async () => {
    await expectError(await create({}), 400, { param: 'input_file_id', code: 'missing_required_parameter' });
    await expectError(await create({ input_file_id: 'file-x' }), 400, { param: 'input_file_id' });
    const { id } = await expectAnswer('createFile', await uploadFile(server.url, 'a.txt', 'x'));
    await expectError(await create({ input_file_id: id }), 400, { code: 'invalid_file_purpose' });
    await expectError(await create({ input_file_id: id, completion_window: '1h' }), 400, {
      param: 'completion_window',
    });
    await expectError(await fetch(`${server.url}/v1/batches/batch_x`), 404);
  });

  test('cancelling what is over', async () => {
    const { id } = await createBatch(openai, [chatLine('a')]);
    await untilOver(openai, id);
    const response = await fetch(`${server.url}/v1/batches/${id}/cancel`, { method: 'POST' });
    await expectError(response, 409, { code: 'invalid_batch_status' });
  });
});

test('lists are newest first', async () => {
  const ids = [];
  for (let i = 0; i < 3; i++) ids.unshift((await createBatch(openai, [chatLine('a')])).id);
  const page = await expectAnswer<{ data: { id: string }[] }>(
    'listBatches',
    await fetch(`${server.url}/v1/batches?limit=3`),
  );
  expect(page.data.map(({ id }) => id)).toEqual(ids);
});

async function withSlowServer(
  options: Partial<ServerOptions>,
  use: (client: OpenAI) => Promise<void>,
): Promise<void> {
  const slow = await startTestServer({
    threads: 1,
    latency: 'fixed',
    ttft: 50,
    itl: 0,
    jitter: 0,
    ...options,
  });
  try {
    await use(clientOf(slow));
  } finally {
    await slow.close();
  }
}

test('a cancelled batch keeps the answers that it has', () =>
  withSlowServer({ batchConcurrency: 1 }, async (client) => {
    const ids = Array.from({ length: 100 }, (_, i) => `request-${i}`);
    const { id } = await createBatch(
      client,
      ids.map((one) => chatLine(one)),
    );
    await untilBatchIs(client, id, ({ request_counts: counts }) => counts!.completed >= 2);
    const cancelling = await client.batches.cancel(id);
    expectValid('cancelBatch', cancelling);
    const batch = await untilOver(client, id);
    expect(batch.status).toBe('cancelled');
    const made = await linesOf(client, batch.output_file_id);
    const unmade = await linesOf(client, batch.error_file_id);
    expect(made.length).toBe(batch.request_counts!.completed);
    expect([...made, ...unmade].map((line) => line.custom_id)).toEqual(ids);
    expect(unmade[0]).toMatchObject({ response: null, error: { code: 'batch_cancelled' } });
  }));

test('a batch expires when its window is over', () =>
  withSlowServer({ batchConcurrency: 1, batchWindow: 1000 }, async (client) => {
    const ids = Array.from({ length: 100 }, (_, i) => `request-${i}`);
    const { id } = await createBatch(
      client,
      ids.map((one) => chatLine(one)),
    );
    const batch = await untilOver(client, id);
    expectValid('retrieveBatch', batch);
    expect(batch.status).toBe('expired');
    const unmade = await linesOf(client, batch.error_file_id);
    expect(unmade.at(-1)).toMatchObject({ custom_id: 'request-99', error: { code: 'batch_expired' } });
  }));
