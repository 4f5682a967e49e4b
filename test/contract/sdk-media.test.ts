/** What comes in parts, and what is waited for, over each major version of OpenAI's SDK that has it: pictures, transcripts, speech, uploads, batches. */
import OpenAI4, { toFile as toFile4 } from 'openai-4';
import OpenAI5, { toFile as toFile5 } from 'openai-5';
import OpenAI6, { toFile as toFile6 } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { chatLine } from '../support/batches.js';
import { startTestServer } from '../support/server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ model: [], bodyLimit: 8 * 1024 * 1024 });
});
afterAll(() => server.close());

type Client = OpenAI6;

describe.each([
  ['4', OpenAI4 as unknown as typeof OpenAI6, toFile4 as unknown as typeof toFile6],
  ['5', OpenAI5 as unknown as typeof OpenAI6, toFile5 as unknown as typeof toFile6],
  ['6', OpenAI6, toFile6],
])('version %s', (version, Make, toFile) => {
  let client: Client;
  let wav: Buffer;
  beforeAll(async () => {
    client = new Make({ baseURL: `${server.url}/v1`, apiKey: 'any', maxRetries: 0 });
    const said = { model: 'tts-1', voice: 'nova', input: 'Good morning to you.' } as const;
    const speech = await client.audio.speech.create({ ...said, response_format: 'wav' });
    wav = Buffer.from(await speech.arrayBuffer());
  });

  test.skipIf(version === '4')('pictures come in parts', async () => {
    const asked = { model: 'gpt-image-1-mini', prompt: 'a boat', size: '1024x1024', quality: 'low' } as const;
    const stream = await client.images.generate({ ...asked, stream: true, partial_images: 2 });
    const parts: string[] = [];
    const types: string[] = [];
    for await (const event of stream) {
      types.push(event.type);
      parts.push(event.b64_json);
    }
    const partial = 'image_generation.partial_image';
    expect(types).toEqual([partial, partial, 'image_generation.completed']);
    expect(new Set(parts).size).toBe(3);
    const image = await toFile(Buffer.from(parts[2]!, 'base64'), 'boat.png', { type: 'image/png' });
    const edits: string[] = [];
    const editing = { ...asked, image, prompt: 'at night', stream: true, partial_images: 1 } as const;
    for await (const { type } of await client.images.edit(editing)) edits.push(type);
    expect(edits).toEqual(['image_edit.partial_image', 'image_edit.completed']);
  });

  test('transcripts come in parts', async () => {
    const file = await toFile(wav, 'speech.wav');
    const asked = { file, model: 'gpt-4o-mini-transcribe' } as const;
    const { text } = await client.audio.transcriptions.create(asked);
    let streamed = '';
    let done = '';
    for await (const event of await client.audio.transcriptions.create({ ...asked, stream: true })) {
      if (event.type === 'transcript.text.delta') streamed += event.delta;
      if (event.type === 'transcript.text.done') done = event.text;
    }
    expect([streamed, done]).toEqual([text, text]);
  });

  test('speech comes as events', async () => {
    const asked = { model: 'gpt-4o-mini-tts', voice: 'nova', input: 'Good morning.' } as const;
    // Older types do not know it.
    const sse = { ...asked, stream_format: 'sse' as const, response_format: 'pcm' as const };
    const events = (await (await client.audio.speech.create(sse)).text())
      .split('\n\n')
      .filter(Boolean)
      .map((text) => JSON.parse(text.slice(text.indexOf('{'))) as { type: string; audio?: string });
    expect(events.at(-1)).toMatchObject({ type: 'speech.audio.done', usage: {} });
    const sound = Buffer.concat(events.map(({ audio = '' }) => Buffer.from(audio, 'base64')));
    const whole = await client.audio.speech.create({ ...asked, response_format: 'pcm' });
    expect(sound.equals(Buffer.from(await whole.arrayBuffer()))).toBe(true);
  });

  test('a file is uploaded in parts, and into a vector store', async () => {
    const bytes = Buffer.from('The ferry leaves at noon.');
    const upload = await client.uploads.create({
      filename: 'ferry.txt',
      purpose: 'assistants',
      bytes: bytes.length,
      mime_type: 'text/plain',
    });
    const part_ids: string[] = [];
    for (const part of [bytes.subarray(0, 9), bytes.subarray(9)])
      part_ids.push((await client.uploads.parts.create(upload.id, { data: await toFile(part, 'part') })).id);
    const { file } = await client.uploads.complete(upload.id, { part_ids });
    expect(file).toMatchObject({ filename: 'ferry.txt', bytes: bytes.length });
    expect(await client.files.waitForProcessing(file!.id)).toMatchObject({ status: 'processed' });
    const store = await client.vectorStores.create({ name: 'ferries' });
    const sent = await toFile(Buffer.from('The tram leaves at one.'), 'tram.txt');
    const kept = await client.vectorStores.files.uploadAndPoll(store.id, sent, { pollIntervalMs: 5 });
    expect(kept.status).toBe('completed');
    await client.vectorStores.fileBatches.createAndPoll(
      store.id,
      { file_ids: [file!.id] },
      { pollIntervalMs: 5 },
    );
    const found = await client.vectorStores.search(store.id, { query: 'When does the ferry leave?' });
    expect(found.data[0]).toMatchObject({ filename: 'ferry.txt' });
  });

  test('a batch is made, waited for and read', async () => {
    const lines = ['a', 'b'].map((id) => chatLine(id)).join('\n');
    const input = await client.files.create({
      file: await toFile(Buffer.from(lines), 'a.jsonl'),
      purpose: 'batch',
    });
    const { id } = await client.batches.create({
      input_file_id: input.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    await expect
      .poll(async () => (await client.batches.retrieve(id)).status, { interval: 10 })
      .toBe('completed');
    const { output_file_id: output } = await client.batches.retrieve(id);
    const answers = (await (await client.files.content(output!)).text()).trim().split('\n');
    expect(answers.map((line) => (JSON.parse(line) as { custom_id: string }).custom_id)).toEqual(['a', 'b']);
  });

  test('a run is made and streamed by the helper of a thread', async () => {
    const assistant = await client.beta.assistants.create({ model: 'gpt-4o' });
    const stream = client.beta.threads.createAndRunStream({
      assistant_id: assistant.id,
      thread: { messages: [{ role: 'user', content: 'Hi' }] },
    });
    const events: string[] = [];
    stream.on('event', ({ event }) => events.push(event));
    const run = await stream.finalRun();
    expect(run.status).toBe('completed');
    expect(events[0]).toBe('thread.created');
    expect((await stream.finalRunSteps()).map(({ type }) => type)).toEqual(['message_creation']);
  });
});
