import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { postChat, startTestServer } from '../support/server.js';

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
      '  answer: { error: { status: 429, message: Slow down., code: rate_limit_exceeded, headers: { Retry-After: 2 } } }',
      '- match: { headers: { X-Tenant: a }, contains: hello, role: user }',
      '  answer: Hello a.',
      '- match: { role: user, schemaName: city, schema: { properties: { name: { type: string } } } }',
      '  answer: \'{"name":"Oslo"}\'',
      '- match: { contains: flaky, call: 1 }',
      '  answer: { error: { status: 503, message: Not yet. } }',
      '- match: { contains: flaky, call: 2 }',
      '  answer: second',
      '- match: { contains: flaky }',
      '  answer: later',
      '- match: { message: slow }',
      '  answer: { text: one two three four, ttft: 80ms, itl: 20 }',
      '- match: { message: late }',
      '  answer: { delay: 0.1s, error: { status: 418, message: No. } }',
      '- match: { message: delayed }',
      '  answer: { text: x, delay: 100 }',
      '- match: { pattern: "^order (?<number>\\\\d+)( of .*)?$" }',
      '  answer: { template: true, toolCalls: [{ name: find, arguments: { id: "n{{ match.number }}", of: ["{{match.2}}", 1] } }] }',
      '- match: { contains: echo }',
      '  answer: { template: true, text: "{{role}} said {{message}} to {{model}}, {{header.X-Who}}" }',
      '- match: { contains: braces }',
      '  answer: "{{message}} {{x}}"',
      '- match: { contains: denied }',
      '  answer: { template: true, error: { status: 403, message: "Not {{message}}." } }',
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
const tools = [{ type: 'function' as const, function: { name: 'get_weather' } }];

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
      headers: expect.toSatisfy((headers: Headers) => headers.get('retry-after') === '2') as Headers,
    });
  });

  it('match headers', async () => {
    const headers = { 'x-tenant': 'a' };
    const found = await client.chat.completions.create(ask('Hello'), { headers });
    expect(found.choices[0]!.message.content).toBe('Hello a.');
    const response = await client.responses.create({ model: 'fakeai-1', input: 'hello' }, { headers });
    expect(response.output_text).toBe('Hello a.');
    await expect(client.chat.completions.create(ask('Hello'))).rejects.toThrow('x-tenant is not "a"');
  });

  it('match the schema of the answer, by its name and a part of it', async () => {
    const schema = { type: 'object', properties: { name: { type: 'string' }, size: { type: 'number' } } };
    const asked = (name: string, given: object) =>
      client.chat.completions.create({
        ...ask('x'),
        response_format: { type: 'json_schema', json_schema: { name, schema: { ...given } } },
      });
    expect((await asked('city', schema)).choices[0]!.message.content).toBe('{"name":"Oslo"}');
    await expect(asked('town', schema)).rejects.toThrow('the response schema is "town", not "city"');
    await expect(asked('city', { type: 'object', properties: {} })).rejects.toThrow('the given part');
    const text = { format: { type: 'json_schema' as const, name: 'city', schema } };
    const response = await client.responses.create({ model: 'fakeai-1', input: 'x', text });
    expect(response.output_text).toBe('{"name":"Oslo"}');
  });

  it('count their calls, over all threads and protocols, kept answers once', async () => {
    // A connection each, so that both threads get some.
    const headers = { connection: 'close' };
    await expect(client.chat.completions.create(ask('flaky'), { headers })).rejects.toMatchObject({
      status: 503,
    });
    const second = await client.responses.create({ model: 'fakeai-1', input: 'flaky' }, { headers });
    expect(second.output_text).toBe('second');
    for (let i = 0; i < 4; i++) {
      const later = await client.chat.completions.create({ ...ask('flaky'), store: true }, { headers });
      expect(later.choices[0]!.message.content).toBe('later');
    }
  });

  it('take their own time', async () => {
    const timed = async (act: () => Promise<unknown>): Promise<number> => {
      const startMs = performance.now();
      await act();
      return performance.now() - startMs;
    };
    const slow = () => client.chat.completions.create(ask('slow'));
    expect(await timed(slow)).toBeGreaterThan(80 + 3 * 20 - 2);
    let firstMs = 0;
    const wholeMs = await timed(async () => {
      const startMs = performance.now();
      const stream = await client.chat.completions.create({ ...ask('slow'), stream: true });
      for await (const { choices } of stream)
        if (choices[0]?.delta.content) firstMs ||= performance.now() - startMs;
    });
    expect(firstMs).toBeGreaterThan(78);
    expect(wholeMs).toBeGreaterThan(138);
    const late = async () =>
      expect(client.chat.completions.create(ask('late'))).rejects.toMatchObject({ status: 418 });
    expect(await timed(late)).toBeGreaterThan(98);
    expect(await timed(() => client.chat.completions.create(ask('delayed')))).toBeGreaterThan(98);
  });

  it('repeat parts of the request where they are templates', async () => {
    const [called] = (await client.chat.completions.create(ask('order 66'))).choices;
    expect(called!.message.tool_calls).toMatchObject([
      { function: { name: 'find', arguments: '{"id":"n66","of":["",1]}' } },
    ]);
    const headers = { 'x-who': 'Ann' };
    const [echo] = (await client.chat.completions.create(ask('echo {{model}} $&'), { headers })).choices;
    expect(echo!.message.content).toBe('user said echo {{model}} $& to fakeai-1, Ann');
    const [plain] = (await client.chat.completions.create(ask('braces'))).choices;
    expect(plain!.message.content).toBe('{{message}} {{x}}');
    await expect(client.chat.completions.create(ask('denied'))).rejects.toThrow('403 Not denied.');
  });

  it('are said to be missing, with the nearest one', async () => {
    const none = client.chat.completions.create(ask('weather in Oslo'));
    await expect(none).rejects.toMatchObject({ status: 404, code: 'no_fixture' });
    await expect(none).rejects.toThrow(/The nearest is .*a\.yaml#1, but .*|no tool "get_weather" is offered/);
  });

  it('are said to be nearest by the words of the message, where as many conditions do not hold', async () => {
    const said = client.chat.completions.create(ask('What is the capital of Germany?'));
    await expect(said).rejects.toThrow(
      /The nearest is .*a\.yaml#\d+, but .* does not contain "capital of france"/,
    );
  });

  it('are refused with the place when they are wrong', async () => {
    const wrong = join(folder, 'wrong.yaml');
    for (const [text, message] of [
      [
        '- { match: {}, answer: y }\n- { match: { contain: x }, answer: y }',
        'wrong.yaml#2: match: Unrecognized key',
      ],
      [
        '- { match: {}, answer: { error: { status: 200, message: x } } }',
        'wrong.yaml#1: answer.error.status: Too small',
      ],
      ['- { match: {}, answer: { txt: y } }', 'wrong.yaml#1: answer: Unrecognized key: "txt"'],
      ['- { match: {}, answer: 5 }', 'wrong.yaml#1: answer: Invalid input'],
      ['match: {}', 'wrong.yaml: must be a list of fixtures'],
    ] as const) {
      writeFileSync(wrong, text);
      await expect(startTestServer({ fixtures: [wrong] })).rejects.toThrow(message);
    }
    for (const line of [
      '{ match: {}, answer: { text: y, ttft: soon } }',
      '{ match: {}, answer: { error: { status: 500, message: x, headers: { Content-Length: 5 } } } }',
      '{ match: {}, answer: { error: { status: 500, message: x, headers: { a: "b\\r\\nc: d" } } } }',
      '{ match: { call: 0 }, answer: y }',
      '{ match: {}, answer: { template: true, text: "{{massage}}" } }',
      '{ match: {}, answer: { template: true, text: "{{match.1}}" } }',
      '{ match: { pattern: (a) }, answer: { template: true, toolCalls: [{ name: f, arguments: { a: ["{{match.2}}"] } }] } }',
    ]) {
      writeFileSync(wrong, `- ${line}\n`);
      await expect(startTestServer({ fixtures: [wrong] })).rejects.toMatchObject({
        code: 'FAKEAI_FIXTURES_INVALID',
      });
    }
  });
});

it('fixtures of a program are those of all threads at once, before those of the files', async () => {
  const own = await startTestServer({ threads: 2 });
  const say = async (): Promise<Set<string>> => {
    const answers = Array.from({ length: 8 }, async () => {
      const body = { model: 'fakeai-1', messages: [{ role: 'user', content: 'Hi' }] };
      const response = await postChat(own.url, body);
      const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
      return choices[0]!.message.content;
    });
    return new Set(await Promise.all(answers));
  };
  const before = await say();
  for (const text of ['One.', 'Two.']) {
    await own.setFixtures([{ match: { contains: 'hi' }, answer: text }]);
    expect(await say()).toEqual(new Set([text]));
  }
  await own.setFixtures([{ match: {}, answer: { text: 'Late.', delay: '100ms' } }]);
  const startMs = performance.now();
  expect(await say()).toEqual(new Set(['Late.']));
  expect(performance.now() - startMs).toBeGreaterThan(98);
  await own.setFixtures([]);
  expect(await say()).toEqual(before);
  await own.close();
});
