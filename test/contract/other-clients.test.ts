/** Frameworks that applications are built with, as they are used: text, streams, tools, structured outputs. */
import { createOpenAI } from '@ai-sdk/openai';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, Output, stepCountIs, streamText, tool } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { RunningServer } from '../../src/server/index.js';
import { startTestServer } from '../support/server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ model: ['gpt-4o'] });
});
afterAll(() => server.close());

const WEATHER = z.object({ city: z.string() });
const THING = z.object({ name: z.string(), size: z.int().min(1).max(5), kinds: z.array(z.enum(['a', 'b'])) });

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

it('LangChain gets text, streams, tools and objects', async () => {
  const model = new ChatOpenAI({
    model: 'gpt-4o',
    apiKey: 'x',
    configuration: { baseURL: `${server.url}/v1` },
  });
  const { content } = await model.invoke('Hi');
  let streamed = '';
  for await (const chunk of await model.stream('Hi')) streamed += chunk.text;
  expect(streamed).toBe(content);
  const tools = [
    { type: 'function', function: { name: 'get_weather', parameters: z.toJSONSchema(WEATHER) } },
  ];
  const { tool_calls: calls } = await model.bindTools(tools).invoke('The weather in Oslo?');
  expect(calls).toMatchObject([{ name: 'get_weather', args: { city: 'Oslo' } }]);
  const thing = await model.withStructuredOutput(THING).invoke('x');
  expect(THING.safeParse(thing).success).toBe(true);
});
