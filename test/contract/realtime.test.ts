/** Realtime sessions over WebSockets, by the openai SDK. */
import { connect } from 'node:net';
import OpenAI, { toFile } from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import type { RealtimeClientEvent, RealtimeServerEvent } from 'openai/resources/realtime/realtime';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { RunningServer } from '../../src/server/index.js';
import { SPEECH_RATE, synthesize } from '../../src/simulator/speech/synthesize.js';
import { VOICES } from '../../src/simulator/speech/voices.js';
import { EventLog } from '../support/event-log.js';
import { expectRealtimeEvents } from '../support/realtime-events.js';
import { startTestServer } from '../support/server.js';
import { useServer } from '../support/use-server.js';
import { expectAnswer, expectError } from '../support/spec.js';

const used = useServer({ model: [], bodyLimit: 8 * 1024 * 1024 });

const open = new Set<OpenAIRealtimeWS>();
afterEach(() => {
  for (const session of open) session.close();
  open.clear();
});

type Event = RealtimeServerEvent & Record<string, unknown>;

/** A session, and every event of it, each held against the specification. */
class Session extends EventLog<Event> {
  readonly #sdk: OpenAIRealtimeWS;

  constructor(model = 'gpt-realtime', apiKey = 'sk-test') {
    super();
    const own = new OpenAI({ baseURL: `${used.server.url}/v1`, apiKey });
    // The SDK always asks for wss://; the connection beneath it is a plain one.
    const createConnection = () => connect(used.server.port, used.server.host);
    this.#sdk = new OpenAIRealtimeWS({ model, options: { createConnection } }, own);
    open.add(this.#sdk);
    this.#sdk.on('event', (event) => {
      this.add(event as Event);
    });
    this.#sdk.on('error', () => {});
  }

  async send(...events: RealtimeClientEvent[]): Promise<void> {
    await this.until('session.created');
    for (const event of events) this.#sdk.send(event);
  }

  /** The types, each run of deltas as one. */
  get shape(): string[] {
    return this.types.filter((type, at, all) => !(type.endsWith('.delta') && all[at - 1] === type));
  }

  validate(): void {
    expectRealtimeEvents(this.events);
  }
}

const ask = (text: string): RealtimeClientEvent => ({
  type: 'conversation.item.create',
  item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
});
const TEXT_ONLY: RealtimeClientEvent = {
  type: 'session.update',
  session: { type: 'realtime', output_modalities: ['text'] },
};

const speech = (text: string): Int16Array => synthesize({ seed: 1, text, voice: VOICES[0]!, speed: 1 });
const base64 = (samples: Int16Array): string =>
  Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength).toString('base64');
const silence = (seconds: number): Int16Array => new Int16Array(seconds * SPEECH_RATE);

