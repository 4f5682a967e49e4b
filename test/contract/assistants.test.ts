import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { startTestServer } from '../support/server.js';
import { expectError, expectSchema, expectValid } from '../support/spec.js';

let server: RunningServer;
let client: OpenAI;
let slow: RunningServer;
beforeAll(async () => {
  server = await startTestServer();
  slow = await startTestServer({ latency: 'fixed', ttft: 500, itl: 50, threads: 1 });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'sk-test', maxRetries: 0 });
});
afterAll(() => Promise.all([server.close(), slow.close()]));

const WEATHER = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
} satisfies OpenAI.Beta.AssistantTool;

const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const ask = (content: string) => ({ messages: [{ role: 'user' as const, content }] });
const assistant = (tools: OpenAI.Beta.AssistantTool[] = []) =>
  client.beta.assistants.create({ model: 'fakeai-1', name: 'Ann', instructions: 'Be kind.', tools });

describe('assistants and threads', () => {
  it('are made, listed, changed and deleted', async () => {
    const made = await assistant();
    expectValid('createAssistant', plain(made));
    expect(await client.beta.assistants.update(made.id, { name: 'Bob' })).toMatchObject({
      name: 'Bob',
      instructions: 'Be kind.',
    });
    const listed = await client.beta.assistants.list({ limit: 1 });
    expectValid('listAssistants', {
      object: 'list',
      first_id: '',
      last_id: '',
      has_more: false,
      data: plain(listed.data),
    });
    expect(listed.data[0]!.id).toBe(made.id);
    expect(await client.beta.assistants.delete(made.id)).toMatchObject({ deleted: true });
    await expect(client.beta.assistants.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
    const thread = await client.beta.threads.create({ ...ask('Hi'), metadata: { a: 'b' } });
    expectValid('createThread', plain(thread));
    const message = await client.beta.threads.messages.create(thread.id, { role: 'user', content: 'And?' });
    expectValid('createMessage', plain(message));
    const { data } = await client.beta.threads.messages.list(thread.id);
    expect(
      data.map(({ content }) => (content[0] as OpenAI.Beta.Threads.TextContentBlock).text.value),
    ).toEqual(['And?', 'Hi']);
    await client.beta.threads.messages.delete(message.id, { thread_id: thread.id });
    expect(await client.beta.threads.update(thread.id, { metadata: { c: 'd' } })).toMatchObject({
      metadata: { c: 'd' },
    });
    expect(await client.beta.threads.delete(thread.id)).toMatchObject({ deleted: true });
  });
});

describe('a run', () => {
  it('answers in the thread', async () => {
    const { id: assistantId } = await assistant();
    const thread = await client.beta.threads.create(ask('Hello'));
    const run = await client.beta.threads.runs.createAndPoll(
      thread.id,
      { assistant_id: assistantId },
      { pollIntervalMs: 5 },
    );
    expect(run).toMatchObject({ status: 'completed', last_error: null });
    expectValid('getRun', plain(run));
    expect(run.usage!.total_tokens).toBe(run.usage!.prompt_tokens + run.usage!.completion_tokens);
    const { data } = await client.beta.threads.messages.list(thread.id, { run_id: run.id });
    expect(data).toMatchObject([{ role: 'assistant', status: 'completed', run_id: run.id }]);
    const steps = await client.beta.threads.runs.steps.list(run.id, { thread_id: thread.id });
    expect(steps.data).toMatchObject([{ type: 'message_creation', status: 'completed' }]);
    expectValid('getRunStep', plain(steps.data[0]!));
  });

  it('waits for the results of tools, and goes on with them', async () => {
    const { id: assistantId } = await assistant([WEATHER]);
    const run = await client.beta.threads.createAndRunPoll(
      { assistant_id: assistantId, thread: ask('The weather in Oslo?') },
      { pollIntervalMs: 5 },
    );
    expect(run.status).toBe('requires_action');
    expectValid('getRun', plain(run));
    const [call] = run.required_action!.submit_tool_outputs.tool_calls;
    expect(JSON.parse(call!.function.arguments)).toEqual({ city: expect.any(String) as string });
    const url = `${server.url}/v1/threads/${run.thread_id}`;
    const busy = await fetch(`${url}/messages`, {
      method: 'POST',
      body: JSON.stringify({ role: 'user', content: 'x' }),
    });
    await expectError(busy, 400, {});
    const wrong = await fetch(`${url}/runs/${run.id}/submit_tool_outputs`, {
      method: 'POST',
      body: JSON.stringify({ tool_outputs: [{ tool_call_id: 'call_x', output: '' }] }),
    });
    await expectError(wrong, 400, { param: 'tool_outputs' });
    const done = await client.beta.threads.runs.submitToolOutputsAndPoll(
      run.id,
      { thread_id: run.thread_id, tool_outputs: [{ tool_call_id: call!.id, output: 'sunny' }] },
      { pollIntervalMs: 5 },
    );
    expect(done.status).toBe('completed');
    const steps = await client.beta.threads.runs.steps.list(run.id, {
      thread_id: run.thread_id,
      order: 'asc',
    });
    expect(steps.data.map(({ type, status }) => [type, status])).toEqual([
      ['tool_calls', 'completed'],
      ['message_creation', 'completed'],
    ]);
  });

  it('is streamed in events of the specification', async () => {
    const { id: assistantId } = await assistant([WEATHER]);
    const thread = await client.beta.threads.create(ask('Hello'));
    const stream = await client.beta.threads.runs.create(thread.id, {
      assistant_id: assistantId,
      stream: true,
    });
    const events: OpenAI.Beta.AssistantStreamEvent[] = [];
    for await (const event of stream) {
      expectSchema('threads', 'AssistantStreamEvent', plain(event));
      events.push(event);
    }
    expect([...new Set(events.map(({ event }) => event))]).toEqual([
      'thread.run.created',
      'thread.run.queued',
      'thread.run.in_progress',
      'thread.run.step.created',
      'thread.run.step.in_progress',
      'thread.message.created',
      'thread.message.in_progress',
      'thread.message.delta',
      'thread.message.completed',
      'thread.run.step.completed',
      'thread.run.completed',
    ]);
    const helper = client.beta.threads.runs.stream(thread.id, {
      assistant_id: assistantId,
      additional_messages: ask('The weather?').messages,
    });
    const final = await helper.finalRun();
    expect(final.status).toBe('requires_action');
    const calls = final.required_action!.submit_tool_outputs.tool_calls;
    const goOn = client.beta.threads.runs.submitToolOutputsStream(final.id, {
      thread_id: thread.id,
      tool_outputs: calls.map(({ id }) => ({ tool_call_id: id, output: 'sunny' })),
    });
    expect((await goOn.finalMessages())[0]).toMatchObject({ role: 'assistant', run_id: final.id });
  });

  it('is cancelled, while it waits and while it is under way', async () => {
    const { id: assistantId } = await assistant([WEATHER]);
    const run = await client.beta.threads.createAndRunPoll(
      { assistant_id: assistantId, thread: ask('The weather?') },
      { pollIntervalMs: 5 },
    );
    const at = { thread_id: run.thread_id };
    expect(await client.beta.threads.runs.cancel(run.id, at)).toMatchObject({ status: 'cancelled' });
    await expect(client.beta.threads.runs.cancel(run.id, at)).rejects.toMatchObject({ status: 400 });
    const other = new OpenAI({ baseURL: `${slow.url}/v1`, apiKey: 'x', maxRetries: 0 });
    const { id } = await other.beta.assistants.create({ model: 'fakeai-1' });
    const begun = await other.beta.threads.createAndRun({ assistant_id: id, thread: ask('Hi') });
    expect((await other.beta.threads.runs.cancel(begun.id, { thread_id: begun.thread_id })).status).toMatch(
      /^cancell/,
    );
    const over = await other.beta.threads.runs.poll(
      begun.id,
      { thread_id: begun.thread_id },
      { pollIntervalMs: 5 },
    );
    expect(over).toMatchObject({ status: 'cancelled', cancelled_at: expect.any(Number) as number });
  });
});
