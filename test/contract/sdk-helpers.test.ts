/** What each major version of OpenAI's SDK builds upon the API: parsers, runners, pollers, pages, retries, time-outs. */
import OpenAI4 from 'openai-4';
import {
  makeParseableResponseFormat as format4,
  makeParseableTextFormat as text4,
} from 'openai-4/lib/parser';
import OpenAI5 from 'openai-5';
import {
  makeParseableResponseFormat as format5,
  makeParseableTextFormat as text5,
} from 'openai-5/lib/parser';
import OpenAI6, { toFile } from 'openai';
import { makeParseableResponseFormat as format6, makeParseableTextFormat as text6 } from 'openai/lib/parser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { RunningServer } from '../../src/server/index.js';
import { startTestServer } from '../support/server.js';

let server: RunningServer;
let slow: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ model: [], bodyLimit: 8 * 1024 * 1024 });
  slow = await startTestServer({
    threads: 1,
    model: [],
    latency: 'fixed',
    ttft: 0,
    itl: 60_000,
    jitter: 0,
    drain: 0,
  });
});
afterAll(() => Promise.all([server.close(), slow.close()]));

type Client = OpenAI6;
type Make = typeof OpenAI6;

const ASK = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'The weather in Oslo?' }] };
const WEATHER = {
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
};
const THING = z.object({ name: z.string(), size: z.int().min(1).max(5), kinds: z.array(z.enum(['a', 'b'])) });
const SCHEMA = { name: 'thing', strict: true, schema: z.toJSONSchema(THING) as Record<string, unknown> };
const parse = (text: string) => THING.parse(JSON.parse(text));

