import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { startTestServer } from '../support/server.js';
import { expectAnswer, expectError, expectEvents } from '../support/spec.js';

type Response_ = OpenAI.Responses.Response;
type Event = OpenAI.Responses.ResponseStreamEvent;
type Params = Record<string, unknown>;

let server: RunningServer;
let slow: RunningServer;
let client: OpenAI;
beforeAll(async () => {
  server = await startTestServer({ model: ['fakeai-1', 'gpt-4o', 'o3-mini'] });
  slow = await startTestServer({ latency: 'fixed', ttft: 20, itl: 2 });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'sk-test', maxRetries: 0 });
});
afterAll(() => Promise.all([server.close(), slow.close()]));

const post = (body: Params, url = server.url): Promise<Response> =>
  fetch(`${url}/v1/responses`, {
    method: 'POST',
    headers: { connection: 'close' },
    body: JSON.stringify({ model: 'fakeai-1', ...body }),
  });
const respond = async (body: Params) => expectAnswer<Response_>('createResponse', await post(body));
const events = async (body: Params) =>
  (await expectEvents('createResponse', await post({ ...body, stream: true }))) as unknown as Event[];

/** Without what tells one response from another, or one instant from another. */
const content = ({ output, usage, status }: Response_) =>
  JSON.parse(
    JSON.stringify({ output, usage, status }, (key, value: unknown) =>
      key === 'id' || key === 'container_id' ? '' : value,
    ),
  ) as unknown;

/** The same whole and streamed. */
async function both(body: Params): Promise<{ whole: Response_; stream: Event[] }> {
  const whole = await respond({ ...body, store: false });
  const stream = await events({ ...body, store: false });
  expect(stream.map((event) => event.sequence_number)).toEqual(stream.map((_, i) => i));
  expect(stream.slice(0, 2).map(({ type }) => type)).toEqual(['response.created', 'response.in_progress']);
  const last = stream.at(-1) as { response: Response_ };
  expect(content(last.response)).toEqual(content(whole));
  // Every item of the output is told of as it begins and as it ends.
  const done = stream.filter((event) => event.type === 'response.output_item.done');
  expect(done.map((event) => event.item)).toEqual(last.response.output);
  return { whole, stream };
}

const typesOf = (stream: Event[]) => [...new Set(stream.map(({ type }) => type))];
const joined = (stream: Event[], type: string) =>
  stream.flatMap((event) => (event.type === type ? [(event as { delta: string }).delta] : [])).join('');

const WEATHER = {
  type: 'function',
  name: 'get_weather',
  strict: true,
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
};

