/** What is wrong inside of bodies is said in OpenAI's words. */
import { expect, it } from 'vitest';
import { checkShape } from '../../../src/server/protocols/openai/check-shape.js';
import type { ApiError } from '../../../src/server/protocols/openai/errors.js';

function faultOf(
  operationId: string,
  body: Record<string, unknown>,
): Pick<ApiError, 'param' | 'code' | 'message'> | undefined {
  try {
    checkShape(operationId, body);
    return undefined;
  } catch (error) {
    const { param, code, message } = error as ApiError;
    return { param, code, message };
  }
}

const user = (content: unknown) => [{ role: 'user', content }];

it.each([
  [
    'input',
    { input: { a: 1 } },
    'invalid_type',
    'expected one of a string or array of input items, but got an object instead.',
  ],
  ['tools', { tools: 'x' }, 'invalid_type', 'expected an array of tools, but got a string instead.'],
  ['metadata', { metadata: 'x' }, 'invalid_type', 'expected a metadata object, but got a string instead.'],
  [
    'truncation',
    { truncation: { a: 1 } },
    'invalid_type',
    "expected one of 'auto' or 'disabled', but got an object instead.",
  ],
  [
    'text.verbosity',
    { text: { verbosity: 'loud' } },
    'invalid_value',
    "Invalid value: 'loud'. Supported values are: 'low', 'medium', and 'high'.",
  ],
  [
    'max_tool_calls',
    { max_tool_calls: 'x' },
    'invalid_type',
    'expected an integer, but got a string instead.',
  ],
  ['temperature', { temperature: 'hot' }, 'invalid_type', 'expected a decimal, but got a string instead.'],
  ['temperature', { temperature: 3 }, 'decimal_above_max_value', 'Expected a value <= 2, but got 3 instead.'],
  [
    'tools[0].name',
    { tools: [{ type: 'function' }] },
    'missing_required_parameter',
    "Missing required parameter: 'tools[0].name'.",
  ],
  [
    'tools[0].filters.filters[1].key',
    {
      tools: [
        {
          type: 'file_search',
          vector_store_ids: ['v'],
          filters: {
            type: 'and',
            filters: [
              { type: 'eq', key: 'a', value: 1 },
              { type: 'eq', key: 2, value: 1 },
            ],
          },
        },
      ],
    },
    'invalid_type',
    'expected a string, but got an integer instead.',
  ],
  [
    'input[0].content[0].text',
    { input: user([{ type: 'input_text', text: null }]) },
    'invalid_type',
    'expected a string, but got null instead.',
  ],
  [
    'input[0].content',
    { input: user(null) },
    'invalid_type',
    'expected one of an array of objects or string, but got null instead.',
  ],
  [
    'input[1].action.type',
    {
      input: [
        { type: 'reasoning', summary: [] },
        { type: 'web_search_call', action: {} },
      ],
    },
    'missing_required_parameter',
    "Missing required parameter: 'input[1].action.type'.",
  ],
  [
    'input[0]',
    { input: [{ type: 'tool' }] },
    'invalid_value',
    "Invalid value: 'tool'. Supported values are: 'additional_tools', 'apply_patch_call', ",
  ],
] as const)('%s of %o', (param, body, code, words) => {
  const fault = faultOf('createResponse', body);
  expect(fault).toMatchObject({ param, code });
  expect(fault!.message).toContain(words);
});

it('takes null for what need not be there, and what the specification does not name', () => {
  expect(
    faultOf('createResponse', {
      input: 'Hi',
      tools: null,
      nobody_knows: { a: 1 },
      reasoning: { effort: null, more: 1 },
    }),
  ).toBeUndefined();
});

it('takes what was said before with less than it had', () => {
  const said = { role: 'assistant', content: [{ type: 'output_text', text: 'Hello.' }] };
  const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };
  expect(faultOf('createResponse', { input: [...user('Hi'), said, call] })).toBeUndefined();
});
