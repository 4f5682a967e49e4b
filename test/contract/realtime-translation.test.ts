/** Realtime translations: keys, sessions over WebSockets, calls over WebRTC. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { RunningServer } from '../../src/server/index.js';
import { languageOf } from '../../src/simulator/speech/languages.js';
import { SPEECH_RATE, synthesize } from '../../src/simulator/speech/synthesize.js';
import { VOICES } from '../../src/simulator/speech/voices.js';
import { CallClient } from '../support/call-client.js';
import { startTestServer } from '../support/server.js';
import { expectAnswer, expectError, expectSchema } from '../support/spec.js';

const MODEL = 'gpt-realtime-translate';

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ model: [] });
});
afterAll(() => server.close());

interface TranslationEvent extends Record<string, unknown> {
  type: string;
}

/** A session over a WebSocket, and every event of it. */
class Session {
  readonly events: TranslationEvent[] = [];
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  #wake = (): void => {};

  constructor(key = 'sk-test', query = `?model=${MODEL}`) {
    const headers = { authorization: `Bearer ${key}` };
    this.#socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/realtime/translations${query}`, {
      headers,
    });
    this.closed = new Promise((resolve, reject) => {
      this.#socket.once('close', resolve);
      this.#socket.once('error', reject);
    });
    this.#socket.on('message', (data: Buffer) => {
      this.events.push(JSON.parse(data.toString()) as TranslationEvent);
      this.#wake();
    });
  }

  async send(...events: object[]): Promise<void> {
    await this.until('session.created');
    for (const event of events) this.#socket.send(JSON.stringify(event));
  }

  async until(type: string): Promise<TranslationEvent> {
    for (;;) {
      const found = this.events.find((event) => event.type === type);
      if (found) return found;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  joined(type: string): string {
    return this.events.flatMap((event) => (event.type === type ? [event['delta']] : [])).join('');
  }
}

const speech = (text: string): Int16Array => synthesize({ seed: 1, text, voice: VOICES[0]!, speed: 1 });
const append = (samples: Int16Array): object => ({
  type: 'session.input_audio_buffer.append',
  audio: Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength).toString('base64'),
});
const into = (language: string, transcribed = true): object => ({
  type: 'session.update',
  session: {
    audio: {
      input: { transcription: transcribed ? { model: 'gpt-realtime-whisper' } : null },
      output: { language },
    },
  },
});
const SENTENCE = 'We will meet tomorrow in the old town, and talk about the new house by the water.';

describe('a translation', () => {
  it('speaks another language as long as something is heard, a little later', async () => {
    const session = new Session();
    const said = speech(SENTENCE);
    await session.send(into('de'), append(said), append(new Int16Array(SPEECH_RATE)), {
      type: 'session.close',
    });
    expect(await session.closed).toBe(1000);
    for (const event of session.events) expectSchema('realtime', 'RealtimeTranslationServerEvent', event);
    expect(await session.until('session.updated')).toMatchObject({
      session: { model: MODEL, audio: { output: { language: 'de' } } },
    });
    expect(languageOf(session.joined('session.output_transcript.delta'))).toBe('de');
    expect(languageOf(session.joined('session.input_transcript.delta'))).toBe('en');
    const bytes = session.events
      .filter(({ type }) => type === 'session.output_audio.delta')
      .reduce((sum, { delta }) => sum + Buffer.from(delta as string, 'base64').length, 0);
    expect(Math.abs(bytes / 2 - said.length) / SPEECH_RATE).toBeLessThan(1);
    const first = (type: string): number =>
      session.events.find((event) => event.type === type)!['elapsed_ms'] as number;
    expect(first('session.output_transcript.delta')).toBeGreaterThan(first('session.input_transcript.delta'));
    expect(session.events.at(-1)!.type).toBe('session.closed');
  });

  it('says the same of the same sound, whatever pieces it comes in', async () => {
    const said = speech(SENTENCE);
    const texts = await Promise.all(
      [said.length, 1000].map(async (size) => {
        const session = new Session();
        await session.send(into('fr', false));
        for (let at = 0; at < said.length; at += size)
          await session.send(append(said.subarray(at, at + size)));
        await session.send({ type: 'session.close' });
        await session.closed;
        expect(session.events.map(({ type }) => type)).not.toContain('session.input_transcript.delta');
        return session.joined('session.output_transcript.delta');
      }),
    );
    expect(texts[0]!.length).toBeGreaterThan(20);
    expect(texts[1]).toBe(texts[0]);
  });

  it('says what is wrong, and goes on', async () => {
    const session = new Session();
    await session.send(
      { type: 'response.create', event_id: 'mine' },
      { type: 'session.update', session: { audio: { output: { language: 'xx-none' } } } },
      { type: 'session.input_audio_buffer.append', audio: 'AAAA' },
      { type: 'session.update', session: { model: 'other' } },
      into('en'),
    );
    await session.until('session.updated');
    const errors = session.events.flatMap((event) => (event.type === 'error' ? [event['error']] : []));
    expect(errors).toMatchObject([
      { param: 'type', event_id: 'mine' },
      { param: 'session.audio.output.language' },
      { param: 'audio' },
      { param: 'session.model', code: 'unknown_parameter' },
    ]);
    await session.send({ type: 'session.close' });
    await session.closed;
  });
});

