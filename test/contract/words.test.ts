/** What is refused, word by word as OpenAI and Anthropic say it. */
import { describe, expect, it } from 'vitest';
import { useServer } from '../support/use-server.js';

const used = useServer({ model: [] });
const user = (content: unknown) => [{ role: 'user', content }];
const image = (url: string) => user([{ type: 'image_url', image_url: { url } }]);
const EXAMPLE = "(e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU=')";
const AN_IMAGE = `Expected a base64-encoded data URL with an image MIME type ${EXAMPLE}`;

async function refusal(path: string, body: object): Promise<{ status: number; error: object }> {
  const response = await fetch(`${used.server.url}/v1/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  const { error } = (await response.json()) as { error: object };
  return { status: response.status, error };
}

describe('bodies with several things wrong', () => {
  const told = async (path: string, body: object): Promise<unknown> =>
    ((await refusal(path, { model: 'gpt-5.6-terra', ...body })).error as { param: unknown }).param;
  const chat = (body: object): Promise<unknown> =>
    told('chat/completions', { messages: user('Hi'), ...body });
  const respond = (body: object): Promise<unknown> => told('responses', { input: 'Hi', ...body });

  it.each<[object, string]>([
    [{ unheard: 1, n: 'x' }, 'unheard'],
    [{ metadata: { k: 7 }, n: 0 }, 'n'],
    [{ messages: [7], metadata: { k: 7 } }, 'messages[0]'],
    [{ store: 'x', stream: 'y' }, 'stream'],
    [{ function_call: {}, functions: 'x' }, 'functions'],
    [{ stream_options: { unheard: 1 } }, 'stream_options.unheard'],
  ])('of chats: %j', async (body, param) => {
    expect(await chat(body)).toBe(param);
  });

  it.each<[object, string | null]>([
    [{ metadata: 'x', tools: 'x' }, 'tools'],
    [{ text: 'x', metadata: 'x' }, 'metadata'],
    [{ user: 7, reasoning: 'x' }, 'reasoning'],
    [{ service_tier: 'x', store: 'x' }, 'store'],
    [{ input: [{}], truncation: 'x' }, 'input[0]'],
    [{ prompt: { id: 'p' }, temperature: 0.5 }, null],
  ])('of responses: %j', async (body, param) => {
    expect(await respond(body)).toBe(param);
  });
});

describe('what chats do not take', () => {
  const tools = [{ type: 'function', function: { name: 'f' } }];
  it.each<[object, string, string, string]>([
    [
      { messages: user([{ type: 'image_url', image_url: 'https://example.com/a.png' }]) },
      'messages[0].content[0].image_url',
      'invalid_type',
      "Invalid type for 'messages[0].content[0].image_url': expected an object, but got a string instead.",
    ],
    [
      { model: 'o4-mini', tools, parallel_tool_calls: false },
      'parallel_tool_calls',
      'unsupported_parameter',
      "Unsupported parameter: 'parallel_tool_calls' is not supported with this model.",
    ],
  ])('is refused: %j', async (body, param, code, message) => {
    const got = await refusal('chat/completions', { model: 'gpt-4o', messages: user('Hi'), ...body });
    expect(got).toMatchObject({ status: 400, error: { param, code, message } });
  });
});

describe('messages without content', () => {
  const NULL = "Invalid value for 'content': expected a string, got null.";
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };

  it.each<[string, object, string, string | null, string]>([
    ['of users', { role: 'user' }, 'messages.[1].content', null, NULL],
    ['of assistants', { role: 'assistant', refusal: null }, 'messages.[1].content', null, NULL],
    ['of others than assistants, whatever else they have', { role: 'user', tool_calls: [call] }, 'messages.[1].content', null, NULL],
    ['of tools', { role: 'tool', tool_call_id: 'c' }, 'messages.[1].content', null, NULL],
    ['of developers', { role: 'developer' }, 'messages[1].content', 'missing_required_parameter', "Missing required parameter: 'messages[1].content'."],
    ['with no calls', { role: 'assistant', tool_calls: [] }, 'messages[1].tool_calls', 'empty_array', "Invalid 'messages[1].tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead."],
  ])('%s', async (_, message, param, code, text) => {
    const { status, error } = await refusal('chat/completions', { model: 'gpt-4o', messages: [...user('Hi'), message] });
    expect(status).toBe(400);
    expect(error).toMatchObject({ param, code, message: text });
  }); // prettier-ignore

  it.each([{ content: '' }, { content: [] }])('are not those with %j', async (said) => {
    const messages = [{ role: 'user', ...said }];
    expect((await refusal('chat/completions', { model: 'gpt-4o', messages })).status).toBe(200);
  });
});

it('what is to be embedded is refused without its place', async () => {
  for (const input of [[], [''], [7.5]]) {
    const { status, error } = await refusal('embeddings', { model: 'text-embedding-3-small', input });
    expect(status).toBe(400);
    expect(error).toMatchObject({
      message:
        "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
      param: null,
      code: null,
    });
  }
});

it('parts of messages are of their roles, and phases of answers', async () => {
  const ask = (item: object): Promise<{ error: object }> =>
    refusal('responses', { model: 'gpt-4o', input: [item, { role: 'user', content: 'Hi' }] });
  const text = { type: 'output_text', text: 'x', annotations: [] };
  expect((await ask({ role: 'user', content: [text] })).error).toMatchObject({
    message:
      "Invalid value: 'output_text'. Supported values are: 'input_text', 'input_image', 'input_file', 'scoped_content', and 'input_audio'.",
    param: 'input[0].content[0]',
  });
  expect((await ask({ role: 'user', content: 'x', phase: 'final_answer' })).error).toMatchObject({
    param: 'input[0].phase',
    code: 'unknown_parameter',
  });
  expect((await ask({ role: 'assistant', content: [text], phase: 'final_answer' })).error).toBeNull();
  expect((await refusal('responses', { model: 'gpt-4o', input: '' })).error).toMatchObject({
    message: `One of "input" or "previous_response_id" or 'prompt' or 'conversation' must be provided.`,
    param: null,
    code: 'missing_required_parameter',
  });
});

describe('chat completions', () => {
  it.each<[string, object, number, object]>([
    [
      'no model',
      { model: null },
      400,
      { message: 'you must provide a model parameter', param: null, code: null },
    ],
    [
      'an unknown model',
      { model: 'gpt-99' },
      404,
      {
        message: 'The model `gpt-99` does not exist or you do not have access to it.',
        param: null,
        code: 'model_not_found',
      },
    ],
    [
      'an unknown role',
      { messages: [{ role: 'boss', content: 'x' }] },
      400,
      {
        message:
          "Invalid value: 'boss'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
        param: 'messages[0].role',
        code: 'invalid_value',
      },
    ],
    [
      'no messages',
      { messages: [] },
      400,
      {
        message:
          "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        code: 'empty_array',
      },
    ],
    [
      'too many stop sequences',
      { stop: ['a', 'b', 'c', 'd', 'e'] },
      400,
      {
        message:
          "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5 instead.",
        code: 'array_above_max_length',
      },
    ],
    [
      'a name of a schema that is none',
      { response_format: { type: 'json_schema', json_schema: { name: 'a b', schema: {} } } },
      400,
      {
        message:
          "Invalid 'response_format.json_schema.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
        code: 'invalid_value',
      },
    ],
    [
      'too much metadata',
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, 'v'])) },
      400,
      {
        message:
          "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
        param: 'metadata',
        code: 'object_above_max_properties',
      },
    ],
    [
      'long metadata',
      { metadata: { k: 'x'.repeat(600) } },
      400,
      {
        message:
          "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got a string with length 600 instead.",
        param: 'metadata.k',
        code: 'string_above_max_length',
      },
    ],
    [
      'long names of metadata',
      { metadata: { ['k'.repeat(70)]: 'v' } },
      400,
      {
        message:
          "Invalid property name in 'metadata': 'kkk...kkk' is too long. Expected a string with maximum length 64, but got a string with length 70 instead.",
        param: `metadata.${'k'.repeat(70)}`,
        code: 'property_name_above_max_length',
      },
    ],
    [
      'a call without an id',
      {
        messages: [
          { role: 'user', content: 'x' },
          { role: 'assistant', tool_calls: [{ type: 'function', function: { name: 'f', arguments: '{}' } }] },
        ],
      },
      400,
      { param: 'messages[1].tool_calls[0].id', code: 'missing_required_parameter' },
    ],
    [
      'calls of no tools',
      { parallel_tool_calls: true },
      400,
      {
        message:
          "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.",
        param: 'parallel_tool_calls',
      },
    ],
    [
      'a function without properties',
      { tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }] },
      400,
      {
        message: "Invalid schema for function 'f': In context=(), object schema missing properties.",
        param: 'tools[0].function.parameters',
        code: 'invalid_function_parameters',
      },
    ],
    [
      'a picture that is nowhere',
      { messages: image('cat.png') },
      400,
      {
        message: `Invalid image URL: 'messages[0].content[0].image_url.url'. ${AN_IMAGE}, but got a value without the 'data:' prefix.`,
        param: 'messages[0].content[0].image_url.url',
        code: 'invalid_value',
      },
    ],
    [
      'a picture of another type',
      { messages: image('data:image/tiff;base64,AAAA') },
      400,
      { code: 'invalid_value' },
    ],
    [
      'a picture without bytes',
      { messages: image('data:image/png;base64,') },
      400,
      { code: 'invalid_value' },
    ],
    [
      'a picture not in base64',
      { messages: image('data:image/png;base64,@@@') },
      400,
      { code: 'invalid_value' },
    ],
    ['a picture that is text', { messages: image('data:image/png,AAAA') }, 400, { code: 'invalid_value' }],
  ])('refuse %s', async (_, body, status, error) => {
    const answer = await refusal('chat/completions', { model: 'gpt-4o', messages: user('hi'), ...body });
    expect(answer).toMatchObject({ status, error: { type: 'invalid_request_error', ...error } });
  });

  it.each(['https://a.example/cat.png', 'data:image/jpeg;base64,AAAA', 'data:image/png;x=y;base64,AAAA=='])(
    'take a picture at %s',
    async (url) => {
      const body = JSON.stringify({ model: 'gpt-4o', messages: image(url), max_tokens: 1 });
      const answer = await fetch(`${used.server.url}/v1/chat/completions`, { method: 'POST', body });
      expect(answer.status).toBe(200);
    },
  );
});

describe('responses', () => {
  const URL = 'https://platform.openai.com/docs/api-reference/responses/create';
  const moved = (name: string, to: string): string =>
    `Unsupported parameter: '${name}'. In the Responses API, this parameter has moved to '${to}'. Try again with the new parameter. See the API documentation for more information: ${URL}.`;

  it.each([
    [{ messages: [] }, null, 'unsupported_parameter', moved('messages', 'input')],
    [{ response_format: {} }, null, 'unsupported_parameter', moved('response_format', 'text.format')],
    [
      { reasoning_effort: 'low' },
      null,
      'unsupported_parameter',
      moved('reasoning_effort', 'reasoning.effort'),
    ],
    [{ max_tokens: 16 }, 'max_tokens', 'unknown_parameter', "Unknown parameter: 'max_tokens'."],
    [{ stop: 'x' }, 'stop', 'unknown_parameter', "Unknown parameter: 'stop'. Did you mean 'store'?"],
    [
      { strem: true },
      'strem',
      'unknown_parameter',
      "Unknown parameter: 'strem'. Did you mean 'stream' or 'store'?",
    ],
    [{ inpu: 'x' }, 'inpu', 'unknown_parameter', "Unknown parameter: 'inpu'."],
    [
      { previous_response_id: 'resp_x' },
      'previous_response_id',
      'previous_response_not_found',
      "Previous response with id 'resp_x' not found.",
    ],
    [
      { model: 'o3-mini', reasoning: { effort: 'minimal' } },
      'reasoning.effort',
      'unsupported_value',
      "Unsupported value: 'minimal' is not supported with the 'o3-mini' model. Supported values are: 'low', 'medium', and 'high'.",
    ],
    [
      { model: 'o3-mini', temperature: 0.5 },
      'temperature',
      null,
      "Unsupported parameter: 'temperature' is not supported with this model.",
    ],
    [
      { model: 'o3-mini', top_logprobs: 1 },
      'top_logprobs',
      'unsupported_parameter',
      'logprobs are not supported with reasoning models.',
    ],
    [
      { input: [{ type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' }] },
      'input',
      null,
      'No tool output found for function call call_1.',
    ],
    [
      { input: [{ type: 'function_call_output', call_id: 'call_1', output: 'x' }] },
      'input',
      null,
      'No tool call found for function call output with call_id call_1.',
    ],
  ])('refuse %o', async (body, param, code, message) => {
    const refused = await refusal('responses', { model: 'fakeai-1', input: 'Hi', ...body });
    expect(refused).toMatchObject({ status: 400, error: { param, code, message } });
  });
});

describe('items', () => {
  const said = (part: object) => ({
    role: 'assistant',
    content: [{ type: 'output_text', text: 'x', ...part }],
  });
  const asked = (part: object) => ({ role: 'user', content: [part] });
  const called = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };
  const begins = (prefix: string, id = 'x'): string =>
    `Invalid 'input[0].id': '${id}'. Expected an ID that begins with '${prefix}'.`;
  const AT = 'input[0].content[0]';

  it.each<[object, string | null, string | null, string | undefined]>([
    [{ type: 'reasoning', id: 'x', summary: [] }, 'input[0].id', 'invalid_value', begins('rs')],
    [{ role: 'assistant', id: 'x', content: 'x' }, 'input[0].id', 'invalid_value', begins('msg')],
    [{ ...called, id: 'call_1' }, 'input[0].id', 'invalid_value', begins('fc', 'call_1')],
    [{ type: 'web_search_call', id: 'x', action: { type: 'search', query: 'x' } }, 'input[0].id', 'invalid_value', begins('ws')],
    [{ role: 'assistant', id: 'msg_'.padEnd(70, '1'), content: 'x' }, 'input[0].id', 'string_above_max_length', "Invalid 'input[0].id': string too long. Expected a string with maximum length 64, but got a string with length 70 instead."],
    [{ ...called, call_id: 'c'.repeat(65) }, 'input[0].call_id', 'string_above_max_length', undefined],
    [said({ annotations: [{ type: 'link' }] }), `${AT}.annotations[0].type`, 'invalid_value', "Invalid value: 'link'. Supported values are: 'file_citation', 'url_citation', 'container_file_citation', and 'file_path'."],
    [said({ annotations: [{ type: 'url_citation', url: 'x', title: 'x', start_index: '0', end_index: 1 }] }), `${AT}.annotations[0].start_index`, 'invalid_type', undefined],
    [said({ annotations: [], logprobs: [{ token: 'x', logprob: 'x', bytes: [], top_logprobs: [] }] }), `${AT}.logprobs[0].logprob`, 'invalid_type', undefined],
    [asked({ type: 'input_image' }), AT, 'missing_mutually_exclusive_parameters', `Missing mutually exclusive parameters: '${AT}'. Ensure you are providing exactly one of: 'file_id' or 'image_url'.`],
    [asked({ type: 'input_file', file_id: 'file-x', file_data: 'data:text/plain;base64,QQ==' }), AT, 'mutually_exclusive_parameters', `Mutually exclusive parameters: '${AT}'. Ensure you are only providing one of: 'file_data' or 'file_id'.`],
    [asked({ type: 'input_file', file_id: 'x' }), `${AT}.file_id`, 'invalid_value', `Invalid '${AT}.file_id': 'x'. Expected an ID that begins with 'file'.`],
  ])('refuse %j', async (item, param, code, message) => {
    const { status, error } = await refusal('responses', { model: 'gpt-4o', input: [item, { role: 'user', content: 'Hi' }] });
    expect(status).toBe(400);
    expect(error).toMatchObject({ param, code, ...(message !== undefined && { message }) });
  }); // prettier-ignore

  it('are there once, and go on from what there can be', async () => {
    const one = { role: 'assistant', id: 'msg_1', content: 'x' };
    const model = 'gpt-4o';
    expect((await refusal('responses', { model, input: [one, one] })).error).toMatchObject({
      message: 'Duplicate item found with id msg_1. Remove duplicate items from your input and try again.',
      param: 'input',
      code: null,
    });
    const names = { ...called, name: 'a b' };
    const output = { type: 'function_call_output', call_id: 'c', output: 'x' };
    for (const [body, param, pattern] of [
      [{ previous_response_id: 'x' }, 'previous_response_id', /begins with 'resp'\.$/],
      [{ conversation: 'x' }, 'conversation', /begins with 'conv'\.$/],
      [{ input: [names, output] }, 'input[0].name', /matches the pattern '\^\[a-zA-Z0-9_-\]\+\$'\.$/],
      [{ text: { verbosity: 'low' } }, 'text.verbosity', /^Unsupported value: 'low' is not supported with the 'gpt-4o' model\. Supported values are: 'medium'\.$/],
    ] as const) {
      const { status, error } = await refusal('responses', { model, input: 'Hi', ...body });
      expect(status).toBe(400);
      expect(error).toMatchObject({ param, message: expect.stringMatching(pattern) as string });
    }
  }); // prettier-ignore
});

describe('what OpenAI\u2019s own models refuse in chats', () => {
  it.each<[object, string, string | null, string]>([
    [{ max_tokens: 5, max_completion_tokens: 5 }, 'max_tokens', 'invalid_parameter_combination', "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."],
    [{ metadata: { a: 'b' } }, 'metadata', null, "The 'metadata' parameter is only allowed when 'store' is enabled."],
    [{ verbosity: 'high' }, 'verbosity', 'unsupported_value', "Unsupported value: 'verbosity' does not support 'high' with this model. Supported values are: 'medium'."],
    [{ messages: [{ role: 'user', name: 'a b', content: 'x' }] }, 'messages[0].name', 'invalid_value', "Invalid 'messages[0].name': string does not match pattern. Expected a string that matches the pattern '^[^\\s<|\\\\/>]+$'."],
    [{ seed: 1e30 }, 'seed', 'integer_above_max_value', "Invalid 'seed': integer above maximum value. Expected a value <= 9223372036854775807, but got 1e+30 instead."],
  ])('%j', async (body, param, code, message) => {
    const { status, error } = await refusal('chat/completions', { model: 'gpt-4o', messages: user('Hi'), ...body });
    expect(status).toBe(400);
    expect(error).toMatchObject({ param, code, message });
    if (param === 'seed') return;
    const other = 'mistralai/Mixtral-8x7B-Instruct-v0.1';
    const answer = await refusal('chat/completions', { model: other, messages: user('Hi'), max_tokens: 5, ...body });
    expect(answer.status).toBe(200);
  }); // prettier-ignore
});

describe('what is longer than the window', () => {
  const long = 'word '.repeat(9000);
  it.each([
    [
      'completions',
      { model: 'gpt-3.5-turbo-instruct', prompt: long, max_tokens: 100 },
      /^This model's maximum context length is 4096 tokens, however you requested 9\d\d\d tokens \(9\d\d\d in your prompt; 100 for the completion\)\. Please reduce your prompt; or completion length\.$/,
    ],
    [
      'responses',
      { model: 'gpt-4', input: long },
      /^Your input exceeds the context window of this model\. Please adjust your input and try again\.$/,
    ],
  ])('is refused by %s', async (path, body, message) => {
    const answer = await refusal(path, body);
    expect(answer).toMatchObject({ status: 400, error: { code: 'context_length_exceeded' } });
    expect(answer.error).toMatchObject({ message: expect.stringMatching(message) as string });
  });

  it('is refused by messages', async () => {
    const body = {
      model: 'claude-3-5-sonnet-20241022',
      max_tokens: 10,
      messages: user('word '.repeat(201_000)),
    };
    expect(await refusal('messages', body)).toMatchObject({
      status: 400,
      error: {
        type: 'invalid_request_error',
        message: expect.stringMatching(/^prompt is too long: 201\d\d\d tokens > 200000 maximum$/) as string,
      },
    });
  });
});

it('models are missed in the words of each API', async () => {
  expect(await refusal('responses', { model: 'gpt-99', input: 'hi' })).toMatchObject({
    status: 400,
    error: {
      message: "The requested model 'gpt-99' does not exist.",
      param: 'model',
      code: 'model_not_found',
    },
  });
  const listed = (await (await fetch(`${used.server.url}/v1/models/gpt-99`)).json()) as object;
  expect(listed).toMatchObject({
    error: { message: "The model 'gpt-99' does not exist", param: 'model', code: 'model_not_found' },
  });
});
