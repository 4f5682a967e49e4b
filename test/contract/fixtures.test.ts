import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { startTestServer } from '../support/server.js';

const folder = mkdtempSync(join(tmpdir(), 'fakeai-fixtures-'));
let server: RunningServer;
let client: OpenAI;
beforeAll(async () => {
  writeFileSync(
    join(folder, 'a.yaml'),
    [
      '- match: { contains: capital of france }',
      '  answer: "Paris \\"☕\\" is it."',
      '- match: { pattern: "^weather in \\\\w+", tool: get_weather }',
      '  answer: { reasoning: Hm., toolCalls: [{ name: get_weather, arguments: { city: Oslo } }] }',
      '- match: { message: fail, model: fakeai-1 }',
      '  answer: { error: { status: 429, message: Slow down., code: rate_limit_exceeded } }',
    ].join('\n'),
  );
  writeFileSync(
    join(folder, 'b.json'),
    JSON.stringify([{ match: { role: 'tool' }, answer: { refusal: 'No.' } }]),
  );
  server = await startTestServer({ fixtures: [folder], fixturesStrict: true });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'x', maxRetries: 0 });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const ask = (content: string) => ({ model: 'fakeai-1', messages: [{ role: 'user' as const, content }] });
const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: {} } }];

describe('fixtures', () => {
  it('say what is answered, in every protocol, whole and streamed', async () => {
    const text = 'Paris "☕" is it.';
    const question = 'What is the Capital of France?';
    const whole = await client.chat.completions.create(ask(question));
    expect(whole.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: text } });
    const stream = client.chat.completions.stream(ask(question));
    expect(await stream.finalContent()).toBe(text);
    expect((await client.responses.create({ model: 'fakeai-1', input: question })).output_text).toBe(text);
    const anthropic = new Anthropic({ baseURL: server.url, apiKey: 'x', maxRetries: 0 });
    const message = await anthropic.messages.create({ ...ask(question), max_tokens: 100 });
    expect(message.content).toMatchObject([{ type: 'text', text }]);
  });

  it('call tools, refuse and fail', async () => {
    const called = await client.chat.completions.create({ ...ask('weather in Oslo'), tools });
    expect(called.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: null,
        reasoning_content: 'Hm.',
        tool_calls: [{ function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }],
      },
    });
    const { message } = called.choices[0]!;
    const refused = await client.chat.completions.create({
      model: 'fakeai-1',
      messages: [
        ...ask('x').messages,
        message,
        { role: 'tool', tool_call_id: message.tool_calls![0]!.id, content: '5' },
      ],
    });
    expect(refused.choices[0]!.message).toMatchObject({ content: null, refusal: 'No.' });
    await expect(client.chat.completions.create(ask('fail'))).rejects.toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
    });
  });

  it('are said to be missing, with the nearest one', async () => {
    const none = client.chat.completions.create(ask('weather in Oslo'));
    await expect(none).rejects.toMatchObject({ status: 404, code: 'no_fixture' });
    await expect(none).rejects.toThrow(/The nearest is .*a\.yaml#1, but .*|no tool "get_weather" is offered/);
  });

  it('are refused with the place when they are wrong', async () => {
    const wrong = join(folder, 'wrong.yaml');
    writeFileSync(wrong, '- match: { contain: x }\n  answer: y\n');
    await expect(startTestServer({ fixtures: [wrong] })).rejects.toMatchObject({
      code: 'FAKEAI_FIXTURES_INVALID',
    });
  });
});
