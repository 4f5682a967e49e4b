/** Runs that call the server's own tools, and what limits them, over OpenAI's SDK. */
import { writeFileSync } from 'node:fs';
import OpenAI, { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { temporaryFolder } from '../support/cli.js';
import { startTestServer } from '../support/server.js';
import { useServer } from '../support/use-server.js';
import { expectError, expectSchema, expectValid } from '../support/spec.js';

const used = useServer();

type RunParams = Omit<OpenAI.Beta.ThreadCreateAndRunParamsNonStreaming, 'assistant_id'>;
type Step = OpenAI.Beta.Threads.Runs.RunStep;

const CONTENT = 'step_details.tool_calls[*].file_search.results[*].content';
const WEATHER: OpenAI.Beta.AssistantTool = { type: 'function', function: { name: 'get_weather' } };
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const ask = (content: string) => ({ messages: [{ role: 'user' as const, content }] });
const assistant = async (fields: Partial<OpenAI.Beta.AssistantCreateParams> = {}) =>
  (await used.client.beta.assistants.create({ model: 'fakeai-1', ...fields })).id;
const upload = async (name: string, text: string) =>
  (await used.client.files.create({ file: await toFile(Buffer.from(text), name), purpose: 'assistants' })).id;

async function run(assistantId: string, content: string, params: RunParams = {}) {
  const done = await used.client.beta.threads.createAndRunPoll(
    { assistant_id: assistantId, thread: ask(content), ...params },
    { pollIntervalMs: 5 },
  );
  expectValid('getRun', plain(done));
  const steps = await used.client.beta.threads.runs.steps.list(done.id, {
    thread_id: done.thread_id,
    order: 'asc',
    include: [CONTENT],
  });
  for (const step of steps.data) expectValid('getRunStep', plain(step));
  const calls = steps.data.flatMap(({ step_details: details }: Step) =>
    details.type === 'tool_calls' ? details.tool_calls : [],
  );
  const { data } = await used.client.beta.threads.messages.list(done.thread_id);
  for (const message of data) expectValid('getMessage', plain(message));
  const block = data[0]!.content[0] as OpenAI.Beta.Threads.TextContentBlock;
  return { run: done, steps: steps.data, calls, text: block.text };
}

const HANDBOOK =
  'The office opens at nine. Holidays: every employee has thirty days of paid vacation. Lunch is free.';

describe('file_search', () => {
  it('looks into the vector stores of the assistant and cites what it found', async () => {
    const file = await upload('handbook.txt', HANDBOOK);
    const id = await assistant({
      tools: [{ type: 'file_search' }],
      tool_resources: { file_search: { vector_stores: [{ file_ids: [file] }] } },
    });
    const { steps, calls, text } = await run(id, 'How many days of paid vacation does an employee have?');
    expect(steps.map(({ type }) => type)).toEqual(['tool_calls', 'message_creation']);
    expect(calls).toMatchObject([
      {
        type: 'file_search',
        file_search: {
          ranking_options: { ranker: 'auto', score_threshold: 0 },
          results: [{ file_id: file, file_name: 'handbook.txt', content: [{ text: HANDBOOK }] }],
        },
      },
    ]);
    const [citation] = text.annotations as [OpenAI.Beta.Threads.FileCitationAnnotation];
    expect(text.value).toMatch(/thirty days of paid vacation/);
    expect(citation).toMatchObject({ type: 'file_citation', file_citation: { file_id: file } });
    expect([...text.value].slice(citation.start_index, citation.end_index).join('')).toBe(citation.text);
  });

  it('shows what it found only to those who ask', async () => {
    const id = await assistant({
      tools: [{ type: 'file_search', file_search: { max_num_results: 1 } }],
    });
    const file = await upload('a.txt', HANDBOOK);
    const other = await upload('b.txt', 'About the vacation of employees there is more in a file.');
    const attachments = [file, other].map((one) => ({
      file_id: one,
      tools: [{ type: 'file_search' as const }],
    }));
    const thread = await used.client.beta.threads.create({
      messages: [{ role: 'user', content: 'Search the files for vacation', attachments }],
    });
    const [vectorStore] = thread.tool_resources!.file_search!.vector_store_ids!;
    expect((await used.client.vectorStores.retrieve(vectorStore!)).expires_after).toMatchObject({ days: 7 });
    const done = await used.client.beta.threads.runs.createAndPoll(
      thread.id,
      { assistant_id: id },
      { pollIntervalMs: 5 },
    );
    const { data } = await used.client.beta.threads.runs.steps.list(done.id, {
      thread_id: thread.id,
      order: 'asc',
    });
    const [call] = (data[0]!.step_details as OpenAI.Beta.Threads.Runs.ToolCallsStepDetails).tool_calls;
    const { results } = (call as OpenAI.Beta.Threads.Runs.FileSearchToolCall).file_search;
    expect(results).toHaveLength(1);
    expect(results![0]!.content).toBeUndefined();
    const path = `${used.server.url}/v1/threads/${thread.id}/runs/${done.id}/steps/${data[0]!.id}`;
    await expectError(await fetch(`${path}?include[]=x`), 400, { param: 'include[0]' });
  });

  it('is streamed, its marks whole', async () => {
    const file = await upload('handbook.txt', HANDBOOK);
    const id = await assistant({
      tools: [{ type: 'file_search' }, { type: 'code_interpreter' }],
      tool_resources: { file_search: { vector_stores: [{ file_ids: [file] }] } },
    });
    const stream = used.client.beta.threads.createAndRunStream({
      assistant_id: id,
      thread: ask('Search the files for vacation and calculate 6 * 7'),
    });
    const names: string[] = [];
    const texts: string[] = [];
    stream.on('event', (event) => {
      expectSchema('threads', 'AssistantStreamEvent', plain(event));
      names.push(event.event);
    });
    stream.on('textDelta', ({ value, annotations }) => {
      if (annotations) texts.push(value!);
    });
    const [step] = await stream.finalRunSteps();
    const [message] = await stream.finalMessages();
    expect(names.slice(0, 3)).toEqual(['thread.created', 'thread.run.created', 'thread.run.queued']);
    expect(names.filter((name) => name === 'thread.run.in_progress')).toHaveLength(1);
    expect(names.at(-1)).toBe('thread.run.completed');
    expect((step!.step_details as OpenAI.Beta.Threads.Runs.ToolCallsStepDetails).tool_calls).toMatchObject([
      { type: 'file_search' },
      {
        type: 'code_interpreter',
        code_interpreter: { input: 'print(6 * 7)', outputs: [{ type: 'logs', logs: '42\n' }] },
      },
    ]);
    const { text } = message!.content[0] as OpenAI.Beta.Threads.TextContentBlock;
    expect(texts).toEqual(text.annotations.map((one) => one.text));
    expect(texts).toHaveLength(1);
  });
});

describe('code_interpreter', () => {
  it('calculates for real, and sees its files', async () => {
    const file = await upload('data.csv', 'a,b\n1,2\n');
    const id = await assistant({
      tools: [{ type: 'code_interpreter' }],
      tool_resources: { code_interpreter: { file_ids: [file] } },
    });
    const { calls } = await run(id, 'What is 17 * (3 + 4)?');
    expect(calls).toMatchObject([{ code_interpreter: { outputs: [{ type: 'logs', logs: '119\n' }] } }]);
    const listed = await run(id, 'Run something over my data');
    expect(listed.calls).toMatchObject([{ code_interpreter: { outputs: [{ logs: `${file} 8\n` }] } }]);
    expect((await run(id, 'Good morning')).calls).toEqual([]);
  });
});

describe('tool_choice', () => {
  const tools: OpenAI.Beta.AssistantTool[] = [{ type: 'code_interpreter' }, { type: 'file_search' }, WEATHER];
  it.each([
    ['none', 'Calculate 2 + 2', []],
    ['required', 'Good morning', ['function']],
    ['auto', 'Good morning', []],
    ['auto', 'Calculate 2 + 2', ['code_interpreter']],
    [{ type: 'file_search' }, 'Good morning', ['file_search']],
    [{ type: 'code_interpreter' }, 'Good morning', ['code_interpreter']],
    [{ type: 'function', function: { name: 'get_weather' } }, 'Calculate 2 + 2', ['function']],
  ] as const)('%j for "%s" calls %j', async (choice, words, expected) => {
    const id = await assistant({ tools });
    const { calls } = await run(id, words, { tool_choice: choice as 'none' });
    expect(calls.map(({ type }) => type)).toEqual(expected);
  });

  it('with one call at a time is two steps', async () => {
    const id = await assistant({ tools });
    const both = await run(id, 'Search the files, then calculate 2 + 2');
    expect(both.steps.map(({ type }) => type)).toEqual(['tool_calls', 'message_creation']);
    const single = await run(id, 'Search the files, then calculate 2 + 2', { parallel_tool_calls: false });
    expect(single.steps.map(({ type }) => type)).toEqual(['tool_calls', 'tool_calls', 'message_creation']);
  });

  it('of what is not there is refused', async () => {
    const id = await assistant({ tools: [] });
    for (const tool_choice of ['required', { type: 'file_search' }]) {
      const answer = await fetch(`${used.server.url}/v1/threads/runs`, {
        method: 'POST',
        body: JSON.stringify({ assistant_id: id, tool_choice }),
      });
      await expectError(answer, 400, { param: 'tool_choice' });
    }
  });
});

describe('limits of a run', () => {
  const long = (words: number): string => 'word '.repeat(words);
  const text = (content: string): OpenAI.Beta.Threads.MessageCreateParams => ({ role: 'user', content });

  it('max_completion_tokens holds for all turns together', async () => {
    const schema = { type: 'array', minItems: 300, items: { type: 'integer' } };
    const id = await assistant({
      tools: [{ type: 'code_interpreter' }],
      response_format: { type: 'json_schema', json_schema: { name: 'numbers', schema } },
    });
    const cut = await run(id, 'Run this and that', { max_completion_tokens: 256 });
    expect(cut.run).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_completion_tokens' },
      usage: { completion_tokens: 256 },
    });
    const tokens = cut.steps.map(({ usage }) => usage!.completion_tokens);
    expect(tokens[0]).toBeGreaterThan(3);
    expect(tokens[0]! + tokens[1]!).toBe(256);
    const { data } = await used.client.beta.threads.messages.list(cut.run.thread_id);
    expect(data[0]).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_tokens' } });
    const whole = await run(id, 'Run this and that', { max_completion_tokens: 4096 });
    expect(whole.run.status).toBe('completed');
    expect((JSON.parse(whole.text.value) as number[]).length).toBeGreaterThanOrEqual(300);
  });

  it('max_prompt_tokens leaves out the middle of the thread, or ends the run', async () => {
    const id = await assistant();
    const messages = [text(`first ${long(20)}`), ...[1, 2, 3, 4].map(() => text(long(100))), text('last')];
    const all = await used.client.beta.threads.createAndRunPoll(
      { assistant_id: id, thread: { messages } },
      { pollIntervalMs: 5 },
    );
    expect(all.usage!.prompt_tokens).toBeGreaterThan(400);
    const some = await used.client.beta.threads.createAndRunPoll(
      { assistant_id: id, thread: { messages }, max_prompt_tokens: 256 },
      { pollIntervalMs: 5 },
    );
    expect(some.status).toBe('completed');
    expect(some.usage!.prompt_tokens).toBeLessThanOrEqual(256);
    expect(some.usage!.prompt_tokens).toBeGreaterThan(150);
    const none = await used.client.beta.threads.createAndRunPoll(
      { assistant_id: id, thread: { messages: [text(long(400))] }, max_prompt_tokens: 256 },
      { pollIntervalMs: 5 },
    );
    expect(none).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_prompt_tokens' },
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    });
    expectValid('getRun', plain(none));
  });

  it('truncation_strategy sends only so many messages', async () => {
    const id = await assistant();
    const messages = [text(long(200)), text(long(100)), text('last')];
    const prompt = async (last_messages: number) => {
      const done = await used.client.beta.threads.createAndRunPoll(
        {
          assistant_id: id,
          thread: { messages },
          truncation_strategy: { type: 'last_messages', last_messages },
        },
        { pollIntervalMs: 5 },
      );
      return done.usage!.prompt_tokens;
    };
    const [one, two, three] = [await prompt(1), await prompt(2), await prompt(3)];
    expect([two - one, three - two].map((tokens) => Math.round(tokens / 100))).toEqual([1, 2]);
  });
});

