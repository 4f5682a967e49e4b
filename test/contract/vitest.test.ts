/** What `fakeai/vitest` gives to a test, used as a test would use it. */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { useFakeai } from '../../src/vitest/index.js';

const fakeai = useFakeai({ model: ['gpt-4o', 'gpt-realtime'] });
const clientOf = (): OpenAI => new OpenAI({ baseURL: fakeai.baseUrl, apiKey: 'sk-secret' });
const ask = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Hi' }], max_tokens: 5 };

describe('useFakeai', () => {
  it('has a server that answers, and remembers what it was asked', async () => {
    const answer = await clientOf().chat.completions.create(ask);
    expect(answer.choices[0]!.message.content).not.toBe('');
    const seen = fakeai.expectRequest('POST /v1/chat/completions', {
      max_tokens: 5,
      messages: [{ content: 'Hi' }],
    });
    expect(seen.headers['authorization']).toBe('Bearer sk-secret');
    expect(fakeai.requests).toEqual([seen]);
  });

  it('forgets between tests, and says what is missing', () => {
    expect(fakeai.requests).toEqual([]);
    expect(() => fakeai.expectRequest('GET /v1/models')).toThrow(
      'no GET /v1/models among: no requests at all',
    );
  });

  it('refuses what is no request line, as nothing would ever match it', () => {
    const answer = (line: string) => () => fakeai.answer(line as 'GET /', { status: 500 });
    expect(answer('/v1/models')).toThrow('"/v1/models" is no request line');
    expect(answer('get /v1/models')).toThrow('such as "POST /v1/chat/completions"');
    expect(answer('GET http://localhost/v1/models')).toThrow('is no request line');
  });

  it('says how a request differs', async () => {
    await clientOf().chat.completions.create(ask);
    expect(() => fakeai.expectRequest('POST /v1/chat/completions', { model: 'o3' })).toThrow();
  });

  it('answers in place of the server as often as it is told to', async () => {
    fakeai.answer('POST /v1/chat/completions', { status: 429, headers: { 'retry-after': '0' } }, 2);
    await clientOf().chat.completions.create(ask);
    expect(fakeai.requests).toHaveLength(3);
    fakeai.answer('GET /v1/models', { body: { object: 'list', data: [{ id: 'mine' }] } });
    expect((await clientOf().models.list()).data.map(({ id }) => id)).toEqual(['mine']);
    expect((await clientOf().models.list()).data.map(({ id }) => id)).toEqual(['gpt-4o', 'gpt-realtime']);
    fakeai.answer('GET /v1/models', { status: 500 }, 9);
    fakeai.reset();
    expect((await clientOf().models.list()).data).toHaveLength(2);
  });

  it('lets streams and WebSockets through', async () => {
    const stream = await clientOf().chat.completions.create({ ...ask, stream: true });
    let chunks = 0;
    for await (const _chunk of stream) chunks++;
    expect(chunks).toBeGreaterThan(5);
    const socket = new WebSocket(`${fakeai.url.replace('http', 'ws')}/v1/realtime?model=gpt-realtime`);
    const first = await new Promise<string>((resolve) =>
      socket.once('message', (data: Buffer) => resolve(data.toString())),
    );
    expect(first).toContain('session.created');
    socket.close();
    expect(fakeai.requests.at(-1)!.query.get('model')).toBe('gpt-realtime');
  });

  it('answers what a test says, in every protocol and as a stream', async () => {
    fakeai.reply('capital of france', 'Paris.');
    fakeai.reply({ contains: 'flaky', call: 1 }, { error: { status: 503, message: 'Not yet.' } });
    fakeai.reply({ contains: 'flaky' }, { toolCalls: [{ name: 'try_again', arguments: { n: 2 } }] });
    const client = clientOf();
    const messages = [{ role: 'user' as const, content: 'The capital of France?' }];
    let text = '';
    for await (const chunk of await client.chat.completions.create({ ...ask, messages, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).toBe('Paris.');
    const { output_text: said } = await client.responses.create({
      model: 'gpt-4o',
      input: 'capital of FRANCE',
    });
    expect(said).toBe('Paris.');
    const flaky = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'flaky' }] };
    const { choices } = await client.chat.completions.create(flaky);
    expect(fakeai.requests).toHaveLength(4);
    expect(choices[0]!.message.tool_calls).toMatchObject([{ function: { name: 'try_again', arguments: '{"n":2}' } }]); // prettier-ignore
    fakeai.reset();
    expect((await client.chat.completions.create({ ...ask, messages })).choices[0]!.message.content).not.toBe(
      'Paris.',
    );
  });

  it('forgets what an earlier test said, and refuses what is no fixture', async () => {
    const messages = [{ role: 'user' as const, content: 'The capital of France?' }];
    const { choices } = await clientOf().chat.completions.create({ ...ask, messages });
    expect(choices[0]!.message.content).not.toBe('Paris.');
    expect(() => fakeai.reply({ pattern: '(' }, 'x')).toThrow('match.pattern');
    // @ts-expect-error there is no such condition
    expect(() => fakeai.reply({ contain: 'x' }, 'x')).toThrow('contain');
  });
});

describe('with env', () => {
  const own = useFakeai({ env: true, model: ['mine', 'claude-sonnet-4-5'] });

  it('is what clients without options ask', async () => {
    expect((await new OpenAI().models.list()).data[0]!.id).toBe('mine');
    const message = await new Anthropic().messages.create({
      model: 'claude-sonnet-4-5',
      max_tokens: 5,
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(message.type).toBe('message');
    own.expectRequest('POST /v1/messages', { max_tokens: 5 });
  });
});
