/** LangChain as applications use it: text, streams, tools, structured outputs, batches, vectors. */
import {
  type AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  type ToolMessage,
} from '@langchain/core/messages';
import { tool as asTool } from '@langchain/core/tools';
import { AzureChatOpenAI, ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { useServer } from '../support/use-server.js';

const used = useServer({ model: [], bodyLimit: 8 * 1024 * 1024 });

/** The cosine of two vectors of length 1. */
const nearness = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

const WEATHER = z.object({ city: z.string() });
const THING = z.object({ name: z.string(), size: z.int().min(1).max(5), kinds: z.array(z.enum(['a', 'b'])) });

describe.each([false, true])('LangChain, with the Responses API: %s', (useResponsesApi) => {
  it('gets text, streams, tools and objects', async () => {
    const model = new ChatOpenAI({
      model: 'gpt-4o',
      apiKey: 'x',
      useResponsesApi,
      configuration: { baseURL: `${used.server.url}/v1` },
    });
    const { text } = await model.invoke('Hi');
    let streamed = '';
    for await (const chunk of await model.stream('Hi')) streamed += chunk.text;
    expect(streamed).toBe(text);
    const tools = [
      { type: 'function', function: { name: 'get_weather', parameters: z.toJSONSchema(WEATHER) } },
    ];
    const { tool_calls: calls } = await model.bindTools(tools).invoke('The weather in Oslo?');
    expect(calls).toMatchObject([{ name: 'get_weather', args: { city: 'Oslo' } }]);
    const thing = await model.withStructuredOutput(THING).invoke('x');
    expect(THING.safeParse(thing).success).toBe(true);
  });
});

it.each([false, true])(
  'LangChain streams calls and usage, and batches, with the Responses API: %s',
  async (useResponsesApi) => {
    const configuration = { baseURL: `${used.server.url}/v1` };
    const model = new ChatOpenAI({
      model: 'gpt-4o',
      apiKey: 'x',
      useResponsesApi,
      streamUsage: true,
      configuration,
    });
    const tools = [
      { type: 'function', function: { name: 'get_weather', parameters: z.toJSONSchema(WEATHER) } },
    ];
    let joined: AIMessageChunk | undefined;
    for await (const chunk of await model.bindTools(tools).stream('The weather in Oslo?'))
      joined = joined ? joined.concat(chunk) : chunk;
    expect(joined!.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Oslo' } }]);
    expect(joined!.usage_metadata).toMatchObject({ total_tokens: expect.any(Number) as number });
    const answers = await model.batch(['One', 'Two']);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(2);
    await expect(model.invoke('Hi', { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  },
);

it.each(['functionCalling', 'jsonMode', 'jsonSchema'] as const)(
  'LangChain gets objects by its method %s',
  async (method) => {
    const configuration = { baseURL: `${used.server.url}/v1` };
    for (const useResponsesApi of [false, true]) {
      const model = new ChatOpenAI({ model: 'gpt-4o', apiKey: 'x', useResponsesApi, configuration });
      const asked = model.withStructuredOutput(z.object({ city: z.string() }), {
        method,
        name: 'thing',
        includeRaw: true,
      });
      const { raw, parsed } = await asked.invoke('Say as JSON the city of: The weather in Oslo?');
      // Without a schema it is JSON of any shape.
      if (method === 'jsonMode') expect(JSON.parse((raw as AIMessageChunk).text)).toBeTypeOf('object');
      else expect(parsed).toEqual({ city: expect.any(String) as string });
    }
  },
);

it('LangChain goes on with what tools gave, until there is an answer', async () => {
  const configuration = { baseURL: `${used.server.url}/v1` };
  for (const useResponsesApi of [false, true]) {
    const weather = asTool(({ city }: { city: string }) => `sunny in ${city}`, {
      name: 'get_weather',
      schema: WEATHER,
    });
    const model = new ChatOpenAI({ model: 'gpt-4o', apiKey: 'x', useResponsesApi, configuration });
    const messages: BaseMessage[] = [new HumanMessage('The weather in Oslo?')];
    const results: unknown[] = [];
    for (let turn = 0; turn < 4; turn++) {
      const answer = await model.bindTools([weather]).invoke(messages);
      messages.push(answer);
      const calls = answer.tool_calls ?? [];
      if (calls.length === 0) break;
      for (const call of calls) {
        const result: ToolMessage = await weather.invoke({ ...call, type: 'tool_call' as const });
        results.push(result.content);
        messages.push(result);
      }
    }
    expect(results).toEqual(['sunny in Oslo']);
    expect(messages.at(-1)!.text).toMatch(/\w/);
  }
});

it("LangChain's Azure client asks the deployment", async () => {
  const model = new AzureChatOpenAI({
    azureOpenAIApiKey: 'x',
    azureOpenAIEndpoint: used.server.url,
    azureOpenAIApiDeploymentName: 'gpt-4o',
    azureOpenAIApiVersion: '2024-10-21',
  });
  const { text, response_metadata: about } = await model.invoke('Hi');
  expect(text).toMatch(/\w/);
  expect(about).toMatchObject({ model_name: 'gpt-4o-2024-08-06' });
});

it('LangChain gets vectors', async () => {
  const configuration = { baseURL: `${used.server.url}/v1` };
  const model = new OpenAIEmbeddings({ model: 'text-embedding-3-small', apiKey: 'x', configuration });
  const [king, queen, car] = (await model.embedDocuments(['king', 'queen', 'car'])) as [number[], number[], number[]]; // prettier-ignore
  expect(nearness(king, queen)).toBeGreaterThan(nearness(king, car));
  expect(nearness(await model.embedQuery('king'), king)).toBeCloseTo(1, 5);
});
