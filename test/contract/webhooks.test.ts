/** Webhook events, as the official SDK verifies and reads them. */
import OpenAI, { toFile } from 'openai';
import OpenAI5 from 'openai-5';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { chatLine, createBatch, untilBatchIs } from '../support/batches.js';
import { temporaryFolder } from '../support/cli.js';
import { startTestServer } from '../support/server.js';
import { type Received, type Receiver, startReceiver } from '../support/webhook-receiver.js';

const SECRET = `whsec_${Buffer.from('a secret of the project').toString('base64')}`;

let receiver: Receiver;
let server: RunningServer;
let openai: OpenAI;

const clientOf = ({ url }: RunningServer): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', webhookSecret: SECRET });

beforeAll(async () => {
  receiver = await startReceiver();
  server = await startTestServer({
    webhook: [receiver.url],
    webhookSecret: SECRET,
    latency: 'fixed',
    ttft: 250,
    itl: 0,
    jitter: 0,
    fineTuneDuration: 300,
  });
  openai = clientOf(server);
});
afterAll(async () => {
  await server.close();
  receiver.close();
});

/** The event of a type about something, which the SDK has verified. */
async function eventOf(type: string, id: string) {
  const isIt = ({ body }: Received): boolean => body.includes(`"${type}"`) && body.includes(id);
  await expect.poll(() => receiver.received.some(isIt), { interval: 20 }).toBe(true);
  const { body, headers } = receiver.received.find(isIt)!;
  const event = await openai.webhooks.unwrap(body, headers);
  expect(event).toEqual({
    id: expect.stringMatching(/^evt_[0-9a-f]{32}$/) as string,
    object: 'event',
    created_at: expect.any(Number) as number,
    type,
    data: { id },
  });
  expect(headers['content-type']).toBe('application/json');
  return event;
}

const background = { model: 'fakeai-1', input: 'Hello', background: true } as const;

test('responses that are made in the background tell how they ended', async () => {
  const completed = await openai.responses.create(background);
  const event = await eventOf('response.completed', completed.id);
  const { body, headers } = receiver.received.find((one) => one.body.includes(completed.id))!;
  const older = new OpenAI5({ apiKey: 'any', webhookSecret: SECRET });
  expect(await older.webhooks.unwrap(body, headers)).toEqual(event);
  const incomplete = await openai.responses.create({ ...background, max_output_tokens: 16 });
  await eventOf('response.incomplete', incomplete.id);
  const cancelled = await openai.responses.create({ ...background, input: 'Hello again' });
  await openai.responses.cancel(cancelled.id);
  await eventOf('response.cancelled', cancelled.id);
  const { id } = await openai.responses.create({ model: 'fakeai-1', input: 'Hello' });
  expect(receiver.received.filter(({ body }) => body.includes(id))).toEqual([]);
});

test('batches', async () => {
  const completed = await createBatch(openai, [chatLine('a')]);
  await eventOf('batch.completed', completed.id);
  const failed = await createBatch(openai, ['no JSON']);
  await eventOf('batch.failed', failed.id);
  const lines = Array.from({ length: 40 }, (_, i) => chatLine(`line-${i}`));
  const cancelled = await createBatch(openai, lines);
  await untilBatchIs(openai, cancelled.id, ({ status }) => status !== 'validating');
  await openai.batches.cancel(cancelled.id);
  await eventOf('batch.cancelled', cancelled.id);
});

test('a batch whose window is over', async () => {
  const hasty = await startTestServer({
    webhook: [receiver.url],
    webhookSecret: SECRET,
    threads: 1,
    latency: 'fixed',
    ttft: 400,
    itl: 0,
    jitter: 0,
    batchWindow: 1000,
    batchConcurrency: 1,
  });
  const lines = Array.from({ length: 8 }, (_, i) => chatLine(`line-${i}`));
  const { id } = await createBatch(clientOf(hasty), lines);
  await eventOf('batch.expired', id);
  expect(await clientOf(hasty).batches.retrieve(id)).toMatchObject({ status: 'expired' });
  await hasty.close();
});