describe('a response', () => {
  it('has the same log probabilities each time, whether it is kept or not', async () => {
    const asked = { input: 'Say', include: ['message.output_text.logprobs'], top_logprobs: 2 };
    const [one, two, unkept] = await Promise.all(
      [true, true, false].map((store) => respond({ ...asked, store })),
    );
    expect(content(two!)).toEqual(content(one!));
    expect(content(unkept!)).toEqual(content(one!));
  });

  it('has text, whole and in events', async () => {
    const { whole, stream } = await both({ input: 'Say something' });
    expect(whole).toMatchObject({ object: 'response', status: 'completed', error: null, store: false });
    expect(typesOf(stream)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    const [message] = whole.output as OpenAI.Responses.ResponseOutputMessage[];
    const [part] = message!.content as OpenAI.Responses.ResponseOutputText[];
    expect(joined(stream, 'response.output_text.delta')).toBe(part!.text);
    const { usage } = whole;
    expect(usage!.total_tokens).toBe(usage!.input_tokens + usage!.output_tokens);
  });

  it('is incomplete at its limit', async () => {
    const { whole, stream } = await both({ input: 'Say something', max_output_tokens: 16 });
    expect(whole).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    });
    expect(whole.usage!.output_tokens).toBe(16);
    expect(stream.at(-1)!.type).toBe('response.incomplete');
    expect(
      (await both({ input: 'x', max_output_tokens: 5, ignore_eos: true })).whole.usage!.output_tokens,
    ).toBe(5);
  });

  it('calls functions, and goes on with their results', async () => {
    const asked = { input: 'What is the weather in Oslo?', tools: [WEATHER] };
    const { whole, stream } = await both(asked);
    const [call] = whole.output as OpenAI.Responses.ResponseFunctionToolCall[];
    expect(call).toMatchObject({ type: 'function_call', name: 'get_weather', status: 'completed' });
    expect(JSON.parse(call!.arguments)).toEqual({ city: expect.any(String) as string });
    expect(joined(stream, 'response.function_call_arguments.delta')).toBe(call!.arguments);
    const first = await client.responses.create({
      model: 'fakeai-1',
      ...asked,
    } as OpenAI.Responses.ResponseCreateParamsNonStreaming);
    const [made] = first.output as OpenAI.Responses.ResponseFunctionToolCall[];
    const second = await client.responses.create({
      model: 'fakeai-1',
      previous_response_id: first.id,
      input: [{ type: 'function_call_output', call_id: made!.call_id, output: 'sunny' }],
      tools: [WEATHER as OpenAI.Responses.FunctionTool],
    });
    expect(second.output_text).toMatch(/\w/);
    const alone = await post({ input: [{ type: 'function_call_output', call_id: 'call_x', output: '' }] });
    expect(JSON.stringify(await expectError(alone, 400, {}))).toContain(
      'No tool call found for function call output',
    );
  });

  it('fits a schema, thinks, and calls the tools of the server', async () => {
    const { whole: parsed } = await both({
      input: 'x',
      text: { format: { type: 'json_schema', name: 'x', strict: true, schema: WEATHER.parameters } },
    });
    expect(
      JSON.parse((parsed.output[0] as unknown as { content: [{ text: string }] }).content[0].text),
    ).toHaveProperty('city');
    const { whole: thought, stream } = await both({
      input: 'x',
      reasoning: { effort: 'low', summary: 'auto' },
    });
    expect(thought.output.map(({ type }) => type)).toEqual(['reasoning', 'message']);
    expect(thought.usage!.output_tokens_details.reasoning_tokens).toBeGreaterThan(0);
    expect(typesOf(stream)).toContain('response.reasoning_text.delta');
    expect(typesOf(stream)).toContain('response.reasoning_summary_text.delta');
    const { whole: hidden } = await both({ model: 'o3-mini', input: 'x' });
    expect(hidden.output[0]).toMatchObject({ type: 'reasoning', summary: [] });
    expect(hidden.output[0]).not.toHaveProperty('content');
    const { whole: found, stream: searched } = await both({
      input: 'Search the latest news, then compute the sum',
      tools: [
        { type: 'web_search' },
        { type: 'code_interpreter', container: { type: 'auto' } },
        { type: 'mcp', server_label: 'm', server_url: 'https://x', allowed_tools: ['a'] },
      ],
      include: ['code_interpreter_call.outputs'],
    });
    expect(found.output.map(({ type }) => type)).toEqual([
      'mcp_list_tools',
      'web_search_call',
      'code_interpreter_call',
      'message',
    ]);
    expect(typesOf(searched)).toEqual(
      expect.arrayContaining([
        'response.web_search_call.searching',
        'response.code_interpreter_call.interpreting',
        'response.output_text.annotation.added',
      ]),
    );
  });

  it('has its pieces padded on request, of texts and of calls', async () => {
    const events = async (more: object) => {
      const body = { model: 'fakeai-1', input: 'Hi', stream: true, ...more };
      const response = await fetch(`${server.url}/v1/responses`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      return expectEvents<{ type: string; delta?: string; obfuscation?: string }>('createResponse', response);
    };
    const tools = [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }];
    const padded = { stream_options: { include_obfuscation: true } };
    for (const more of [{}, { tools, tool_choice: 'required' }]) {
      for (const event of await events({ ...more, ...padded })) {
        const isPiece = event.type.endsWith('.delta');
        expect(event.obfuscation === undefined).toBe(!isPiece);
        if (isPiece) expect((event.delta!.length + event.obfuscation!.length) % 16).toBe(0);
      }
      const usual = await events({ ...more, model: 'gpt-4o' });
      expect(usual.some(({ obfuscation }) => obfuscation !== undefined)).toBe(true);
      const off = { ...more, model: 'gpt-4o', stream_options: { include_obfuscation: false } };
      expect((await events(off)).some(({ obfuscation }) => obfuscation !== undefined)).toBe(false);
    }
  });

  it('works with the stream helper of the SDK', async () => {
    const stream = client.responses.stream({ model: 'fakeai-1', input: 'Tell me' });
    const final = await stream.finalResponse();
    expect(final.output_text).toBe(
      (await client.responses.create({ model: 'fakeai-1', input: 'Tell me' })).output_text,
    );
  });
});

