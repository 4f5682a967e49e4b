/** What OpenAI does not know inside of objects is refused by its place; what clients and other servers send is not. */
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { postChat, startTestServer } from '../support/server.js';
import { expectError } from '../support/spec.js';

let server: RunningServer;
let client: OpenAI;
beforeAll(async () => {
  server = await startTestServer({ threads: 1, model: ['fakeai-1'] });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'sk-test', maxRetries: 0 });
});
afterAll(() => server.close());

const HI = [{ role: 'user', content: 'Hi' }];
const FUNCTION = { name: 'f', parameters: { type: 'object', properties: {} } };
const said = (part: object) => [{ role: 'user', content: [part] }];
const post = (path: string, body: object): Promise<Response> =>
  fetch(`${server.url}/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'fakeai-1', ...body }),
  });
const chat = (body: object): Promise<Response> =>
  postChat(server.url, { model: 'fakeai-1', messages: HI, ...body });
const respond = (body: object): Promise<Response> => post('responses', { input: 'Hi', ...body });

const refused = async (answer: Promise<Response>, param: string): Promise<void> => {
  const { message } = await expectError(await answer, 400, { param, code: 'unknown_parameter' });
  expect(message).toBe(`Unknown parameter: '${param}'.`);
};

describe('chat completions', () => {
  it.each([
    [
      'response_format.schema',
      {
        response_format: { type: 'json_object', schema: {} },
        messages: said({ type: 'text', text: 'JSON' }),
      },
    ],
    [
      'response_format.json_schema.foo',
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {}, foo: 1 } } },
    ],
    ['tools[0].bar', { tools: [{ type: 'function', function: FUNCTION, bar: null }] }],
    [
      'tools[1].function.bar',
      {
        tools: [
          { type: 'function', function: FUNCTION },
          { type: 'function', function: { ...FUNCTION, name: 'g', bar: 1 } },
        ],
      },
    ],
    ['stream_options.foo', { stream: true, stream_options: { foo: true } }],
    [
      'tool_choice.name',
      {
        tools: [{ type: 'function', function: FUNCTION }],
        tool_choice: { type: 'function', function: { name: 'f' }, name: 'f' },
      },
    ],
    ['messages[0].content[0].foo', { messages: said({ type: 'text', text: 'Hi', foo: 1 }) }],
    [
      'messages[0].content[0].image_url.size',
      { messages: said({ type: 'image_url', image_url: { url: 'https://x/y.png', size: 1 } }) },
    ],
    [
      'messages[0].content[0].file.data',
      { messages: said({ type: 'file', file: { file_data: 'QQ==', filename: 'x.txt', data: 1 } }) },
    ],
    ['prompt_cache_options.foo', { prompt_cache_options: { foo: 1 } }],
    [
      'web_search_options.user_location.city',
      { web_search_options: { user_location: { type: 'approximate', approximate: {}, city: 'x' } } },
    ],
  ])('refuse %s', async (param, body) => {
    await refused(chat(body), param);
  });

  it('say what is missing first', async () => {
    const response = await chat({ tools: [{ type: 'function', name: 'f' }] });
    await expectError(response, 400, { param: 'tools[0].function', code: 'missing_required_parameter' });
  });

  it('take what others send: thoughts, marks of caches, positions of streamed calls', async () => {
    const call = { id: 'c', type: 'function', index: 0, function: { name: 'f', arguments: '{}' } };
    const response = await chat({
      messages: [
        ...said({ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } }),
        { role: 'assistant', content: null, tool_calls: [call], reasoning: 'x', annotations: [] },
        { role: 'tool', tool_call_id: 'c', content: 'x' },
      ],
      tools: [{ type: 'function', function: { ...FUNCTION, parameters: { type: 'object', 'x-any': 1 } } }],
      chat_template_kwargs: { anything: 1 },
    });
    expect(response.status).toBe(200);
  });
});

describe('responses', () => {
  const item = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };
  const output = { type: 'function_call_output', call_id: 'c', output: 'x' };

  it.each([
    ['text.type', { text: { type: 'text' } }],
    ['text.format.name', { text: { format: { type: 'text', name: 'x' } } }],
    [
      'text.format.json_schema',
      { text: { format: { type: 'json_schema', name: 'x', schema: {}, json_schema: {} } } },
    ],
    ['reasoning.exclude', { reasoning: { exclude: true } }],
    ['stream_options.include_usage', { stream: true, stream_options: { include_usage: true } }],
    ['tools[0].strict', { tools: [{ type: 'web_search', strict: true }] }],
    ['tools[0].n', { tools: [{ type: 'image_generation', n: 2 }] }],
    ['tools[0].filters.type', { tools: [{ type: 'web_search', filters: { type: 'domain' } }] }],
    ['tools[0].function', { tools: [{ type: 'function', ...FUNCTION, function: FUNCTION }] }],
    [
      'tool_choice.function',
      {
        tools: [{ type: 'function', ...FUNCTION }],
        tool_choice: { type: 'function', name: 'f', function: {} },
      },
    ],
    ['input[0].tool_calls', { input: [{ role: 'user', content: 'Hi', tool_calls: [] }] }],
    [
      'input[0].content[0].cache_control',
      { input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hi', cache_control: {} }] }] },
    ],
    ['input[1].arguments', { input: [item, { ...output, arguments: '{}' }] }],
  ])('refuse %s', async (param, body) => {
    await refused(respond(body), param);
  });

  it('say what is missing first', async () => {
    const response = await respond({ tools: [{ type: 'function', function: FUNCTION }] });
    await expectError(response, 400, { param: 'tools[0].name', code: 'missing_required_parameter' });
  });

  it('take back whatever they have said', async () => {
    const tools = [
      { type: 'web_search' },
      { type: 'code_interpreter', container: { type: 'auto' } },
      { type: 'image_generation' },
      { type: 'shell', environment: { type: 'container_auto' } },
      { type: 'custom', name: 'note' },
      { type: 'mcp', server_label: 's', server_url: 'https://x/', require_approval: 'never' },
    ];
    const first = await client.responses.create({
      model: 'fakeai-1',
      input: 'Search the web for news, compute 2 + 3, draw a picture, run ls, fetch it',
      tools: tools as never,
      include: [
        'web_search_call.action.sources',
        'code_interpreter_call.outputs',
        'reasoning.encrypted_content',
      ],
      reasoning: { effort: 'low', summary: 'auto' },
    });
    expect(first.output.length).toBeGreaterThan(5);
    const next = await client.responses.create({
      model: 'fakeai-1',
      input: [...(first.output as never[]), { role: 'user', content: 'Thanks' }],
    });
    expect(next.status).toBe('completed');
    const called = await client.responses.create({
      model: 'fakeai-1',
      input: 'Hi',
      tools: [{ type: 'custom', name: 'note' }],
      tool_choice: { type: 'custom', name: 'note' },
    });
    const [call] = called.output as unknown as [{ call_id: string }];
    const answered = { type: 'custom_tool_call_output', call_id: call.call_id, output: 'x' };
    const last = await client.responses.create({ model: 'fakeai-1', input: [call, answered] as never });
    expect(last.status).toBe('completed');
  });

  it('and so do conversations', async () => {
    const { id } = await client.conversations.create();
    await refused(
      post(`conversations/${id}/items`, { items: [{ role: 'user', content: 'Hi', foo: 1 }] }),
      'items[0].foo',
    );
    const { data } = await client.conversations.items.create(id, {
      items: [{ role: 'user', content: 'Hi' }],
    });
    const again = await client.conversations.items.create(id, { items: data as never });
    expect(again.data).toHaveLength(1);
  });
});
