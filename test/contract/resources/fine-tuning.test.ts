/** Fine-tuning over OpenAI's SDK, on a server of two threads. */
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../../src/server/index.js';
import { temporaryFolder } from '../../support/cli.js';
import { postChat, startTestServer } from '../../support/server.js';
import { expectAnswer, expectError, expectValid } from '../../support/spec.js';

type Job = OpenAI.FineTuning.FineTuningJob;

let server: RunningServer;
let openai: OpenAI;

beforeAll(async () => {
  server = await startTestServer();
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any', adminAPIKey: 'any', maxRetries: 0 });
});
afterAll(() => server.close());

const EXAMPLE = JSON.stringify({
  messages: [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Good day' },
  ],
});

async function training(lines: string[]): Promise<string> {
  const file = await toFile(Buffer.from(lines.join('\n')), 'train.jsonl');
  return (await openai.files.create({ file, purpose: 'fine-tune' })).id;
}
const examples = (count: number): Promise<string> => training(Array.from({ length: count }, () => EXAMPLE));

async function untilIs(client: OpenAI, id: string, statuses: string[]): Promise<Job> {
  let job: Job | undefined;
  await expect
    .poll(async () => (job = await client.fineTuning.jobs.retrieve(id)).status, {
      interval: 30,
    })
    .toSatisfy((status: string) => statuses.includes(status));
  return job!;
}

test('a job runs to its end, and its model answers and is listed until it is deleted', async () => {
  const created = await openai.fineTuning.jobs.create({
    model: 'fakeai-1',
    training_file: await examples(20),
    suffix: 'mine',
    seed: 5,
    metadata: { team: 'a' },
    method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 4, batch_size: 2 } } },
  });
  expectValid('createFineTuningJob', created);
  expect(created).toMatchObject({ status: 'validating_files', seed: 5, fine_tuned_model: null, error: null });
  const job = await untilIs(openai, created.id, ['succeeded']);
  expectValid('retrieveFineTuningJob', job);
  expect(job.fine_tuned_model).toMatch(/^ft:fakeai-1:fakeai:mine:\w{8}$/);
  expect(job.trained_tokens! % 4).toBe(0);
  expect(job.finished_at).toBeGreaterThanOrEqual(job.created_at);
  const csv = await (await openai.files.content(job.result_files[0]!)).text();
  expect(csv.trimEnd().split('\n')).toHaveLength(1 + 40);

  const model = job.fine_tuned_model!;
  const ids = async (): Promise<string[]> => (await openai.models.list()).data.map(({ id }) => id);
  expect(await ids()).toContain(model);
  for (const id of [model, `${model}:ckpt-step-10`])
    expect(await openai.models.retrieve(id)).toMatchObject({ id, created: created.created_at });
  const answer = await openai.chat.completions.create({
    model,
    messages: [{ role: 'user', content: 'Hello' }],
  });
  expect(answer.model).toBe(model);
  await openai.models.delete(model);
  expect(await ids()).not.toContain(model);
  // New connections, so that every thread is asked.
  const later = await Promise.all(
    Array.from({ length: 16 }, () =>
      postChat(server.url, { model, messages: [{ role: 'user', content: 'x' }] }),
    ),
  );
  for (const response of later) await expectError(response, 404, { code: 'model_not_found' });
});

test('a deleted model stays deleted for the next server with the same data', async () => {
  const folder = temporaryFolder();
  const options = { data: folder.path, fineTuneDuration: 0 };
  const first = await startTestServer(options);
  const client = new OpenAI({ baseURL: `${first.url}/v1`, apiKey: 'any', maxRetries: 0 });
  const lines = Array.from(
    { length: 10 },
    () => '{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}]}',
  );
  const file = await toFile(Buffer.from(lines.join('\n')), 'a.jsonl');
  const { id } = await client.files.create({ file, purpose: 'fine-tune' });
  const job = await client.fineTuning.jobs.create({ model: 'fakeai-1', training_file: id });
  const model = job.fine_tuned_model!;
  await client.models.delete(model);
  await first.close();
  const second = await startTestServer(options);
  const ask = async (name: string): Promise<number> =>
    (await postChat(second.url, { model: name, messages: [{ role: 'user', content: 'x' }] })).status;
  // What was stored is read when the server listens already.
  await expect.poll(() => ask(model), { interval: 20 }).toBe(404);
  expect(await ask(`${model}x`)).toBe(200);
  await second.close();
  folder.remove();
});

