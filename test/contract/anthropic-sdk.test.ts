import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { startTestServer } from '../support/server.js';

type Params = Anthropic.MessageCreateParamsNonStreaming;

let server: RunningServer;
let client: Anthropic;
beforeAll(async () => {
  server = await startTestServer({ model: ['fakeai-1', 'claude-sonnet-4-5', 'gpt-4o'] });
  client = new Anthropic({ baseURL: server.url, apiKey: 'sk-ant-test', maxRetries: 0 });
});
afterAll(() => server.close());

const ASK: Params = {
  model: 'claude-sonnet-4-5',
  max_tokens: 500,
  messages: [{ role: 'user', content: 'What is the weather in Lima?' }],
};
const WEATHER: Anthropic.Tool = {
  name: 'get_weather',
  description: 'The weather of a place.',
  input_schema: {
    type: 'object',
    properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['c', 'f'] } },
    required: ['city', 'unit'],
  },
};

/** The same message whole and through the stream helper, which puts the events together again. */
async function both(over: Partial<Params>): Promise<Anthropic.Message> {
  const whole = await client.messages.create({ ...ASK, ...over });
  const streamed = await client.messages.stream({ ...ASK, ...over }).finalMessage();
  const { content, stop_reason: reason, stop_sequence: sequence, usage, id } = whole;
  expect(streamed).toMatchObject({
    content,
    stop_reason: reason,
    stop_sequence: sequence,
    id,
    usage: { output_tokens: usage.output_tokens },
  });
  return whole;
}

