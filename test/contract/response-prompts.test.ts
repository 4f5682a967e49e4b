/** Prompt templates, which responses name by their ids. */
import { writeFileSync } from 'node:fs';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { temporaryFolder } from '../support/cli.js';
import { startTestServer } from '../support/server.js';
import { expectAnswer, expectError, expectEvents, expectValid } from '../support/spec.js';

const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PROMPTS = `
- id: pmpt_weather
  default: '2'
  versions:
    - version: 1
      instructions: Be brief.
    - version: 2
      model: fakeai-1
      instructions: You speak like {{persona}}.
      messages:
        - { role: user, content: 'What is the weather in {{ city }}?' }
      tools: [{ type: function, name: get_weather, parameters: { type: object, required: [city], properties: { city: { type: string } } } }]
      temperature: 0.5
- id: pmpt_look
  model: fakeai-1
  messages:
    - { role: user, content: 'Look at {{picture}} and read {{file}}, {{name}}.' }
`;

const folder = temporaryFolder();
let server: RunningServer;
let client: OpenAI;
beforeAll(async () => {
  const path = folder.file('prompts.yaml');
  writeFileSync(path, PROMPTS);
  server = await startTestServer({
    threads: 1,
    prompts: [path],
    model: ['fakeai-1', 'org/other:1'],
  });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'sk-test', maxRetries: 0 });
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

const post = (body: object, url = server.url): Promise<Response> =>
  fetch(`${url}/v1/responses`, { method: 'POST', body: JSON.stringify(body) });
const variables = { persona: 'a pirate', city: 'Oslo' };
const textItem = (role: string, text: string) => ({
  type: 'message',
  role,
  content: [{ type: 'input_text', text }],
});

describe('prompt templates', () => {
  it('a response has the model, the words, the tools and the parameters of its prompt', async () => {
    const response = await client.responses.create({ prompt: { id: 'pmpt_weather', variables } });
    expectValid('createResponse', response);
    expect(response).toMatchObject({
      model: 'fakeai-1',
      temperature: 0.5,
      prompt: { id: 'pmpt_weather', version: '2', variables },
      instructions: [
        textItem('developer', 'You speak like a pirate.'),
        textItem('user', 'What is the weather in Oslo?'),
      ],
    });
    const [call] = response.output as OpenAI.Responses.ResponseFunctionToolCall[];
    expect(call).toMatchObject({ type: 'function_call', name: 'get_weather' });
    expect(call!.arguments).toContain('Oslo');
    expect(await client.responses.retrieve(response.id)).toMatchObject({ prompt: { version: '2' } });
  });

  it('what the request says counts before what the prompt says', async () => {
    const body = {
      prompt: { id: 'pmpt_weather', version: '2', variables },
      model: 'org/other:1',
      instructions: 'Say less.',
      temperature: 1.5,
      tools: [],
      input: 'And tomorrow?',
    };
    const response = await expectAnswer('createResponse', await post(body));
    expect(response).toMatchObject({ model: 'org/other:1', temperature: 1.5, tools: [] });
    expect((response as { instructions: object[] }).instructions[0]).toEqual(
      textItem('developer', 'Say less.'),
    );
    const events = await expectEvents('createResponse', await post({ ...body, stream: true }));
    expect(events[0]).toMatchObject({ response: { prompt: { id: 'pmpt_weather', version: '2' } } });
  });

  it('counts the words of the prompt, and does not carry them over', async () => {
    const first = await client.responses.create({
      prompt: { id: 'pmpt_weather', version: '1' },
      model: 'fakeai-1',
      input: 'Hi',
    });
    const same = await client.responses.create({ model: 'fakeai-1', input: 'Hi', instructions: 'Be brief.' });
    expect(first.usage!.input_tokens).toBe(same.usage!.input_tokens);
    const count = await client.responses.inputTokens.count({ model: 'fakeai-1', input: 'Hi' });
    expect(first.usage!.input_tokens).toBeGreaterThan(count.input_tokens);
    const items = await client.responses.inputItems.list(first.id);
    expect(items.data).toHaveLength(1);
  });

  it('pictures and files take the places of their variables', async () => {
    const file = await client.files.create({
      file: new File(['turnips '.repeat(100)], 'a.txt'),
      purpose: 'user_data',
    });
    const response = await client.responses.create({
      prompt: {
        id: 'pmpt_look',
        variables: {
          picture: { type: 'input_image', image_url: PIXEL, detail: 'low' },
          file: { type: 'input_file', file_id: file.id },
          name: { type: 'input_text', text: 'Ann' },
        },
      },
    });
    expectValid('createResponse', response);
    const [{ content }] = response.instructions as unknown as [
      { content: { type: string; text?: string }[] },
    ];
    expect(content.map(({ type }) => type)).toEqual([
      'input_text',
      'input_image',
      'input_text',
      'input_file',
      'input_text',
    ]);
    expect(content.at(-1)!.text).toBe(', Ann.');
    expect(response.usage!.input_tokens).toBeGreaterThan(200);
  });

  it('refuses what is not there, or not given', async () => {
    const ask = (prompt: object) => post({ model: 'fakeai-1', input: 'x', prompt });
    const none = { message: "Prompt with id 'pmpt_none' not found.", param: null, code: null };
    await expectError(await ask({ id: 'pmpt_none' }), 404, none);
    await expectError(await ask({ id: 'pmpt_weather', version: '9' }), 404);
    const missing = await ask({ id: 'pmpt_weather', variables: { city: 'Oslo' } });
    await expectError(missing, 400, { param: 'prompt.variables', code: 'prompt_variable_missing' });
    const unknown = await ask({ id: 'pmpt_weather', version: '1', variables: { x: 'y' } });
    await expectError(unknown, 400, { code: 'prompt_variable_unknown' });
    await expectError(await ask({ id: 'pmpt_weather', variables: { city: 3 } }), 400, {
      param: 'prompt.variables.city',
    });
    await expectError(await post({ prompt: { id: 'pmpt_weather', version: '1' }, input: 'x' }), 400, {
      param: 'model',
    });
  });

  it('one that nobody wrote is made up where unknown resources are', async () => {
    const other = await startTestServer({ threads: 1, unknownResources: 'synthesize' });
    const body = { prompt: { id: 'pmpt_none', variables: { city: 'Oslo' } }, input: 'Hi' };
    const response = await expectAnswer('createResponse', await post(body, other.url));
    expect(response).toMatchObject({ prompt: { id: 'pmpt_none', version: '1' } });
    expect(JSON.stringify((response as { instructions: unknown }).instructions)).toContain('city: Oslo');
    await other.close();
  });

  it.each([
    ['two of one id', [{ id: 'a' }, { id: 'a' }], /two prompts with the id 'a'/],
    ['a version that is not there', { id: 'a', default: '3', versions: [{ version: 1 }] }, /no version '3'/],
    ['a parameter that no prompt has', { id: 'a', stream: true }, /stream/],
    ['a parameter that no request could have', { id: 'a', temperature: 3 }, /version 1: .*temperature/],
  ])('refuses files with %s', async (_what, content, problem) => {
    const path = folder.file('bad.json');
    writeFileSync(path, JSON.stringify(content));
    await expect(startTestServer({ prompts: [path] })).rejects.toThrow(problem);
  });
});
