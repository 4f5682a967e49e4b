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

interface Counts {
  cached: number;
  written: number;
  prompt: number;
}

async function chat(content: unknown, more: object = {}): Promise<Counts> {
  const { usage } = await client.chat.completions.create({
    model: server.model,
    messages: [{ role: 'user', content: content as string }],
    max_completion_tokens: 3,
    ...more,
  });
  const { cached_tokens: cached, cache_write_tokens: written } = usage!.prompt_tokens_details!;
  return { cached: cached!, written: written!, prompt: usage!.prompt_tokens };
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

const MARK = { prompt_cache_breakpoint: { mode: 'explicit' } };
const EXPLICIT = { prompt_cache_options: { mode: 'explicit' } };

describe('what is written to the cache', () => {
  it('is what was not there, in chats, responses and older completions', async () => {
    await start();
    const text = words('word', 900);
    const first = await chat(text);
    expect(first.written).toBe(Math.floor((first.prompt - 1) / 128) * 128);
    expect(await chat(text)).toMatchObject({ cached: first.written, written: 0 });
    const { usage } = await client.responses.create({ model: 'fakeai-1', input: words('other', 900) });
    expect(usage!.input_tokens_details.cache_write_tokens).toBeGreaterThan(1024);
    const older = await client.completions.create({
      model: 'fakeai-1',
      prompt: words('older', 900),
      max_tokens: 1,
    });
    expect(older.usage!.prompt_tokens_details!.cache_write_tokens).toBeGreaterThan(1024);
  });

  it('is nothing in explicit mode without a mark, and so is what is read', async () => {
    await start();
    const text = words('word', 900);
    await chat(text);
    expect(await chat(text, EXPLICIT)).toMatchObject({ cached: 0, written: 0 });
    expect(await chat(words('new', 900), EXPLICIT)).toMatchObject({ cached: 0, written: 0 });
    expect((await chat(words('new', 900))).cached).toBe(0);
  });

  it.each(['instant', 'physics'] as const)('ends at the marks in explicit mode (%s)', async (latency) => {
    await start(latency === 'physics' ? { latency, model: ['llama-3.1-8b'], tp: 1, timeScale: 20 } : {});
    const begin = { type: 'text', text: words('word', 900), ...MARK };
    const parts = (name: string) => [begin, { type: 'text', text: words(name, 300) }];
    const first = await chat(parts('left'), EXPLICIT);
    expect(first.cached).toBe(0);
    // Exactly there: in no steps.
    expect(first.written % 128).not.toBe(0);
    expect(first.written).toBeGreaterThan(1024);
    expect(first.written).toBeLessThan(first.prompt - 300);
    const again = await chat(parts('right'), EXPLICIT);
    expect(again.cached + again.written).toBe(first.written);
    expect(again.cached).toBeGreaterThan(1024);
  });

  it('is found by marks of responses, and marks that are none are refused', async () => {
    await start();
    const respond = (mark: object) =>
      client.responses.create({
        model: 'fakeai-1',
        input: [
          { role: 'user', content: [{ type: 'input_text', text: words('word', 900), ...mark }] },
        ] as never,
        prompt_cache_options: { mode: 'explicit' },
      });
    const { usage } = await respond(MARK);
    const written = usage!.input_tokens_details.cache_write_tokens;
    expect(written).toBeGreaterThan(1024);
    expect((await respond(MARK)).usage!.input_tokens_details).toEqual({
      cached_tokens: written,
      cache_write_tokens: 0,
    });
    const wrong = respond({ prompt_cache_breakpoint: { mode: 'none' } });
    await expect(wrong).rejects.toMatchObject({
      status: 400,
      param: 'input[0].content[0].prompt_cache_breakpoint.mode',
    });
    const ttl = chat('Hi', { prompt_cache_options: { ttl: '5m' } });
    await expect(ttl).rejects.toMatchObject({ status: 400, param: 'prompt_cache_options.ttl' });
  });
});

describe('cached tokens of a simulated cluster', () => {
  it('are reported by chats, responses and messages', async () => {
    const model = 'llama-3.1-8b';
    await start({ latency: 'physics', model: [model], tp: 1, timeScale: 20 });
    const content = words('word', 400);
    const { prompt } = await chat(content);
    const blocks = Math.floor((prompt - 1) / 16) * 16;
    expect(await chat(content)).toMatchObject({
      cached: blocks,
      written: Math.floor(prompt / 16) * 16 - blocks,
    });
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