describe('a kept response', () => {
  it('is read, listed and deleted, and knows what came before', async () => {
    const first = await respond({ input: 'My name is Ann.', instructions: 'Be kind.' });
    expect(await expectAnswer('getResponse', await fetch(`${server.url}/v1/responses/${first.id}`))).toEqual(
      first,
    );
    const second = await respond({
      input: [{ role: 'user', content: 'And?' }],
      previous_response_id: first.id,
    });
    expect(second.usage!.input_tokens).toBeGreaterThan(first.usage!.output_tokens);
    const listed = await client.responses.inputItems.list(second.id);
    expect(listed.data).toMatchObject([
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'And?' }] },
    ]);
    await expectAnswer('listInputItems', await fetch(`${server.url}/v1/responses/${second.id}/input_items`));
    await client.responses.delete(first.id);
    await expectError(await fetch(`${server.url}/v1/responses/${first.id}`), 404, {});
    const orphan = await post({ input: 'x', previous_response_id: first.id });
    await expectError(orphan, 400, { code: 'previous_response_not_found' });
    await expectError(
      await fetch(`${server.url}/v1/responses/${(await respond({ input: 'x', store: false })).id}`),
      404,
      {},
    );
  });

  it('is gone on from item by item', async () => {
    const first = await respond({
      input: [{ role: 'user', content: 'What is the weather in Oslo?' }],
      tools: [WEATHER],
    });
    const [call] = first.output as OpenAI.Responses.ResponseFunctionToolCall[];
    const { data } = await client.responses.inputItems.list(first.id);
    const output = { type: 'function_call_output', call_id: call!.call_id, output: 'sunny' };
    const references = [data[0]!.id, call!.id!].map((id) => ({ type: 'item_reference', id }));
    const named = await respond({ input: [...references, output], tools: [WEATHER] });
    const sent = await respond({ input: [data[0], call, output], tools: [WEATHER] });
    expect(named.usage).toMatchObject({ total_tokens: sent.usage!.total_tokens });
    const listed = await client.responses.inputItems.list(named.id, { order: 'asc' });
    expect(listed.data.map(({ type }) => type)).toEqual(['message', 'function_call', 'function_call_output']);
    const unkept = await respond({ input: 'x', store: false });
    for (const id of [unkept.output[0]!.id!, 'msg_x', `${call!.id!.slice(0, -1)}f`])
      await expectError(await post({ input: [{ type: 'item_reference', id }] }), 404, { param: 'input' });
  });

  it('tells what an input costs', async () => {
    const asked = { input: 'How much is this?', instructions: 'Count.' };
    const { usage } = await respond(asked);
    const counted = await fetch(`${server.url}/v1/responses/input_tokens`, {
      method: 'POST',
      body: JSON.stringify({ model: 'fakeai-1', ...asked }),
    });
    expect(await expectAnswer('Getinputtokencounts', counted)).toEqual({
      object: 'response.input_tokens',
      input_tokens: usage!.input_tokens,
    });
  });

  it('is made in the background, polled, and cancelled', async () => {
    const other = new OpenAI({ baseURL: `${slow.url}/v1`, apiKey: 'x', maxRetries: 0 });
    const begun = await other.responses.create({ model: 'fakeai-1', input: 'Hi', background: true });
    expect(begun).toMatchObject({ status: 'queued', output: [] });
    let polled = begun;
    while (['queued', 'in_progress'].includes(polled.status!))
      polled = await other.responses.retrieve(begun.id);
    expect(polled).toMatchObject({ status: 'completed', output: [{ type: 'message', status: 'completed' }] });
    const long = await other.responses.create({
      model: 'fakeai-1',
      input: 'Hi',
      background: true,
      ignore_eos: true,
    } as never);
    const { id } = long as Response_;
    expect(await other.responses.cancel(id)).toMatchObject({ status: 'cancelled' });
    expect(await other.responses.retrieve(id)).toMatchObject({ status: 'cancelled' });
    const whole = await other.responses.create({ model: 'fakeai-1', input: 'Hi' });
    await expect(other.responses.cancel(whole.id)).rejects.toThrow(/synchronous/);
  });

  it('is read again from any event on', async () => {
    const response = await post({ input: 'Hi', background: true, stream: true }, slow.url);
    const all = (await expectEvents('createResponse', response)) as unknown as Event[];
    expect(all[1]!.type).toBe('response.queued');
    const { id } = (all[0] as { response: Response_ }).response;
    const again = await fetch(`${slow.url}/v1/responses/${id}?stream=true&starting_after=10`);
    expect(await expectEvents('createResponse', again)).toEqual(all.slice(11));
    const refused = await fetch(
      `${server.url}/v1/responses/${(await respond({ input: 'x' })).id}?stream=true`,
    );
    await expectError(refused, 400, { param: 'stream' });
  });
});