describe('a session', () => {
  it('answers in text, with all events in order', async () => {
    const session = new Session();
    await session.until('session.created');
    await session.send(TEXT_ONLY, ask('Tell me something.'), { type: 'response.create' });
    const done = await session.until('response.done');
    session.validate();
    expect(session.shape.slice(0, session.shape.indexOf('response.done'))).toEqual([
      'session.created',
      'session.updated',
      'conversation.item.added',
      'conversation.item.done',
      'response.created',
      'rate_limits.updated',
      'response.output_item.added',
      'conversation.item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'conversation.item.done',
      'response.output_item.done',
    ]);
    const text = session.events
      .filter(({ type }) => type === 'response.output_text.delta')
      .map(({ delta }) => delta)
      .join('');
    expect(done.response).toMatchObject({
      status: 'completed',
      output: [{ role: 'assistant', content: [{ type: 'output_text', text }] }],
      usage: { output_token_details: { audio_tokens: 0 } },
    });
    expect(text.length).toBeGreaterThan(10);
  });

  it('answers in sound as long as what it says', async () => {
    const session = new Session();
    await session.send(ask('Speak to me.'), { type: 'response.create' });
    const done = await session.until('response.done');
    session.validate();
    const bytes = session.events
      .filter(({ type }) => type === 'response.output_audio.delta')
      .reduce((sum, { delta }) => sum + Buffer.from(delta as string, 'base64').length, 0);
    const [item] = (done.response as { output: { content: { transcript: string }[] }[] }).output;
    const { transcript } = item!.content[0]!;
    const seconds = bytes / 2 / SPEECH_RATE;
    expect(seconds).toBeCloseTo(speech(transcript).length / SPEECH_RATE - 0.2, 0);
    expect(session.shape).toContain('response.output_audio_transcript.done');
  });

  it('hears where speech begins and ends, transcribes it, and answers', async () => {
    const session = new Session();
    await session.send({
      type: 'session.update',
      session: {
        type: 'realtime',
        output_modalities: ['text'],
        audio: { input: { transcription: { model: 'whisper-1' } } },
      },
    });
    const said = speech('Hello there, can you hear me?');
    const parts = [silence(0.4), said, silence(0.6)];
    for (const part of parts) await session.send({ type: 'input_audio_buffer.append', audio: base64(part) });
    await session.until('response.done');
    session.validate();
    const started = await session.until('input_audio_buffer.speech_started');
    const stopped = await session.until('input_audio_buffer.speech_stopped');
    // 300 ms before the first sound, and 500 ms after the last.
    expect(started['audio_start_ms']).toBeGreaterThanOrEqual(180);
    expect(started['audio_start_ms']).toBeLessThan(300);
    const endMs = 400 + (said.length / SPEECH_RATE) * 1000 + 500;
    expect(stopped['audio_end_ms'] as number).toBeLessThanOrEqual(endMs);
    expect(stopped['audio_end_ms'] as number).toBeGreaterThan(endMs - 700);
    expect(session.shape.slice(2, 10)).toEqual([
      'input_audio_buffer.speech_started',
      'input_audio_buffer.speech_stopped',
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
      'conversation.item.input_audio_transcription.delta',
      'conversation.item.input_audio_transcription.completed',
      'response.created',
    ]);
  });

  it('commits when the client says so, in G.711 too', async () => {
    const session = new Session();
    await session.send({
      type: 'session.update',
      session: {
        type: 'realtime',
        audio: { input: { format: { type: 'audio/pcmu' }, turn_detection: null } },
      },
    });
    await session.send({ type: 'input_audio_buffer.commit' });
    expect(await session.until('error')).toMatchObject({
      error: { code: 'input_audio_buffer_commit_empty' },
    });
    await session.send({
      type: 'input_audio_buffer.append',
      audio: Buffer.alloc(8000, 0x55).toString('base64'),
    });
    await session.send({ type: 'input_audio_buffer.commit' });
    await session.until('input_audio_buffer.committed');
    await session.send(
      { type: 'input_audio_buffer.append', audio: 'AAAA' },
      { type: 'input_audio_buffer.clear' },
    );
    await session.until('input_audio_buffer.cleared');
    session.validate();
    expect(session.types).not.toContain('input_audio_buffer.speech_started');
  });

  it('calls functions, and goes on with their results', async () => {
    const session = new Session();
    await session.send(
      {
        type: 'session.update',
        session: {
          type: 'realtime',
          output_modalities: ['text'],
          tool_choice: 'required',
          tools: [
            {
              type: 'function',
              name: 'get_weather',
              description: 'Weather of a city',
              parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
            },
          ],
        },
      },
      ask('What is the weather in Paris?'),
      { type: 'response.create' },
    );
    const called = await session.until('response.function_call_arguments.done');
    await session.until('response.done');
    expect(JSON.parse(called['arguments'] as string)).toHaveProperty('city');
    await session.send(
      {
        type: 'conversation.item.create',
        item: { type: 'function_call_output', call_id: called['call_id'] as string, output: '{"c":20}' },
      },
      { type: 'response.create', response: { tool_choice: 'none' } },
    );
    const done = await session.until('response.done', 2);
    session.validate();
    expect(done.response).toMatchObject({ output: [{ type: 'message' }] });
  });

  it('keeps items, and lets them be looked at, cut and deleted', async () => {
    const session = new Session();
    await session.send(ask('Speak.'), { type: 'response.create' });
    await session.until('response.done');
    const item = (await session.until('response.output_item.done'))['item'] as {
      id: string;
      content: { transcript: string }[];
    };
    await session.send(
      { type: 'conversation.item.truncate', item_id: item.id, content_index: 0, audio_end_ms: 500 },
      { type: 'conversation.item.retrieve', item_id: item.id },
      { type: 'conversation.item.delete', item_id: item.id },
      { type: 'conversation.item.retrieve', item_id: item.id, event_id: 'mine' },
    );
    const retrieved = (await session.until('conversation.item.retrieved'))['item'] as typeof item;
    const heard = retrieved.content[0]!.transcript;
    expect(heard.length).toBeGreaterThan(2);
    expect(heard.length).toBeLessThan(9);
    expect(item.content[0]!.transcript.startsWith(heard)).toBe(true);
    await session.until('conversation.item.deleted');
    expect(await session.until('error')).toMatchObject({
      error: { code: 'item_not_found', event_id: 'mine', param: 'item_id' },
    });
    session.validate();
  });

  it('says what is wrong with a message, and goes on', async () => {
    const session = new Session();
    await session.send({ type: 'nonsense' } as unknown as RealtimeClientEvent);
    await session.send({ type: 'session.update', session: { type: 'realtime', output_modalities: [] } });
    await session.send({ type: 'response.cancel' });
    await session.until('error', 3);
    const codes = session.events.flatMap((event) => (event.type === 'error' ? [event.error.code] : []));
    expect(codes).toEqual(['invalid_value', 'empty_array', 'response_cancel_not_active']);
    await session.send(TEXT_ONLY);
    await session.until('session.updated');
    session.validate();
  });
});

