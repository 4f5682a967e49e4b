import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunningServer, ServerOptions } from '../../src/server/index.js';
import { startTestServer } from '../support/server.js';

let server: RunningServer;
let client: OpenAI;
let anthropic: Anthropic;
afterEach(() => server.close());

async function start(options: Partial<ServerOptions> = {}): Promise<void> {
  server = await startTestServer(options);
  // A connection for each request, so that all threads get some.
  const common = { apiKey: 'x', maxRetries: 0, defaultHeaders: { connection: 'close' } };
  client = new OpenAI({ ...common, baseURL: `${server.url}/v1` });
  anthropic = new Anthropic({ ...common, baseURL: server.url });
}

const words = (name: string, count: number): string =>
  Array.from({ length: count }, (_, i) => `${name}${i % 97}`).join(' ');

async function chat(content: string, more: object = {}): Promise<{ cached: number; prompt: number }> {
  const { usage } = await client.chat.completions.create({
    model: server.model,
    messages: [{ role: 'user', content }],
    max_completion_tokens: 3,
    ...more,
  });
  return { cached: usage!.prompt_tokens_details!.cached_tokens!, prompt: usage!.prompt_tokens };
}

describe('cached tokens without a simulated cluster', () => {
  it.each(['instant', 'fixed', 'profile'] as const)(
    'of %s answers come in steps, on any thread',
    async (latency) => {
      await start({ latency, ttft: 1, itl: 1 });
      const text = words('word', 900);
      expect((await chat(text)).cached).toBe(0);
      for (let i = 0; i < 4; i++) {
        const { cached, prompt } = await chat(text);
        expect(prompt).toBeGreaterThan(1024);
        expect(cached).toBe(Math.floor((prompt - 1) / 128) * 128);
      }
    },
    20_000,
  );

  it('are of the common beginning only, of long prompts, of the same model and salt', async () => {
    await start();
    const begin = words('word', 900);
    const { prompt } = await chat(`${begin} ${words('left', 300)}`);
    const { cached } = await chat(`${begin} ${words('right', 300)}`);
    expect(cached % 128).toBe(0);
    expect(cached).toBeGreaterThanOrEqual(1024);
    expect(cached).toBeLessThan(prompt - 300);
    expect((await chat(begin, { model: 'org/other:1' })).cached).toBe(0);
    expect((await chat(begin, { cache_salt: 'a' })).cached).toBe(0);
    expect((await chat(begin, { cache_salt: 'a' })).cached).toBeGreaterThan(0);
    const short = words('short', 200);
    await chat(short);
    expect((await chat(short)).cached).toBe(0);
  });

  it('are the same in streams, responses and messages', async () => {
    await start();
    const content = words('word', 900);
    const { prompt } = await chat(content);
    const steps = Math.floor((prompt - 1) / 128) * 128;
    const stream = await client.chat.completions.create({
      model: 'fakeai-1',
      messages: [{ role: 'user', content }],
      stream: true,
      stream_options: { include_usage: true },
    });
    let streamed: number | undefined;
    for await (const { usage } of stream) streamed = usage?.prompt_tokens_details?.cached_tokens ?? streamed;
    expect(streamed).toBe(steps);
    const response = await client.responses.create({ model: 'fakeai-1', input: content });
    expect(response.usage!.input_tokens_details.cached_tokens).toBe(steps);
    await expectAnthropic(content, 'fakeai-1', steps);
  });
});

describe('cached tokens of a simulated cluster', () => {
  it('are reported by chats, responses and messages', async () => {
    const model = 'llama-3.1-8b';
    await start({ latency: 'physics', model: [model], tp: 1, timeScale: 20 });
    const content = words('word', 400);
    const { prompt } = await chat(content);
    const blocks = Math.floor((prompt - 1) / 16) * 16;
    expect((await chat(content)).cached).toBe(blocks);
    const asked = { model, input: content, max_output_tokens: 16 };
    expect((await client.responses.create(asked)).usage!.input_tokens_details.cached_tokens).toBe(blocks);
    await expectAnthropic(content, model, blocks);
  });
});

/** Only what is marked can be read from the cache. */
async function expectAnthropic(text: string, model: string, cached: number): Promise<void> {
  const block = { type: 'text' as const, text, cache_control: { type: 'ephemeral' as const } };
  const { usage } = await anthropic.messages.create({
    model,
    max_tokens: 3,
    messages: [{ role: 'user', content: [block] }],
  });
  expect(usage.cache_read_input_tokens).toBe(cached);
}