describe('conversations', () => {
  it('are gone on from, and keep what was said', async () => {
    const conversation = await client.conversations.create({
      metadata: { topic: 'x' },
      items: [{ type: 'message', role: 'user', content: 'I like tea.' }],
    });
    const response = await client.responses.create({
      model: 'fakeai-1',
      conversation: conversation.id,
      input: 'What do I like?',
    });
    expect(response.conversation).toEqual({ id: conversation.id });
    const { data } = await client.conversations.items.list(conversation.id, { order: 'asc' });
    expect(data.map(({ type }) => type)).toEqual(['message', 'message', 'message']);
    expect(data.at(-1)).toMatchObject({ role: 'assistant', content: [{ text: response.output_text }] });
    await expectAnswer(
      'listConversationItems',
      await fetch(`${server.url}/v1/conversations/${conversation.id}/items`),
    );
    const [first] = data;
    const at = { conversation_id: conversation.id };
    expect(await client.conversations.items.retrieve(first!.id!, at)).toEqual(first);
    await client.conversations.items.delete(first!.id!, at);
    await expect(client.conversations.items.retrieve(first!.id!, at)).rejects.toMatchObject({ status: 404 });
    await client.conversations.items.create(conversation.id, {
      items: [{ type: 'message', role: 'user', content: 'Tea!' }],
    });
    expect(await client.conversations.update(conversation.id, { metadata: { a: 'b' } })).toMatchObject({
      metadata: { a: 'b' },
    });
    expect(await client.conversations.delete(conversation.id)).toMatchObject({ deleted: true });
    await expect(client.conversations.retrieve(conversation.id)).rejects.toMatchObject({ status: 404 });
  });
});

