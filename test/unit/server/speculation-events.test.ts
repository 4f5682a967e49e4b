/** Tokens of one step of a speculating engine come as one event, as those of vLLM do; the text is the same. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../../src/server/index.js';
import { startTestServer } from '../../support/server.js';

const MODEL = 'llama-3.1-8b';
const messages = [{ role: 'user', content: 'Tell me about rivers.' }];
const base = { model: MODEL, max_tokens: 200, ignore_eos: true };
const place = { type: 'string', minLength: 60 };
const tool = {
  name: 'find',
  parameters: {
    type: 'object',
    properties: { place, near: place, beyond: place },
    required: ['place', 'near', 'beyond'],
  },
};

/** Of the data of each event the text that it adds, and of them all the tokens that the usage names. */
interface Dialect {
  path: string;
  body: object;
  /** What else the body has, which the server has to make first. */
  more?: (url: string) => Promise<object>;
  textOf: (data: Record<string, never>) => string | undefined;
  tokensOf: (data: Record<string, never>) => number | undefined;
}

type Data = Record<string, never> & {
  choices?: {
    text?: string;
    logprobs?: { content?: { token: string }[] };
    delta?: { content?: string; tool_calls?: { function: { arguments: string } }[] };
  }[];
  usage?: { completion_tokens?: number; output_tokens?: number };
  type?: string;
  response?: { usage?: { output_tokens: number } };
  delta?: { text?: string };
};
const completionTokens = (data: Record<string, never>) => (data as Data).usage?.completion_tokens;
const options = { stream: true, stream_options: { include_usage: true } };

const DIALECTS: Record<string, Dialect> = {
  chat: {
    path: '/v1/chat/completions',
    body: { ...base, ...options, messages },
    textOf: (data) => (data as Data).choices?.[0]?.delta?.content,
    tokensOf: completionTokens,
  },
  'log probabilities': {
    path: '/v1/chat/completions',
    body: { ...base, ...options, messages, logprobs: true },
    // As many entries as tokens, whatever comes together.
    textOf: (data) =>
      (data as Data).choices?.[0]?.logprobs?.content?.map(({ token }) => token).join('') ??
      (data as Data).choices?.[0]?.delta?.content,
    tokensOf: completionTokens,
  },
  'calls of tools': {
    path: '/v1/chat/completions',
    body: {
      model: MODEL,
      messages,
      ...options,
      tools: [{ type: 'function', function: tool }],
      tool_choice: 'required',
    },
    textOf: (data) => (data as Data).choices?.[0]?.delta?.tool_calls?.[0]?.function.arguments,
    tokensOf: completionTokens,
  },
  completions: {
    path: '/v1/completions',
    body: { ...base, ...options, prompt: 'Tell me about rivers.' },
    textOf: (data) => (data as Data).choices?.[0]?.text,
    tokensOf: completionTokens,
  },
  responses: {
    path: '/v1/responses',
    body: { model: MODEL, stream: true, input: 'Tell me about rivers.' },
    textOf: (data) =>
      (data as Data).type === 'response.output_text.delta'
        ? (data as unknown as { delta: string }).delta
        : undefined,
    tokensOf: (data) => (data as Data).response?.usage?.output_tokens,
  },
  'background responses': {
    path: '/v1/responses',
    body: { model: MODEL, stream: true, background: true, input: 'Tell me about rivers.' },
    textOf: (data) =>
      (data as Data).type === 'response.output_text.delta'
        ? (data as unknown as { delta: string }).delta
        : undefined,
    tokensOf: (data) => (data as Data).response?.usage?.output_tokens,
  },
  runs: {
    path: '/v1/threads/runs',
    body: { stream: true, thread: { messages } },
    more: async (url) => {
      const init = { method: 'POST', body: JSON.stringify({ model: MODEL }) };
      const { id } = (await (await fetch(`${url}/v1/assistants`, init)).json()) as { id: string };
      return { assistant_id: id };
    },
    textOf: (data) => {
      const { delta } = data as { delta?: { content?: { text: { value: string } }[] } };
      return delta?.content?.map(({ text }) => text.value).join('');
    },
    tokensOf: completionTokens,
  },
  'Anthropic messages': {
    path: '/v1/messages',
    body: { model: MODEL, max_tokens: 200, stream: true, messages },
    textOf: (data) => (data as Data).delta?.text,
    tokensOf: (data) => (data as Data).usage?.output_tokens,
  },
};

describe.each(Object.entries(DIALECTS))('%s', (_, { path, body, more, textOf, tokensOf }) => {
  it('has fewer events with speculation, and the same text', async () => {
    const read = async (server: RunningServer) => {
      const response = await fetch(server.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', connection: 'close' },
        body: JSON.stringify({ ...body, ...(await more?.(server.url)) }),
      });
      const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: {'));
      const events = lines.map((line) => JSON.parse(line.slice(6)) as Record<string, never>);
      const texts = events.map(textOf).filter((text) => text !== undefined && text !== '');
      return { events: texts.length, text: texts.join(''), tokens: events.map(tokensOf).findLast(Boolean)! };
    };
    const [one, several] = await Promise.all([read(plain), read(speculating)]);
    expect(several.text).toBe(one.text);
    expect(several.tokens).toBe(one.tokens);
    expect(several.events).toBeLessThan(one.events);
    // Of 200 tokens about 4.5 a step are accepted at a rate of 0.9 and five drafts.
    if (one.tokens === 200) expect(several.events).toBeLessThan(0.4 * one.events);
  });
});

let plain: RunningServer;
let speculating: RunningServer;
beforeAll(async () => {
  const fleet = { latency: 'physics' as const, model: [MODEL], tp: 1, timeScale: 40 };
  plain = await startTestServer(fleet);
  speculating = await startTestServer({ ...fleet, speculativeMethod: 'eagle', acceptanceRate: 0.9 });
});
afterAll(() => Promise.all([plain.close(), speculating.close()]));