describe('voices of the user', () => {
  const make = async (path: string, fields: Record<string, string | File>): Promise<string> => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    const answer = await fetch(`${used.server.url}/v1/audio/${path}`, { method: 'POST', body: form });
    return ((await answer.json()) as { id: string }).id;
  };
  let voice: { id: string };
  beforeAll(async () => {
    const said = await used.client.audio.speech.create({ model: 'tts-1', voice: 'nova', input: 'It is me.' });
    const recording = await toFile(said, 'a.mp3');
    const consent = await make('voice_consents', { name: 'Ann', language: 'en-US', recording });
    voice = { id: await make('voices', { name: 'Ann', consent, audio_sample: recording }) };
  });

  type Spoken = { text: string; sound: string; voice: unknown };
  const spoken = async (session: Session): Promise<Spoken> => {
    const { response } = (await session.until('response.done')) as Record<string, unknown> & {
      response: unknown;
    };
    const joined = (type: string): string =>
      session.events.flatMap((event) => (event.type === type ? [event['delta']] : [])).join('');
    return {
      text: joined('response.output_audio_transcript.delta'),
      sound: joined('response.output_audio.delta'),
      voice: ((response as Record<string, unknown>)['audio'] as { output: { voice: unknown } }).output.voice,
    };
  };

  it('speak, set for a session, a response or a key, with all events in order', async () => {
    const shipped = new Session();
    await shipped.send(ask('Speak.'), { type: 'response.create' });
    const set = new Session();
    const output = { voice };
    await set.send(
      { type: 'session.update', session: { type: 'realtime', audio: { output } } },
      ask('Speak.'),
      { type: 'response.create' },
    );
    const once = new Session();
    await once.send(ask('Speak.'), {
      type: 'response.create',
      response: { audio: { output: { voice: voice.id } } },
    });
    const secret = await used.client.realtime.clientSecrets.create({
      session: { type: 'realtime', model: 'gpt-realtime', audio: { output } },
    });
    const keyed = new Session('gpt-realtime', secret.value);
    await keyed.send(ask('Speak.'), { type: 'response.create' });

    const [plain, ...own] = await Promise.all([shipped, set, once, keyed].map(spoken));
    expect(plain!.voice).toBe('alloy');
    for (const one of own) {
      expect(one).toEqual({ ...own[0], text: plain!.text });
      expect(one.voice).toBe(voice.id);
      expect(one.sound).not.toBe(plain!.sound);
      expect(one.sound.length).toBeGreaterThan(1000);
    }
    expect(set.shape.slice(0, 4)).toEqual([
      'session.created',
      'session.updated',
      'conversation.item.added',
      'conversation.item.done',
    ]);
    expect(await set.until('session.updated')).toMatchObject({
      session: { audio: { output: { voice: voice.id } } },
    });
    for (const session of [set, once, keyed]) session.validate();
  });

  it('are refused when there are none, and the session goes on', async () => {
    const session = new Session();
    const output = { voice: { id: 'voice_x' } };
    await session.send(
      { type: 'session.update', session: { type: 'realtime', audio: { output } } },
      { type: 'session.update', session: { type: 'realtime', audio: { output: { voice: 'nobody' } } } },
      { type: 'response.create', response: { audio: { output } } },
      TEXT_ONLY,
    );
    await session.until('session.updated');
    const errors = session.events.flatMap((event) => (event.type === 'error' ? [event.error] : []));
    expect(errors.map(({ code, param }) => [code, param])).toEqual([
      ['invalid_value', 'session.audio.output.voice'],
      ['invalid_value', 'session.audio.output.voice'],
      ['invalid_value', 'response.audio.output.voice'],
    ]);
    for (const path of ['client_secrets', 'sessions']) {
      const asked =
        path === 'sessions' ? { audio: { output } } : { session: { type: 'realtime', audio: { output } } };
      const answer = await fetch(`${used.server.url}/v1/realtime/${path}`, {
        method: 'POST',
        body: JSON.stringify(asked),
      });
      const param = path === 'sessions' ? 'audio.output.voice' : 'session.audio.output.voice';
      await expectError(answer, 400, { param, code: 'invalid_value' });
    }
  });
});

