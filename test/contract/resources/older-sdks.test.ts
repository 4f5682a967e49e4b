/** Stored resources over each major version of OpenAI's SDK that is in use, on a server of two threads. */
import OpenAI4 from 'openai-4';
import OpenAI5 from 'openai-5';
import OpenAI6 from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../../src/server/index.js';
import { chatLine, createBatch, linesOf, untilOver } from '../../support/batches.js';
import { startTestServer } from '../../support/server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ fineTuneDuration: 0 });
});
afterAll(() => server.close());

type Client = OpenAI6;
type Make = new (options: object) => unknown;

const EXAMPLE = '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n';

describe.each([
  ['4', OpenAI4 as unknown as Make],
  ['5', OpenAI5 as unknown as Make],
  ['6', OpenAI6 as unknown as Make],
])('version %s', (version, make) => {
  let client: Client;
  beforeAll(() => {
    client = new make({ baseURL: `${server.url}/v1`, apiKey: 'any', maxRetries: 0 }) as Client;
  });
  const upload = (content: string, name: string, purpose: 'fine-tune' | 'user_data') =>
    client.files.create({ file: new File([content], name), purpose });

  test('files', async () => {
    const { id } = await upload(EXAMPLE, 'a.jsonl', 'fine-tune');
    expect(await (await client.files.content(id)).text()).toBe(EXAMPLE);
    const ids: string[] = [];
    for await (const file of client.files.list({ limit: 2 })) ids.push(file.id);
    expect(ids).toContain(id);
    const { del } = client.files as unknown as { del: Client['files']['delete'] };
    const deleted = await (version === '4' ? del.call(client.files, id) : client.files.delete(id));
    expect(deleted.deleted).toBe(true);
    await expect(client.files.retrieve(id)).rejects.toMatchObject({ status: 404, param: 'id' });
  });

  test('uploads', async () => {
    const upload = await client.uploads.create({
      filename: 'a.txt',
      bytes: 4,
      purpose: 'vision',
      mime_type: 'x',
    });
    const part = await client.uploads.parts.create(upload.id, { data: new File(['abcd'], 'part') });
    const done = await client.uploads.complete(upload.id, { part_ids: [part.id] });
    expect(done.file).toMatchObject({ bytes: 4, filename: 'a.txt' });
  });

  test('batches', async () => {
    const batch = await untilOver(client, (await createBatch(client, [chatLine('a'), chatLine('b')])).id);
    expect(batch.request_counts).toEqual({ total: 2, completed: 2, failed: 0 });
    expect(await linesOf(client, batch.output_file_id)).toHaveLength(2);
  });

  test('vector stores', async () => {
    const { id } = await client.vectorStores.create({ name: 'x' });
    const file = await client.vectorStores.files.uploadAndPoll(id, new File(['The sky is blue.'], 'sky.txt'));
    expect(file.status).toBe('completed');
    const { data } = await client.vectorStores.search(id, { query: 'blue sky' });
    expect(data[0]!.content[0]!.text).toBe('The sky is blue.');
  });

  test('fine-tuning', async () => {
    const { id: file } = await upload(EXAMPLE.repeat(10), 'a.jsonl', 'fine-tune');
    const { id } = await client.fineTuning.jobs.create({ model: 'fakeai-1', training_file: file });
    const job = await client.fineTuning.jobs.retrieve(id);
    expect(job.status).toBe('succeeded');
    const { data } = await client.fineTuning.jobs.listEvents(id, { limit: 1 });
    expect(data[0]!.message).toBe('The job has successfully completed');
    const { data: checkpoints } = await client.fineTuning.jobs.checkpoints.list(id);
    expect(checkpoints.map((one) => one.step_number)).toEqual([30, 20, 10]);
  });
});
