/** The AI SDK as applications use it: text, streams, tools, structured outputs, pictures, speech. */
import { createOpenAI } from '@ai-sdk/openai';
import {
  embedMany,
  experimental_generateSpeech as generateSpeech,
  experimental_transcribe as transcribe,
  generateImage,
  generateText,
  Output,
  stepCountIs,
  streamText,
  tool,
  ToolLoopAgent,
  type ToolSet,
} from 'ai';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { RunningServer } from '../../src/server/index.js';
import { startTestServer } from '../support/server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ model: [], bodyLimit: 8 * 1024 * 1024 });
});
afterAll(() => server.close());

/** The cosine of two vectors of length 1. */
const nearness = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

const WEATHER = z.object({ city: z.string() });
const THING = z.object({ name: z.string(), size: z.int().min(1).max(5), kinds: z.array(z.enum(['a', 'b'])) });

describe("the AI SDK with OpenAI's tools", () => {
  const openai = () => createOpenAI({ baseURL: `${server.url}/v1`, apiKey: 'x' });
  const kindsOf = (steps: { content: { type: string }[] }[]) =>
    steps.map(({ content }) => content.map(({ type }) => type));

  it('runs what the client runs, and goes on by the ids of items', async () => {
    const { shell, localShell, applyPatch } = openai().tools;
    const exit = { type: 'exit' as const, exitCode: 0 };
    const tools = {
      shell: shell({
        execute: ({ action }) =>
          Promise.resolve({
            output: action.commands.map((stdout) => ({ stdout, stderr: '', outcome: exit })),
          }),
      }),
      local_shell: localShell({ execute: () => Promise.resolve({ output: 'a.txt' }) }),
      apply_patch: applyPatch({ execute: () => Promise.resolve({ status: 'completed', output: 'done' }) }),
    };
    for (const [name, prompt] of [
      ['shell', 'List the files in the directory'],
      ['local_shell', 'List the files in the directory'],
      ['apply_patch', 'Create the file a.md'],
    ] as const) {
      const { steps } = await generateText({
        model: openai().responses('gpt-4o'),
        prompt,
        tools: { [name]: tools[name] } as unknown as ToolSet,
        stopWhen: stepCountIs(3),
      });
      expect(kindsOf(steps), name).toEqual([['tool-call', 'tool-result'], ['text']]);
    }
  });

  it('reads what the server runs', async () => {
    const { imageGeneration, webSearch, codeInterpreter, mcp } = openai().tools;
    const server_ = { serverLabel: 's', serverUrl: 'https://x', allowedTools: ['find_order'] };
    const { steps, sources } = await generateText({
      model: openai().responses('gpt-4o'),
      prompt: 'Draw the latest news, compute 2 + 3, find my order',
      tools: {
        image_generation: imageGeneration({ quality: 'low' }),
        web_search: webSearch({}),
        code_interpreter: codeInterpreter({}),
        mcp: mcp(server_),
      } as unknown as ToolSet,
    });
    const calls = Array.from({ length: 4 }, () => ['tool-call', 'tool-result']).flat();
    expect(kindsOf(steps)).toEqual([[...calls, 'text', 'source', 'source']]);
    expect(sources).toHaveLength(2);
  });
});

it('the AI SDK searches files, and runs agents', async () => {
  const openai = createOpenAI({ baseURL: `${server.url}/v1`, apiKey: 'x' });
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'x' });
  const store = await client.vectorStores.create({});
  const file = await toFile(Buffer.from('Refunds are paid within 14 days.'), 'refunds.txt');
  await client.vectorStores.files.uploadAndPoll(store.id, file, { pollIntervalMs: 5 });
  const fileSearch = openai.tools.fileSearch({ vectorStoreIds: [store.id] });
  const { steps, sources } = await generateText({
    model: openai.responses('gpt-4o'),
    prompt: 'When are refunds paid?',
    tools: { file_search: fileSearch } as unknown as ToolSet,
    providerOptions: { openai: { include: ['file_search_call.results'] } },
  });
  expect(steps[0]!.toolResults).toMatchObject([
    { toolName: 'file_search', output: { results: [{ filename: 'refunds.txt' }] } },
  ]);
  expect(sources).toMatchObject([{ sourceType: 'document', title: 'refunds.txt' }]);
  const cities: string[] = [];
  const weather = tool({
    inputSchema: WEATHER,
    execute: ({ city }) => {
      cities.push(city);
      return `sunny in ${city}`;
    },
  });
  const agent = new ToolLoopAgent({ model: openai.chat('gpt-4o'), tools: { get_weather: weather } });
  const { text } = await agent.generate({ prompt: 'The weather in Oslo and Rome?' });
  expect(cities.toSorted((a, b) => a.localeCompare(b))).toEqual(['Oslo', 'Rome']);
  expect(text).toMatch(/\w/);
});

