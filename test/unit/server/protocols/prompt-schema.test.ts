import { describe, expect, it } from 'vitest';
import { objectFormat } from '../../../../src/server/protocols/openai/prompt-schema.js';

const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
const other = { properties: { size: { type: 'integer' } } };
const format = (...texts: string[]) => objectFormat(texts.map((text) => ({ text })));

describe('objectFormat', () => {
  it.each([
    [
      'in a block of code',
      [`Answer in JSON:\n\`\`\`json\n${JSON.stringify(schema, null, 2)}\n\`\`\`\nNothing else.`],
    ],
    [
      'after an example',
      [`For ${JSON.stringify(other)} write {"size": 1}. Yours: ${JSON.stringify(schema)}`],
    ],
    ['after words in braces', [`Dear {name}, "{" is a brace. ${JSON.stringify(schema)}`]],
    ['in a message before the last', [JSON.stringify(schema), 'Who is it?']],
  ])('follows the schema %s', (_, texts) => {
    expect(format(...texts)).toEqual({ type: 'json_schema', schema });
  });

  it.each([
    ['none', 'JSON, please'],
    ['an object that is no schema', '{"properties": "many"}'],
    ['properties of something else', '{"type": "array", "properties": {"a": {}}}'],
    ['no properties', '{"type": "object", "properties": {}}'],
    [
      'one that cannot be followed',
      '{"type":"object","properties":{"a":{"$ref":"#/none"}},"required":["a"]}',
    ],
    ['one that is cut off', JSON.stringify(schema).slice(0, -1)],
    ['one that is no JSON', `{"properties": {name: string}}`],
    ['a string without an end', '"properties" {"a": "'],
  ])('is any object with %s', (_, text) => {
    expect(format(text)).toEqual({ type: 'json_object' });
  });

  it('reads a text of nothing but quotes and escapes once', () => {
    const text = `"properties"{${'"\\'.repeat(120_000)}`;
    expect(format(text)).toEqual({ type: 'json_object' });
  });
});
