/** Speech and transcription, asked by the openai SDK and by hand. */
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { audioInfo } from '../../src/server/media/audio/audio-info.js';
import { spokenS } from '../../src/simulator/speech/timeline.js';
import { startTestServer } from '../support/server.js';
import { expectError, expectEvents, expectValid } from '../support/spec.js';
import { emptyMp4 } from '../support/audio-files.js';

let server: RunningServer;
let client: OpenAI;
beforeAll(async () => {
  server = await startTestServer({ model: [], bodyLimit: 8 * 1024 * 1024 });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'sk-test', maxRetries: 0 });
});
afterAll(() => server.close());

const TEXT = 'The quick brown fox jumps over the lazy dog. Then it rests, and sleeps.';

const speak = async (options: Partial<OpenAI.Audio.SpeechCreateParams> = {}): Promise<Buffer> => {
  const answer = await client.audio.speech.create({ model: 'tts-1', voice: 'nova', input: TEXT, ...options });
  return Buffer.from(await answer.arrayBuffer());
};

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(body),
  });

describe('speech', () => {
  it.each([
    ['mp3', 'mp3', 'audio/mpeg'],
    ['opus', 'ogg', 'audio/ogg; codecs=opus'],
    ['aac', 'aac', 'audio/aac'],
    ['flac', 'flac', 'audio/flac'],
    ['wav', 'wav', 'audio/wav'],
  ] as const)('is really %s, and as long as the text', async (format, kind, type) => {
    const answer = await post('/v1/audio/speech', {
      model: 'tts-1',
      voice: 'nova',
      input: TEXT,
      response_format: format,
    });
    expect(answer.headers.get('content-type')).toBe(type);
    const info = audioInfo(Buffer.from(await answer.arrayBuffer()))!;
    expect(info.format).toBe(kind);
    expect(info.durationS).toBeCloseTo(spokenS(TEXT, 1), 0);
  });

  it('goes faster and slower, is the same each time, and differs by voice', async () => {
    const [usual, again, fast, other] = await Promise.all([
      speak({ response_format: 'pcm' }),
      speak({ response_format: 'pcm' }),
      speak({ response_format: 'pcm', speed: 2 }),
      speak({ response_format: 'pcm', voice: 'onyx' }),
    ]);
    expect(usual.length / 2 / 24_000).toBeCloseTo(spokenS(TEXT, 1), 2);
    expect(again.equals(usual)).toBe(true);
    expect(fast.length / 2 / 24_000).toBeCloseTo(spokenS(TEXT, 2), 2);
    expect(other.equals(usual)).toBe(false);
  });

  it('comes as events too, which together are the same bytes', async () => {
    const body = { model: 'gpt-4o-mini-tts', voice: { id: 'ash' }, input: TEXT, response_format: 'wav' };
    const events = await expectEvents<{ type: string; audio: string }>(
      'createSpeech',
      await post('/v1/audio/speech', { ...body, stream_format: 'sse' }),
    );
    expect(events.length).toBeGreaterThan(5);
    const deltas = events.filter(({ type }) => type === 'speech.audio.delta');
    const streamed = Buffer.concat(deltas.map(({ audio }) => Buffer.from(audio, 'base64')));
    const whole = Buffer.from(await (await post('/v1/audio/speech', body)).arrayBuffer());
    expect(streamed.equals(whole)).toBe(true);
    const output = Math.ceil(spokenS(TEXT, 1) * 20);
    expect(events.at(-1)).toMatchObject({ usage: { input_tokens: 17, output_tokens: output } });
  });

  it.each([
    [{ input: '' }, 'input'],
    [{ input: 'a'.repeat(4097) }, 'input'],
    [{ voice: 'nobody' }, 'voice'],
    [{ response_format: 'midi' }, 'response_format'],
    [{ speed: 5 }, 'speed'],
    [{ stream_format: 'sse' }, 'stream_format'],
    [{ model: 'gpt-4o' }, 'model'],
  ])('is refused: %j', async (change, param) => {
    const body = { model: 'tts-1', voice: 'alloy', input: 'Hi', ...change };
    await expectError(await post('/v1/audio/speech', body), 400, { param });
  });

  it('lists its voices', async () => {
    const { data } = (await (await fetch(`${server.url}/v1/audio/voices`)).json()) as {
      data: { id: string }[];
    };
    expect(data.map(({ id }) => id)).toContain('marin');
  });
});

