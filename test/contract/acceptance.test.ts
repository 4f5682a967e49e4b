/** What anybody expects of an OpenAI-compatible server, seen from outside: one line of behaviour each. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { eventsOf, startTestServer } from '../support/server.js';

const KEY = 'sk-acceptance';
let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ model: [], apiKey: [KEY], bodyLimit: 8 * 1024 * 1024 });
});
afterAll(() => server.close());

type Json = Record<string, never> & { [key: string]: Json };
interface Said {
  status: number;
  headers: Headers;
  body: Json;
}

async function send(
  path: string,
  body?: unknown,
  method = body === undefined ? 'GET' : 'POST',
): Promise<Response> {
  const form = body instanceof FormData;
  return fetch(`${server.url}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${KEY}`, ...(form ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
  });
}
async function ask(path: string, body?: unknown, method?: string): Promise<Said> {
  const response = await send(path, body, method);
  return { status: response.status, headers: response.headers, body: (await response.json()) as Json };
}

const user = (content: unknown) => [{ role: 'user', content }];
const chat = (rest: object = {}, content: unknown = 'Tell me about the sea'): Promise<Said> =>
  ask('/chat/completions', { model: 'gpt-4o', messages: user(content), ...rest });
const choice = ({ body }: Said, i = 0) => (body['choices'] as unknown as { message: { content: string; tool_calls?: Call[]; reasoning_content?: string; audio?: Audio }; finish_reason: string; index: number; logprobs: { content: { token: string; logprob: number; bytes: number[]; top_logprobs: unknown[] }[] } }[])[i]!; // prettier-ignore
const usage = ({ body }: Said) => body['usage'] as unknown as Record<string, number> & { prompt_tokens_details: Record<string, number>; completion_tokens_details: Record<string, number> }; // prettier-ignore
const error = ({ body }: Said) => body['error'] as unknown as { type: string; param: string | null; code: string | null; message: string }; // prettier-ignore

interface Call {
  function: { name: string; arguments: string };
}
interface Audio {
  id: string;
  data: string;
  expires_at: number;
  transcript: string;
}
interface Chunk {
  choices: { index: number; delta: { role?: string; content?: string; reasoning_content?: string; tool_calls?: { index: number; id?: string; type?: string; function: { name?: string; arguments?: string } }[] }; finish_reason: string | null }[]; // prettier-ignore
  usage?: { completion_tokens_details: { reasoning_tokens: number } } | null;
}
async function chunksOf(rest: object = {}, content: unknown = 'Tell me about the sea'): Promise<Chunk[]> {
  const body = { model: 'gpt-4o', messages: user(content), stream: true, ...rest };
  const response = await send('/chat/completions', body);
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const events = eventsOf(await response.text());
  expect(events.pop()).toBe('[DONE]');
  return events.map((event) => JSON.parse(event) as Chunk);
}
const streamed = (chunks: Chunk[], index = 0): string =>
  chunks.flatMap(({ choices }) => choices.filter((one) => one.index === index).map(({ delta }) => delta.content ?? '')).join(''); // prettier-ignore

const tool = (name: string, properties: object = { city: { type: 'string' } }) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties, required: Object.keys(properties) } },
});
const WEATHER = tool('get_weather', { city: { type: 'string' }, unit: { enum: ['c', 'f'] } });
const SCHEMA = {
  type: 'object',
  properties: { list: { type: 'array', items: { $ref: '#/$defs/one' } }, kind: { enum: ['a', 'b'] } },
  required: ['list', 'kind'],
  additionalProperties: false,
  $defs: {
    one: {
      type: 'object',
      properties: { value: { anyOf: [{ type: 'integer' }, { type: 'null' }] } },
      required: ['value'],
      additionalProperties: false,
    },
  },
};
const format = (schema: object) => ({
  response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } },
});

function expectFits(text: string): void {
  const made = JSON.parse(text) as { list: { value: number | null }[]; kind: string };
  expect(Object.keys(made)).toEqual(['list', 'kind']);
  expect(['a', 'b']).toContain(made.kind);
  for (const { value } of made.list) expect(value === null || Number.isInteger(value)).toBe(true);
}

describe('chat', () => {
  it('answers with one choice and usage that adds up', async () => {
    const said = await chat();
    expect([said.status, said.body['object'], choice(said).finish_reason]).toEqual([
      200,
      'chat.completion',
      'stop',
    ]);
    expect(choice(said).message).toMatchObject({
      role: 'assistant',
      content: expect.stringMatching(/\w/) as string,
    });
    const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage(said);
    expect(total).toBe(prompt! + completion!);
  });

  it('is cut at max_tokens; max_completion_tokens wins', async () => {
    const cut = await chat({ max_tokens: 5 });
    expect([usage(cut)['completion_tokens'], choice(cut).finish_reason]).toEqual([5, 'length']);
    const both = { max_completion_tokens: 7, max_tokens: 50 };
    // Of OpenAI's own models only one of them can be said.
    expect((await chat(both)).status).toBe(400);
    const other = 'mistralai/Mixtral-8x7B-Instruct-v0.1';
    expect(usage(await chat({ ...both, model: other }))['completion_tokens']).toBe(7);
  });

  it('gives n choices that differ, and the same ones for the same seed', async () => {
    const said = await chat({ n: 3, seed: 7 });
    const texts = [0, 1, 2].map((i) => choice(said, i).message.content);
    expect(new Set(texts).size).toBe(3);
    const again = await chat({ n: 3, seed: 7 });
    expect([0, 1, 2].map((i) => choice(again, i).message.content)).toEqual(texts);
    expect(again.body['system_fingerprint']).toBe(said.body['system_fingerprint']);
    const chunks = await chunksOf({ n: 3, seed: 7 });
    expect([0, 1, 2].map((i) => streamed(chunks, i))).toEqual(texts);
  });

  it('stops before a stop word', async () => {
    const text = choice(await chat()).message.content;
    const word = text.split(' ')[5]!;
    const stopped = choice(await chat({ stop: [word] }));
    expect([stopped.finish_reason, stopped.message.content]).toEqual([
      'stop',
      text.slice(0, text.indexOf(word)),
    ]);
  });

  it.each([
    [{ temperature: 5 }, 'temperature'],
    [{ messages: undefined }, 'messages'],
    [{ messages: [] }, 'messages'],
    [{ top_logprobs: 3 }, 'top_logprobs'],
    [{ max_tokens: 0 }, 'max_tokens'],
  ])('refuses %j', async (rest, param) => {
    const said = await chat(rest);
    expect([said.status, error(said).type]).toEqual([400, 'invalid_request_error']);
    expect(error(said).param).toContain(param);
  });

  it('takes developers, tells the service tier, and refuses what nobody knows', async () => {
    expect((await chat({ messages: [{ role: 'developer', content: 'x' }, ...user('y')] })).status).toBe(200);
    expect((await chat({ service_tier: 'priority' })).body['service_tier']).toBe('priority');
    expect((await chat({ no_such_field: 1 })).status).toBeLessThan(500);
  });

  it('refuses a prompt that is too long, before a stream begins', async () => {
    const long = 'word '.repeat(140_000);
    for (const stream of [false, true]) {
      const said = await chat({ stream }, long);
      expect([said.status, error(said).code]).toEqual([400, 'context_length_exceeded']);
      expect(error(said).message).toMatch(/128000 tokens/);
    }
  });
});

describe('streams', () => {
  it('begin with the role, end with a reason, and have usage only when it is asked for', async () => {
    const plain = await chunksOf();
    expect(plain[0]!.choices[0]!.delta.role).toBe('assistant');
    expect(plain.filter(({ choices }) => choices[0]?.finish_reason)).toHaveLength(1);
    expect(plain.some((chunk) => 'usage' in chunk)).toBe(false);
    const counted = await chunksOf({ stream_options: { include_usage: true } });
    expect(counted.at(-1)).toMatchObject({
      choices: [],
      usage: { total_tokens: expect.any(Number) as number },
    });
    expect(counted.slice(0, -1).every(({ usage: none }) => none === null)).toBe(true);
  });

  it('think before they speak', async () => {
    const chunks = await chunksOf({ model: 'deepseek-r1', stream_options: { include_usage: true } });
    const kinds = chunks.flatMap(({ choices: [one] }) =>
      one?.delta.reasoning_content ? ['thought'] : one?.delta.content ? ['word'] : [],
    );
    expect(kinds.indexOf('word')).toBeGreaterThan(0);
    expect(kinds.lastIndexOf('thought')).toBeLessThan(kinds.indexOf('word'));
    expect(chunks.at(-1)!.usage!.completion_tokens_details.reasoning_tokens).toBeGreaterThan(0);
  });

  it('mix n choices, each with an end of its own', async () => {
    const ends = (await chunksOf({ n: 2 })).flatMap(({ choices }) =>
      choices.filter(({ finish_reason: reason }) => reason).map(({ index }) => index),
    );
    expect(new Set(ends)).toEqual(new Set([0, 1]));
    expect(ends).toHaveLength(2);
  });
});

describe('tools and structured outputs', () => {
  const question = 'The weather in Oslo?';

  it.each([
    [{ tool_choice: 'none' }, 0, 'stop'],
    [{ tool_choice: 'required' }, 1, 'tool_calls'],
    [{ tool_choice: { type: 'function', function: { name: 'other' } } }, 1, 'stop'],
  ])('%j', async (rest, least, reason) => {
    const said = choice(await chat({ tools: [WEATHER, tool('other')], ...rest }, question));
    const calls = said.message.tool_calls ?? [];
    expect(calls.length).toBeGreaterThanOrEqual(least);
    expect(said.finish_reason).toBe(reason);
    if (least === 0) expect(said.message.content).toMatch(/\w/);
    else expect(said.message.content).toBeNull();
    for (const { function: call } of calls) {
      const given = JSON.parse(call.arguments) as { city: string; unit?: string };
      expect(typeof given.city).toBe('string');
      if (call.name === 'get_weather') expect(['c', 'f']).toContain(given.unit);
    }
    if (typeof rest.tool_choice === 'object')
      expect(calls.map(({ function: call }) => call.name)).toEqual(['other']);
  });

  it('calls one at a time when told so, and answers what a tool gave', async () => {
    const rest = { tools: [WEATHER, tool('other')], parallel_tool_calls: false, tool_choice: 'required' };
    const { message } = choice(await chat(rest, question));
    expect(message.tool_calls).toHaveLength(1);
    const { id } = message.tool_calls![0] as unknown as { id: string };
    const messages = [...user(question), message, { role: 'tool', tool_call_id: id, content: 'sunny' }];
    expect(choice(await chat({ tools: [WEATHER], messages })).finish_reason).toBe('stop');
  });

  it('streams calls in parts', async () => {
    const chunks = await chunksOf({ tools: [WEATHER], tool_choice: 'required' }, question);
    const parts = chunks.flatMap(({ choices }) => choices[0]!.delta.tool_calls ?? []);
    expect(parts[0]).toMatchObject({ index: 0, id: expect.any(String) as string, type: 'function', function: { name: 'get_weather' } }); // prettier-ignore
    expect(JSON.parse(parts.map((part) => part.function.arguments ?? '').join(''))).toMatchObject({
      city: 'Oslo',
    });
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('tool_calls');
  });

  it('answers in JSON that fits, whole and streamed', async () => {
    const object = choice(await chat({ response_format: { type: 'json_object' } }, 'Some JSON, please'));
    expect(JSON.parse(object.message.content)).toBeTypeOf('object');
    expectFits(choice(await chat(format(SCHEMA))).message.content);
    expectFits(streamed(await chunksOf(format(SCHEMA))));
    const refused = await chat(format({ ...SCHEMA, additionalProperties: undefined }));
    expect([refused.status, error(refused).message]).toEqual([
      400,
      expect.stringContaining('additionalProperties'),
    ]);
  });
});

describe('tokens', () => {
  it.each([5, 20])('has %i alternatives of each token', async (alternatives) => {
    const said = await chat({ logprobs: true, top_logprobs: alternatives });
    const { content } = choice(said).logprobs;
    expect(content).toHaveLength(usage(said)['completion_tokens']!);
    for (const { token, logprob, bytes, top_logprobs: top } of content) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(Buffer.from(bytes).toString('utf8')).toBe(token);
      expect(top).toHaveLength(alternatives);
    }
  });

  it('knows a long prompt the second time', async () => {
    const long = `A story of its own. ${'word '.repeat(2000)}`;
    const cached = async () => usage(await chat({}, long)).prompt_tokens_details['cached_tokens']!;
    expect(await cached()).toBe(0);
    const second = await cached();
    expect([second > 1000, second % 128, second <= 2100]).toEqual([true, 0, true]);
  });

  it('counts pictures and sound as OpenAI does', async () => {
    const picture = await ask('/images/generations', { model: 'dall-e-2', prompt: 'x', size: '1024x1024', response_format: 'b64_json' }); // prettier-ignore
    const data = (picture.body['data'] as unknown as { b64_json: string }[])[0]!.b64_json;
    const seen = async (detail: string): Promise<number> => {
      const url = `data:image/png;base64,${data}`;
      const parts = [
        { type: 'text', text: 'Hi' },
        { type: 'image_url', image_url: { url, detail } },
      ];
      return usage(await chat({}, parts))['prompt_tokens']!;
    };
    const bare = usage(await chat({}, [{ type: 'text', text: 'Hi' }]))['prompt_tokens']!;
    expect([(await seen('low')) - bare, (await seen('high')) - bare]).toEqual([85, 765]);
    const speech = await send('/audio/speech', { model: 'tts-1', voice: 'nova', input: 'Good morning.', response_format: 'wav' }); // prettier-ignore
    const wav = Buffer.from(await speech.arrayBuffer()).toString('base64');
    const heard = await chat({ model: 'gpt-audio' }, [{ type: 'input_audio', input_audio: { data: wav, format: 'wav' } }]); // prettier-ignore
    expect(usage(heard).prompt_tokens_details['audio_tokens']).toBeGreaterThan(0);
  });

  it('speaks when it is asked to', async () => {
    const rest = {
      model: 'gpt-audio',
      modalities: ['text', 'audio'],
      audio: { voice: 'nova', format: 'wav' },
    };
    const { audio } = choice(await chat(rest)).message;
    expect(Buffer.from(audio!.data, 'base64').toString('latin1', 0, 4)).toBe('RIFF');
    expect(audio!.transcript).toMatch(/\w/);
  });

  it('counts what was predicted, and thinks more with more effort', async () => {
    const { content } = choice(await chat()).message;
    const predicted = await chat({ prediction: { type: 'content', content } });
    expect(usage(predicted).completion_tokens_details['accepted_prediction_tokens']).toBeGreaterThan(0);
    const thoughts = async (effort: string): Promise<number> =>
      usage(await chat({ model: 'o3-mini', reasoning_effort: effort })).completion_tokens_details[
        'reasoning_tokens'
      ]!;
    expect(await thoughts('low')).toBeLessThan(await thoughts('high'));
  });
});

describe('other endpoints', () => {
  it('completions of two prompts, with echo', async () => {
    const { body } = await ask('/completions', {
      model: 'gpt-3.5-turbo-instruct',
      prompt: ['a', 'b'],
      n: 2,
      echo: true,
    });
    const choices = body['choices'] as unknown as { index: number; text: string }[];
    expect(choices.map(({ index, text }) => [index, text[0]])).toEqual([[0, 'a'], [1, 'a'], [2, 'b'], [3, 'b']]); // prettier-ignore
  });

  it('embeddings that are unit vectors, near for near words', async () => {
    const vectors = async (input: unknown, rest: object = {}): Promise<number[][]> => {
      const { body } = await ask('/embeddings', { model: 'text-embedding-3-small', input, ...rest });
      return (body['data'] as unknown as { embedding: number[] }[]).map(({ embedding }) => embedding);
    };
    const dot = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
    const [king, queen, car, again] = await vectors(['king', 'queen', 'car', 'king']);
    expect(again).toEqual(king);
    expect(dot(king!, king!)).toBeCloseTo(1, 6);
    expect(dot(king!, queen!)).toBeGreaterThan(dot(king!, car!));
    const [short] = await vectors('king', { dimensions: 256 });
    expect(short).toHaveLength(256);
    const [packed] = await vectors('king', { dimensions: 256, encoding_format: 'base64' });
    const floats = new Float32Array(
      Uint8Array.from(Buffer.from(packed as unknown as string, 'base64')).buffer,
    );
    expect([...floats].every((x, i) => Math.abs(x - short![i]!) < 1e-6)).toBe(true);
    expect((await ask('/embeddings', { model: 'text-embedding-3-small', input: [] })).status).toBe(400);
  });

  it('pictures at URLs that can be fetched', async () => {
    const { body } = await ask('/images/generations', {
      model: 'dall-e-2',
      prompt: 'x',
      n: 2,
      size: '512x512',
    });
    for (const { url } of body['data'] as unknown as { url: string }[]) {
      const picture = await fetch(url);
      expect(picture.headers.get('content-type')).toBe('image/png');
      expect(Buffer.from(await picture.arrayBuffer()).readUInt32BE(16)).toBe(512);
    }
  });

  it.each([
    ['mp3', 'audio/mpeg'],
    ['opus', 'audio/ogg; codecs=opus'],
    ['aac', 'audio/aac'],
    ['flac', 'audio/flac'],
    ['wav', 'audio/wav'],
  ])('speech as %s', async (response_format, type) => {
    const speech = await send('/audio/speech', {
      model: 'tts-1',
      voice: 'nova',
      input: 'Hello there.',
      response_format,
    });
    expect(speech.headers.get('content-type')).toBe(type);
    expect((await speech.arrayBuffer()).byteLength).toBeGreaterThan(500);
  });

  it('speech of double speed takes half the time', async () => {
    const input = 'One two three four five six seven. '.repeat(8);
    const bytes = async (speed: number): Promise<number> => {
      const body = { model: 'tts-1', voice: 'nova', input, response_format: 'pcm', speed };
      return (await (await send('/audio/speech', body)).arrayBuffer()).byteLength;
    };
    const ratio = (await bytes(1)) / (await bytes(2));
    expect(Math.abs(ratio - 2), String(ratio)).toBeLessThan(0.1);
  });

  it('moderations with all categories', async () => {
    const { body } = await ask('/moderations', { input: 'I want to kill them' });
    const [result] = body['results'] as unknown as {
      flagged: boolean;
      categories: Record<string, boolean>;
    }[];
    expect([result!.flagged, result!.categories['violence']]).toEqual([true, true]);
    expect(Object.keys(result!.categories)).toHaveLength(13);
  });

  it('files that come back as they were, until they are deleted', async () => {
    const form = new FormData();
    form.set('purpose', 'batch');
    form.set('file', new File(['{"a":1}\n'], 'in.jsonl'));
    const { body } = await ask('/files', form);
    expect(body).toMatchObject({ bytes: 8, filename: 'in.jsonl' });
    const path = `/files/${body['id'] as unknown as string}`;
    expect(await (await send(`${path}/content`)).text()).toBe('{"a":1}\n');
    expect((await ask(path, undefined, 'DELETE')).body['deleted']).toBe(true);
    expect((await ask(path)).status).toBe(404);
  });

  it('responses that go on', async () => {
    const first = await ask('/responses', { model: 'gpt-4o', input: 'Hi' });
    const id = first.body['id'] as unknown as string;
    expect((await ask(`/responses/${id}`)).body).toEqual(first.body);
    const next = await send('/responses', {
      model: 'gpt-4o',
      input: 'More',
      previous_response_id: id,
      stream: true,
    });
    const events = eventsOf(await next.text()).map((event) => JSON.parse(event.slice(event.indexOf('{'))) as { type: string; sequence_number: number }); // prettier-ignore
    expect([events[0]!.type, events.at(-1)!.type]).toEqual(['response.created', 'response.completed']);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, i) => i));
  });

  it('ranks passages by what they say', async () => {
    const passages = ['Bread is baked.', 'The sea is deep and blue.', 'Cars are fast.'].map((text) => ({
      text,
    }));
    const asked = { model: 'nvidia/nv-rerankqa-mistral-4b-v3', query: { text: 'deep blue sea' }, passages };
    const rankings = (await ask('/ranking', asked)).body['rankings'] as unknown as {
      index: number;
      logit: number;
    }[];
    expect(rankings.map(({ logit }) => logit)).toEqual(
      rankings.map(({ logit }) => logit).toSorted((a, b) => b - a),
    );
    expect([rankings.length, rankings[0]!.index]).toEqual([3, 1]);
  });

  it('lets nobody in without a key, and shows none', async () => {
    for (const authorization of [undefined, 'Bearer sk-of-somebody-else']) {
      const response = await fetch(`${server.url}/v1/models`, {
        headers: authorization ? { authorization } : {},
      });
      const text = await response.text();
      expect([response.status, text]).toEqual([401, expect.stringContaining('"invalid_api_key"')]);
      expect(text).not.toContain('somebody');
    }
  });
});
