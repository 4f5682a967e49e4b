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
    ['chat_template', '{{ messages }}'],
    ['logits_processors', ['x']],
    ['lora_path', 'x'],
    ['detokenize', false],
  ])('refuse %s', async (param, value) => {
    const response = await post(path, { ...ask, [param]: value });
    await expectError(response, 400, { param, code: 'unsupported_parameter' });
  });

  it('take what changes nothing, and values that ask for nothing', async () => {
    const nothing = { use_beam_search: false, allowed_token_ids: null, documents: [], bad_words: [] };
    const kept = { min_p: 0, top_k: -1, repetition_penalty: 1, request_id: 'x', stop_token_ids: [] };
    const { text, choice } = await said({ ignore_eos: true, ...nothing, ...kept });
    expect(text).toBe(await usual());
    expect(choice).not.toHaveProperty('stop_reason');
  });

  it('draw from fewer words, down to one', async () => {
    const likeliest = await said({ ignore_eos: true, temperature: 0 }).then(({ text }) => text);
    expect((await said({ ignore_eos: true, top_k: 1 })).text).toBe(likeliest);
    expect((await said({ ignore_eos: true, min_p: 1 })).text).toBe(likeliest);
    const narrow = (await said({ ignore_eos: true, top_k: 2, min_p: 0.9 })).text;
    expect(narrow).not.toBe(await usual());
    expect(narrow.slice(0, 20)).toBe(likeliest.slice(0, 20));
  });

  it('repeat themselves less, or more', async () => {
    const spread = async (repetition_penalty: number): Promise<number> => {
      const { text } = await said({ ignore_eos: true, max_tokens: 300, repetition_penalty });
      return new Set(text.match(/\w+/g)).size;
    };
    const plain = await spread(1);
    expect(await spread(1.5)).toBeGreaterThan(plain);
    expect(await spread(0.7)).toBeLessThan(plain);
  });

  it('have no tokens but the allowed ones', async () => {
    const allowed = tokenizer.encode(' river water');
    const { text } = await said({ ignore_eos: true, allowed_token_ids: allowed });
    expect(new Set(tokenizer.encode(text))).toEqual(new Set(allowed));
  });

  it('tell of the tokens so far in every event, of each choice', async () => {
    const stream_options = { include_usage: true, continuous_usage_stats: true };
    const body = { ...ask, ignore_eos: true, max_tokens: 12, n: 2, stream: true, stream_options };
    const lines = (await (await post(path, body)).text())
      .split('\n')
      .filter((line) => line.startsWith('data: {'));
    const events = lines.map((line) => JSON.parse(line.slice(6)) as Said & { usage: Record<string, number> });
    const last = events.pop()!;
    expect(last).toMatchObject({ choices: [], usage: { completion_tokens: 24 } });
    for (const index of [0, 1]) {
      const counts = events
        .filter(({ choices }) => choices[0]!.index === index)
        .map(({ usage }) => [usage['prompt_tokens'], usage['completion_tokens'], usage['total_tokens']]);
      expect(counts.at(-1)).toEqual([last.usage['prompt_tokens'], 12, last.usage['prompt_tokens']! + 12]);
      expect(counts.map(([, tokens]) => tokens)).toEqual(
        counts.map(([, tokens]) => tokens).toSorted((a, b) => a! - b!),
      );
    }
    const without = { ...body, stream_options: { include_usage: true } };
    expect(await (await post(path, without)).text()).toContain('"usage":null');
  });

  it('keep to a form, whole and streamed', async () => {
    const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
    const isObject = (text: string): boolean => Number.isInteger((JSON.parse(text) as { n: unknown }).n);
    const json_schema = { name: 'thing', schema };
    for (const [form, fits] of [
      [{ structured_outputs: { regex: '[a-c]{4}' } }, (text: string) => /^[a-c]{4}$/.test(text)],
      [{ structured_outputs: { choice: ['yes', 'no'] } }, (text: string) => ['yes', 'no'].includes(text)],
      [{ structured_outputs: { json: schema } }, isObject],
      [{ guided_json: JSON.stringify(schema) }, isObject],
      [{ guided_grammar: 'root ::= "a" | "b"' }, (text: string) => /^[ab]$/.test(text)],
      [{ response_format: { type: 'json_schema', json_schema } }, isObject],
    ] as const) {
      const { text, tokens } = await said({ ...form, max_tokens: 200 });
      expect(fits(text), text).toBe(true);
      expect(tokens).toBe(tokenizer.count(text));
      const choices = await streamed(path, { ...ask, ...form, max_tokens: 200 });
      expect(choices.map(textOf).join('')).toBe(text);
    }
    const broken = await post(path, { ...ask, structured_outputs: { regex: '(' } });
    await expectError(broken, 400, { param: 'guided_regex' });
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

describe('chats', () => {
  const chat = (more: object): Promise<Response> => post('/v1/chat/completions', { messages, ...more });
  const content = async (more: object): Promise<string> =>
    ((await (await chat(more)).json()) as Said).choices[0]!.message!.content;

  it.each([
    ['Lark', 'start: "SELECT " column " FROM t" ("1" | "2")\ncolumn: /[a-c]/', /^SELECT [abc] FROM t[12]$/],
    [
      'EBNF',
      'root ::= "SELECT " column-name " FROM t" [12]\ncolumn-name ::= "a" | "b"',
      /^SELECT [ab] FROM t[12]$/,
    ],
  ])('follow a grammar in %s', async (_, grammar, expected) => {
    for (const more of [{ guided_grammar: grammar }, { structured_outputs: { grammar } }]) {
      expect(await content(more)).toMatch(expected);
      const whole = await content({ ...more, seed: 3 });
      const choices = await streamed('/v1/chat/completions', { messages, ...more, seed: 3 });
      expect(choices.map(textOf).join('')).toBe(whole);
    }
    const response = await chat({ guided_grammar: 'start: nobody' });
    await expectError(response, 400, { param: 'guided_grammar' });
  });

  it('have a prompt that ends as they say', async () => {
    const tokens = async (more: object): Promise<number> =>
      ((await (await chat(more)).json()) as { usage: { prompt_tokens: number } }).usage.prompt_tokens;
    const usual = await tokens({});
    expect(await tokens({ add_generation_prompt: true })).toBe(usual);
    expect(await tokens({ add_generation_prompt: false })).toBe(usual - 3);
    expect(await tokens({ add_generation_prompt: false, continue_final_message: true })).toBe(usual - 3);
    const both = await chat({ add_generation_prompt: true, continue_final_message: true });
    await expectError(both, 400, { param: 'continue_final_message' });
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
