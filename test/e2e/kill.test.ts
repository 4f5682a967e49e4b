/** A server that is killed with everything under way: the next one has what was acknowledged, and goes on with the rest. */
import OpenAI, { toFile } from 'openai';
import { expect, test } from 'vitest';
import { chatLine, createBatch, linesOf, untilBatchIs, untilOver } from '../support/batches.js';
import { startCliServer, temporaryFolder } from '../support/cli.js';
import { startTestServer } from '../support/server.js';

const clientOf = (url: string): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 3 });
const TEXT = 'The ferry leaves at noon. '.repeat(50);
const IDS = Array.from({ length: 30 }, (_, i) => `line-${i}`);
const ITEMS = Array.from({ length: 12 }, (_, i) => ({ item: { q: `question ${i}` } }));

/** Begins a piece of each kind of work, and leaves it in the middle. */
async function begin(openai: OpenAI) {
  const file = async (purpose: 'assistants' | 'fine-tune', name: string, text: string) =>
    (await openai.files.create({ file: await toFile(Buffer.from(text), name), purpose })).id;
  const text = await file('assistants', 'ferry.txt', TEXT);
  const example = '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n';
  const training = await file('fine-tune', 'a.jsonl', example.repeat(10));
  const upload = await openai.uploads.create({
    filename: 'parts.txt',
    purpose: 'user_data',
    bytes: 6,
    mime_type: 'text/plain',
  });
  const part = await openai.uploads.parts.create(upload.id, { data: await toFile(Buffer.from('one'), 'p') });
  const store = await openai.vectorStores.create({ file_ids: [text] });
  const assistant = await openai.beta.assistants.create({ model: 'fakeai-1', name: 'Ann' });
  const messages = [{ role: 'user' as const, content: 'Hello' }];
  const run = await openai.beta.threads.createAndRun({ assistant_id: assistant.id, thread: { messages } });
  const evaluation = await openai.evals.create({
    data_source_config: { type: 'custom', item_schema: {} },
    testing_criteria: [
      { type: 'string_check', name: 'some', input: '{{sample.output_text}}', reference: '', operation: 'ne' },
    ],
  });
  const evalRun = await openai.evals.runs.create(evaluation.id, {
    data_source: {
      type: 'completions',
      model: 'fakeai-1',
      input_messages: { type: 'template', template: [{ role: 'user', content: '{{item.q}}' }] },
      source: { type: 'file_content', content: ITEMS },
    },
  });
  const job = await openai.fineTuning.jobs.create({ model: 'fakeai-1', training_file: training });
  const batch = await createBatch(
    openai,
    IDS.map((id) => chatLine(id)),
  );
  // Created last, so that the rest is under way too when some of it is done.
  await untilBatchIs(openai, batch.id, ({ request_counts: counts }) => counts!.completed >= 4);
  return { text, upload, part, store, run, evaluation, evalRun, job, batch };
}

test('what was acknowledged is there, and what was under way goes on', async () => {
  const folder = temporaryFolder();
  const flags = ['--data', folder.path, '--threads', '2', '--model', 'fakeai-1', '--seed', '7'];
  const pace = ['--latency', 'fixed', '--ttft', '150ms', '--itl', '0ms', '--jitter', '0'];
  const work = ['--batch-concurrency', '2', '--ingest-duration', '1s', '--fine-tune-duration', '2s'];
  const cli = await startCliServer([...flags, ...pace, ...work]);
  const begun = await begin(clientOf(cli.url));
  cli.process.kill('SIGKILL');
  await cli.done;
  const server = await startTestServer({ data: folder.path, fineTuneDuration: 2000 });
  try {
    const openai = clientOf(server.url);
    const { upload, part, store, run, evaluation, evalRun, job } = begun;
    const batch = await untilOver(openai, begun.batch.id);
    expect(batch).toMatchObject({ status: 'completed', request_counts: { completed: 30, failed: 0 } });
    const lines = await linesOf(openai, batch.output_file_id);
    expect(lines.map((line) => line.custom_id)).toEqual(IDS);
    const second = await openai.uploads.parts.create(upload.id, {
      data: await toFile(Buffer.from('two'), 'p'),
    });
    const whole = await openai.uploads.complete(upload.id, { part_ids: [part.id, second.id] });
    expect(whole).toMatchObject({ status: 'completed', file: { bytes: 6 } });
    const until = { interval: 20 };
    await expect
      .poll(async () => (await openai.vectorStores.retrieve(store.id)).status, until)
      .toBe('completed');
    expect((await openai.vectorStores.files.retrieve(begun.text, { vector_store_id: store.id })).status).toBe(
      'completed',
    );
    const done = await openai.beta.threads.runs.poll(
      run.id,
      { thread_id: run.thread_id },
      { pollIntervalMs: 20 },
    );
    expect(done.status).toBe('completed');
    const { data } = await openai.beta.threads.messages.list(run.thread_id);
    expect(data.map(({ role }) => role)).toEqual(['assistant', 'user']);
    const at = { eval_id: evaluation.id };
    await expect
      .poll(async () => (await openai.evals.runs.retrieve(evalRun.id, at)).status, until)
      .toBe('completed');
    expect((await openai.evals.runs.retrieve(evalRun.id, at)).result_counts).toEqual({
      total: 12,
      passed: 12,
      failed: 0,
      errored: 0,
    });
    await expect
      .poll(async () => (await openai.fineTuning.jobs.retrieve(job.id)).status, until)
      .toBe('succeeded');
  } finally {
    await server.close();
    folder.remove();
  }
}, 60_000);