test('events and checkpoints follow the steps', async () => {
  const { id } = await openai.fineTuning.jobs.create({
    model: 'fakeai-1',
    training_file: await examples(10),
    hyperparameters: { n_epochs: 5, batch_size: 1 },
  });
  await untilIs(openai, id, ['succeeded']);
  const events = [];
  for await (const event of openai.fineTuning.jobs.listEvents(id, { limit: 7 })) events.push(event);
  const messages = events.map(({ message }) => message);
  expect(messages[0]).toBe('The job has successfully completed');
  expect(messages.at(-2)).toContain('Validating training file');
  expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
  const losses = events.flatMap(({ type, data }) =>
    type === 'metrics' ? (data as { train_loss: number }).train_loss : [],
  );
  expect(losses).toHaveLength(50);
  expect(losses[0]!).toBeLessThan(losses.at(-1)! / 2);
  await expectAnswer('listFineTuningEvents', await fetch(`${server.url}/v1/fine_tuning/jobs/${id}/events`));
  const checkpoints = await expectAnswer<{
    data: { step_number: number; fine_tuned_model_checkpoint: string }[];
  }>('listFineTuningJobCheckpoints', await fetch(`${server.url}/v1/fine_tuning/jobs/${id}/checkpoints`));
  expect(checkpoints.data.map(({ step_number: step }) => step)).toEqual([50, 40, 30]);
  const model = checkpoints.data[1]!.fine_tuned_model_checkpoint;
  expect(model).toMatch(/:ckpt-step-40$/);
  const answer = await openai.chat.completions.create({
    model,
    messages: [{ role: 'user', content: 'Hello' }],
  });
  expect(answer.model).toBe(model);

  const given = await openai.fineTuning.checkpoints.permissions
    .create(model, { project_ids: ['proj_a', 'proj_b'] })
    .then(({ data }) => data);
  expect(given.map(({ project_id: project }) => project)).toEqual(['proj_a', 'proj_b']);
  const url = `${server.url}/v1/fine_tuning/checkpoints/${encodeURIComponent(model)}/permissions`;
  const list = await expectAnswer<{ data: unknown[] }>(
    'listFineTuningCheckpointPermissions',
    await fetch(`${url}?order=ascending&project_id=proj_b`),
  );
  expect(list.data).toHaveLength(1);
  const removed = await fetch(`${url}/${given[0]!.id}`, { method: 'DELETE' });
  await expectAnswer('deleteFineTuningCheckpointPermission', removed);
  await expectError(await fetch(`${url}/${given[0]!.id}`, { method: 'DELETE' }), 404);
});

test.each([
  [
    'too few examples',
    () => examples(9),
    'Training file has 9 example(s), but must have at least 10 examples',
    'invalid_n_examples',
  ],
  ['no JSON', () => training(['{']), 'Line 1: it is not valid JSON'],
  ['a byte order mark', () => training([`\ufeff${EXAMPLE}`, EXAMPLE]), 'Line 1: it is not valid JSON'],
  [
    'no answer to learn',
    () => training(['{"messages":[{"role":"user","content":"x"}]}']),
    'role "assistant"',
  ],
])('a file with %s fails the job', async (_, file, message, code = 'invalid_training_file') => {
  const { id } = await openai.fineTuning.jobs.create({ model: 'fakeai-1', training_file: await file() });
  const job = await untilIs(openai, id, ['failed']);
  expectValid('retrieveFineTuningJob', job);
  expect(job.error).toMatchObject({ code, param: 'training_file' });
  expect(job.error!.message).toContain(message);
  const { data } = await openai.fineTuning.jobs.listEvents(id);
  const told = `The job failed due to an invalid training file. ${job.error!.message}`;
  expect(data[0]).toMatchObject({ level: 'error', message: told });
});

test('bad lines are named, whichever file has them', async () => {
  const good = await examples(10);
  const bad = await training([
    EXAMPLE,
    '{"messages":[{"role":"user"}]}',
    EXAMPLE,
    '{"messages":[{"role":"robot","content":"x"}]}',
  ]);
  const message =
    'Invalid file format. Line 2: messages[0] needs a "content", a text or a list of parts. Line 4: messages[0] has the unknown role "robot".';
  for (const [param, files] of Object.entries({
    training_file: { training_file: bad },
    validation_file: { training_file: good, validation_file: bad },
  })) {
    const { id } = await openai.fineTuning.jobs.create({ model: 'fakeai-1', ...files });
    const job = await untilIs(openai, id, ['failed']);
    expect(job.error).toEqual({ code: `invalid_${param}`, message, param });
  }
});