describe.each([
  ['4', OpenAI4 as unknown as Make, format4, text4],
  ['5', OpenAI5 as unknown as Make, format5, text5],
  ['6', OpenAI6, format6, text6],
])('version %s', (version, Make, makeFormat, makeText) => {
  const clientOf = (url: string, options: object = {}): Client =>
    new Make({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, ...options });
  /** Where version 4 has its helpers. */
  const chatsOf = ({ beta, chat }: Client): Client['chat']['completions'] =>
    (version === '4' ? (beta as unknown as Client).chat : chat).completions;
  let client: Client;
  let chats: Client['chat']['completions'];
  beforeAll(() => {
    client = clientOf(server.url);
    chats = chatsOf(client);
  });

  test('parses what a schema says, whole and streamed', async () => {
    const response_format = makeFormat({ type: 'json_schema', json_schema: SCHEMA }, parse);
    const { choices } = await chats.parse({ ...ASK, response_format });
    const { parsed } = choices[0]!.message;
    expect(THING.safeParse(parsed).success).toBe(true);
    const runner = chats.stream({ ...ASK, response_format, stream_options: { include_usage: true } });
    const texts: string[] = [];
    runner.on('content', (delta) => texts.push(delta));
    const final = await runner.finalChatCompletion();
    expect(final.choices[0]!.message.parsed).toEqual(parsed);
    expect(JSON.parse(texts.join(''))).toEqual(parsed);
    expect((await runner.totalUsage()).completion_tokens).toBeGreaterThan(0);
    const format = makeText({ type: 'json_schema', ...SCHEMA }, parse);
    const asked = { model: 'gpt-4o', input: 'A thing', text: { format } };
    const response = await client.responses.parse(asked);
    expect(THING.safeParse(response.output_parsed).success).toBe(true);
    const streamed = await client.responses.stream(asked).finalResponse();
    expect(streamed.output_parsed).toEqual(response.output_parsed);
  });

  test.each([false, true])('runs tools until there is an answer, streamed: %s', async (stream) => {
    const cities: unknown[] = [];
    const run = ({ city }: { city: string }): string => {
      cities.push(city);
      return 'sunny';
    };
    const tools = [{ type: 'function' as const, function: { ...WEATHER, parse: JSON.parse, function: run } }];
    const runner = chats.runTools({ ...ASK, tools, stream: stream as true });
    expect(await runner.finalContent()).toMatch(/\w/);
    expect(cities).toEqual(['Oslo']);
    expect(runner.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
  });

  test('has events of a stream of responses, by kind', async () => {
    const stream = client.responses.stream({ model: 'gpt-4o', input: 'Hi' });
    let text = '';
    stream.on('response.output_text.delta', ({ delta }) => (text += delta));
    const { output, status } = await stream.finalResponse();
    expect(output).toMatchObject([{ type: 'message', content: [{ type: 'output_text', text }] }]);
    expect(status).toBe('completed');
  });

  test('follows runs of assistants that call functions, polled and streamed', async () => {
    const assistant = await client.beta.assistants.create({
      model: 'gpt-4o',
      tools: [{ type: 'function', function: WEATHER }],
    });
    const begin = async () => {
      const thread = await client.beta.threads.create({ messages: ASK.messages });
      const about = { assistant_id: assistant.id };
      const run = await client.beta.threads.runs.createAndPoll(thread.id, about, { pollIntervalMs: 5 });
      expect(run.status).toBe('requires_action');
      const calls = run.required_action!.submit_tool_outputs.tool_calls;
      return { run, outputs: calls.map(({ id }) => ({ tool_call_id: id, output: 'sunny' })) };
    };
    const { runs } = client.beta.threads;
    const polled = await begin();
    const given = { thread_id: polled.run.thread_id, tool_outputs: polled.outputs };
    // Version 4 has the thread first, then the run.
    const done = await (version === '4'
      ? (runs.submitToolOutputsAndPoll as unknown as (...all: unknown[]) => Promise<typeof polled.run>).call(
          runs,
          polled.run.thread_id,
          polled.run.id,
          { tool_outputs: polled.outputs },
          { pollIntervalMs: 5 },
        )
      : runs.submitToolOutputsAndPoll(polled.run.id, given, { pollIntervalMs: 5 }));
    expect(done.status).toBe('completed');
    const streamed = await begin();
    const more = { thread_id: streamed.run.thread_id, tool_outputs: streamed.outputs };
    const stream =
      version === '4'
        ? (
            runs.submitToolOutputsStream as unknown as (
              ...all: unknown[]
            ) => ReturnType<typeof runs.submitToolOutputsStream>
          ).call(runs, streamed.run.thread_id, streamed.run.id, { tool_outputs: streamed.outputs })
        : runs.submitToolOutputsStream(streamed.run.id, more);
    let text = '';
    stream.on('textDelta', ({ value }) => (text += value ?? ''));
    const [message] = await stream.finalMessages();
    expect(message!.content).toMatchObject([{ type: 'text', text: { value: text } }]);
    const both = await client.beta.threads.createAndRunPoll(
      { assistant_id: assistant.id, thread: { messages: [{ role: 'user', content: 'Hi' }] } },
      { pollIntervalMs: 5 },
    );
    expect(both.status).toBe('completed');
  });

  test('uploads files into vector stores, and waits for them', async () => {
    const { id } = await client.vectorStores.create({});
    const files = await Promise.all(
      ['sky', 'sea'].map((name) => toFile(Buffer.from(`The ${name} is blue.`), `${name}.txt`)),
    );
    const batch = await client.vectorStores.fileBatches.uploadAndPoll(id, { files }, { pollIntervalMs: 5 });
    expect(batch).toMatchObject({ status: 'completed', file_counts: { completed: 2, total: 2 } });
    const { id: file } = await client.files.create({ file: files[0]!, purpose: 'assistants' });
    const one = await client.vectorStores.files.createAndPoll(id, { file_id: file }, { pollIntervalMs: 5 });
    expect(one.status).toBe('completed');
    const names: string[] = [];
    for await (const listed of client.vectorStores.files.list(id, { limit: 1 })) names.push(listed.id);
    expect(new Set(names).size).toBe(3);
  });

  test('walks lists of all kinds, page by page', async () => {
    for (let i = 0; i < 3; i++) {
      await client.beta.assistants.create({ model: 'gpt-4o', name: `walk ${version} ${i}` });
      await client.chat.completions.create({ ...ASK, store: true, metadata: { walk: version, i: `${i}` } });
    }
    const assistants: string[] = [];
    for await (const { name } of client.beta.assistants.list({ limit: 1, order: 'asc' }))
      if (name?.startsWith(`walk ${version}`)) assistants.push(name.slice(-1));
    expect(assistants).toEqual(['0', '1', '2']);
    const page = await client.chat.completions.list({ limit: 2, metadata: { walk: version } });
    expect(page.data).toHaveLength(2);
    expect(page.hasNextPage()).toBe(true);
    const next = await page.getNextPage();
    const kept = [...page.data, ...next.data] as { metadata?: Record<string, string> }[];
    expect(kept.map(({ metadata }) => metadata!['i'])).toEqual(['0', '1', '2']);
    expect(next.hasNextPage()).toBe(false);
  });

  test('shows responses as they came, with the id of the request', async () => {
    const { data, response, request_id: id } = await client.chat.completions.create(ASK).withResponse();
    expect(data).toMatchObject({ _request_id: id });
    expect(response.headers.get('x-request-id')).toBe(id);
    expect(Number(response.headers.get('openai-processing-ms'))).toBeGreaterThanOrEqual(0);
    const raw = await client.chat.completions.create(ASK).asResponse();
    expect(await raw.json()).toMatchObject({ object: 'chat.completion', choices: data.choices });
    const spoken = await client.audio.speech.create({ model: 'tts-1', voice: 'nova', input: 'Good day.' });
    let bytes = 0;
    for await (const part of spoken.body as unknown as AsyncIterable<Uint8Array>) bytes += part.length;
    expect(bytes).toBeGreaterThan(1000);
  });

  test('tees streams, and makes them readable', async () => {
    const stream = await client.chat.completions.create({ ...ASK, stream: true });
    const [left, right] = stream.tee();
    const textOf = async (chunks: typeof left): Promise<string> => {
      let text = '';
      for await (const { choices } of chunks) text += choices[0]?.delta.content ?? '';
      return text;
    };
    const [one, two] = await Promise.all([textOf(left), textOf(right)]);
    expect(one).toMatch(/\w/);
    expect(two).toBe(one);
    const again = await client.chat.completions.create({ ...ASK, stream: true });
    const lines = (await new Response(again.toReadableStream() as ReadableStream).text()).trim().split('\n');
    expect(JSON.parse(lines[0]!)).toMatchObject({ object: 'chat.completion.chunk' });
  });

  test('tries again as it is told, and not where it is told not to', async () => {
    const patient = clientOf(server.url, { maxRetries: 2 });
    const say = (content: string) => ({ ...ASK, messages: [{ role: 'user' as const, content }] });
    const startMs = performance.now();
    // New ones for each version: fixtures count their calls.
    await server.setFixtures([
      {
        match: { contains: 'retry', call: 1 },
        answer: { error: { status: 429, message: 'Slow down.', headers: { 'retry-after-ms': '20' } } },
      },
      {
        match: { contains: 'retry', call: 2 },
        answer: { error: { status: 503, message: 'Not yet.', headers: { 'retry-after-ms': '20' } } },
      },
      {
        match: { contains: 'never' },
        answer: { error: { status: 503, message: 'No.', headers: { 'x-should-retry': 'false' } } },
      },
    ]);
    expect((await patient.chat.completions.create(say('retry'))).choices).toHaveLength(1);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(40);
    const never = patient.chat.completions.create(say('never'));
    await expect(never).rejects.toMatchObject({ status: 503 });
    await expect(never).rejects.toBeInstanceOf(Make.InternalServerError);
    const impatient = client.chat.completions.create(say('never'));
    await expect(impatient).rejects.toThrow('No.');
    await server.setFixtures([]);
  });

  test('gives up after its time-out, and when it is told to', async () => {
    const waiting = clientOf(slow.url);
    const late = waiting.chat.completions.create(ASK, { timeout: 50 });
    await expect(late).rejects.toBeInstanceOf(Make.APIConnectionTimeoutError);
    const controller = new AbortController();
    const aborted = waiting.chat.completions.create(ASK, { signal: controller.signal });
    controller.abort();
    await expect(aborted).rejects.toBeInstanceOf(Make.APIUserAbortError);
    const stream = await waiting.chat.completions.create({ ...ASK, stream: true });
    let chunks = 0;
    for await (const _ of stream) {
      chunks++;
      stream.controller.abort();
    }
    expect(chunks).toBeGreaterThan(0);
    const runner = chatsOf(waiting).stream(ASK);
    runner.abort();
    await expect(runner.done()).rejects.toBeInstanceOf(Make.APIUserAbortError);
    // The server gives the requests up.
    await expect
      .poll(async () =>
        (await (await fetch(`${slow.url}/metrics`)).text()).match(/^fakeai_generations_active\S* [1-9]/m),
      )
      .toBeNull();
  });
});
