/** Evals and their runs over OpenAI's SDK, on a server of two threads. */
import OpenAI, { toFile } from 'openai';
import type { EvalCreateParams } from 'openai/resources/evals/evals';
import type { RunRetrieveResponse } from 'openai/resources/evals/runs/runs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../../src/server/index.js';
import { temporaryFolder } from '../../support/cli.js';
import { startTestServer } from '../../support/server.js';
import { expectAnswer, expectError, expectValid } from '../../support/spec.js';

let server: RunningServer;
let openai: OpenAI;

const clientOf = ({ url }: RunningServer): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });

beforeAll(async () => {
  server = await startTestServer();
  openai = clientOf(server);
});
afterAll(() => server.close());

const custom: EvalCreateParams['data_source_config'] = { type: 'custom', item_schema: { type: 'object' } };
const same: EvalCreateParams['testing_criteria'][number] = {
  type: 'string_check',
  name: 'same',
  input: '{{sample.output_text}}',
  reference: '{{item.answer}}',
  operation: 'eq',
};
const alike: EvalCreateParams['testing_criteria'][number] = {
  type: 'text_similarity',
  name: 'alike',
  input: '{{sample.output_text}}',
  reference: '{{item.answer}}',
  evaluation_metric: 'fuzzy_match',
  pass_threshold: 0.5,
};

const judged: EvalCreateParams['testing_criteria'][number] = {
  type: 'score_model',
  name: 'judged',
  model: 'fakeai-1',
  range: [1, 5],
  pass_threshold: 3,
  input: [{ role: 'user', content: 'Is {{sample.output_text}} like {{item.answer}}?' }],
};
const labelled: EvalCreateParams['testing_criteria'][number] = {
  type: 'label_model',
  name: 'labelled',
  model: 'org/other:1',
  labels: ['good', 'bad'],
  passing_labels: ['good'],
  input: [{ role: 'user', content: 'Label {{sample.output_text}}' }],
};

const createEval = (client = openai, fields: Partial<EvalCreateParams> = {}) =>
  client.evals.create({ name: 'e', data_source_config: custom, testing_criteria: [same], ...fields });

async function untilOver(client: OpenAI, evalId: string, id: string): Promise<RunRetrieveResponse> {
  let run: RunRetrieveResponse | undefined;
  await expect
    .poll(
      async () => {
        run = await client.evals.runs.retrieve(id, { eval_id: evalId });
        return run.status;
      },
      { interval: 20 },
    )
    .not.toMatch(/queued|in_progress/);
  return run!;
}

