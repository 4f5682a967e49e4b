/** LlamaIndex as applications use it: chat, streams, tools, structured outputs, embeddings, an index that is asked. */
import { OpenAI, OpenAIEmbedding, OpenAIResponses } from '@llamaindex/openai';
import {
  ContextChatEngine,
  Document,
  LLMAgent,
  Settings,
  SimpleChatEngine,
  tool,
  VectorStoreIndex,
} from 'llamaindex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { RunningServer } from '../../src/server/index.js';
import { startTestServer } from '../support/server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ model: ['gpt-4o', 'text-embedding-3-small'] });
});
afterAll(() => server.close());

const options = () => ({ model: 'gpt-4o', apiKey: 'x', baseURL: `${server.url}/v1`, maxRetries: 0 }) as const;
const embedder = () => new OpenAIEmbedding({ ...options(), model: 'text-embedding-3-small' });

const messages = [{ role: 'user', content: 'Hi' }] as const;
const THING = z.object({ name: z.string(), size: z.int().min(1).max(5), kinds: z.array(z.enum(['a', 'b'])) });

const getWeather = tool({
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `sunny in ${city}`,
});

const QUESTION = { role: 'user', content: 'The weather in Oslo?' } as const;

describe('the model over chat', () => {
  it('gives the same text whole and streamed', async () => {
    const { message } = await new OpenAI(options()).chat({ messages: [...messages] });
    let streamed = '';
    const stream = await new OpenAI(options()).chat({ messages: [...messages], stream: true });
    for await (const { delta } of stream) streamed += delta;
    expect(streamed).toBe(message.content);
    expect(streamed).toMatch(/\w/);
  });

  it('calls tools', async () => {
    const { message } = await new OpenAI(options()).chat({ messages: [QUESTION], tools: [getWeather] });
    const { toolCall } = message.options as { toolCall: { name: string; input: string }[] };
    expect(toolCall.map(({ name, input }) => [name, JSON.parse(input)])).toEqual([
      ['get_weather', { city: 'Oslo' }],
    ]);
  });

  it('answers with objects', async () => {
    const llm = new OpenAI(options());
    const { message } = await llm.chat({ messages: [...messages], responseFormat: THING });
    expect(THING.safeParse(JSON.parse(message.content as string)).success).toBe(true);
  });
});

describe('the model over responses', () => {
  it('gives the same text whole and streamed', async () => {
    const { message } = await new OpenAIResponses(options()).chat({ messages: [...messages] });
    let streamed = '';
    const stream = await new OpenAIResponses(options()).chat({ messages: [...messages], stream: true });
    // It repeats the last delta with each event that has none.
    for await (const { delta, raw } of stream) {
      if ((raw as { type: string }).type === 'response.output_text.delta') streamed += delta;
    }
    expect(streamed).toBe(message.content);
  });

  it('calls tools', async () => {
    const llm = new OpenAIResponses(options());
    const { message } = await llm.chat({ messages: [QUESTION], tools: [getWeather] });
    expect(message.options).toMatchObject({ toolCall: [{ name: 'get_weather', input: '{"city":"Oslo"}' }] });
  });
});

it('runs a tool and goes on with what it gave', async () => {
  const { newMessages, toolCalls } = await new OpenAI(options()).exec({
    messages: [QUESTION],
    tools: [getWeather],
  });
  expect(toolCalls).toMatchObject([{ name: 'get_weather' }]);
  expect(JSON.stringify(newMessages)).toContain('sunny in Oslo');
});

it('embeds texts, near ones nearer', async () => {
  const [king, queen, car] = await embedder().getTextEmbeddings(['king', 'queen', 'car']);
  expect(king).toHaveLength(1536);
  const near = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  expect(near(king!, queen!)).toBeGreaterThan(near(king!, car!));
});

it('answers from an index with the document that the question is about', async () => {
  const texts = ['The harbour of Oslo is closed in winter.', 'Bread is baked with flour, water and salt.'];
  const llm = new OpenAI(options());
  const asked = await Settings.withLLM(llm, () =>
    Settings.withEmbedModel(embedder(), async () => {
      const index = await VectorStoreIndex.fromDocuments(texts.map((text) => new Document({ text })));
      return index.asQueryEngine({ similarityTopK: 1 }).query({ query: 'How is bread baked?' });
    }),
  );
  expect(asked.sourceNodes).toHaveLength(1);
  expect(JSON.stringify(asked.sourceNodes![0])).toContain('flour');
  expect(asked.toString()).toMatch(/\w/);
});

const indexOf = (texts: readonly string[]): Promise<VectorStoreIndex> =>
  VectorStoreIndex.fromDocuments(texts.map((text) => new Document({ text })));

it('chats, remembering what was said, and with what an index knows', async () => {
  const llm = new OpenAI(options());
  await Settings.withLLM(llm, () =>
    Settings.withEmbedModel(embedder(), async () => {
      const simple = new SimpleChatEngine({ llm });
      const first = await simple.chat({ message: 'Hi' });
      let streamed = '';
      for await (const { delta } of await simple.chat({ message: 'And now?', stream: true }))
        streamed += delta;
      expect(streamed).toMatch(/\w/);
      expect(streamed).not.toBe(first.message.content);
      const index = await indexOf(['The harbour of Oslo is closed in winter.', 'Bread is baked with flour.']);
      const engine = new ContextChatEngine({
        chatModel: llm,
        retriever: index.asRetriever({ similarityTopK: 1 }),
      });
      const { sourceNodes } = await engine.chat({ message: 'How is bread baked?' });
      expect(JSON.stringify(sourceNodes)).toContain('flour');
    }),
  );
});

it('runs agents that call tools', async () => {
  const agent = new LLMAgent({ llm: new OpenAI(options()), tools: [getWeather] });
  const { message } = await agent.chat({ message: QUESTION.content });
  expect(message.content).toMatch(/\w/);
  const called = JSON.stringify(agent.chatHistory);
  expect(called).toContain('sunny in Oslo');
});
