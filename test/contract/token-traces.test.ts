/** What vLLM tells of single tokens, and its other ways to ask: their shapes as it writes them, whole and streamed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Tokenizer } from '../../src/lib/tokens/tokenizer.js';
import { loadVocabulary } from '../../src/lib/tokens/vocabulary.js';
import type { RunningServer } from '../../src/server/index.js';
import { startTestServer } from '../support/server.js';
import { expectError } from '../support/spec.js';

interface Entry {
  token: string;
  bytes: number[];
  top_logprobs: Entry[];
}
interface Choice {
  index: number;
  text?: string;
  message?: { role: string; content: string; reasoning_content?: string };
  delta?: { role?: string; content?: string };
  finish_reason: string | null;
  stop_reason?: unknown;
  token_ids?: number[];
  prompt_token_ids?: number[];
  prompt_logprobs?: PromptLogprobs;
  logprobs: {
    content?: Entry[];
    tokens?: string[];
    top_logprobs?: (Record<string, number> | null)[];
  } | null;
}
type PromptLogprobs = (Record<string, { logprob: number; rank: number; decoded_token: string }> | null)[];
interface Answer {
  choices: Choice[];
  prompt_token_ids?: number[];
  prompt_logprobs?: PromptLogprobs;
  usage: {
    prompt_tokens: number;
    completion_tokens: number;
    completion_tokens_details: { reasoning_tokens: number };
  };
}

const tokenizer = new Tokenizer(loadVocabulary('o200k_base'));
const say = (...texts: string[]) => texts.map((content) => ({ role: 'user', content }));
const PROMPT = 'Tell me about rivers, 東京 and 🦀.';
const PATHS = [
  ['chat', '/v1/chat/completions', { messages: say(PROMPT) }],
  ['completions', '/v1/completions', { prompt: PROMPT }],
] as const;

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ threads: 1, model: ['fakeai-1', 'deepseek-r1'] });
});
afterAll(() => server.close());

const post = (path: string, body: object): Promise<Response> =>
  fetch(server.url + path, {
    method: 'POST',
    body: JSON.stringify({ model: 'fakeai-1', max_tokens: 24, ignore_eos: true, ...body }),
  });
const ask = async (path: string, body: object): Promise<Answer> => {
  const response = await post(path, body);
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as Answer;
};
const chat = (body: object): Promise<Answer> => ask('/v1/chat/completions', body);
async function events(path: string, body: object): Promise<Answer[]> {
  const lines = (await (await post(path, { ...body, stream: true })).text()).split('\n');
  return lines
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)) as Answer);
}
const textOf = ({ text, message, delta }: Choice): string => text ?? message?.content ?? delta?.content ?? '';

describe.each(PATHS)('%s', (kind, path, asked) => {
  const promptIdsOf = (answer: Answer): number[] =>
    (kind === 'chat' ? answer : answer.choices[0]!).prompt_token_ids!;
  const promptLogprobsOf = (answer: Answer): PromptLogprobs =>
    (kind === 'chat' ? answer : answer.choices[0]!).prompt_logprobs!;

  it('give the ids of all tokens, of which the text is made', async () => {
    const answer = await ask(path, { ...asked, n: 2, return_token_ids: true });
    for (const choice of answer.choices) {
      expect(choice.token_ids).toHaveLength(24);
      expect(tokenizer.decode(choice.token_ids!)).toBe(textOf(choice));
    }
    const ids = promptIdsOf(answer);
    expect(ids).toHaveLength(answer.usage.prompt_tokens);
    expect(tokenizer.decode(ids)).toContain(PROMPT);
    const plain = await ask(path, { ...asked, n: 2 });
    expect(plain.choices.map(textOf)).toEqual(answer.choices.map(textOf));
    expect(JSON.stringify(plain)).not.toContain('token_ids');
  });

  it('give them streamed: of the prompt in the first event of a choice, of the text with it', async () => {
    const whole = await ask(path, { ...asked, n: 2, return_token_ids: true });
    const all = await events(path, { ...asked, n: 2, return_token_ids: true });
    for (const index of [0, 1]) {
      const own = all.filter(({ choices }) => choices[0]?.index === index);
      const choices = own.map((event) => event.choices[0]!);
      expect(choices.flatMap(({ token_ids: ids }) => ids ?? [])).toEqual(whole.choices[index]!.token_ids);
      expect(own.map(promptIdsOf).filter(Boolean)).toEqual([promptIdsOf(whole)]);
      expect(promptIdsOf(own[0]!)).toBeDefined();
      for (const one of choices.filter((choice) => textOf(choice) !== ''))
        expect(tokenizer.decode(one.token_ids!)).toBe(textOf(one));
    }
  });

  it('count and list the tokens of a stop sequence, which were made and are not shown', async () => {
    const { choices } = await ask(path, { ...asked, return_token_ids: true });
    const stop = tokenizer.decode(choices[0]!.token_ids!.slice(9, 12));
    const body = { ...asked, stop, return_token_ids: true };
    const cut = await ask(path, body);
    const [choice] = cut.choices;
    expect(choice).toMatchObject({ finish_reason: 'stop' });
    expect(tokenizer.decode(choice!.token_ids!)).toBe(textOf(choice!) + stop);
    expect(cut.usage.completion_tokens).toBe(choice!.token_ids!.length);
    const all = await events(path, { ...body, stream_options: { include_usage: true } });
    expect(all.flatMap((event) => event.choices[0]?.token_ids ?? [])).toEqual(choice!.token_ids);
    expect(all.at(-1)!.usage.completion_tokens).toBe(cut.usage.completion_tokens);
  });

  it('name tokens by their ids in log probabilities', async () => {
    const logprobs = kind === 'chat' ? { logprobs: true, top_logprobs: 2 } : { logprobs: 2 };
    const named = await ask(path, { ...asked, ...logprobs, return_tokens_as_token_ids: true });
    const plain = await ask(path, { ...asked, ...logprobs });
    const [a, b] = [named.choices[0]!.logprobs!, plain.choices[0]!.logprobs!];
    const nameOf = (token: string): string => `token_id:${tokenizer.encode(token)[0]}`;
    if (kind === 'completions') {
      expect(a.tokens).toEqual(b.tokens!.map(nameOf));
      expect(Object.keys(a.top_logprobs![3]!)).toEqual(Object.keys(b.top_logprobs![3]!).map(nameOf));
      return;
    }
    for (const [i, { token, bytes, top_logprobs: top }] of a.content!.entries()) {
      const other = b.content![i]!;
      expect(token).toBe(nameOf(other.token));
      expect(bytes).toEqual(other.bytes);
      expect(top.map((one) => one.token)).toEqual(other.top_logprobs.map((one) => nameOf(one.token)));
      for (const one of top) expect(Buffer.from(one.bytes).toString()).toBe(one.token);
    }
  });

  it('give log probabilities of the prompt, but for its first token', async () => {
    const answer = await ask(path, { ...asked, prompt_logprobs: 3, return_token_ids: true });
    const ids = promptIdsOf(answer);
    const [first, ...others] = promptLogprobsOf(answer);
    expect(first).toBeNull();
    expect(others).toHaveLength(ids.length - 1);
    for (const [i, entries] of others.entries()) {
      const own = entries![ids[i + 1]!]!;
      expect(own.decoded_token).toBe(tokenizer.decode([ids[i + 1]!]));
      const ranks = Object.values(entries!).map(({ rank }) => rank);
      expect(ranks.toSorted((a, b) => a - b).slice(0, 3)).toEqual([1, 2, 3]);
      expect(ranks.length).toBe(own.rank > 3 ? 4 : 3);
      const sorted = Object.values(entries!).toSorted((a, b) => a.rank - b.rank);
      expect(sorted.map(({ logprob }) => logprob)).toEqual(
        sorted.map(({ logprob }) => logprob).toSorted((a, b) => b - a),
      );
    }
    const none = await ask(path, { ...asked, prompt_logprobs: 0 });
    expect(promptLogprobsOf(none).every((one) => one === null || Object.keys(one).length === 1)).toBe(true);
  });

  it('refuse log probabilities of a prompt in a stream, and too many', async () => {
    const refused = (more: object) => post(path, { ...asked, ...more });
    const param = { param: 'prompt_logprobs' };
    await expectError(await refused({ prompt_logprobs: 1, stream: true }), 400, param);
    for (const prompt_logprobs of [-2, -1, 21])
      await expectError(await refused({ prompt_logprobs }), 400, param);
  });

  it('see only the last tokens of a prompt that is truncated', async () => {
    const text = `${PROMPT} `.repeat(50);
    const long = kind === 'chat' ? { messages: [...say('Be kind.'), ...say(text)] } : { prompt: text };
    const whole = await ask(path, { ...long, return_token_ids: true });
    const cut = await ask(path, { ...long, truncate_prompt_tokens: 40, return_token_ids: true });
    expect(cut.usage.prompt_tokens).toBe(40);
    expect(promptIdsOf(cut)).toEqual(promptIdsOf(whole).slice(-40));
    expect(textOf(cut.choices[0]!)).not.toBe(textOf(whole.choices[0]!));
    // Nothing of what is left depends on what was cut off.
    const shorter = kind === 'chat' ? { messages: say(text) } : { prompt: text.slice(20) };
    const same = await ask(path, { ...shorter, truncate_prompt_tokens: 40 });
    expect(textOf(same.choices[0]!)).toBe(textOf(cut.choices[0]!));
    for (const [last, tokens] of [
      [100_000, whole.usage.prompt_tokens],
      [-1, whole.usage.prompt_tokens],
      [1, 1],
    ] as const)
      expect((await ask(path, { ...long, truncate_prompt_tokens: last })).usage.prompt_tokens).toBe(tokens);
    for (const last of [0, -2, 10_000_000]) {
      const response = await post(path, { ...asked, truncate_prompt_tokens: last });
      await expectError(response, 400, { param: 'truncate_prompt_tokens' });
    }
  });

  it('search for the likeliest sequences, whatever the seed; not in streams', async () => {
    const beams = (more: object) => ask(path, { ...asked, max_tokens: 300, use_beam_search: true, ...more });
    const { choices } = await beams({ n: 3, seed: 1, temperature: 1.5 });
    const likeliest = await ask(path, { ...asked, max_tokens: 300, temperature: 0 });
    expect(textOf(choices[0]!)).toBe(textOf(likeliest.choices[0]!));
    expect(new Set(choices.map(textOf)).size).toBe(3);
    const again = await beams({ n: 3, seed: 2 });
    expect(again.choices.map(textOf)).toEqual(choices.map(textOf));
    const stream = await post(path, { ...asked, use_beam_search: true, stream: true });
    await expectError(stream, 400, { param: 'stream' });
  });
});

describe('chats', () => {
  const path = '/v1/chat/completions';
  const messages = [
    { role: 'user', content: 'Name a river.' },
    { role: 'assistant', content: 'The river is' },
  ];

  it('repeat the last message with echo, if the answer goes on with its role', async () => {
    const plain = await chat({ messages });
    const echoed = await chat({ messages, echo: true });
    expect(textOf(echoed.choices[0]!)).toBe(`The river is${textOf(plain.choices[0]!)}`);
    expect(echoed.usage).toEqual(plain.usage);
    expect(echoed.prompt_logprobs).toHaveLength(plain.usage.prompt_tokens);
    const streamed = await events(path, { messages, echo: true });
    expect(streamed.map(({ choices }) => textOf(choices[0]!)).join('')).toBe(textOf(echoed.choices[0]!));
    const other = await chat({ messages: say('Hello'), echo: true });
    expect(textOf(other.choices[0]!)).toBe(textOf((await chat({ messages: say('Hello') })).choices[0]!));
  });

  it('go on as whoever spoke last where they are not primed', async () => {
    const unprimed = { messages: say('Once upon'), add_generation_prompt: false };
    const { choices } = await chat({ ...unprimed, echo: true });
    expect(choices[0]!.message!.role).toBe('user');
    expect(choices[0]!.message!.content.startsWith('Once upon')).toBe(true);
    const [first] = await events(path, unprimed);
    expect(first!.choices[0]!.delta!.role).toBe('user');
    expect((await chat({ messages: say('x') })).choices[0]!.message!.role).toBe('assistant');
  });

  it('know of documents, which cost tokens and are quoted', async () => {
    const documents = [
      { title: 'Timetable', text: 'The ferry to Kirkwall leaves at noon. Bring a coat.' },
      { title: 'Menu', text: 'Soup is served on Sundays.' },
    ];
    const question = say('When does the ferry to Kirkwall leave?');
    const without = await chat({ messages: question });
    const answer = await chat({ messages: question, documents, max_tokens: 60 });
    const added = tokenizer.count(documents.map(({ title, text }) => `${title}\n${text}`).join('\n\n'));
    expect(answer.usage.prompt_tokens).toBe(without.usage.prompt_tokens + 4 + added);
    expect(textOf(answer.choices[0]!)).toContain('Timetable says: "The ferry to Kirkwall leaves at noon."');
    const unrelated = await chat({ messages: say('Hi'), documents });
    expect(textOf(unrelated.choices[0]!)).not.toContain('says');
  });

  it('think no longer than their budget', async () => {
    const thoughts = async (more: object): Promise<number> => {
      const body = { model: 'deepseek-r1', messages: say('Think'), ignore_eos: false, max_tokens: 5000 };
      return (await chat({ ...body, ...more })).usage.completion_tokens_details.reasoning_tokens;
    };
    expect(await thoughts({})).toBeGreaterThan(20);
    expect(await thoughts({ thinking_token_budget: 20 })).toBe(20);
    expect(await thoughts({ thinking_token_budget: 0 })).toBe(0);
  });

  it('list the ids of prompts with names, tools and thoughts too', async () => {
    const tools = [
      { type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: {} } } },
    ];
    const named = [{ role: 'system', content: 'Be kind.', name: 'ann' }, ...say('Hello')];
    const body = { model: 'deepseek-r1', messages: named, tools, tool_choice: 'none', max_tokens: 5000 };
    const answer = await chat({ ...body, ignore_eos: false, return_token_ids: true });
    expect(answer.prompt_token_ids).toHaveLength(answer.usage.prompt_tokens);
    const { message, token_ids: ids } = answer.choices[0]!;
    expect(tokenizer.decode(ids!)).toBe(message!.reasoning_content! + message!.content);
    expect(ids).toHaveLength(answer.usage.completion_tokens);
  });
});
