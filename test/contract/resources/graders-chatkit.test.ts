/** Graders and ChatKit sessions over OpenAI's SDK. */
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningServer } from '../../../src/server/index.js';
import { startTestServer } from '../../support/server.js';
import { expectAnswer, expectError, expectValid } from '../../support/spec.js';

let server: RunningServer;
let openai: OpenAI;

beforeAll(async () => {
  server = await startTestServer({ threads: 1 });
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any', maxRetries: 0 });
});
afterAll(() => server.close());

const post = (path: string, body: object): Promise<Response> =>
  fetch(`${server.url}/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

test('graders grade what a model said', async () => {
  const base = { name: 'g', input: '{{sample.output_text}}', reference: '{{item.answer}}' };
  const { graders } = openai.fineTuning.alpha;
  const sample = { model_sample: 'Lisbon', item: { answer: 'Lisbon' } };
  const same = await graders.run({ grader: { ...base, type: 'string_check', operation: 'eq' }, ...sample });
  expectValid('runGrader', same);
  expect(same.reward).toBe(1);
  const other = await graders.run({
    grader: { ...base, type: 'text_similarity', evaluation_metric: 'fuzzy_match' },
    ...sample,
    model_sample: 'Lisboa',
  });
  expect(other.reward).toBeCloseTo(5 / 6, 9);
  const nothing = await graders.run({
    grader: { ...base, type: 'string_check', operation: 'eq', reference: '{{item.none}}' },
    ...sample,
  });
  expect(nothing.metadata.errors.invalid_variable_error).toBe(true);
  const grader = { ...base, type: 'string_check' as const, operation: 'like' as const };
  expect(await graders.validate({ grader })).toMatchObject({ grader });
  const path = '/fine_tuning/alpha/graders';
  const python = { grader: { type: 'python', name: 'p', source: 'def grade(): ...' }, model_sample: 'x' };
  await expectError(await post(`${path}/run`, python), 400, {
    param: 'grader',
    code: 'unsupported_parameter',
  });
  await expectError(await post(`${path}/validate`, {}), 400, { param: 'grader' });
  await expectError(await post(`${path}/validate`, { grader: { ...base, type: 'string_check' } }), 400);
});

test('ChatKit sessions are made and cancelled', async () => {
  const session = await openai.beta.chatkit.sessions.create({ user: 'u', workflow: { id: 'wf_1' } });
  expectValid('CreateChatSessionMethod', session);
  expect(session).toMatchObject({ status: 'active', user: 'u', workflow: { id: 'wf_1', version: null } });
  expect((await openai.beta.chatkit.sessions.cancel(session.id)).status).toBe('cancelled');
  await expectError(await post(`/chatkit/sessions/${session.id}/cancel`, {}), 400, {
    code: 'session_not_active',
  });
  await expectError(await post('/chatkit/sessions/x/cancel', {}), 404, { param: 'session_id' });
  await expectError(await post('/chatkit/sessions', { user: 'u' }), 400, { param: 'workflow' });
});

test('there are no ChatKit threads, as nothing here makes them', async () => {
  const threads = `${server.url}/v1/chatkit/threads`;
  expect((await openai.beta.chatkit.threads.list()).data).toEqual([]);
  await expectAnswer('ListThreadsMethod', await fetch(`${threads}?user=me&limit=5`));
  await expectError(await fetch(`${threads}?after=cthr_x`), 400, { param: 'after' });
  await expectError(await fetch(`${threads}?limit=0`), 400, { param: 'limit' });
  for (const [path, method] of [
    ['cthr_x', 'GET'],
    ['cthr_x', 'DELETE'],
    ['cthr_x/items', 'GET'],
  ] as const) {
    await expectError(await fetch(`${threads}/${path}`, { method }), 404, { param: 'thread_id' });
  }
});
