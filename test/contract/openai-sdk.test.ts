import OpenAI, { BadRequestError, NotFoundError } from 'openai';
import { zodFunction, zodResponsesFunction } from 'openai/helpers/zod';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { useServer } from '../support/use-server.js';

const used = useServer();

const ask = {
  model: 'fakeai-1',
  messages: [{ role: 'user', content: 'What is a token?' }],
} satisfies Partial<OpenAI.ChatCompletionCreateParams>;

describe('the openai SDK', () => {
  it('gets a completion with usage', async () => {
    const before = Math.floor(Date.now() / 1000);
    const { data, request_id: requestId } = await used.client.chat.completions
      .create({ ...ask, max_tokens: 20 })
      .withResponse();
    expect(data).toMatchObject({
      object: 'chat.completion',
      model: 'fakeai-1',
      choices: [
        { index: 0, finish_reason: 'length', logprobs: null, message: { role: 'assistant', refusal: null } },
      ],
      // 3 around the message, 1 for the role, 5 of text, 3 that prime the answer.
      usage: { prompt_tokens: 12, completion_tokens: 20, total_tokens: 32 },
    });
    expect(data.id).toMatch(/^chatcmpl-\w{28}$/);
    expect(data.system_fingerprint).toMatch(/^fp_[0-9a-f]{10}$/);
    expect(data.created).toBeGreaterThanOrEqual(before);
    expect(requestId).toMatch(/^req_/);
  });

  it('streams the same content, token by token, with usage at the end', async () => {
    const whole = await used.client.chat.completions.create({ ...ask, max_tokens: 30 });
    const stream = await used.client.chat.completions.create({
      ...ask,
      max_tokens: 30,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks[0]!.choices[0]!.delta).toEqual({ role: 'assistant', content: '', refusal: null });
    const contents = chunks.flatMap(({ choices }) => choices.flatMap(({ delta }) => delta.content || []));
    expect(contents).toHaveLength(30);
    expect(contents.join('')).toBe(whole.choices[0]!.message.content);
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('length');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set([whole.id]));
  });

  it('works with the stream helper', async () => {
    const runner = used.client.chat.completions.stream({ ...ask, max_tokens: 10 });
    const final = await runner.finalChatCompletion();
    const whole = await used.client.chat.completions.create({ ...ask, max_tokens: 10 });
    expect(final.choices[0]!.message.content).toBe(whole.choices[0]!.message.content);
  });

  it('gets n different choices, whole and streamed', async () => {
    const whole = await used.client.chat.completions.create({ ...ask, n: 3, max_tokens: 15 });
    const texts = whole.choices.map(({ message }) => message.content);
    expect(new Set(texts).size).toBe(3);
    expect(whole.usage!.completion_tokens).toBe(45);
    const streamed = ['', '', ''];
    const stream = await used.client.chat.completions.create({ ...ask, n: 3, max_tokens: 15, stream: true });
    for await (const { choices } of stream) {
      for (const { index, delta } of choices) streamed[index] += delta.content ?? '';
    }
    expect(streamed).toEqual(texts);
  });

  it('is cut by a stop sequence', async () => {
    const whole = await used.client.chat.completions.create({ ...ask, max_tokens: 60 });
    const text = whole.choices[0]!.message.content!;
    const stop = text.slice(50, 57);
    const cut = await used.client.chat.completions.create({ ...ask, max_tokens: 60, stop });
    expect(cut.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: text.slice(0, text.indexOf(stop)) },
    });
  });

  it('gets exact lengths with min_tokens and ignore_eos, and other text with another seed', async () => {
    const forced = { ...ask, max_completion_tokens: 700, max_tokens: 5, ignore_eos: true };
    const long = await used.client.chat.completions.create(forced);
    expect(long.usage!.completion_tokens).toBe(700);
    expect(long.choices[0]!.finish_reason).toBe('length');
    const least = await used.client.chat.completions.create({ ...ask, min_tokens: 500 } as typeof ask);
    expect(least.usage!.completion_tokens).toBeGreaterThanOrEqual(500);
    expect(least.choices[0]!.finish_reason).toBe('stop');
    const seeded = await used.client.chat.completions.create({ ...forced, seed: 5 });
    expect(seeded.choices[0]!.message.content).not.toBe(long.choices[0]!.message.content);
  });

  it('takes text parts and other roles', async () => {
    const parts = [
      { type: 'text', text: 'What is ' },
      { type: 'text', text: 'a token?' },
    ] satisfies OpenAI.ChatCompletionContentPart[];
    const joined = await used.client.chat.completions.create({
      ...ask,
      messages: [{ role: 'user', content: parts }],
    });
    const plain = await used.client.chat.completions.create(ask);
    expect(joined.choices).toEqual(plain.choices);
    const { usage } = await used.client.chat.completions.create({
      model: 'fakeai-1',
      messages: [
        { role: 'developer', content: 'Be kind.' },
        { role: 'user', content: 'Weather?', name: 'ann' },
        {
          role: 'assistant',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'get', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: 'sunny' },
      ],
      max_tokens: 1,
    });
    expect(usage!.prompt_tokens).toBeGreaterThan(20);
  });

  it('parses arguments of functions, in chats and responses, whole and streamed', async () => {
    const get = { name: 'get_weather', parameters: z.object({ city: z.string() }) };
    const asked = {
      model: 'fakeai-1',
      messages: [{ role: 'user' as const, content: 'The weather in Oslo?' }],
    };
    const tools = [zodFunction(get)];
    const chat = { ...asked, tools, tool_choice: 'required' as const };
    const whole = await used.client.chat.completions.parse(chat);
    const streamed = await used.client.chat.completions.stream(chat).finalChatCompletion();
    for (const { choices } of [whole, streamed])
      expect(choices[0]!.message.tool_calls).toMatchObject([
        { function: { parsed_arguments: { city: 'Oslo' } } },
      ]);
    const input = 'The weather in Oslo?';
    const ofResponses = { model: 'fakeai-1', input, tools: [zodResponsesFunction(get)] };
    const response = await used.client.responses.parse({ ...ofResponses, tool_choice: 'required' });
    const stream = used.client.responses.stream({ ...ofResponses, tool_choice: 'required' });
    const pieces: string[] = [];
    // The helper's own events have all that came so far.
    stream.on('response.function_call_arguments.delta', ({ snapshot }) => pieces.push(snapshot));
    for (const { output } of [response, await stream.finalResponse()])
      expect(output).toMatchObject([{ type: 'function_call', parsed_arguments: { city: 'Oslo' } }]);
    expect(pieces.at(-1)).toBe('{"city":"Oslo"}');
  });

  it('lists and retrieves models', async () => {
    const ids: string[] = [];
    for await (const { id } of used.client.models.list()) ids.push(id);
    expect(ids).toEqual(['fakeai-1', 'org/other:1']);
    expect(await used.client.models.retrieve('org/other:1')).toMatchObject({
      id: 'org/other:1',
      object: 'model',
    });
    await expect(used.client.models.retrieve('none')).rejects.toThrow(NotFoundError);
  });

  it('maps refusals to its error classes', async () => {
    const wrong = used.client.chat.completions.create({ ...ask, temperature: 3 });
    await expect(wrong).rejects.toThrow(BadRequestError);
    await expect(wrong).rejects.toMatchObject({ param: 'temperature', code: 'decimal_above_max_value' });
    const unknown = used.client.chat.completions.create({ ...ask, model: 'gpt-none' });
    await expect(unknown).rejects.toThrow(NotFoundError);
    await expect(unknown).rejects.toMatchObject({ code: 'model_not_found', param: null });
  });
});