const ASKED = '{"messages":[{"role":"user","content":"What is 1 + 1?"}],"answer":"2"}';
const PREFERENCE = JSON.stringify({
  input: { messages: [{ role: 'user', content: 'Hi' }] },
  preferred_output: [{ role: 'assistant', content: 'Hello!' }],
  non_preferred_output: [{ role: 'assistant', content: 'What?' }],
});
const GRADER = {
  type: 'string_check' as const,
  name: 'same',
  input: '{{sample.output_text}}',
  reference: '{{item.answer}}',
  operation: 'eq' as const,
};

test('methods have hyperparameters and measures of their own', async () => {
  const ten = (line: string): Promise<string> => training(Array.from({ length: 10 }, () => line));
  const finished = async (line: string, method: OpenAI.FineTuning.JobCreateParams['method']) => {
    const file = await ten(line);
    const created = await openai.fineTuning.jobs.create({
      model: 'fakeai-1',
      training_file: file,
      validation_file: file,
      method: method!,
      integrations: [{ type: 'wandb', wandb: { project: 'p', tags: ['t'] } }],
    });
    expectValid('createFineTuningJob', created);
    const job = await untilIs(openai, created.id, ['succeeded']);
    expectValid('retrieveFineTuningJob', job);
    const csv = await (await openai.files.content(job.result_files[0]!)).text();
    const { data } = await openai.fineTuning.jobs.listEvents(job.id, { limit: 100 });
    expect(data.some(({ level, message }) => level === 'warn' && message.includes('project p'))).toBe(true);
    const checkpoints = await openai.fineTuning.jobs.checkpoints.list(job.id);
    for (const one of checkpoints.data) expectValid('listFineTuningJobCheckpoints', listOf(one));
    const rows = csv
      .trim()
      .split('\n')
      .map((row) => row.split(','));
    return { job, columns: rows[0], last: rows.at(-1)!.map(Number), metrics: checkpoints.data[0]!.metrics };
  };
  const listOf = (one: object) => ({ object: 'list', data: [one], has_more: false });
  const dpo = await finished(PREFERENCE, {
    type: 'dpo',
    dpo: { hyperparameters: { beta: 0.5, n_epochs: 2 } },
  });
  expect(dpo.job.method).toMatchObject({ dpo: { hyperparameters: { beta: 0.5, n_epochs: 2 } } });
  expect(dpo.columns).toEqual([
    'step',
    'train_loss',
    'train_accuracy',
    'valid_loss',
    'valid_mean_token_accuracy',
  ]);
  expect(dpo.last[3]).toBeCloseTo(dpo.metrics.full_valid_loss!, 9);
  const reinforced = await finished(ASKED, {
    type: 'reinforcement',
    reinforcement: { grader: GRADER, hyperparameters: { eval_samples: 3 } },
  });
  expect(reinforced.job.method!.reinforcement).toMatchObject({
    grader: GRADER,
    hyperparameters: { eval_samples: 3, reasoning_effort: 'default' },
  });
  expect(reinforced.columns).toEqual([
    'step',
    'train_reward_mean',
    'valid_reward_mean',
    'train_mean_reasoning_tokens',
  ]);
  expect(reinforced.last[1]).toBeGreaterThan(0.5);
  const supervised = await finished(EXAMPLE, { type: 'supervised' });
  expect(supervised.metrics.valid_loss).toBeGreaterThan(supervised.metrics.train_loss!);
});

