/** Runs on a clock that is moved by hand: their end by time, and what is left of them. */
import { afterEach, expect, test } from 'vitest';
import { TestApp } from '../../../support/app.js';
import { ScriptedGenerator } from '../../../support/scripted-generator.js';
import { expectValid } from '../../../support/spec.js';

let app: TestApp;
afterEach(() => app.close());

/** A lease that ends with a leap of the clock is taken anew within a second. */
const UNTIL = { interval: 20 };

const WEATHER = {
  type: 'function',
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};
const asking = async (content: string, assistant: object = {}) => ({
  assistant_id: (await app.post('/assistants', { model: 'fakeai-1', ...assistant })).id,
  thread: { messages: [{ role: 'user', content }] },
});

/** The names of events in a stream's text. */
const namesIn = (text: string): string[] => [...text.matchAll(/^event: (.+)$/gm)].map((match) => match[1]!);

test('a run that waits for its client expires ten minutes after it was created', async () => {
  app = new TestApp();
  const run = await app.post('/threads/runs', await asking('The weather?', { tools: [WEATHER] }));
  const path = `/threads/${String(run.thread_id)}/runs/${run.id}`;
  await expect.poll(async () => (await app.get(path)).status, UNTIL).toBe('requires_action');
  app.pass(599_000);
  expect(await app.get(path)).toMatchObject({ status: 'requires_action' });
  app.pass(1000);
  const listed = await app.get(`/threads/${String(run.thread_id)}/runs`);
  expect(listed.data).toMatchObject([{ status: 'expired' }]);
  const over = await app.get(path);
  expectValid('getRun', over);
  expect(over).toMatchObject({ status: 'expired', required_action: null, expires_at: null });
  const steps = await app.get(`${path}/steps`);
  expect(steps.data).toMatchObject([{ status: 'expired', expired_at: app.clock.ms / 1000 }]);
  const outputs = { tool_outputs: [{ tool_call_id: 'call_x', output: '' }] };
  expect((await app.request('POST', `${path}/submit_tool_outputs`, outputs)).status).toBe(400);
  // The thread is free again.
  await app.post(`/threads/${String(run.thread_id)}/messages`, { role: 'user', content: 'Still there?' });
});

test('a model that cannot see refuses a thread with pictures', async () => {
  app = new TestApp(undefined, { model: ['fakeai-1', 'gpt-3.5-turbo'] });
  const content = [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }];
  const run = async (model: string) => {
    const { id } = await app.post('/assistants', { model });
    const thread = { messages: [{ role: 'user', content }] };
    return app.request('POST', '/threads/runs', { assistant_id: id, thread });
  };
  expect(await run('gpt-3.5-turbo')).toMatchObject({
    status: 400,
    body: { error: { message: 'Invalid content type. image_url is only supported by certain models.' } },
  });
  expect((await run('fakeai-1')).status).toBe(200);
});

test('a run under way expires too, and its stream says so', async () => {
  const generator = new ScriptedGenerator();
  app = new TestApp(generator);
  let text = '';
  const answer = app.stream('POST', '/threads/runs', { ...(await asking('Hi')), stream: true }, (part) => {
    text += part;
  });
  await expect.poll(() => generator.started.length, UNTIL).toBe(1);
  generator.tokens(0, 3);
  await expect.poll(() => namesIn(text), UNTIL).toContain('thread.message.delta');
  const [thread, run] = [/thread_\w+/.exec(text)![0], /run_\w+/.exec(text)![0]];
  await expect
    .poll(async () => (await app.get(`/threads/${thread}/runs/${run}`)).status, UNTIL)
    .toBe('in_progress');
  app.pass(600_000);
  await answer;
  expect([...new Set(namesIn(text))].slice(-4)).toEqual([
    'thread.message.incomplete',
    'thread.run.step.expired',
    'thread.run.expired',
    'done',
  ]);
  expect(generator.started[0]!.cancelled).toBe(true);
  const { data } = await app.get(`/threads/${thread}/messages`);
  expect((data as object[])[0]).toMatchObject({
    status: 'incomplete',
    incomplete_details: { reason: 'run_expired' },
    content: [{ text: { value: expect.stringMatching(/\w/) as string } }],
  });
});