const post = (path: string, body: object): Promise<Response> =>
  fetch(`${server.url}/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const asking = (
  items: Record<string, unknown>[],
  type: 'completions' | 'responses' = 'responses',
  params: Record<string, number> = { max_completion_tokens: 16 },
) => ({
  type: type as 'responses',
  model: 'fakeai-1',
  input_messages: { type: 'template' as const, template: [{ role: 'user' as const, content: '{{item.q}}' }] },
  sampling_params: params,
  source: { type: 'file_content' as const, content: items.map((item) => ({ item })) },
});

test('evals are created, listed in order, changed and deleted', async () => {
  const created = await createEval(openai, { metadata: { a: 'b' }, testing_criteria: [same, alike] });
  expectValid('createEval', created);
  expect(created.testing_criteria).toEqual([same, alike]);
  const other = await createEval();
  const page = await openai.evals.list({ limit: 1, after: created.id });
  const { data, has_more } = page;
  expectValid('listEvals', { object: 'list', data, has_more, first_id: null, last_id: null });
  expect(page.data.map(({ id }) => id)).toEqual([other.id]);
  const newest = await openai.evals.list({ order: 'desc', limit: 2 });
  expect(newest.data.map(({ id }) => id)).toEqual([other.id, created.id]);
  const changed = await openai.evals.update(created.id, { name: 'new', metadata: { c: 'd' } });
  expectValid('updateEval', changed);
  expect(await openai.evals.retrieve(created.id)).toMatchObject({ name: 'new', metadata: { c: 'd' } });
  expectValid('deleteEval', await openai.evals.delete(created.id));
  await expectError(await fetch(`${server.url}/v1/evals/${created.id}`), 404, { param: 'eval_id' });
  await expectError(await fetch(`${server.url}/v1/evals?order_by=name`), 400, { param: 'order_by' });
});

test('evals are listed by their latest change too', async () => {
  const made = [await createEval(), await createEval(), await createEval()].map(({ id }) => id);
  await openai.evals.update(made[0]!, { name: 'changed last' });
  const page = await openai.evals.list({ order_by: 'updated_at', order: 'desc', limit: 2 });
  expect(page.data.map(({ id }) => id)).toEqual([made[0], made[2]]);
  expect((await page.getNextPage()).data[0]!.id).toBe(made[1]);
  const first = await openai.evals.list({ order_by: 'updated_at', limit: 100 });
  expect(first.data.at(-1)!.id).toBe(made[0]);
  expect((await openai.evals.list({ limit: 100, order: 'desc' })).data[0]!.id).toBe(made[2]);
});

test('programs are criteria, with a threshold or without', async () => {
  const python = (name: string, pass_threshold?: number) => ({
    type: 'python' as const,
    name,
    source: 'def grade(sample, item):\n    return len(sample["output_text"]) / item["most"]',
    ...(pass_threshold !== undefined && { pass_threshold }),
  });
  const created = await createEval(openai, { testing_criteria: [python('whole'), python('half', 0.5)] });
  expectValid('createEval', created);
  const content = ['1234', '123', '1'].map((text) => ({ item: { most: 4 }, sample: { output_text: text } }));
  const run = await openai.evals.runs.create(created.id, {
    data_source: { type: 'jsonl', source: { type: 'file_content', content } },
  });
  const done = await untilOver(openai, created.id, run.id);
  expect(done.per_testing_criteria_results.map(({ passed }) => passed)).toEqual([1, 2]);
});

test('items need the sample that their eval says they have', async () => {
  const { id, data_source_config: config } = await createEval(openai, {
    data_source_config: { ...custom, include_sample_schema: true } as typeof custom,
  });
  expect(config).toMatchObject({ schema: { properties: { sample: {} }, required: ['item', 'sample'] } });
  const items = [{ item: { answer: 'x' }, sample: { output_text: 'x' } }, { item: { answer: 'x' } }];
  const run = await openai.evals.runs.create(id, {
    data_source: { type: 'jsonl', source: { type: 'file_content', content: items } },
  });
  const done = await untilOver(openai, id, run.id);
  expect(done.result_counts).toMatchObject({ passed: 1, errored: 1 });
});

test.each(['completions', 'responses'] as const)(
  'pictures and sound are part of what %s are asked',
  async (type) => {
    const { id } = await createEval();
    const usageOf = async (content: unknown): Promise<number> => {
      const run = await openai.evals.runs.create(id, {
        data_source: {
          ...asking([{ picture: 'https://example.com/640x480.png', answer: 'x' }], type),
          input_messages: { type: 'template', template: [{ role: 'user', content }] },
        } as never,
      });
      const done = await untilOver(openai, id, run.id);
      expect(done.result_counts.errored).toBe(0);
      return done.per_model_usage[0]!.prompt_tokens;
    };
    const text = { type: 'input_text', text: 'What is this?' };
    const bare = await usageOf([text]);
    expect(await usageOf([text, { type: 'input_image', image_url: '{{item.picture}}', detail: 'low' }])).toBeGreaterThan(bare); // prettier-ignore
    // The specification has files in what completions are asked alone.
    if (type === 'completions') {
      const file = { type: 'input_file', filename: 'a.txt', file_data: 'data:text/plain,{{item.answer}}' };
      const marked = { ...file, prompt_cache_breakpoint: { mode: 'explicit' } };
      expect(await usageOf([text, marked])).toBeGreaterThan(bare);
    }
    const wav = Buffer.alloc(44 + 48_000);
    wav.write('RIFF\0\0\0\0WAVEfmt ', 'latin1');
    for (const [at, value] of [[16, 16], [24, 24_000], [28, 48_000], [40, 48_000]] as const) wav.writeUInt32LE(value, at); // prettier-ignore
    for (const [at, value] of [[20, 1], [22, 1], [32, 2], [34, 16]] as const) wav.writeUInt16LE(value, at); // prettier-ignore
    wav.write('data', 36, 'latin1');
    const audio = { type: 'input_audio', input_audio: { data: wav.toString('base64'), format: 'wav' } };
    expect(await usageOf([text, audio])).toBeGreaterThan(bare);
    const { data } = await openai.evals.runs.list(id, { limit: 1 });
    expectValid('getEvalRun', data[0]!);
  },
);

test('a run over given samples is graded by each criterion', async () => {
  const { id } = await createEval(openai, { testing_criteria: [same, alike] });
  const rows = ['Lisbon', 'Lisboa', 'x'].map((text) => ({
    item: { answer: 'Lisbon' },
    sample: { output_text: text },
  }));
  const source = {
    type: 'file_content' as const,
    content: [...rows, { item: {}, sample: { output_text: 'y' } }],
  };
  const created = await openai.evals.runs.create(id, { name: 'r', data_source: { type: 'jsonl', source } });
  expectValid('createEvalRun', created);
  const run = await untilOver(openai, id, created.id);
  expectValid('getEvalRun', run);
  expect(run).toMatchObject({
    status: 'completed',
    result_counts: { total: 4, passed: 1, failed: 2, errored: 1 },
    per_testing_criteria_results: [
      { testing_criteria: 'same', passed: 1, failed: 2 },
      { testing_criteria: 'alike', passed: 2, failed: 1 },
    ],
    per_model_usage: [],
    data_source: { type: 'jsonl', source },
    error: null,
  });
  const path = `${server.url}/v1/evals/${id}/runs/${created.id}/output_items`;
  const all = await expectAnswer<{ data: { id: string; datasource_item_id: number; results: unknown[] }[] }>(
    'getEvalRunOutputItems',
    await fetch(path),
  );
  const second = all.data.find((item) => item.datasource_item_id === 1)!;
  expect(second.results).toMatchObject([
    { name: 'same', score: 0, passed: false },
    { name: 'alike', score: expect.closeTo(5 / 6, 9) as number, passed: true },
  ]);
  expect(await expectAnswer('getEvalRunOutputItem', await fetch(`${path}/${second.id}`))).toEqual(second);
  const passed = await openai.evals.runs.outputItems.list(created.id, { eval_id: id, status: 'pass' });
  expect(passed.data.map((item) => item.datasource_item_id)).toEqual([0]);
  await expectError(await fetch(`${path}/outputitem_x`), 404, { param: 'output_item_id' });
});

describe.each(['completions', 'responses'] as const)('a run that asks for %s', (type) => {
  test('asks the model about every item once', async () => {
    const criterion = { ...same, operation: 'ne' as const, reference: '' };
    const { id } = await createEval(openai, { testing_criteria: [criterion] });
    const items = Array.from({ length: 60 }, (_, i) => ({ q: `question ${i}` }));
    const data = asking(items, type);
    const created = await openai.evals.runs.create(id, { data_source: data });
    const run = await untilOver(openai, id, created.id);
    expect(run.result_counts).toEqual({ total: 60, passed: 60, failed: 0, errored: 0 });
    expect(run.per_model_usage).toMatchObject([{ model_name: 'fakeai-1', invocation_count: 60 }]);
    const seen: number[] = [];
    let tokens = 0;
    for await (const item of openai.evals.runs.outputItems.list(run.id, { eval_id: id, limit: 25 })) {
      seen.push(item.datasource_item_id);
      tokens += item.sample.usage.total_tokens;
      expect(item.sample.input).toEqual([{ role: 'user', content: `question ${item.datasource_item_id}` }]);
    }
    expect(seen.toSorted((a, b) => a - b)).toEqual(items.map((_, i) => i));
    expect(run.per_model_usage[0]!.total_tokens).toBe(tokens);
  });

  test('says of each item why it came to nothing', async () => {
    const { id } = await createEval();
    const data = asking([{ q: 'x', answer: 'y' }, { other: 1 }], type, { temperature: 9 });
    const { id: runId } = await openai.evals.runs.create(id, { data_source: data });
    expect((await untilOver(openai, id, runId)).result_counts).toMatchObject({ total: 2, errored: 2 });
    const { data: found } = await openai.evals.runs.outputItems.list(runId, { eval_id: id });
    const messages = found.map(({ sample }) => sample.error.message).toSorted();
    expect(messages[0]).toMatch(/temperature/);
    expect(messages[1]).toMatch(/no 'item.q'/);
  });
});

test('models grade: a score within the range, a label that passes or not, and what that used', async () => {
  const { id } = await createEval(openai, { testing_criteria: [judged, labelled] });
  const rows = Array.from({ length: 12 }, (_, i) => ({
    item: { answer: 'Lisbon' },
    sample: { output_text: `City ${i}` },
  }));
  const source = { type: 'file_content' as const, content: rows };
  const created = await openai.evals.runs.create(id, { data_source: { type: 'jsonl', source } });
  const run = await untilOver(openai, id, created.id);
  expectValid('getEvalRun', run);
  const counts = run.per_model_usage.map((one) => [one.model_name, one.invocation_count]);
  expect(Object.fromEntries(counts)).toEqual({ 'fakeai-1': 12, 'org/other:1': 12 });
  const { data } = await openai.evals.runs.outputItems.list(run.id, { eval_id: id });
  let passed = 0;
  for (const item of data) {
    expectValid('getEvalRunOutputItem', item);
    const [score, label] = item.results as unknown as {
      score: number;
      passed: boolean;
      sample: { output: { content: string }[]; model: string };
    }[];
    expect(score!.score).toBeGreaterThanOrEqual(1);
    expect(score!.score).toBeLessThanOrEqual(5);
    expect(score!.passed).toBe(score!.score >= 3);
    expect(JSON.parse(score!.sample.output[0]!.content)).toEqual({ result: score!.score });
    const said = (JSON.parse(label!.sample.output[0]!.content) as { result: string }).result;
    expect([label!.passed, label!.score]).toEqual([said === 'good', Number(said === 'good')]);
    if (item.status === 'pass') passed++;
  }
  expect(passed).toBe(run.result_counts.passed);
  // Both labels, and scores on both sides: nothing passes by itself.
  const results = run.per_testing_criteria_results;
  for (const one of results) expect(Math.min(one.passed, one.failed)).toBeGreaterThan(0);
});

test('what was stored is graded as it was answered, or asked anew', async () => {
  const own = await startTestServer({ threads: 1 });
  try {
    const client = clientOf(own);
    const chat = await client.chat.completions.create({
      model: 'fakeai-1',
      messages: [{ role: 'user', content: 'Hello stored' }],
      store: true,
      metadata: { kind: 'a' },
    });
    await client.chat.completions.create({
      model: 'fakeai-1',
      messages: [{ role: 'user', content: 'other' }],
      store: true,
      metadata: { kind: 'b' },
    });
    const response = await client.responses.create({
      model: 'fakeai-1',
      input: 'Hello response',
      instructions: 'Be brief.',
      metadata: { kind: 'a' },
    });
    const criterion = { ...same, reference: chat.choices[0]!.message.content! };
    const config = { type: 'logs' as const, metadata: { kind: 'a' } };
    const { id } = await createEval(client, { data_source_config: config, testing_criteria: [criterion] });
    const ran = async (data_source: object) => {
      const run = await client.evals.runs.create(id, { data_source: data_source as never });
      const over = await untilOver(client, id, run.id);
      expectValid('getEvalRun', over);
      return { ...over, items: (await client.evals.runs.outputItems.list(run.id, { eval_id: id })).data };
    };
    const completions = { type: 'stored_completions', metadata: { kind: 'a' } };
    const graded = await ran({ type: 'completions', source: completions });
    expect(graded).toMatchObject({
      model: '',
      per_model_usage: [],
      result_counts: { total: 1, passed: 1 },
      items: [{ datasource_item: { input: [{ role: 'user', content: 'Hello stored' }] } }],
    });
    // The same words to the same model are answered alike.
    const anew = await ran({ type: 'completions', source: completions, model: 'fakeai-1' });
    expect(anew).toMatchObject({
      model: 'fakeai-1',
      per_model_usage: [{ invocation_count: 1 }],
      result_counts: { total: 1, passed: 1 },
    });
    const all = await ran({ type: 'completions', source: { type: 'stored_completions', limit: 5 } });
    expect(all.result_counts).toMatchObject({ total: 2, passed: 1, failed: 1 });
    const responses = await ran({
      type: 'responses',
      source: { type: 'responses', instructions_search: 'brief', created_after: response.created_at },
    });
    expect(responses.items[0]).toMatchObject({
      datasource_item: { instructions: 'Be brief.' },
      sample: { output: [{ content: response.output_text }] },
    });
    const none = await ran({ type: 'responses', source: { type: 'responses', instructions_search: 'long' } });
    expect(none).toMatchObject({ status: 'completed', result_counts: { total: 0 } });
  } finally {
    await own.close();
  }
});

test('items that are not as the schema says come to nothing', async () => {
  const { id } = await createEval(openai, {
    data_source_config: {
      type: 'custom',
      item_schema: {
        type: 'object',
        properties: { answer: { type: 'string' }, tags: { type: 'array', items: { enum: ['a', 'b'] } } },
        required: ['answer'],
      },
    },
  });
  const items = [
    { answer: 'x', tags: ['a'] },
    { answer: 1 },
    { other: 'x' },
    { answer: 'x', tags: ['a', 'c'] },
  ];
  const content = items.map((item) => ({ item, sample: { output_text: 'x' } }));
  const source = { type: 'file_content' as const, content };
  const { id: runId } = await openai.evals.runs.create(id, { data_source: { type: 'jsonl', source } });
  expect((await untilOver(openai, id, runId)).result_counts).toMatchObject({ passed: 1, errored: 3 });
  const { data } = await openai.evals.runs.outputItems.list(runId, { eval_id: id });
  const problems = new Map(data.map((one) => [one.datasource_item_id, one.sample.error as unknown]));
  const said = [1, 2, 3].map((i) => (problems.get(i) as { message: string }).message);
  expect(said[0]).toContain("'item.answer' must be of the type string");
  expect(said[1]).toContain("'item.answer' is missing");
  expect(said[2]).toContain("'item.tags[1]' must be one of");
});

test('a run reads its items from a file', async () => {
  const { id } = await createEval();
  const run = async (text: string) => {
    const file = await openai.files.create({
      file: await toFile(Buffer.from(text), 'items.jsonl'),
      purpose: 'evals',
    });
    const source = { type: 'file_id' as const, id: file.id };
    const created = await openai.evals.runs.create(id, { data_source: { type: 'jsonl', source } });
    return untilOver(openai, id, created.id);
  };
  const good = await run('{"item":{"answer":"a"},"sample":{"output_text":"a"}}\n');
  expect(good).toMatchObject({ status: 'completed', result_counts: { total: 1, passed: 1 } });
  const bad = await run('{"item":{}}\nnonsense\n');
  expectValid('getEvalRun', bad);
  expect(bad).toMatchObject({
    status: 'failed',
    error: { message: expect.stringContaining('Line 2') as string },
  });
  const failed = await openai.evals.runs.list(id, { status: 'failed' });
  expect(failed.data.map((one) => one.id)).toEqual([bad.id]);
});

test('a canceled run stays as it was, and goes with its items when it is deleted', async () => {
  const slow = await startTestServer({ latency: 'fixed', ttft: 50, itl: 0, jitter: 0, batchConcurrency: 1 });
  try {
    const client = clientOf(slow);
    const { id } = await createEval(client);
    const items = Array.from({ length: 100 }, (_, i) => ({ q: `${i}`, answer: 'x' }));
    const { id: runId } = await client.evals.runs.create(id, { data_source: asking(items) });
    await expect
      .poll(async () => (await client.evals.runs.retrieve(runId, { eval_id: id })).result_counts.failed)
      .toBeGreaterThan(0);
    const canceled = await client.evals.runs.cancel(runId, { eval_id: id });
    expectValid('cancelEvalRun', canceled);
    expect(canceled.status).toBe('canceled');
    const { data } = await client.evals.runs.outputItems.list(runId, { eval_id: id, limit: 100 });
    expect(data).toHaveLength(canceled.result_counts.failed);
    expectValid('deleteEvalRun', await client.evals.runs.delete(runId, { eval_id: id }));
    await expectError(await fetch(`${slow.url}/v1/evals/${id}/runs/${runId}`), 404, { param: 'run_id' });
  } finally {
    await slow.close();
  }
});

test('the next server with the same data goes on with a run, and counts every item once', async () => {
  const folder = temporaryFolder();
  const options = { data: folder.path, latency: 'fixed', ttft: 20, itl: 0, jitter: 0 } as const;
  const first = await startTestServer({ ...options, batchConcurrency: 2, drain: 0 });
  const client = clientOf(first);
  const { id } = await createEval(client);
  const lines = Array.from({ length: 40 }, (_, i) => `{"item":{"q":"${i}","answer":"x"}}\n`);
  const content = await toFile(Buffer.from(lines.join('')), 'items.jsonl');
  const file = await client.files.create({ file: content, purpose: 'evals' });
  const { id: runId } = await client.evals.runs.create(id, {
    data_source: { ...asking([]), source: { type: 'file_id', id: file.id } },
  });
  // What is under way does without it.
  await client.files.delete(file.id);
  await expect
    .poll(async () => (await client.evals.runs.retrieve(runId, { eval_id: id })).result_counts.failed)
    .toBeGreaterThan(0);
  await first.close();
  const second = await startTestServer(options);
  try {
    const next = clientOf(second);
    expect((await untilOver(next, id, runId)).result_counts).toMatchObject({ total: 40, failed: 40 });
    const { data } = await next.evals.runs.outputItems.list(runId, { eval_id: id, limit: 100 });
    expect(new Set(data.map((item) => item.datasource_item_id)).size).toBe(40);
    expect(data).toHaveLength(40);
  } finally {
    await second.close();
    folder.remove();
  }
});

describe('refused', () => {
  test('criteria that ask other servers, programs that are none, models that are not there, labels that are not given', async () => {
    const create = (criterion: object) =>
      post('/evals', { data_source_config: custom, testing_criteria: [criterion] });
    await expectError(await create({ type: 'endpoint', name: 'x', url: 'http://x' }), 400, {
      param: 'testing_criteria[0]',
      code: 'unsupported_parameter',
    });
    await expectError(
      await create({ type: 'python', name: 'x', source: 'def grade(sample, item) return 1' }),
      400,
      {
        param: 'testing_criteria[0].source',
      },
    );
    await expectError(await create({ ...judged, model: 'nobody' }), 404, { code: 'model_not_found' });
    await expectError(await create({ ...labelled, passing_labels: ['none'] }), 400, {
      param: 'testing_criteria[0].passing_labels',
    });
    await expectError(await create({ ...judged, range: [1, 0] }), 400, {
      param: 'testing_criteria[0].range',
    });
  });

  test('an eval without criteria, or one without a threshold', async () => {
    await expectError(await post('/evals', { data_source_config: custom }), 400, {
      param: 'testing_criteria',
    });
    const { pass_threshold: _, ...criterion } = alike as unknown as Record<string, unknown>;
    const body = { data_source_config: custom, testing_criteria: [criterion] };
    await expectError(await post('/evals', body), 400, { param: 'testing_criteria[0].pass_threshold' });
  });

  test('runs of nothing, of an unknown model or file, over stored completions', async () => {
    const { id } = await createEval();
    const path = `/evals/${id}/runs`;
    await expectError(await post(path, {}), 400, { param: 'data_source' });
    const source = asking([{ q: 'x' }]);
    await expectError(await post(path, { data_source: { ...source, model: 'nobody' } }), 404, {
      code: 'model_not_found',
    });
    const file = { type: 'jsonl', source: { type: 'file_id', id: 'file-x' } };
    await expectError(await post(path, { data_source: file }), 404, { param: 'data_source.source.id' });
    const { model: _, ...without } = source;
    await expectError(await post(path, { data_source: without }), 400, { param: 'data_source.model' });
    await expectError(await post('/evals/eval_x/runs', { data_source: source }), 404, { param: 'eval_id' });
  });
});