describe('the door of translations', () => {
  const post = async (path: string, body: unknown): Promise<Response> =>
    fetch(`${server.url}/v1/realtime/${path}`, { method: 'POST', body: JSON.stringify(body) });

  it('gives keys that stand for sessions, and for no others', async () => {
    const asked = { session: { model: MODEL, audio: { output: { language: 'es' } } } };
    const { value, session } = await expectAnswer<{ value: string; session: object }>(
      'create-realtime-translation-client-secret',
      await post('translations/client_secrets', asked),
    );
    expect(session).toMatchObject({ type: 'translation', ...asked.session });
    const keyed = new Session(value, '');
    expect(await keyed.until('session.created')).toMatchObject({
      session: { audio: { output: { language: 'es' } } },
    });
    await keyed.send({ type: 'session.close' });
    await keyed.closed;
    const other = (await (await post('client_secrets', {})).json()) as { value: string };
    await expect(new Session(other.value).closed).rejects.toThrow('401');
    const url = `${server.url.replace('http', 'ws')}/v1/realtime?model=gpt-realtime`;
    const wrong = new WebSocket(url, { headers: { authorization: `Bearer ${value}` } });
    expect(String(await new Promise((resolve) => wrong.once('error', resolve)))).toContain('401');
  });

  it('asks for a model that translates, and for one that converses elsewhere', async () => {
    const secret = async (session: object): Promise<Response> =>
      post('translations/client_secrets', { session });
    await expectError(await secret({}), 400, { param: 'session.model' });
    await expectError(await secret({ model: 'gpt-realtime' }), 400, { param: 'model' });
    await expectError(await secret({ model: 'none' }), 404, { code: 'model_not_found' });
    await expectError(await post('client_secrets', { session: { type: 'realtime', model: MODEL } }), 400, {
      param: 'model',
    });
    await expect(new Session('sk-test', '').closed).rejects.toThrow('400');
  });

  it('takes calls: heard and spoken on tracks, in real time', async () => {
    const call = new CallClient();
    const form = new FormData();
    form.set('sdp', await call.offer());
    form.set('session', JSON.stringify({ model: MODEL, audio: { output: { language: 'it' } } }));
    await call.accept(
      await fetch(`${server.url}/v1/realtime/translations/calls`, { method: 'POST', body: form }),
    );
    await call.until('session.created');
    await call.say(speech('We will meet tomorrow in the old town.'), new Int16Array(SPEECH_RATE));
    await call.until('session.output_transcript.delta');
    const loud = (): boolean => call.heard.some(({ samples }) => samples.some((one) => Math.abs(one) > 3000));
    await expect.poll(loud).toBe(true);
    call.send({ type: 'session.close' });
    await call.until('session.closed');
    await call.closed;
    for (const event of call.events) expectSchema('realtime', 'RealtimeTranslationServerEvent', event);
    expect(call.types).not.toContain('session.output_audio.delta');
    await call.close();
  });
});