it('a run goes on when its server ends', async () => {
  const folder = temporaryFolder();
  const options = { latency: 'fixed', ttft: 300, itl: 0, jitter: 0, data: folder.path, threads: 1 } as const;
  const first = await startTestServer(options);
  const clientOf = ({ url }: RunningServer): OpenAI =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey: 'x', maxRetries: 0 });
  const { id } = await clientOf(first).beta.assistants.create({ model: 'fakeai-1' });
  const begun = await clientOf(first).beta.threads.createAndRun({ assistant_id: id, thread: ask('Hi') });
  await first.close();
  const second = await startTestServer({ ...options, ttft: 0 });
  const at = { thread_id: begun.thread_id };
  const done = await clientOf(second).beta.threads.runs.poll(begun.id, at, { pollIntervalMs: 20 });
  expect(done.status).toBe('completed');
  const { data } = await clientOf(second).beta.threads.messages.list(begun.thread_id);
  expect(data.map(({ role, status }) => [role, status])).toEqual([
    ['assistant', 'completed'],
    ['user', 'completed'],
  ]);
  await second.close();
  folder.remove();
});

it('fixtures answer runs, each turn as one call', async () => {
  const folder = temporaryFolder();
  const match = { contains: 'secret' };
  writeFileSync(
    folder.file('fixtures.json'),
    JSON.stringify([
      { match: { ...match, call: 1 }, answer: { text: 'One.' } },
      { match: { ...match, call: 2 }, answer: { text: 'Two.' } },
    ]),
  );
  const fixed = await startTestServer({ threads: 1, fixtures: [folder.file('fixtures.json')] });
  const other = new OpenAI({ baseURL: `${fixed.url}/v1`, apiKey: 'x', maxRetries: 0 });
  const { id } = await other.beta.assistants.create({
    model: 'fakeai-1',
    tools: [{ type: 'code_interpreter' }],
  });
  for (const expected of ['One.', 'Two.']) {
    const thread = ask('Calculate the secret 1 + 1');
    const done = await other.beta.threads.createAndRunPoll(
      { assistant_id: id, thread },
      { pollIntervalMs: 5 },
    );
    const { data } = await other.beta.threads.messages.list(done.thread_id);
    expect(data[0]!.content).toMatchObject([{ text: { value: expected } }]);
  }
  await fixed.close();
  folder.remove();
});
