/** The parameters of stored resources: every one that the specification has is taken, and no other one. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestApp } from '../../support/app.js';
import { operations, requestKeys } from '../../support/spec.js';

const FAMILIES = [
  'assistants', 'threads', 'vector_stores', 'uploads', 'batches', 'fine_tuning', 'evals', 'containers', 'skills', 'chatkit',
]; // prettier-ignore

let app: TestApp;
const ids: Record<string, string> = {};
beforeAll(async () => {
  app = new TestApp();
  const criterion = { type: 'string_check', name: 'a', input: 'a', reference: 'a', operation: 'eq' };
  const config = { type: 'custom', item_schema: {} };
  ids['assistant_id'] = (await app.post('/assistants', { model: 'fakeai-1' })).id;
  const message = { role: 'user', content: 'The weather?' };
  const tool = { type: 'function', function: { name: 'get_weather' } };
  const run = await app.post('/threads/runs', {
    assistant_id: ids['assistant_id'],
    thread: { messages: [message] },
    tools: [tool],
  });
  ids['run_id'] = run.id;
  ids['thread_id'] = String(run.thread_id);
  const messages = await app.get(`/threads/${ids['thread_id']}/messages`);
  ids['message_id'] = (messages.data as { id: string }[])[0]!.id;
  ids['vector_store_id'] = (await app.post('/vector_stores')).id;
  ids['file_id'] = await app.file('a.txt', 'x');
  await app.post(`/vector_stores/${ids['vector_store_id']}/files`, { file_id: ids['file_id'] });
  ids['eval_id'] = (
    await app.post('/evals', { data_source_config: config, testing_criteria: [criterion] })
  ).id;
  const upload = { filename: 'a.txt', purpose: 'vision', bytes: 1, mime_type: 'x' };
  ids['upload_id'] = (await app.post('/uploads', upload)).id;
  ids['fine_tuned_model_checkpoint'] = 'fakeai-1';
  const isWaiting = async (): Promise<boolean> =>
    (await app.get(`/threads/${ids['thread_id']}/runs/${ids['run_id']}`)).status === 'requires_action';
  while (!(await isWaiting())) await new Promise(setImmediate);
});
afterAll(() => app.close());

const withBodies = [...operations].filter(
  ([, { family, request, path }]) =>
    FAMILIES.includes(family) &&
    'application/json' in request &&
    // Uploaded as a form first; what they take besides has tests of its own.
    !path.startsWith('/skills/{') &&
    !('multipart/form-data' in request),
);

test.each(withBodies)('%s', async (id, { path }) => {
  const where = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? `no ${name}`);
  const codeOf = async (body: object): Promise<unknown> => {
    const { body: answer } = await app.request('POST', where, body);
    return (answer.error as { code?: unknown } | undefined)?.code;
  };
  expect(await codeOf({ no_such_parameter: 1 })).toBe('unknown_parameter');
  for (const name of requestKeys(id))
    expect([name, await codeOf({ [name]: null })]).not.toContain('unknown_parameter');
});