describe('responses that take time', () => {
  let slow: RunningServer;
  beforeAll(async () => {
    slow = await startTestServer({
      model: [],
      latency: 'fixed',
      ttft: 0,
      itl: 60_000,
      jitter: 0,
      threads: 1,
    });
  });
  afterAll(() => slow.close());

  it('can be cancelled', async () => {
    const socket = new WebSocket(`${slow.url.replace('http', 'ws')}/v1/realtime?model=gpt-realtime`);
    const types: string[] = [];
    const done = new Promise<Record<string, unknown>>((resolve) => {
      socket.on('message', (data: Buffer) => {
        const event = JSON.parse(data.toString()) as { type: string; response?: Record<string, unknown> };
        types.push(event.type);
        if (event.type === 'response.output_text.delta') socket.send('{"type":"response.cancel"}');
        if (event.type === 'response.done') resolve(event.response!);
      });
    });
    socket.on('open', () => {
      socket.send(JSON.stringify(TEXT_ONLY));
      socket.send(JSON.stringify(ask('Go on.')));
      socket.send('{"type":"response.create"}');
    });
    expect(await done).toMatchObject({
      status: 'cancelled',
      status_details: { type: 'cancelled', reason: 'client_cancelled' },
      output: [{ status: 'incomplete' }],
      usage: {
        input_tokens: expect.toSatisfy((n: number) => n > 5),
        output_tokens: expect.toSatisfy((n: number) => n > 0),
      },
    });
    // A second one can begin.
    socket.send('{"type":"response.create"}');
    await expect.poll(() => types.filter((type) => type === 'response.created')).toHaveLength(2);
    socket.close();
  });

  it('end when the server stops, with a reason', async () => {
    const own = await startTestServer({ model: [], threads: 1 });
    const socket = new WebSocket(`${own.url.replace('http', 'ws')}/v1/realtime?model=gpt-realtime`);
    await new Promise((resolve) => socket.once('message', resolve));
    const code = new Promise<number>((resolve) => socket.once('close', resolve));
    await own.close();
    expect(await code).toBe(1001);
  });
});