test('rewards begin with what the grader gives the model, which is asked', async () => {
  const first = async (grader: object) => {
    const created = await openai.fineTuning.jobs.create({
      model: 'fakeai-1',
      training_file: await training(Array.from({ length: 40 }, () => ASKED)),
      method: {
        type: 'reinforcement',
        reinforcement: { grader, hyperparameters: { batch_size: 1 } },
      } as OpenAI.FineTuning.JobCreateParams.Method,
    });
    const job = await untilIs(openai, created.id, ['succeeded', 'failed']);
    if (job.status === 'failed') return job.error!.message;
    const rows = (await (await openai.files.content(job.result_files[0]!)).text()).trim().split('\n');
    return Number(rows[1]!.split(',')[1]);
  };
  // No answer is the item's, and each of them differs from it.
  expect(Math.abs((await first(GRADER)) as number)).toBeLessThan(0.15);
  expect(await first({ ...GRADER, operation: 'ne' })).toBeGreaterThan(0.9);
  const score = { type: 'score_model', name: 's', model: 'fakeai-1', input: [{ role: 'user', content: '{{sample.output_text}}' }], range: [100, 200] }; // prettier-ignore
  expect(await first(score)).toBeGreaterThan(100);
  const wrong = await first({ ...GRADER, reference: '{{item.solution}}' });
  expect(wrong).toMatch(
    /^The grader cannot grade line \d+ of the training file: there is no 'item.solution'/,
  );
});

test('a job is paused, resumed and cancelled', async () => {
  const slow = await startTestServer({ fineTuneDuration: 3_600_000, threads: 1 });
  const client = new OpenAI({ baseURL: `${slow.url}/v1`, apiKey: 'any', maxRetries: 0 });
  const file = await toFile(Buffer.from(Array.from({ length: 10 }, () => EXAMPLE).join('\n')), 'a.jsonl');
  const { id: trainingFile } = await client.files.create({ file, purpose: 'fine-tune' });
  const { id } = await client.fineTuning.jobs.create({ model: 'fakeai-1', training_file: trainingFile });
  expect((await client.fineTuning.jobs.pause(id)).status).toBe('paused');
  await expect(client.fineTuning.jobs.pause(id)).rejects.toMatchObject({
    status: 400,
    code: 'invalid_job_status',
  });
  expect((await client.fineTuning.jobs.resume(id)).status).toBe('validating_files');
  const cancelled = await client.fineTuning.jobs.cancel(id);
  expectValid('cancelFineTuningJob', cancelled);
  expect(cancelled.status).toBe('cancelled');
  const { data } = await client.fineTuning.jobs.listEvents(id);
  expect(data[0]!.message).toBe('The job was cancelled');
  await expect(client.fineTuning.jobs.resume(id)).rejects.toMatchObject({ status: 400 });
  await slow.close();
});

describe('refused', () => {
  const create = (body: object): Promise<Response> =>
    fetch(`${server.url}/v1/fine_tuning/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'fakeai-1', training_file: 'file-x', ...body }),
    });

  test('jobs without a file or a model, and what is not there', async () => {
    await expectError(await create({}), 400, { param: 'training_file', code: 'file_not_found' });
    for (const model of ['nobody', 'text-embedding-3-small']) {
      await expectError(await create({ model }), 400, { param: 'model', code: 'model_not_available' });
    }
    await expectError(await create({ suffix: 'a:b' }), 400, { param: 'suffix' });
    await expectError(await create({ hyperparameters: { n_epochs: 51 } }), 400);
    await expectError(await create({ hyperparameters: { beta: 1 } }), 400, { code: 'unknown_parameter' });
    await expectError(await create({ method: { type: 'reinforcement' } }), 400, {
      param: 'method.reinforcement',
    });
    const python = { type: 'python', name: 'p', source: 'def grade(sample) ->' };
    const method = { type: 'reinforcement', reinforcement: { grader: python } };
    await expectError(await create({ method }), 400, {
      param: 'method.reinforcement.grader.source',
      code: 'invalid_value',
    });
    const vision = await openai.files.create({
      file: await toFile(Buffer.from('x'), 'a'),
      purpose: 'vision',
    });
    await expectError(await create({ training_file: vision.id }), 400, { code: 'invalid_file_purpose' });
    await expectError(await fetch(`${server.url}/v1/fine_tuning/jobs/ftjob-x/events`), 404);
  });

  test('lists are by metadata', async () => {
    const file = await examples(10);
    const { id } = await openai.fineTuning.jobs.create({
      model: 'fakeai-1',
      training_file: file,
      metadata: { run: 'seven' },
    });
    const list = await expectAnswer<{ data: { id: string }[] }>(
      'listPaginatedFineTuningJobs',
      await fetch(`${server.url}/v1/fine_tuning/jobs?metadata[run]=seven`),
    );
    expect(list.data.map((job) => job.id)).toEqual([id]);
  });
});
