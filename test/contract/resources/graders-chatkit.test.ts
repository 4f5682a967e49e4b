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
  const endpoint = { grader: { type: 'endpoint', name: 'e', url: 'http://x' }, model_sample: 'x' };
  await expectError(await post(`${path}/run`, endpoint), 400, {
    param: 'grader',
    code: 'unsupported_parameter',
  });
  await expectError(await post(`${path}/validate`, {}), 400, { param: 'grader' });
  await expectError(await post(`${path}/validate`, { grader: { ...base, type: 'string_check' } }), 400);
});

test('graders ask models, and put others together by a formula', async () => {
  const { graders } = openai.fineTuning.alpha;
  const sample = { model_sample: 'Lisbon', item: { answer: 'Lisboa' } };
  const input = [{ role: 'user' as const, content: 'Rate {{sample.output_text}}' }];
  const score = { type: 'score_model' as const, name: 's', model: 'fakeai-1', input, range: [0, 10] };
  const scored = await graders.run({ grader: score, ...sample });
  expectValid('runGrader', scored);
  expect(scored.reward).toBeGreaterThan(0);
  expect(scored.reward).toBeLessThanOrEqual(10);
  expect(scored.metadata).toMatchObject({ sampled_model_name: 'fakeai-1', type: 'score_model' });
  expect(scored.model_grader_token_usage_per_model).toEqual({ 'fakeai-1': scored.metadata.token_usage });
  const texts = { input: '{{sample.output_text}}', reference: '{{item.answer}}' };
  const parts = {
    same: { ...texts, type: 'string_check', name: 'same', operation: 'eq' },
    near: { ...texts, type: 'text_similarity', name: 'near', evaluation_metric: 'fuzzy_match' },
    rated: score,
  };
  const multi = (calculate_output: string, inner: object = parts) =>
    ({ type: 'multi', name: 'm', graders: inner, calculate_output }) as never;
  const all = await graders.run({ grader: multi('max(same, near) ^ 2 + rated / 10'), ...sample });
  expectValid('runGrader', all);
  expect(all.sub_rewards).toEqual({ same: 0, near: 5 / 6, rated: scored.reward });
  expect(all.reward).toBeCloseTo((5 / 6) ** 2 + scored.reward / 10, 9);
  const broken = await graders.run({ grader: multi('near / same'), ...sample });
  expect(broken).toMatchObject({ reward: 0, metadata: { errors: { formula_parse_error: true } } });
  const path = '/fine_tuning/alpha/graders/validate';
  for (const formula of ['same +', 'other', 'same; near', 'pow(same)'])
    await expectError(await post(path, { grader: multi(formula) }), 400, {
      param: 'grader.calculate_output',
    });
  const python = (source: string) => ({ code: { type: 'python', name: 'p', source } });
  await expectError(await post(path, { grader: multi('code', python('def grade(')) }), 400, {
    param: 'grader.graders.code.source',
    code: 'invalid_value',
  });
  const source = 'def grade(sample, item):\n    return len(sample["output_text"])';
  const computed = await graders.run({ grader: multi('code * 10', python(source)), ...sample });
  expect(computed.reward).toBe(60);
  const cut = { ...score, sampling_params: { max_completions_tokens: 1 } };
  const unread = await graders.run({ grader: cut, ...sample });
  expect(unread).toMatchObject({ reward: 0, metadata: { errors: { model_grader_parse_error: true } } });
});

const PROGRAM = `
import json, re

def words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"\\w+", text)}

def grade(sample: dict, item: dict) -> float:
    try:
        wanted = json.loads(item["answer"])["words"]
    except ValueError:
        return 0.0
    said = words(sample.get("output_text", ""))
    return round(sum(1 for word in wanted if word in said) / len(wanted), 2)
`;

test.each([
  ['a share', PROGRAM, 0.5, undefined],
  ['a truth value', 'def grade(sample, item):\n    return sample["output_text"] == "the sea"', 1, undefined],
  ['an error', 'def grade(sample, item):\n    return item["none"]', 0, 'KeyError: none'],
  ['no number', 'def grade(sample, item):\n    return None', 0, 'which is not a number'],
  ['no end', 'def grade(sample, item):\n    while True: pass', 0, 'time limit exceeded'],
  ['a file', 'def grade(sample, item):\n    return len(open("/etc/hostname").read())', 0, 'not implemented'],
  ['too much memory', 'def grade(sample, item):\n    return len("a" * 10**10)', 0, 'memory limit exceeded'],
])('programs grade in a sandbox: %s', async (_, source, reward, error) => {
  const graded = await openai.fineTuning.alpha.graders.run({
    grader: { type: 'python', name: 'p', source },
    model_sample: 'the sea',
    item: { answer: '{"words": ["sea", "fish"]}' },
  });
  expectValid('runGrader', graded);
  expect(graded.reward).toBe(reward);
  const { errors } = graded.metadata;
  expect(errors.python_grader_runtime_error).toBe(error !== undefined);
  if (error === undefined) expect(errors.python_grader_runtime_error_details).toBeNull();
  else expect(errors.python_grader_runtime_error_details).toContain(error);
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
