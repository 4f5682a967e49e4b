/** Long conversations as one item, by the openai SDK. */
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { useServer } from '../support/use-server.js';
import { expectError, expectEvents, expectValid } from '../support/spec.js';

type Input = OpenAI.Responses.ResponseInputItem[];
type Response_ = OpenAI.Responses.Response;

const used = useServer();

const post = (path: string, body: object): Promise<Response> =>
  fetch(`${used.server.url}/v1${path}`, {
    method: 'POST',
    body: JSON.stringify({ model: 'fakeai-1', ...body }),
  });

const LONG = 'Tell me of the history of tea, from its beginning. '.repeat(150);
const TALK: Input = [
  { role: 'user', content: 'My name is Ann.' },
  { role: 'assistant', content: `Hello Ann. ${'And so it goes on. '.repeat(300)}` },
  { role: 'user', content: 'What is a hash?' },
  { role: 'assistant', content: 'A short name of a long text.' },
];

describe('POST /responses/compact', () => {
  it('keeps what the user said, and makes the rest short', async () => {
    const compacted = await used.client.responses.compact({ model: 'fakeai-1', input: TALK });
    expectValid('Compactconversation', compacted);
    expect(compacted.object).toBe('response.compaction');
    expect(compacted.output.map(({ type }) => type)).toEqual(['message', 'message', 'compaction']);
    const { usage } = compacted;
    expect(usage.input_tokens).toBeGreaterThan(1500);
    expect(usage.output_tokens).toBeLessThan(usage.input_tokens / 5);
    const next = await used.client.responses.create({
      model: 'fakeai-1',
      input: [...(compacted.output as Input), { role: 'user', content: 'Go on.' }],
      store: false,
    });
    expect(next.usage!.input_tokens).toBeLessThan(usage.input_tokens / 4);
    // What is in the item is read: without it the prompt is shorter.
    const without = [...compacted.output.slice(0, 2), { role: 'user', content: 'Go on.' }] as Input;
    const { usage: less } = await used.client.responses.create({
      model: 'fakeai-1',
      input: without,
      store: false,
    });
    expect(next.usage!.input_tokens - less!.input_tokens).toBeGreaterThanOrEqual(usage.output_tokens);
  });

  it('gives the same for the same, and goes on from kept responses', async () => {
    const first = await used.client.responses.create({ model: 'fakeai-1', input: 'Tell me' });
    const ask = { model: 'fakeai-1', previous_response_id: first.id };
    const one = await used.client.responses.compact(ask);
    expect((await used.client.responses.compact(ask)).output).toEqual(one.output);
    expect(one.usage.input_tokens).toBeGreaterThan(first.usage!.output_tokens);
  });

  it('opens nothing that it did not seal, and says what it does not know', async () => {
    const forged = [{ type: 'compaction', encrypted_content: 'Z0FBQUFB' }];
    const refused = await post('/responses', { input: forged });
    await expectError(refused, 400, {
      code: 'invalid_encrypted_content',
      param: 'input[0].encrypted_content',
    });
    await expectError(await post('/responses/compact', { input: 'x', tools: [] }), 400, { param: 'tools' });
    await expectError(await post('/responses/compact', {}), 400, { param: 'input' });
  });
});

describe('context_management', () => {
  const managed = { context_management: [{ type: 'compaction', compact_threshold: 1000 }] };

  it('compacts beyond its threshold, whole and in events', async () => {
    const body = { input: LONG, store: false, ...managed };
    const whole = (await (await post('/responses', body)).json()) as Response_;
    const plain = (await (await post('/responses', { input: LONG, store: false })).json()) as Response_;
    expect(whole.output.map(({ type }) => type)).toEqual(['compaction', 'message']);
    expectValid('createResponse', whole);
    expect(whole.usage!.input_tokens).toBe(plain.usage!.input_tokens);
    const stream = await expectEvents('createResponse', await post('/responses', { ...body, stream: true }));
    expect(stream.slice(2, 4)).toMatchObject([
      { type: 'response.output_item.added', output_index: 0, item: whole.output[0] },
      { type: 'response.output_item.done', output_index: 0, item: whole.output[0] },
    ]);
    expect(stream.at(-1)).toMatchObject({
      response: { output: whole.output, usage: { total_tokens: whole.usage!.total_tokens } },
    });
    const short = (await (
      await post('/responses', { input: 'x', store: false, ...managed })
    ).json()) as Response_;
    expect(short.output.map(({ type }) => type)).toEqual(['message']);
  });

  it('spares what goes on from it the tokens before', async () => {
    const ask = { model: 'fakeai-1', ...managed };
    const first = await used.client.responses.create({ ...ask, input: LONG });
    const next = await used.client.responses.create({
      ...ask,
      input: 'Go on.',
      previous_response_id: first.id,
    });
    expect(next.usage!.input_tokens).toBeLessThan(first.usage!.input_tokens / 2);
    expect(next.output.map(({ type }) => type)).toEqual(['message']);
  });

  it('counts the tokens that it writes, beside the limit of the answer', async () => {
    const ask = { model: 'fakeai-1', input: LONG, max_output_tokens: 16, store: false };
    const managedOne = await used.client.responses.create({ ...ask, ...managed });
    expect(managedOne.usage!.output_tokens).toBeGreaterThan(16);
    expect((await used.client.responses.create(ask)).usage!.output_tokens).toBe(16);
  });

  it('knows one kind, and least thresholds', async () => {
    const other = await post('/responses', { input: 'x', context_management: [{ type: 'clear' }] });
    await expectError(other, 400, { param: 'context_management[0].type' });
    const least = [{ type: 'compaction', compact_threshold: 10 }];
    await expectError(await post('/responses', { input: 'x', context_management: least }), 400, {
      param: 'context_management[0].compact_threshold',
      code: 'integer_below_min_value',
    });
  });
});
