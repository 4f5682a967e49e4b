/** Parameters of inference engines beside OpenAI's: each changes the answer, or is refused, or is known to change nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Tokenizer } from '../../src/lib/tokens/tokenizer.js';
import { loadVocabulary } from '../../src/lib/tokens/vocabulary.js';
import type { RunningServer } from '../../src/server/index.js';
import { startTestServer } from '../support/server.js';
import { expectError } from '../support/spec.js';

interface SaidChoice {
  index: number;
  text?: string;
  message?: { content: string; reasoning_content?: string };
  delta?: { content?: string };
  finish_reason: string | null;
  stop_reason?: number | string | null;
}
interface Said {
  choices: SaidChoice[];
  usage: { completion_tokens: number; completion_tokens_details: { reasoning_tokens: number } };
}

const tokenizer = new Tokenizer(loadVocabulary('o200k_base'));
const messages = [{ role: 'user', content: 'Tell me about rivers.' }];
const PATHS = [
  ['chat', '/v1/chat/completions', { messages }],
  ['completions', '/v1/completions', { prompt: 'Tell me about rivers.' }],
] as const;

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ model: ['fakeai-1', 'deepseek-r1', 'qwen3-8b'] });
});
afterAll(() => server.close());

const post = (path: string, body: object): Promise<Response> =>
  fetch(server.url + path, {
    method: 'POST',
    body: JSON.stringify({ model: 'fakeai-1', max_tokens: 60, ...body }),
  });
const textOf = ({ text, message, delta }: SaidChoice): string =>
  text ?? message?.content ?? delta?.content ?? '';
async function streamed(path: string, body: object): Promise<SaidChoice[]> {
  const lines = (await (await post(path, { ...body, stream: true })).text()).split('\n');
  return lines
    .filter((line) => line.startsWith('data: {'))
    .flatMap((line) => (JSON.parse(line.slice(6)) as Said).choices);
}

describe.each(PATHS)('%s', (_, path, ask) => {
  const said = async (more: object): Promise<{ text: string; tokens: number; choice: SaidChoice }> => {
    const { choices, usage } = (await (await post(path, { ...ask, ...more })).json()) as Said;
    return { text: textOf(choices[0]!), tokens: usage.completion_tokens, choice: choices[0]! };
  };
  const usual = (): Promise<string> => said({ ignore_eos: true }).then(({ text }) => text);
  /** A token of the usual text, the first of its kind, and what comes before it. */
  async function tokenAt(at: number): Promise<{ id: number; piece: string; before: string; count: number }> {
    const ids = tokenizer.encode(await usual());
    const index = ids.findIndex((id, i) => i >= at && ids.indexOf(id) === i);
    const id = ids[index]!;
    return {
      id,
      piece: tokenizer.decode([id]),
      before: tokenizer.decode(ids.slice(0, index)),
      count: index + 1,
    };
  }

  it('end at the first of stop_token_ids, whole and streamed', async () => {
    const { id, before, count } = await tokenAt(8);
    const body = { ignore_eos: true, stop_token_ids: [199_999, id] };
    const { text, tokens, choice } = await said(body);
    expect(text).toBe(before);
    expect(tokens).toBe(count);
    expect(choice).toMatchObject({ finish_reason: 'stop', stop_reason: id });
    const choices = await streamed(path, { ...ask, ...body });
    expect(choices.map(textOf).join('')).toBe(before);
    expect(choices.at(-1)).toMatchObject({ finish_reason: 'stop', stop_reason: id });
  });

  it('do not end at them before min_tokens', async () => {
    const { id, before } = await tokenAt(8);
    const { text } = await said({ ignore_eos: true, min_tokens: 20, stop_token_ids: [id] });
    expect(text.length).toBeGreaterThan(before.length);
  });

  it('show what they stop at when that is asked for', async () => {
    const { id, before, piece } = await tokenAt(8);
    const shown = { ignore_eos: true, include_stop_str_in_output: true };
    expect((await said({ ...shown, stop_token_ids: [id] })).text).toBe(before + piece);
    const cut = await said({ ...shown, stop: piece });
    expect(cut.text.endsWith(piece)).toBe(true);
    expect(cut.choice).toMatchObject({ finish_reason: 'stop', stop_reason: piece });
    expect((await said({ ignore_eos: true, no_stop_trim: true, stop: piece })).text).toBe(cut.text);
  });

  it('do not have bad_words, alone or in a row', async () => {
    const { piece, before } = await tokenAt(8);
    const previous = tokenizer.pieces(before).at(-1)!;
    const one = await said({ ignore_eos: true, bad_words: [piece.trim()] });
    expect(tokenizer.pieces(one.text)).not.toContain(piece);
    const row = await said({ ignore_eos: true, bad_words: [`${previous}${piece}`.trim()] });
    expect(row.text).not.toContain(previous + piece);
    expect(row.text.startsWith(before)).toBe(true);
  });

  it('interleave the choices of a stream that takes no time', async () => {
    const choices = await streamed(path, { ...ask, n: 2, ignore_eos: true });
    const order = choices.filter((choice) => textOf(choice) !== '').map(({ index }) => index);
    expect(order).toHaveLength(120);
    expect(order.slice(0, 6)).toEqual([0, 1, 0, 1, 0, 1]);
  });

  it.each([
    ['prompt_logprobs', 1],
    ['guided_grammar', 'start: "a"'],
    ['use_beam_search', true],
    ['allowed_token_ids', [1]],
    ['return_token_ids', true],
    ['truncate_prompt_tokens', 3],
    ['documents', [{ text: 'x' }]],
    ['chat_template', '{{ messages }}'],
  ])('refuse %s', async (param, value) => {
    const response = await post(path, { ...ask, [param]: value });
    await expectError(response, 400, { param, code: 'unsupported_parameter' });
  });

  it('take what changes nothing, and values that ask for nothing', async () => {
    const nothing = { use_beam_search: false, allowed_token_ids: null, documents: [], bad_words: [] };
    const kept = { min_p: 0.1, repetition_penalty: 1.1, request_id: 'x', stop_token_ids: [] };
    const { text, choice } = await said({ ignore_eos: true, ...nothing, ...kept });
    expect(text).toBe(await usual());
    expect(choice).not.toHaveProperty('stop_reason');
  });

  it('refuse what nobody knows', async () => {
    const response = await post(path, { ...ask, tempersture: 1 });
    await expectError(response, 400, {
      message: 'Unrecognized request argument supplied: tempersture',
      param: null,
      code: null,
    });
  });
});

describe('thoughts of chats', () => {
  const chat = async (more: object): Promise<Said> =>
    (await (await post('/v1/chat/completions', { messages, max_tokens: 5000, ...more })).json()) as Said;

  it('are not sent where include_reasoning is false, and still cost tokens', async () => {
    const { choices, usage } = await chat({ model: 'deepseek-r1', include_reasoning: false });
    expect(choices[0]!.message).not.toHaveProperty('reasoning_content');
    expect(usage.completion_tokens_details.reasoning_tokens).toBeGreaterThan(0);
  });

  it.each([{ enable_thinking: true }, { thinking: true }])(
    'are as the template is told: %o',
    async (told) => {
      const off = Object.fromEntries(Object.keys(told).map((name) => [name, false]));
      const tokens = async (kwargs: object): Promise<number> =>
        (await chat({ model: 'qwen3-8b', chat_template_kwargs: kwargs })).usage.completion_tokens_details
          .reasoning_tokens;
      expect(await tokens(told)).toBeGreaterThan(0);
      expect(await tokens(off)).toBe(0);
    },
  );
});
