/** Tokens by themselves, as vLLM's server tells them: they are those of answers to the same words. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { startTestServer } from '../support/server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ model: ['gpt-4o', 'llama-3.3-70b'], threads: 1 });
});
afterAll(() => server.close());

interface Tokens {
  count: number;
  max_model_len: number;
  tokens: number[];
  token_strs: string[] | null;
}

async function post<T>(path: string, body: object): Promise<T> {
  const response = await fetch(server.url + path, { method: 'POST', body: JSON.stringify(body) });
  const text = await response.text();
  expect(response.status, text.slice(0, 300)).toBe(200);
  return JSON.parse(text) as T;
}

const TEXTS = ['Hello world', '', 'Grüße, 世界! 🎉', 'a '.repeat(50_000), 'x'.repeat(100_000)];
const TOOL = {
  type: 'function',
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};

describe('tokens of a prompt', () => {
  it.each(TEXTS.map((text) => [text.slice(0, 20), text]))('%j and back', async (_, prompt) => {
    const told = await post<Tokens>('/tokenize', { model: 'gpt-4o', prompt });
    expect(told).toMatchObject({ count: told.tokens.length, max_model_len: 128_000, token_strs: null });
    expect(await post('/detokenize', { model: 'gpt-4o', tokens: told.tokens })).toEqual({ prompt });
  });

  it('are those that an answer says', async () => {
    const prompt = 'The quick brown fox jumps over the lazy dog.';
    const told = await post<Tokens>('/v1/tokenize', { prompt, return_token_strs: true });
    expect(told.token_strs!.join('')).toBe(prompt);
    const answered = await post<{ choices: [{ prompt_token_ids: number[] }] }>('/v1/completions', {
      model: 'llama-3.3-70b',
      prompt,
      max_tokens: 1,
      return_token_ids: true,
    });
    expect(answered.choices[0].prompt_token_ids).toEqual(told.tokens);
  });
});

describe('tokens of a chat', () => {
  it.each([
    ['plain', {}],
    ['with tools', { tools: [TOOL] }],
    ['gone on with', { add_generation_prompt: false, continue_final_message: true }],
    ['of a picture', { messages: [{ role: 'user', content: [picture()] }] }],
    ['of a long text', { messages: [{ role: 'user', content: 'y'.repeat(100_000) }] }],
  ])('%s are as many as its usage counts', async (_, rest) => {
    const body = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello there' }], ...rest };
    const told = await post<Tokens>('/tokenize', body);
    const answered = await post<{ usage: { prompt_tokens: number } }>('/v1/chat/completions', {
      ...body,
      max_tokens: 1,
    });
    expect(told.count).toBe(told.tokens.length);
    expect(told.count).toBe(answered.usage.prompt_tokens);
  });

  it('have the marks of the template around them', async () => {
    const messages = [{ role: 'user', content: 'Hi' }];
    const { tokens } = await post<Tokens>('/tokenize', { messages });
    expect(await post('/detokenize', { tokens })).toEqual({
      prompt: '<|im_start|>user<|im_sep|>Hi<|im_end|><|im_start|>assistant<|im_sep|>',
    });
  });
});

it.each([
  ['/tokenize', {}, 400, 'prompt'],
  ['/tokenize', { prompt: 'x', model: 'none' }, 404, null],
  ['/tokenize', { messages: [] }, 400, 'messages'],
  ['/detokenize', { tokens: [-1] }, 400, 'tokens[0]'],
  ['/detokenize', { tokens: ['x'] }, 400, 'tokens[0]'],
])('%s refuses %j', async (path, body, status, param) => {
  const response = await fetch(server.url + path, { method: 'POST', body: JSON.stringify(body) });
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ error: { param } });
});

it('tells its version', async () => {
  const response = await fetch(`${server.url}/version`);
  expect(await response.json()).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
});

function picture(): object {
  const pixel =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  return { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } };
}