describe.each(['chat', 'responses'] as const)('the AI SDK over %s', (kind) => {
  const model = () => createOpenAI({ baseURL: `${server.url}/v1`, apiKey: 'x' })[kind]('gpt-4o');

  it('gets the same text whole and streamed', async () => {
    const { text } = await generateText({ model: model(), prompt: 'Hi' });
    let streamed = '';
    for await (const part of streamText({ model: model(), prompt: 'Hi' }).textStream) streamed += part;
    expect(streamed).toBe(text);
    expect(text).toMatch(/\w/);
  });

  it('runs tools, and parses objects', async () => {
    const weather = tool({ inputSchema: WEATHER, execute: ({ city }) => `sunny in ${city}` });
    const { steps, text } = await generateText({
      model: model(),
      prompt: 'The weather in Oslo?',
      tools: { get_weather: weather },
      stopWhen: stepCountIs(3),
    });
    expect(steps).toHaveLength(2);
    expect(steps[0]!.toolCalls).toMatchObject([{ toolName: 'get_weather', input: { city: 'Oslo' } }]);
    expect(text).toMatch(/\w/);
    const { output } = await generateText({
      model: model(),
      prompt: 'x',
      output: Output.object({ schema: THING }),
    });
    expect(THING.safeParse(output).success).toBe(true);
  });
});

describe.each(['chat', 'responses'] as const)('streams of the AI SDK over %s', (kind) => {
  const model = (url = server.url) => createOpenAI({ baseURL: `${url}/v1`, apiKey: 'x' })[kind]('gpt-4o');

  it('bring calls and their results, objects as they grow, and usage', async () => {
    const weather = tool({ inputSchema: WEATHER, execute: ({ city }) => `sunny in ${city}` });
    const run = streamText({
      model: model(),
      prompt: 'The weather in Oslo?',
      tools: { get_weather: weather },
      stopWhen: stepCountIs(3),
    });
    const kinds = new Set<string>();
    for await (const { type } of run.fullStream) kinds.add(type);
    for (const type of ['tool-input-delta', 'tool-call', 'tool-result', 'text-delta', 'finish'])
      expect([...kinds]).toContain(type);
    expect((await run.steps).flatMap(({ toolResults }) => toolResults)).toMatchObject([
      { input: { city: 'Oslo' }, output: 'sunny in Oslo' },
    ]);
    expect((await run.totalUsage).totalTokens).toBeGreaterThan(0);
    const grown = streamText({ model: model(), prompt: 'x', output: Output.object({ schema: THING }) });
    let parts = 0;
    for await (const _ of grown.partialOutputStream) parts++;
    expect(parts).toBeGreaterThan(1);
    expect(THING.safeParse(await grown.output).success).toBe(true);
  });

  it('end when they are told to', async () => {
    const slow = await startTestServer({
      threads: 1,
      model: [],
      latency: 'fixed',
      ttft: 0,
      itl: 60_000,
      drain: 0,
    });
    try {
      const controller = new AbortController();
      const run = streamText({
        model: model(slow.url),
        prompt: 'Hi',
        abortSignal: controller.signal,
        onError: () => {},
      });
      const kinds: string[] = [];
      for await (const { type } of run.fullStream) {
        kinds.push(type);
        if (type === 'text-delta') controller.abort();
      }
      expect(kinds.at(-1)).toBe('abort');
    } finally {
      await slow.close();
    }
  });
});

it('the AI SDK gets vectors, pictures, speech and transcripts', async () => {
  const openai = createOpenAI({ baseURL: `${server.url}/v1`, apiKey: 'x' });
  const { embeddings } = await embedMany({
    model: openai.embedding('text-embedding-3-small'),
    values: ['king', 'queen', 'car'],
  });
  const [king, queen, car] = embeddings as [number[], number[], number[]];
  expect(nearness(king, queen)).toBeGreaterThan(nearness(king, car));
  const { image } = await generateImage({
    model: openai.image('dall-e-2'),
    prompt: 'a boat',
    size: '256x256',
  });
  expect(Buffer.from(image.uint8Array).toString('latin1', 1, 4)).toBe('PNG');
  const spoken = { model: openai.speech('tts-1'), text: 'Good morning to you.', outputFormat: 'wav' };
  const { audio } = await generateSpeech(spoken);
  expect(Buffer.from(audio.uint8Array).toString('latin1', 0, 4)).toBe('RIFF');
  const { text } = await transcribe({ model: openai.transcription('whisper-1'), audio: audio.uint8Array });
  expect(text).toMatch(/\w/);
});
