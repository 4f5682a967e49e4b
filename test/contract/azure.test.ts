/** OpenAI's SDK as it talks to Azure: other paths, another header for the key, and a deployment instead of a model. */
import { connect } from 'node:net';
import { AzureOpenAI, NotFoundError, toFile } from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { AzureOpenAI as Azure4 } from 'openai-4';
import { OpenAIRealtimeWS as Realtime4 } from 'openai-4/beta/realtime/ws';
import { AzureOpenAI as Azure5 } from 'openai-5';
import { OpenAIRealtimeWS as Realtime5 } from 'openai-5/realtime/ws';
import { describe, expect, it } from 'vitest';
import { chatLine } from '../support/batches.js';
import { useServer } from '../support/use-server.js';

const used = useServer({ apiKey: ['key-1'], model: [] });
const azure = (options: { deployment?: string; apiKey?: string } = {}) =>
  new AzureOpenAI({
    endpoint: used.server.url,
    apiVersion: '2024-10-21',
    apiKey: 'key-1',
    maxRetries: 0,
    ...options,
  });
const messages = [{ role: 'user' as const, content: 'Hello' }];
/** By hand, with the key. */
const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${used.server.url}${path}`, { ...init, headers: { 'api-key': 'key-1', ...init.headers } });
const postJson = (path: string, body: unknown) =>
  ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const CHAT = '/openai/deployments/gpt-4o/chat/completions';

describe("Azure's paths", () => {
  it('answer what is deployed, whole and streamed', async () => {
    const whole = await azure().chat.completions.create({ model: 'gpt-4o', messages });
    expect(whole.model).toContain('gpt-4o');
    let streamed = '';
    const request = { model: 'gpt-4o', messages, stream: true } as const;
    for await (const { choices } of await azure().chat.completions.create(request))
      streamed += choices[0]?.delta.content ?? '';
    expect(streamed).toBe(whole.choices[0]!.message.content);
  });

  it('let the deployment of the path win over the model of the body', async () => {
    const deployed = azure({ deployment: 'gpt-4o-mini' });
    const { model } = await deployed.chat.completions.create({ model: 'gpt-4o', messages });
    expect(model).toContain('gpt-4o-mini');
    const { model: bare } = (await (await postJson(`${CHAT}?api-version=1`, { messages })).json()) as {
      model: string;
    };
    expect(bare).toContain('gpt-4o');
  });

  it('serve embeddings, speech, pictures and forms, and what is not of a deployment', async () => {
    const client = azure();
    const { data } = await client.embeddings.create({ model: 'text-embedding-3-small', input: 'a' });
    expect(data[0]!.embedding).toHaveLength(1536);
    const sound = await client.audio.speech.create({
      model: 'tts-1',
      voice: 'nova',
      input: 'Hi',
      response_format: 'wav',
    });
    const file = await toFile(Buffer.from(await sound.arrayBuffer()), 'a.wav');
    expect((await client.audio.transcriptions.create({ model: 'whisper-1', file })).text).not.toBe('');
    const image = await client.images.generate({ model: 'dall-e-3', prompt: 'a cat' });
    expect(image.data).toHaveLength(1);
    expect((await client.models.list()).data.length).toBeGreaterThan(50);
    const { id } = await client.files.create({
      file: await toFile(Buffer.from('x'), 'a.txt'),
      purpose: 'assistants',
    });
    expect((await client.files.retrieve(id)).filename).toBe('a.txt');
    expect((await client.responses.create({ model: 'gpt-4o', input: 'Hi' })).output_text).not.toBe('');
  });

  it('add the deployment to a form that names no model, and put it in the place of one that does', async () => {
    const sound = await azure().audio.speech.create({
      model: 'tts-1',
      voice: 'nova',
      input: 'Hi',
      response_format: 'wav',
    });
    const bytes = await sound.arrayBuffer();
    for (const fields of [{}, { model: 'no-such-model' }]) {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      form.set('file', new Blob([bytes]), 'a.wav');
      const path = '/openai/deployments/whisper-1/audio/transcriptions?api-version=1';
      const answer = await ask(path, { method: 'POST', body: form });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toHaveProperty('text');
    }
  });

  it('need an API version, but for those of /openai/v1', async () => {
    const answer = await postJson(CHAT, { messages });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({
      error: { message: expect.stringContaining('api-version'), code: '404' },
    });
    const next = await postJson('/openai/v1/chat/completions', { model: 'gpt-4o', messages });
    expect(next.status).toBe(200);
    expect((await ask('/openai/models')).status).toBe(404);
  });

  it('refuse what is wrong as OpenAI does: a key, a deployment, a body, a path', async () => {
    await expect(azure({ apiKey: 'wrong' }).models.list()).rejects.toMatchObject({ status: 401 });
    const missing = azure().chat.completions.create({ model: 'no-such', messages });
    await expect(missing).rejects.toBeInstanceOf(NotFoundError);
    const broken = await ask(`${CHAT}?api-version=1`, { method: 'POST', body: '{"messages":' });
    expect(broken.status).toBe(400);
    for (const path of [
      '/openai/deployments/gpt-4o',
      '/openai/deployments/%zz/chat/completions',
      '/openai/no',
    ])
      expect((await postJson(`${path}?api-version=1`, {})).status, path).toBe(404);
  });
});

describe.each([
  ['4', Azure4 as unknown as typeof AzureOpenAI, Realtime4 as unknown as typeof OpenAIRealtimeWS],
  ['5', Azure5 as unknown as typeof AzureOpenAI, Realtime5 as unknown as typeof OpenAIRealtimeWS],
  ['6', AzureOpenAI, OpenAIRealtimeWS],
])('the Azure client of version %s', (version, Azure, Realtime) => {
  const options = { apiVersion: '2024-10-21', apiKey: 'key-1', maxRetries: 0 };
  const client = () => new Azure({ ...options, endpoint: used.server.url });

  it('chats, calls tools, embeds and keeps', async () => {
    const openai = client();
    const tools = [{ type: 'function' as const, function: { name: 'get_weather' } }];
    const called = await openai.chat.completions.create({
      model: 'gpt-4o',
      messages,
      tools,
      tool_choice: 'required',
    });
    expect(called.choices[0]!.message.tool_calls).toMatchObject([{ function: { name: 'get_weather' } }]);
    const { data } = await openai.embeddings.create({ model: 'text-embedding-3-small', input: 'a' });
    expect(data[0]!.embedding).toHaveLength(1536);
    const assistant = await openai.beta.assistants.create({ model: 'gpt-4o' });
    const run = await openai.beta.threads.createAndRunPoll(
      { assistant_id: assistant.id, thread: { messages } },
      { pollIntervalMs: 5 },
    );
    expect(run.status).toBe('completed');
    const file = await openai.files.create({
      file: await toFile(Buffer.from(`${chatLine('a')}\n`), 'a.jsonl'),
      purpose: 'batch',
    });
    const batch = await openai.batches.create({
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    expect(batch.status).toBe('validating');
  });

  it('speaks in realtime', async () => {
    const createConnection = () => connect(used.server.port, used.server.host);
    const openai = new Azure({ ...options, endpoint: used.server.url, deployment: 'gpt-realtime' });
    // `azure` of version 4 takes no options of the connection, which is a plain one here.
    const own = { createConnection, headers: { 'api-key': 'key-1' } };
    const socket =
      version === '4'
        ? new Realtime({ model: 'gpt-realtime', options: own }, openai)
        : await Realtime.azure(openai, { options: { createConnection } });
    const first = await new Promise<string>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('event', ({ type }) => resolve(type));
    });
    expect(first).toBe('session.created');
    socket.close();
  });
});