describe('the door', () => {
  it('agrees to its subprotocol whatever other WebSockets were opened before', async () => {
    const own = await startTestServer({ model: [], threads: 1 });
    const url = own.url.replace('http', 'ws');
    const agreed = (path: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${url}${path}`, ['realtime', 'openai-insecure-api-key.x']);
        socket.on('error', () => resolve('refused'));
        socket.on('open', () => {
          resolve(socket.protocol);
          socket.close();
        });
      });
    expect(await agreed('/ws/metrics')).toBe('refused');
    expect(await agreed('/v1/realtime?model=gpt-realtime')).toBe('realtime');
    await own.close();
  });

  it('asks for a WebSocket, a model that is one, and a whole handshake', async () => {
    const url = `${used.server.url}/v1/realtime`;
    await expectError(await fetch(`${url}?model=gpt-realtime`), 426);
    await expectError(await fetch(url), 400, { param: 'model' });
    await expectError(await fetch(`${url}?model=none`), 404, { code: 'model_not_found' });
    await expectError(await fetch(`${url}?model=tts-1`), 400, { param: 'model' });
  });

  it('gives keys that stand for sessions', async () => {
    const secret = await used.client.realtime.clientSecrets.create({
      session: {
        type: 'realtime',
        model: 'gpt-realtime',
        instructions: 'Be brief.',
        output_modalities: ['text'],
      },
    });
    await expectAnswer(
      'create-realtime-client-secret',
      new Response(JSON.stringify(secret), { headers: { 'content-type': 'application/json' } }),
    );
    const session = new Session('gpt-realtime', secret.value);
    const created = await session.until('session.created');
    expect(created['session']).toMatchObject({ instructions: 'Be brief.', output_modalities: ['text'] });
  });

  it.each([
    ['create-realtime-session', '/v1/realtime/sessions'],
    ['create-realtime-transcription-session', '/v1/realtime/transcription_sessions'],
  ])('%s answers as the specification says', async (operation, path) => {
    await expectAnswer(operation, await fetch(`${used.server.url}${path}`, { method: 'POST', body: '{}' }));
  });

  it('a session takes the words of the older API too', async () => {
    const asked = {
      modalities: ['text'],
      voice: 'marin',
      input_audio_format: 'g711_ulaw',
      output_audio_format: 'g711_alaw',
      input_audio_transcription: { model: 'whisper-1' },
      speed: 1.2,
      turn_detection: null,
      max_response_output_tokens: 50,
    };
    const response = await fetch(`${used.server.url}/v1/realtime/sessions`, {
      method: 'POST',
      body: JSON.stringify(asked),
    });
    expect(await expectAnswer('create-realtime-session', response)).toMatchObject({
      output_modalities: ['text'],
      max_output_tokens: 50,
      audio: {
        input: {
          format: { type: 'audio/pcmu' },
          transcription: { model: 'whisper-1' },
          turn_detection: null,
        },
        output: { format: { type: 'audio/pcma' }, voice: 'marin', speed: 1.2 },
      },
    });
  });

  it('a transcription session is as it was asked for', async () => {
    const asked = {
      input_audio_format: 'g711_ulaw',
      input_audio_transcription: { model: 'whisper-1', language: 'en' },
      turn_detection: { type: 'server_vad', silence_duration_ms: 900 },
    };
    const url = `${used.server.url}/v1/realtime/transcription_sessions`;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(asked) });
    expect(await expectAnswer('create-realtime-transcription-session', response)).toMatchObject(asked);
    const refused = await fetch(url, { method: 'POST', body: '{"input_audio_format":"mp3"}' });
    await expectError(refused, 400, { param: 'input_audio_format' });
  });

  it('knows no calls that were not created, and says so', async () => {
    const calls = `${used.server.url}/v1/realtime/calls`;
    const post = (path: string, body = '') => fetch(`${calls}/rtc_1/${path}`, { method: 'POST', body });
    for (const [path, body] of [
      ['accept', '{"type":"realtime","model":"gpt-realtime"}'],
      ['hangup', ''],
      ['refer', '{"target_uri":"tel:+14155550123"}'],
      ['reject', '{"status_code":486}'],
      ['reject', ''],
    ] as const)
      await expectError(await post(path, body), 404, { param: 'call_id' });
    await expectError(await post('refer', '{}'), 400, { param: 'target_uri' });
    await expectError(await post('reject', '{"status_code":7}'), 400, { param: 'status_code' });
    await expect(used.client.realtime.calls.hangup('rtc_1')).rejects.toMatchObject({ status: 404 });
  });
});