describe('items that were sent with the least', () => {
  const url = 'https://example.com/a.png';
  const parts = [{ type: 'input_image', image_url: url }];
  const sent = [
    { role: 'user', content: parts },
    { role: 'assistant', content: [{ type: 'output_text', text: 'A cat.' }] },
    { type: 'shell_call', call_id: 'a', action: { commands: ['ls'] } },
    { type: 'shell_call_output', call_id: 'a', output: [] },
    { type: 'function_call', call_id: 'b', name: 'look', arguments: '{}' },
    { type: 'function_call_output', call_id: 'b', output: parts },
    { type: 'computer_call', id: 'cu_c', call_id: 'c', status: 'completed' },
    { type: 'computer_call_output', call_id: 'c', output: { type: 'computer_screenshot', image_url: url } },
  ];
  const whole = [
    { content: [{ type: 'input_image', detail: 'auto' }] },
    { content: [{ text: 'A cat.', annotations: [], logprobs: [] }] },
    { action: { commands: ['ls'], timeout_ms: null, max_output_length: null }, environment: null },
    { max_output_length: null },
    { name: 'look' },
    { output: [{ image_url: url, detail: 'auto' }] },
    { pending_safety_checks: [] },
    { output: { type: 'computer_screenshot' } },
  ];
  const listed = async (operation: string, path: string): Promise<unknown> => {
    const response = await fetch(`${server.url}/v1/${path}?order=asc`);
    return (await expectAnswer<{ data: unknown }>(operation, response)).data;
  };

  it('are listed whole', async () => {
    const { id } = await client.conversations.create({ items: sent as never });
    expect(await listed('listConversationItems', `conversations/${id}/items`)).toMatchObject(whole);
    const response = await respond({ input: sent });
    expect(await listed('listInputItems', `responses/${response.id}/input_items`)).toMatchObject(whole);
  });
});

describe('what is refused', () => {
  it.each([
    ['no input', {}, 'input', 'missing_required_parameter'],
    [
      'a limit below 16',
      { input: 'x', max_output_tokens: 5 },
      'max_output_tokens',
      'integer_below_min_value',
    ],
    ['an unknown parameter', { input: 'x', max_tokens: 5 }, 'max_tokens', 'unknown_parameter'],
    [
      'temperatures of models that think',
      { model: 'o3-mini', input: 'x', temperature: 0.5 },
      'temperature',
      null,
    ],
    [
      'pictures for models that cannot see',
      {
        model: 'o3-mini',
        input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://example.com/a.png' }] }],
      },
      'input',
      null,
    ],
    [
      'an assistant with parts of an input',
      { input: [{ role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }] },
      'input[0].content[0]',
      'invalid_value',
    ],
    ['parameters of chats', { messages: [{ role: 'user', content: 'x' }] }, null, 'unsupported_parameter'],
    ['an unknown detail', { input: 'x', include: ['x'] }, 'include[0]', 'invalid_value'],
    [
      'a part of chats',
      { input: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] },
      'input[0].content[0].type',
      'invalid_value',
    ],
    ['an unknown item', { input: [{ type: 'smell' }] }, 'input[0]', 'invalid_value'],
    [
      'a message without content',
      { input: [{ role: 'user' }] },
      'input[0].content',
      'missing_required_parameter',
    ],
    [
      'a bad function',
      { input: 'x', tools: [{ type: 'function' }] },
      'tools[0].name',
      'missing_required_parameter',
    ],
    ['background unkept', { input: 'x', background: true, store: false }, 'background', 'invalid_value'],
    [
      'two pasts',
      { input: 'x', previous_response_id: 'a', conversation: 'b' },
      null,
      'mutually_exclusive_parameters',
    ],
    [
      'tools for programs without any',
      {
        input: 'x',
        tools: [
          {
            type: 'function',
            name: 'f',
            parameters: { type: 'object', properties: {} },
            allowed_callers: ['programmatic'],
          },
        ],
      },
      'tools[0].allowed_callers',
      'invalid_value',
    ],
  ])('%s', async (_, body, param, code) => {
    await expectError(await post(body), 400, { param, code });
  });
});