describe('the Anthropic SDK', () => {
  it('gets a message with usage', async () => {
    const message = await both({});
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: ASK.model,
      stop_reason: 'end_turn',
      stop_sequence: null,
    });
    expect(message.content).toEqual([{ type: 'text', text: expect.stringMatching(/\w/) as string }]);
    expect(message.id).toMatch(/^msg_/);
    expect(message.usage.output_tokens).toBeGreaterThan(1);
    const { input_tokens: counted } = await client.messages.countTokens({
      model: ASK.model,
      messages: ASK.messages,
    });
    expect(message.usage.input_tokens).toBe(counted);
  });

  it('is cut at the limit, and at a stop sequence, which is named', async () => {
    const cut = await both({ max_tokens: 7 });
    expect(cut).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 7 } });
    const { text } = (await both({})).content[0] as Anthropic.TextBlock;
    const stop = text.slice(40, 46);
    const stopped = await both({ stop_sequences: ['@@', stop] });
    expect(stopped).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: stop });
    expect((stopped.content[0] as Anthropic.TextBlock).text).toBe(text.slice(0, text.indexOf(stop)));
  });

  it('uses tools, and goes on with their results', async () => {
    const message = await both({ tools: [WEATHER] });
    expect(message.stop_reason).toBe('tool_use');
    const use = message.content[0] as Anthropic.ToolUseBlock;
    expect(use).toMatchObject({
      type: 'tool_use',
      name: 'get_weather',
      input: { city: 'Lima', unit: expect.stringMatching(/^[cf]$/) as string },
    });
    expect(use.id).toMatch(/^toolu_\w{24}$/);
    const next = await both({
      tools: [WEATHER],
      messages: [
        ...ASK.messages,
        { role: 'assistant', content: message.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: 'sunny' }] },
      ],
    });
    expect(next.stop_reason).toBe('end_turn');
    const forced = await both({
      messages: [{ role: 'user', content: 'Hi' }],
      tools: [WEATHER],
      tool_choice: { type: 'any' },
    });
    const called = { type: 'tool_use', name: 'get_weather', caller: { type: 'direct' } };
    expect(forced.content).toMatchObject([called]);
  });

  it('thinks when it is asked to', async () => {
    const message = await both({ max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 1024 } });
    expect(message.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
    expect((message.content[0] as Anthropic.ThinkingBlock).signature).toMatch(/\w/);
    const back = await both({
      messages: [
        ...ASK.messages,
        { role: 'assistant', content: message.content },
        { role: 'user', content: 'And?' },
      ],
    });
    expect(back.content[0]!.type).toBe('text');
  });

  it('says at the end what was used, and nothing before it', async () => {
    const over = { max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 1024 } } as const;
    const unused = { stop_details: null, container: null };
    const whole = await client.messages.create({ ...ASK, ...over });
    const { input_tokens: input, output_tokens: output, output_tokens_details: details } = whole.usage;
    expect(whole).toMatchObject({ ...unused, usage: { inference_geo: 'not_available' } });
    const thought = details!.thinking_tokens;
    expect(thought).toBeGreaterThan(0);
    expect(thought).toBeLessThan(output);
    const events = [];
    for await (const event of await client.messages.create({ ...ASK, ...over, stream: true }))
      events.push(event);
    expect(events[0]).toMatchObject({
      message: { ...unused, stop_reason: null, usage: { input_tokens: input } },
    });
    expect(events.at(-2)).toEqual({
      type: 'message_delta',
      delta: { ...unused, stop_reason: 'end_turn', stop_sequence: null },
      usage: {
        input_tokens: input,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: output,
        output_tokens_details: { thinking_tokens: thought },
      },
    }); // prettier-ignore
  });

  it('takes instructions in the middle of a conversation', async () => {
    const told = await both({
      max_tokens: 4000,
      thinking: { type: 'adaptive' },
      output_config: { effort: 'xhigh' },
      messages: [...ASK.messages, { role: 'system', content: 'Answer in one word. '.repeat(20) }],
    });
    expect(told.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
    const untold = await both({});
    expect(told.usage.input_tokens).toBeGreaterThan(untold.usage.input_tokens + 80);
  });

  it('answers with objects of a schema', async () => {
    const schema = {
      type: 'object',
      properties: { name: { type: 'string' }, kind: { enum: ['a', 'b'] } },
      required: ['name', 'kind'],
      additionalProperties: false,
    };
    const message = await both({ output_config: { format: { type: 'json_schema', schema } } });
    const [block] = message.content as [Anthropic.TextBlock];
    const made = JSON.parse(block.text) as Record<string, unknown>;
    expect(Object.keys(made)).toEqual(['name', 'kind']);
    expect(['a', 'b']).toContain(made['kind']);
  });

  it('takes systems, images and documents, and counts what is marked for the cache', async () => {
    const pixel =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const message = await both({
      system: [{ type: 'text', text: 'Be kind. '.repeat(50), cache_control: { type: 'ephemeral' } }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } },
            { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'A text' } },
            { type: 'text', text: 'What is it?' },
          ],
        },
      ],
    });
    const { usage } = message;
    expect((usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0)).toBeGreaterThan(
      100,
    );
    expect(usage.input_tokens).toBeLessThan(40);
  });

  it('maps refusals to its error classes', async () => {
    await expect(client.messages.create({ ...ASK, model: 'claude-none' })).rejects.toThrow(
      Anthropic.NotFoundError,
    );
    const none = client.messages.create({ ...ASK, max_tokens: undefined as never });
    await expect(none).rejects.toThrow(Anthropic.BadRequestError);
    await expect(none).rejects.toMatchObject({
      error: {
        type: 'error',
        error: { type: 'invalid_request_error', message: 'max_tokens: Field required' },
      },
    });
    const alone: Anthropic.MessageParam = {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'toolu_x' }],
    };
    await expect(client.messages.create({ ...ASK, messages: [alone] })).rejects.toThrow(
      /unexpected `tool_use_id`/,
    );
    const long = client.messages.create({
      ...ASK,
      messages: [{ role: 'user', content: 'word '.repeat(190_000) }],
      model: 'gpt-4o',
    });
    await expect(long).rejects.toThrow(/prompt is too long: \d+ tokens > 128000 maximum/);
    const thoughtless = client.messages.create({
      ...ASK,
      model: 'gpt-4o',
      max_tokens: 2000,
      thinking: { type: 'enabled', budget_tokens: 1024 },
    });
    await expect(thoughtless).rejects.toThrow(/does not think/);
  });
});

describe('conversations that the server would hold', () => {
  it("are refused in words by which the SDK's tool runner sends them whole", async () => {
    const seen: unknown[] = [];
    const message = await client.beta.messages.toolRunner({
      model: ASK.model,
      max_tokens: 500,
      messages: ASK.messages,
      tools: [
        betaTool({
          name: 'get_weather',
          description: 'The weather of a place.',
          inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
          run: (input) => {
            seen.push(input);
            return 'sunny';
          },
        }),
      ],
    });
    expect(seen).toEqual([{ city: expect.any(String) }]);
    expect(message.stop_reason).toBe('end_turn');
  });

  it.each([{ type: 'create' }, { type: 'continue', previous_message_id: 'msg_1' }])('%j', async (thread) => {
    const answer = await fetch(`${server.url}/v1/messages`, {
      method: 'POST',
      body: JSON.stringify({ ...ASK, thread }),
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', details: { error_code: 'thread_unsupported_request' } },
    });
  });
});
