import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { startTestServer } from '../support/server.js';
import { expectAnswer, expectError } from '../support/spec.js';

let server: RunningServer;
let client: OpenAI;
beforeAll(async () => {
  server = await startTestServer();
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'sk-test', maxRetries: 0 });
});
afterAll(() => server.close());

const post = (body: object): Promise<Response> =>
  fetch(`${server.url}/v1/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'fakeai-1', ...body }),
  });
const complete = async (body: object) =>
  expectAnswer<OpenAI.Completion>('createCompletion', await post(body));

describe('completions', () => {
  it('have 16 tokens by default, and exactly what is asked for', async () => {
    const usual = await client.completions.create({
      model: 'fakeai-1',
      prompt: 'Once upon a time',
      min_tokens: 16,
    } as never);
    expect((usual as OpenAI.Completion).usage).toMatchObject({ prompt_tokens: 4 });
    const { usage, choices } = await complete({ prompt: 'Once upon a time' });
    expect(usage).toMatchObject({ prompt_tokens: 4, completion_tokens: 16, total_tokens: 20 });
    expect(choices).toMatchObject([{ index: 0, finish_reason: 'length', logprobs: null }]);
    const forced = await complete({ prompt: [15339, 1917], max_tokens: 700, ignore_eos: true });
    expect(forced.usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 700 });
  });

  it('answer each prompt of a list n times, in order', async () => {
    const { choices, usage } = await complete({ prompt: ['a', 'b'], n: 2, max_tokens: 8, echo: true });
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(choices.map(({ text }) => text[0])).toEqual(['a', 'a', 'b', 'b']);
    expect(new Set(choices.map(({ text }) => text)).size).toBe(4);
    expect(usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 32 });
  });

  it('are the same when streamed', async () => {
    const body = { prompt: ['x', 'y'], max_tokens: 30, stop: ' the', echo: true, logprobs: 2 };
    const whole = (await (await post(body)).json()) as OpenAI.Completion;
    const streamed = await post({ ...body, stream: true, stream_options: { include_usage: true } });
    expect(streamed.headers.get('content-type')).toContain('text/event-stream');
    const events = (await streamed.text()).split('\n\n').filter((event) => event !== '');
    expect(events.pop()).toBe('data: [DONE]');
    const chunks = events.map((event) => JSON.parse(event.slice(6)) as OpenAI.Completion);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    for (const [index, choice] of whole.choices.entries()) {
      const own = chunks.flatMap(({ choices }) => choices.filter((one) => one.index === index));
      expect(own.map(({ text }) => text).join('')).toBe(choice.text);
      expect(own.at(-1)!.finish_reason).toBe(choice.finish_reason);
      expect(own.flatMap(({ logprobs }) => logprobs?.tokens ?? [])).toEqual(choice.logprobs!.tokens);
    }
  });

  it('give log probabilities with offsets into the text', async () => {
    const { choices } = await complete({ prompt: 'x', logprobs: 5, max_tokens: 12 });
    const { text, logprobs } = choices[0]!;
    expect(logprobs!.tokens).toHaveLength(12);
    for (const [i, token] of logprobs!.tokens!.entries()) {
      expect(text.startsWith(token, logprobs!.text_offset![i])).toBe(true);
      expect(Object.keys(logprobs!.top_logprobs![i]!)).toHaveLength(5);
      expect(logprobs!.token_logprobs![i]).toBeLessThanOrEqual(0);
    }
  });

  it('send the likeliest of several, and count them all', async () => {
    const best = await complete({ prompt: 'x', best_of: 5, n: 1, max_tokens: 10 });
    expect(best.usage!.completion_tokens).toBe(50);
    const all = await complete({ prompt: 'x', n: 5, max_tokens: 10, logprobs: 0 });
    const mean = (one: OpenAI.CompletionChoice) =>
      one.logprobs!.token_logprobs!.reduce((sum, value) => sum + value, 0);
    const likeliest = all.choices.reduce((a, b) => (mean(b) > mean(a) ? b : a));
    expect(best.choices[0]!.text).toBe(likeliest.text);
  });

  it('can be empty, to echo the prompt', async () => {
    const { choices, usage } = await complete({ prompt: 'only this', echo: true, max_tokens: 0 });
    expect(choices[0]).toMatchObject({ text: 'only this', finish_reason: 'length' });
    expect(usage!.completion_tokens).toBe(0);
  });

  it('score a prompt alone as they do before an answer', async () => {
    const body = { prompt: 'How likely are these words?', echo: true, logprobs: 2, n: 2 };
    const [alone, before] = await Promise.all([
      complete({ ...body, max_tokens: 0 }),
      complete({ ...body, max_tokens: 4 }),
    ]);
    const { tokens, token_logprobs: scores, text_offset: offsets } = alone.choices[0]!.logprobs!;
    expect(tokens!.join('')).toBe(body.prompt);
    expect(scores).toHaveLength(alone.usage!.prompt_tokens);
    expect([scores![0], ...scores!.slice(1).map((score) => typeof score)].slice(0, 2)).toEqual([
      null,
      'number',
    ]);
    expect(offsets![1]).toBe(tokens![0]!.length);
    for (const { logprobs } of [...alone.choices, ...before.choices]) {
      expect(logprobs!.token_logprobs!.slice(0, tokens!.length)).toEqual(scores);
    }
    const streamed = await post({
      ...body,
      max_tokens: 0,
      stream: true,
      stream_options: { include_usage: true },
    });
    const events = (await streamed.text()).split('\n\n').filter((event) => event !== '');
    expect(events.pop()).toBe('data: [DONE]');
    const [first, second, last] = events.map((event) => JSON.parse(event.slice(6)) as OpenAI.Completion);
    expect([first!.choices, second!.choices].flat()).toEqual(alone.choices);
    expect(last).toMatchObject({ choices: [], usage: alone.usage });
  });

  it.each([
    ['fewer best_of than n', { prompt: 'x', n: 3, best_of: 2 }, 'best_of'],
    ['best_of streamed', { prompt: 'x', best_of: 2, stream: true }, 'best_of'],
    ['too many log probabilities', { prompt: 'x', logprobs: 6 }, 'logprobs'],
    ['no prompts', { prompt: [] }, 'prompt'],
    ['prompts of numbers that are none', { prompt: [1.5] }, 'prompt'],
    ['too many choices', { prompt: Array.from({ length: 200 }, () => 'x'), n: 11 }, 'prompt'],
  ])('refuse %s', async (_, body, param) => {
    const response = await post(body);
    const error = await expectError(response, 400, {});
    expect(JSON.stringify(error)).toContain(`"param":"${param}`);
  });
});
