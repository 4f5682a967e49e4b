/** Everything but stored files over each major version of OpenAI's SDK that is in use, on a server of two threads. */
import { connect } from 'node:net';
import OpenAI4 from 'openai-4';
import { OpenAIRealtimeWS as Realtime4 } from 'openai-4/beta/realtime/ws';
import { zodResponseFormat } from 'openai/helpers/zod';
import OpenAI5 from 'openai-5';
import { OpenAIRealtimeWS as Realtime5 } from 'openai-5/realtime/ws';
import OpenAI6 from 'openai';
import { OpenAIRealtimeWS as Realtime6 } from 'openai/realtime/ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { RunningServer } from '../../src/server/index.js';
import { startTestServer } from '../support/server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ model: [], bodyLimit: 8 * 1024 * 1024 });
});
afterAll(() => server.close());

type Client = OpenAI6;
type Make = new (options: object) => unknown;
type Socket = Realtime6;
type MakeSocket = new (props: object, client: unknown) => unknown;

const ASK = {
  model: 'gpt-4o',
  messages: [{ role: 'user', content: 'The weather in Oslo?' }],
} satisfies OpenAI6.ChatCompletionCreateParams;
const WEATHER = {
  name: 'get_weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const THING = z.object({ name: z.string(), size: z.int().min(1).max(5), kinds: z.array(z.enum(['a', 'b'])) });

describe.each([
  ['4', OpenAI4 as unknown as Make, Realtime4 as unknown as MakeSocket],
  ['5', OpenAI5 as unknown as Make, Realtime5 as unknown as MakeSocket],
  ['6', OpenAI6 as unknown as Make, Realtime6 as unknown as MakeSocket],
])('version %s', (_, Make, MakeSocket) => {
  let client: Client;
  beforeAll(() => {
    client = new Make({ baseURL: `${server.url}/v1`, apiKey: 'any', maxRetries: 0 }) as Client;
  });

  test('chat, whole and streamed', async () => {
    const { choices, usage } = await client.chat.completions.create(ASK);
    expect(usage!.total_tokens).toBe(usage!.prompt_tokens + usage!.completion_tokens);
    let text = '';
    const stream = await client.chat.completions.create({ ...ASK, stream: true });
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe(choices[0]!.message.content);
  });

  test('tools', async () => {
    const tools = [{ type: 'function', function: WEATHER } as const];
    const { choices } = await client.chat.completions.create({ ...ASK, tools, tool_choice: 'required' });
    const [call] = choices[0]!.message.tool_calls as { id: string; function: { arguments: string } }[];
    expect(JSON.parse(call!.function.arguments)).toEqual({ city: 'Oslo' });
    const result = { role: 'tool', tool_call_id: call!.id, content: 'sunny' } as const;
    const second = await client.chat.completions.create({
      ...ASK,
      tools,
      messages: [...ASK.messages, choices[0]!.message, result],
    });
    expect(second.choices[0]!.finish_reason).toBe('stop');
    expect(second.choices[0]!.message.content).toMatch(/\w/);
  });

  test('structured outputs', async () => {
    const format = zodResponseFormat(THING, 'thing');
    const { choices } = await client.chat.completions.create({ ...ASK, response_format: format });
    expect(THING.safeParse(JSON.parse(choices[0]!.message.content!)).success).toBe(true);
  });

  test('older completions, embeddings and moderations', async () => {
    const { choices } = await client.completions.create({
      model: 'gpt-3.5-turbo-instruct',
      prompt: ['a', 'b'],
      n: 2,
    });
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    const asked = { model: 'text-embedding-3-small', input: ['one', 'two'], dimensions: 64 };
    const { data } = await client.embeddings.create(asked);
    expect(data.map(({ embedding }) => embedding.length)).toEqual([64, 64]);
    const plain = await client.embeddings.create({ ...asked, encoding_format: 'float' });
    plain.data[1]!.embedding.forEach((x, i) => expect(data[1]!.embedding[i]).toBeCloseTo(x, 6));
    const { results } = await client.moderations.create({ input: 'I want to kill them' });
    expect(results[0]).toMatchObject({ flagged: true, categories: { violence: true } });
  });

  test('responses, whole and streamed, one after the other', async () => {
    const first = await client.responses.create({ model: 'gpt-4o', input: 'Hi' });
    const stream = await client.responses.create({ model: 'gpt-4o', input: 'Hi', stream: true });
    const types: string[] = [];
    let text = '';
    for await (const event of stream) {
      types.push(event.type);
      if (event.type === 'response.output_text.delta') text += event.delta;
    }
    expect([types[0], types.at(-1)]).toEqual(['response.created', 'response.completed']);
    expect(text).toBe(first.output_text);
    const next = await client.responses.create({
      model: 'gpt-4o',
      input: 'And now?',
      previous_response_id: first.id,
    });
    expect(next.usage!.input_tokens).toBeGreaterThan(first.usage!.total_tokens);
  });

  test('assistants', async () => {
    const assistant = await client.beta.assistants.create({ model: 'gpt-4o', instructions: 'Be kind.' });
    const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: 'Hi' }] });
    const run = await client.beta.threads.runs.createAndPoll(
      thread.id,
      { assistant_id: assistant.id },
      { pollIntervalMs: 5 },
    );
    expect(run.status).toBe('completed');
    const { data } = await client.beta.threads.messages.list(thread.id);
    expect(data.map(({ role }) => role)).toEqual(['assistant', 'user']);
    const streamed = client.beta.threads.runs.stream(thread.id, { assistant_id: assistant.id });
    expect((await streamed.finalMessages()).map(({ role }) => role)).toEqual(['assistant']);
  });

  test('images', async () => {
    const asked = {
      model: 'dall-e-2',
      prompt: 'a boat',
      size: '256x256',
      response_format: 'b64_json',
    } as const;
    const made = await client.images.generate(asked);
    const png = Buffer.from(made.data![0]!.b64_json!, 'base64');
    expect([png.toString('latin1', 1, 4), png.readUInt32BE(16)]).toEqual(['PNG', 256]);
    const image = new File([png], 'boat.png', { type: 'image/png' });
    const edited = await client.images.edit({ ...asked, image, prompt: 'at night' });
    expect(edited.data![0]!.b64_json).not.toBe(made.data![0]!.b64_json);
  });

  test('audio', async () => {
    const speech = await client.audio.speech.create({
      model: 'tts-1',
      voice: 'nova',
      input: 'Good morning to all of you.',
      response_format: 'wav',
    });
    const wav = Buffer.from(await speech.arrayBuffer());
    expect(wav.toString('latin1', 0, 4)).toBe('RIFF');
    const file = new File([wav], 'speech.wav');
    const { text } = await client.audio.transcriptions.create({ file, model: 'whisper-1' });
    expect(text).toMatch(/\w/);
    const verbose = await client.audio.translations.create({
      file,
      model: 'whisper-1',
      response_format: 'verbose_json',
    });
    expect(verbose).toMatchObject({ task: 'translate', language: 'english' });
  });

  test('realtime', async () => {
    // The SDK always asks for wss://; the connection beneath it is a plain one.
    const createConnection = () => connect(server.port, server.host);
    const own = new Make({ baseURL: `${server.url}/v1`, apiKey: 'sk-test' });
    const socket = new MakeSocket({ model: 'gpt-realtime', options: { createConnection } }, own) as Socket;
    const types: string[] = [];
    const done = new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('event', ({ type }) => {
        types.push(type);
        if (type === 'response.done') resolve();
      });
    });
    await new Promise((resolve) => void socket.socket.on('open', resolve));
    const content = [{ type: 'input_text', text: 'Hi' }] as const;
    socket.send({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [...content] },
    });
    socket.send({ type: 'response.create' });
    await done;
    socket.close();
    expect(types[0]).toBe('session.created');
    expect(types).toEqual(expect.arrayContaining(['response.created', 'response.done']));
  });

  test('errors become the classes of the SDK', async () => {
    const wrong = client.chat.completions.create({ ...ASK, temperature: 3 });
    await expect(wrong).rejects.toMatchObject({ status: 400, param: 'temperature' });
    await expect(wrong).rejects.toThrow((Make as unknown as typeof OpenAI6).BadRequestError);
    const unknown = client.chat.completions.create({ ...ASK, model: 'none' });
    await expect(unknown).rejects.toThrow((Make as unknown as typeof OpenAI6).NotFoundError);
  });
});