test('a run whose engine refuses it fails, with its step and its message', async () => {
  const generator = new ScriptedGenerator();
  app = new TestApp(generator);
  const run = await app.post('/threads/runs', await asking('Hi'));
  const path = `/threads/${String(run.thread_id)}/runs/${run.id}`;
  await expect.poll(() => generator.started.length, UNTIL).toBe(1);
  generator.tokens(0, 1);
  await expect.poll(async () => (await app.get(path)).status, UNTIL).toBe('in_progress');
  generator.fail(0, 'replica_failed');
  await expect.poll(async () => (await app.get(path)).status, UNTIL).toBe('failed');
  const over = await app.get(path);
  expectValid('getRun', over);
  expect(over).toMatchObject({ last_error: { code: 'server_error' }, failed_at: app.clock.ms / 1000 });
  const steps = (await app.get(`${path}/steps`)).data as object[];
  expect(steps).toMatchObject([{ status: 'failed', last_error: { code: 'server_error' } }]);
  expectValid('getRunStep', steps[0]);
});

test('a deleted thread takes its messages, runs and steps with it', async () => {
  app = new TestApp();
  const run = await app.post('/threads/runs', await asking('Hi'));
  const thread = `/threads/${String(run.thread_id)}`;
  await expect.poll(async () => (await app.get(`${thread}/runs/${run.id}`)).status, UNTIL).toBe('completed');
  const { data } = await app.get(`${thread}/messages`);
  await app.request('DELETE', thread);
  for (const path of [`/runs/${run.id}`, `/messages/${(data as { id: string }[])[0]!.id}`])
    expect((await app.request('GET', thread + path)).status).toBe(404);
});

test('of two runs that come at once, the thread has one', async () => {
  app = new TestApp(new ScriptedGenerator());
  const { id: assistant_id } = await app.post('/assistants', { model: 'fakeai-1' });
  const thread = await app.post('/threads', { messages: [{ role: 'user', content: 'Hi' }] });
  const path = `/threads/${thread.id}/runs`;
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => app.request('POST', path, { assistant_id })),
  );
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400, 400, 400]);
  expect((await app.get(path)).data).toHaveLength(1);
});

test('a run goes on when the reader of its stream goes', async () => {
  const generator = new ScriptedGenerator();
  app = new TestApp(generator);
  let text = '';
  const body = { ...(await asking('Hi')), stream: true };
  const leave = app.leaving('POST', '/threads/runs', body, (part) => {
    text += part;
  });
  await expect.poll(() => generator.started.length, UNTIL).toBe(1);
  generator.tokens(0, 1);
  await expect.poll(() => namesIn(text), UNTIL).toContain('thread.message.delta');
  leave();
  generator.finish(0);
  const [thread, run] = [/thread_\w+/.exec(text)![0], /run_\w+/.exec(text)![0]];
  await expect
    .poll(async () => (await app.get(`/threads/${thread}/runs/${run}`)).status, UNTIL)
    .toBe('completed');
});

test('a run waits for the files of its vector stores', async () => {
  app = new TestApp(undefined, { ingestDuration: 3000 });
  const file = await app.file('a.txt', 'The ferry leaves at noon.');
  const { id } = await app.post('/vector_stores', { file_ids: [file] });
  const search = { tools: [{ type: 'file_search' }] };
  const resources = { tool_resources: { file_search: { vector_store_ids: [id] } } };
  const body = await asking('Search for the ferry', { ...search, ...resources });
  const run = await app.post('/threads/runs', body);
  const path = `/threads/${String(run.thread_id)}/runs/${run.id}`;
  app.pass(2000);
  expect((await app.get(path)).status).toBe('queued');
  await expect
    .poll(async () => {
      app.pass(500);
      return (await app.get(path)).status;
    }, UNTIL)
    .toBe('completed');
  const { data } = await app.get(`${path}/steps?order=asc`);
  const [step] = data as { step_details: { tool_calls: { file_search: { results: unknown[] } }[] } }[];
  expect(step!.step_details.tool_calls[0]!.file_search.results).toMatchObject([{ file_id: file }]);
});