test('fine-tuning jobs, though nobody asks for them', async () => {
  const upload = async (text: string) =>
    (await openai.files.create({ file: await toFile(Buffer.from(text), 'a.jsonl'), purpose: 'fine-tune' }))
      .id;
  const example = '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n';
  const [good, bad] = [await upload(example.repeat(10)), await upload(example)];
  const jobOf = (file: string) => openai.fineTuning.jobs.create({ model: 'fakeai-1', training_file: file });
  const [succeeded, failed, cancelled] = [await jobOf(good), await jobOf(bad), await jobOf(good)];
  await openai.fineTuning.jobs.cancel(cancelled.id);
  await eventOf('fine_tuning.job.succeeded', succeeded.id);
  await eventOf('fine_tuning.job.failed', failed.id);
  await eventOf('fine_tuning.job.cancelled', cancelled.id);
});

test('runs of evals', async () => {
  const { id } = await openai.evals.create({
    data_source_config: { type: 'custom', item_schema: {} },
    testing_criteria: [
      { type: 'string_check', name: 'some', input: '{{sample.output_text}}', reference: '', operation: 'ne' },
    ],
  });
  const runOf = (source: object) =>
    openai.evals.runs.create(id, {
      data_source: {
        type: 'completions',
        model: 'fakeai-1',
        input_messages: { type: 'template', template: [{ role: 'user', content: '{{item.q}}' }] },
        source: source as { type: 'file_id'; id: string },
      },
    });
  const content = Array.from({ length: 40 }, (_, i) => ({ item: { q: `question ${i}` } }));
  const succeeded = await runOf({ type: 'file_content', content: content.slice(0, 2) });
  await eventOf('eval.run.succeeded', succeeded.id);
  const cancelled = await runOf({ type: 'file_content', content });
  await openai.evals.runs.cancel(cancelled.id, { eval_id: id });
  await eventOf('eval.run.canceled', cancelled.id);
  const nonsense = await toFile(Buffer.from('nonsense\n'), 'items.jsonl');
  const file = await openai.files.create({ file: nonsense, purpose: 'evals' });
  const failed = await runOf({ type: 'file_id', id: file.id });
  await eventOf('eval.run.failed', failed.id);
});

test('a signature with another secret is not valid', async () => {
  const { body, headers } = receiver.received[0]!;
  const unwrapped = openai.webhooks.unwrap(body, headers, 'whsec_b3RoZXI=');
  await expect(unwrapped).rejects.toThrow('signature');
});

test('what is not taken is sent again, under the same id, also by the next server', async () => {
  const folder = temporaryFolder();
  const other = await startReceiver([500, 307]);
  const options = { webhook: [other.url], webhookSecret: SECRET, data: folder.path };
  const first = await startTestServer({ ...options, threads: 1 });
  const { id } = await clientOf(first).responses.create(background);
  await expect.poll(() => other.received.length, { interval: 20 }).toBe(1);
  await first.close();
  const next = await startTestServer(options);
  await expect.poll(() => other.received.length, { interval: 20 }).toBe(3);
  expect(new Set(other.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(new Set(other.received.map(({ body }) => body)).size).toBe(1);
  const { body, headers } = other.received[2]!;
  const event = await openai.webhooks.unwrap(body, headers);
  expect(event).toMatchObject({ type: 'response.completed', data: { id } });
  await next.close();
  other.close();
  folder.remove();
});

test('a response that cannot be made any more has failed', async () => {
  const folder = temporaryFolder();
  const other = await startReceiver();
  const options = { webhook: [other.url], webhookSecret: SECRET, data: folder.path, threads: 1 };
  const slow = { latency: 'fixed', ttft: 60_000 } as const;
  const first = await startTestServer({ ...options, ...slow });
  const { id } = await clientOf(first).responses.create({ ...background, model: 'org/other:1' });
  await first.close();
  const next = await startTestServer({ ...options, model: ['fakeai-1'] });
  await expect.poll(() => other.received.length, { interval: 20 }).toBe(1);
  const { body, headers } = other.received[0]!;
  const event = await openai.webhooks.unwrap(body, headers);
  expect(event).toMatchObject({ type: 'response.failed', data: { id } });
  await next.close();
  other.close();
  folder.remove();
});
