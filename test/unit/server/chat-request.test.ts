import { describe, expect, it } from 'vitest';
import { readChatRequest } from '../../../src/server/protocols/openai/chat/request.js';
import { ApiError } from '../../../src/server/protocols/openai/errors.js';

const MESSAGES = [{ role: 'user', content: 'hi' }];
const read = (body: unknown) =>
  readChatRequest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
const ask = (over: object) => ({ model: 'm', messages: MESSAGES, ...over });

function refusal(body: unknown): { message: string; param: string | null; code: string | null } {
  try {
    read(body);
  } catch (error) {
    if (error instanceof ApiError && error.status === 400) return JSON.parse(error.body).error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('readChatRequest', () => {
  it('accepts null for what is optional', () => {
    const nulls = {
      stream: null,
      n: null,
      stop: null,
      seed: null,
      max_tokens: null,
      tools: null,
      response_format: null,
    };
    expect(read(ask(nulls))).toMatchObject({ stream: false, n: 1, stop: [], seed: undefined });
  });

  it('accepts the defaults of what is not simulated', () => {
    const defaults = {
      response_format: { type: 'text' },
      logprobs: false,
      modalities: ['text'],
      service_tier: 'auto',
      store: false,
      top_k: 5,
    };
    expect(read(ask(defaults)).model).toBe('m');
  });

  it.each([
    ['not JSON', '{', null, null],
    ['no object', '[]', null, null],
    ['no model', { messages: MESSAGES }, null, null],
    ['no tools in a list of them', ask({ tools: [] }), 'tools', 'empty_array'],
    ['a choice among no tools', ask({ tool_choice: 'auto' }), 'tool_choice', null],
    ['several calls of no tools', ask({ parallel_tool_calls: false }), 'parallel_tool_calls', null],
    ['no messages', { model: 'm' }, 'messages', 'missing_required_parameter'],
    ['empty messages', ask({ messages: [] }), 'messages', 'empty_array'],
    ['messages that are none', ask({ messages: 'hi' }), 'messages', 'invalid_type'],
    ['an unknown role', ask({ messages: [{ role: 'x', content: '' }] }), 'messages[0].role', 'invalid_value'],
    ['no role', ask({ messages: [{ content: '' }] }), 'messages[0].role', 'missing_required_parameter'],
    ['no content', ask({ messages: [{ role: 'user' }] }), 'messages.[0].content', null],
    [
      'numeric content',
      ask({ messages: [{ role: 'user', content: 1 }] }),
      'messages[0].content',
      'invalid_type',
    ],
    [
      'a part without a type',
      ask({ messages: [{ role: 'user', content: [{}] }] }),
      'messages[0].content[0].type',
      'missing_required_parameter',
    ],
    [
      'a part without text',
      ask({ messages: [{ role: 'user', content: [{ type: 'text' }] }] }),
      'messages[0].content[0].text',
      'missing_required_parameter',
    ],
    [
      'a part of an unknown type',
      ask({ messages: [{ role: 'user', content: [{ type: 'smell' }] }] }),
      'messages[0].content[0].type',
      'invalid_value',
    ],
    [
      'an image without a URL',
      ask({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] }),
      'messages[0].content[0].image_url.url',
      'missing_required_parameter',
    ],
    [
      'a result without a call',
      ask({ messages: [...MESSAGES, { role: 'tool', tool_call_id: 'c', content: '' }] }),
      'messages.[1].role',
      null,
    ],
    [
      'a call without a result',
      ask({
        messages: [
          {
            role: 'assistant',
            tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          ...MESSAGES,
        ],
      }),
      'messages.[1].role',
      null,
    ],
    ['n too large', ask({ n: 129 }), 'n', 'integer_above_max_value'],
    ['n too small', ask({ n: 0 }), 'n', 'integer_below_min_value'],
    ['a broken n', ask({ n: 1.5 }), 'n', 'invalid_type'],
    ['max_tokens as text', ask({ max_tokens: '5' }), 'max_tokens', 'invalid_type'],
    ['max_tokens 0', ask({ max_tokens: 0 }), 'max_tokens', 'integer_below_min_value'],
    ['min_tokens too large', ask({ min_tokens: 131_073 }), 'min_tokens', 'invalid_value'],
    [
      'a bad max_tokens beside a good newer one',
      ask({ max_tokens: -1, max_completion_tokens: 5 }),
      'max_tokens',
      'integer_below_min_value',
    ],
    ['min above max', ask({ max_tokens: 5, min_tokens: 6 }), 'min_tokens', 'invalid_value'],
    ['too much forced', ask({ n: 128, max_tokens: 100_000, ignore_eos: true }), 'n', 'invalid_value'],
    ['temperature', ask({ temperature: 2.1 }), 'temperature', 'decimal_above_max_value'],
    ['five stops', ask({ stop: ['a', 'b', 'c', 'd', 'e'] }), 'stop', 'array_above_max_length'],
    ['an empty stop', ask({ stop: '' }), 'stop', 'empty_string'],
    ['a numeric stop', ask({ stop: ['a', 1] }), 'stop[1]', 'invalid_type'],
    ['stream_options alone', ask({ stream_options: { include_usage: true } }), 'stream_options', null],
    ['stream as text', ask({ stream: 'yes' }), 'stream', 'invalid_type'],
    ['a tool without a type', ask({ tools: [{}] }), 'tools[0].type', 'missing_required_parameter'],
    [
      'a bad name of a function',
      ask({ tools: [{ type: 'function', function: { name: 'a b' } }] }),
      'tools[0].function.name',
      'invalid_value',
    ],
    ['a choice without tools', ask({ tool_choice: 'required' }), 'tool_choice', null],
    [
      'a choice of no tool',
      ask({
        tools: [{ type: 'function', function: { name: 'f' } }],
        tool_choice: { type: 'function', function: { name: 'g' } },
      }),
      'function_call',
      null,
    ],
    [
      'a strict function that is not',
      ask({
        tools: [
          {
            type: 'function',
            function: { name: 'f', strict: true, parameters: { type: 'object', properties: {} } },
          },
        ],
      }),
      'tools[0].function.parameters',
      'invalid_function_parameters',
    ],
    ['JSON unannounced', ask({ response_format: { type: 'json_object' } }), 'messages', null],
    ['alternatives alone', ask({ top_logprobs: 2 }), 'top_logprobs', null],
    [
      'too many alternatives',
      ask({ logprobs: true, top_logprobs: 21 }),
      'top_logprobs',
      'integer_above_max_value',
    ],
    ['a bias of a word', ask({ logit_bias: { hello: 1 } }), 'logit_bias', 'invalid_value'],
    ['an unknown parameter', ask({ tempersture: 1 }), null, null],
    [
      'sound without its parameters',
      ask({ modalities: ['text', 'audio'] }),
      'audio',
      'missing_required_parameter',
    ],
  ])('refuses %s', (_, body, param, code) => {
    const error = refusal(body);
    expect({ param: error.param, code: error.code }).toEqual({ param, code });
    expect(error.message.length).toBeGreaterThan(10);
  });

  it('says what is wrong as OpenAI does', () => {
    expect(refusal(ask({ max_tokens: '5' })).message).toBe(
      "Invalid type for 'max_tokens': expected an integer, but got a string instead.",
    );
    expect(refusal(ask({ n: 200 })).message).toBe(
      "Invalid 'n': integer above maximum value. Expected a value <= 128, but got 200 instead.",
    );
  });
});