describe('transcription', () => {
  const transcribed = async (format: 'mp3' | 'opus' | 'aac' | 'flac' | 'wav') => ({
    model: 'whisper-1',
    file: await toFile(await speak({ response_format: format }), `a.${format}`),
  });

  it.each(['mp3', 'opus', 'aac', 'flac', 'wav'] as const)(
    'gives back what %s speech of this server said',
    async (format) => {
      const answer = await client.audio.transcriptions.create(await transcribed(format));
      expectValid('createTranscription', answer);
      const seconds = (answer as unknown as { usage: { seconds: number } }).usage.seconds;
      expect(answer).toEqual({ text: TEXT, usage: { type: 'duration', seconds } });
      expect(Math.abs(seconds - spokenS(TEXT, 1))).toBeLessThan(1.2);
    },
  );

  it('makes a text up for other recordings, as long as they are', async () => {
    const file = await toFile(emptyMp4(20), 'a.m4a');
    const one = await client.audio.transcriptions.create({
      model: 'gpt-4o-transcribe',
      file,
      include: ['logprobs'],
    });
    expectValid('createTranscription', one);
    expect(spokenS(one.text, 1)).toBeGreaterThan(16);
    expect(spokenS(one.text, 1)).toBeLessThan(22);
    expect(one.logprobs!.map(({ token }) => token).join('')).toBe(one.text);
    expect(one.usage).toMatchObject({
      type: 'tokens',
      input_token_details: { audio_tokens: 200, text_tokens: 0 },
    });
    const two = await client.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file });
    expect(two.text).toBe(one.text);
  });

  it('has words and segments with times', async () => {
    const answer = await client.audio.transcriptions.create({
      ...(await transcribed('wav')),
      response_format: 'verbose_json',
      timestamp_granularities: ['word', 'segment'],
      language: 'de',
    });
    expectValid('createTranscription', answer);
    expect(answer).toMatchObject({ language: 'german', text: TEXT, task: 'transcribe' });
    expect(answer.words!.map(({ word }) => word).slice(0, 3)).toEqual(['The', 'quick', 'brown']);
    expect(answer.segments!.map(({ text }) => text).join('')).toBe(` ${TEXT}`);
    expect(answer.segments![1]!.start).toBeGreaterThanOrEqual(answer.segments![0]!.end);
    expect(answer.duration).toBeCloseTo(spokenS(TEXT, 1), 1);
  });

  it('has subtitles, and plain text', async () => {
    const asked = await transcribed('wav');
    const [text, srt, vtt] = await Promise.all(
      (['text', 'srt', 'vtt'] as const).map((format) =>
        client.audio.transcriptions.create({ ...asked, response_format: format }),
      ),
    );
    expect(text).toBe(`${TEXT}\n`);
    expect(srt).toMatch(/^1\n00:00:00,\d{3} --> 00:00:0\d,\d{3}\nThe quick .* dog\.\n\n2\n/);
    expect(vtt).toMatch(/^WEBVTT\n\n00:00:00\.\d{3} --> 00:00:0\d\.\d{3}\nThe quick .* dog\.\n/);
  });

  it('tells speakers apart', async () => {
    const answer: unknown = await client.audio.transcriptions.create({
      ...(await transcribed('wav')),
      model: 'gpt-4o-transcribe-diarize',
      response_format: 'diarized_json',
      known_speaker_names: ['ann', 'bob'],
    });
    expectValid('createTranscription', answer);
    const first = { id: 'seg_001', speaker: 'ann', text: expect.stringMatching(/^The quick/) };
    expect(answer).toMatchObject({ text: TEXT, segments: [first, {}] });
  });

  it('streams', async () => {
    const stream = await client.audio.transcriptions.create({
      ...(await transcribed('wav')),
      model: 'gpt-4o-transcribe',
      stream: true,
    });
    let text = '';
    const types = new Set<string>();
    for await (const event of stream) {
      expectValid('createTranscription', event, 'event');
      types.add(event.type);
      if (event.type === 'transcript.text.delta') text += event.delta;
      if (event.type === 'transcript.text.done') expect(event.text).toBe(TEXT);
    }
    expect([...types]).toEqual(['transcript.text.delta', 'transcript.text.done']);
    expect(text).toBe(TEXT);
  });

  it('translates', async () => {
    const answer = await client.audio.translations.create(await transcribed('mp3'));
    expectValid('createTranslation', answer);
    expect(answer).toEqual({ text: TEXT });
  });

  it.each([
    [{ response_format: 'verbose_json', model: 'gpt-4o-transcribe' }, 400, 'response_format'],
    [{ 'timestamp_granularities[]': 'word' }, 400, 'timestamp_granularities'],
    [{ 'include[]': 'logprobs' }, 400, 'include'],
    [{ temperature: '2' }, 400, 'temperature'],
    [{ model: 'tts-1' }, 400, 'model'],
    [{ model: '' }, 404, 'model'],
  ])('is refused: %j', async (change, status, param) => {
    const form = new FormData();
    form.set('model', 'whisper-1');
    for (const [name, value] of Object.entries(change)) form.set(name, value);
    form.set('file', new File([new Uint8Array(emptyMp4(2))], 'a.m4a'));
    const answer = await fetch(`${server.url}/v1/audio/transcriptions`, { method: 'POST', body: form });
    await expectError(answer, status, { param });
  });

  it.each([
    ['no audio', Buffer.from('what is this'), 'invalid_value'],
    ['too short', emptyMp4(0), 'audio_too_short'],
  ])('refuses files that are %s', async (_, bytes, code) => {
    const file = await toFile(bytes, 'a.wav');
    const asking = client.audio.transcriptions.create({ model: 'whisper-1', file });
    await expect(asking).rejects.toMatchObject({ status: 400, code, param: 'file' });
  });
});
