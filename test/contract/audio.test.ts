/** Speech and transcription, asked by the openai SDK and by hand. */
import { createOpenAI } from '@ai-sdk/openai';
import { experimental_generateSpeech, experimental_transcribe } from 'ai';
import OpenAI, { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { audioInfo } from '../../src/server/media/audio/audio-info.js';
import { spokenS } from '../../src/simulator/speech/timeline.js';
import { useServer } from '../support/use-server.js';
import { expectAnswer, expectError, expectEvents, expectValid } from '../support/spec.js';
import { emptyMp4 } from '../support/audio-files.js';

const used = useServer({ model: [], bodyLimit: 8 * 1024 * 1024 });

const TEXT = 'The quick brown fox jumps over the lazy dog. Then it rests, and sleeps.';

const speak = async (options: Partial<OpenAI.Audio.SpeechCreateParams> = {}): Promise<Buffer> => {
  const answer = await used.client.audio.speech.create({
    model: 'tts-1',
    voice: 'nova',
    input: TEXT,
    ...options,
  });
  return Buffer.from(await answer.arrayBuffer());
};

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(`${used.server.url}${path}`, {
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
    [{ model: 'gpt-4o-mini-tts', voice: 'nobody' }, 'voice'],
    [{ response_format: 'midi' }, 'response_format'],
    [{ instructions: 7 }, 'instructions'],
    [{ stream_format: 'sse' }, 'stream_format'],
    [{ model: 'gpt-4o' }, 'model'],
  ])('is refused: %j', async (change, param) => {
    const body = { model: 'tts-1', voice: 'alloy', input: 'Hi', ...change };
    await expectError(await post('/v1/audio/speech', body), 400, { param });
  });

  it('lists its voices', async () => {
    const { data } = (await (await fetch(`${used.server.url}/v1/audio/voices`)).json()) as {
      data: { id: string }[];
    };
    expect(data.map(({ id }) => id)).toContain('marin');
  });
});

describe('custom voices', () => {
  const made = async (
    path: string,
    id: string,
    fields: Record<string, string | File>,
  ): Promise<{ id: string }> => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    return expectAnswer(id, await fetch(`${used.server.url}/v1${path}`, { method: 'POST', body: form }));
  };
  const recording = async (input = 'I agree.'): Promise<File> => toFile(await speak({ input }), 'a.mp3');
  const consent = async (): Promise<{ id: string }> =>
    made('/audio/voice_consents', 'createVoiceConsent', {
      name: 'Ann',
      language: 'en-US',
      recording: await recording(),
    });

  it('need a consent, which is kept, listed, renamed and deleted', async () => {
    const first = await consent();
    const second = await consent();
    const url = `${used.server.url}/v1/audio/voice_consents`;
    const one = await expectAnswer('getVoiceConsent', await fetch(`${url}/${first.id}`));
    expect(one).toMatchObject({ id: first.id, name: 'Ann', language: 'en-US' });
    const page = await expectAnswer<{ data: { id: string }[]; has_more: boolean }>(
      'listVoiceConsents',
      await fetch(`${url}?limit=1`),
    );
    expect(page).toMatchObject({ data: [{ id: second.id }], has_more: true });
    const renamed = await post(`/v1/audio/voice_consents/${first.id}`, { name: 'Bob' });
    expect(await expectAnswer('updateVoiceConsent', renamed)).toMatchObject({ name: 'Bob' });
    const gone = await fetch(`${url}/${first.id}`, { method: 'DELETE' });
    expect(await expectAnswer('deleteVoiceConsent', gone)).toMatchObject({ deleted: true });
    await expectError(await fetch(`${url}/${first.id}`), 404);
  });

  it('speak: alike for equal samples, like nobody else', async () => {
    const { id: allowed } = await consent();
    const voices = await Promise.all(
      ['one', 'one', 'two'].map(async (input) =>
        made('/audio/voices', 'createVoice', {
          name: 'Ann',
          consent: allowed,
          audio_sample: await recording(input),
        }),
      ),
    );
    const sounds = await Promise.all(
      voices.map(({ id }) => speak({ voice: { id }, response_format: 'wav', input: 'aaaa' })),
    );
    expect(voices[0]).toMatchObject({ object: 'audio.voice', type: 'audio_sample' });
    expect(sounds[1]!.equals(sounds[0]!)).toBe(true);
    expect(sounds[2]!.equals(sounds[0]!)).toBe(false);
    const chat = await used.client.chat.completions.create({
      model: 'gpt-audio',
      messages: [{ role: 'user', content: 'Hi' }],
      modalities: ['text', 'audio'],
      audio: { voice: { id: voices[0]!.id }, format: 'wav' },
      max_completion_tokens: 10,
    });
    expect(chat.choices[0]!.message.audio!.data.length).toBeGreaterThan(1000);
    const { data } = (await (await fetch(`${used.server.url}/v1/audio/voices`)).json()) as {
      data: { id: string }[];
    };
    expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(voices.map(({ id }) => id)));
  });

  it('are refused without consent, or without sound', async () => {
    const form = new FormData();
    form.set('name', 'Ann');
    form.set('consent', 'cons_x');
    form.set('audio_sample', await recording());
    const asking = (): Promise<Response> =>
      fetch(`${used.server.url}/v1/audio/voices`, { method: 'POST', body: form });
    await expectError(await asking(), 400, { param: 'consent' });
    form.set('audio_sample', new File(['no sound'], 'a.mp3'));
    await expectError(await asking(), 400, { param: 'audio_sample' });
    await expect(speak({ voice: { id: 'voice_x' } })).rejects.toMatchObject({ status: 400, param: 'voice' });
  });
});

/** What files of formats are called where Whisper does not know them by their own name. */
const NAMED: Readonly<Record<string, string>> = { opus: 'ogg', aac: 'm4a' };

describe('transcription', () => {
  const transcribed = async (format: 'mp3' | 'opus' | 'aac' | 'flac' | 'wav') => ({
    model: 'whisper-1',
    file: await toFile(await speak({ response_format: format }), `a.${NAMED[format] ?? format}`),
  });

  it.each(['mp3', 'opus', 'aac', 'flac', 'wav'] as const)(
    'gives back what %s speech of this server said',
    async (format) => {
      const answer = await used.client.audio.transcriptions.create(await transcribed(format));
      expectValid('createTranscription', answer);
      const seconds = (answer as unknown as { usage: { seconds: number } }).usage.seconds;
      expect(answer).toEqual({ text: TEXT, usage: { type: 'duration', seconds } });
      expect(Math.abs(seconds - spokenS(TEXT, 1))).toBeLessThan(1.2);
    },
  );

  it('makes a text up for other recordings, as long as they are', async () => {
    const file = await toFile(emptyMp4(20), 'a.m4a');
    const one = await used.client.audio.transcriptions.create({
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
    const two = await used.client.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file });
    expect(two.text).toBe(one.text);
  });

  it('has words and segments with times', async () => {
    const answer = await used.client.audio.transcriptions.create({
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
        used.client.audio.transcriptions.create({ ...asked, response_format: format }),
      ),
    );
    expect(text).toBe(`${TEXT}\n`);
    expect(srt).toMatch(/^1\n00:00:00,\d{3} --> 00:00:0\d,\d{3}\nThe quick .* dog\.\n\n2\n/);
    expect(vtt).toMatch(/^WEBVTT\n\n00:00:00\.\d{3} --> 00:00:0\d\.\d{3}\nThe quick .* dog\.\n/);
  });

  it('tells speakers apart, and cuts at silences', async () => {
    const samples = await Promise.all(
      (['nova', 'onyx'] as const).map((voice) =>
        speak({ voice, input: 'Hello, how are you today my friend?' }),
      ),
    );
    const references = samples.map((bytes) => `data:audio/mpeg;base64,${bytes.toString('base64')}`);
    const asked = {
      ...(await transcribed('wav')),
      model: 'gpt-4o-transcribe-diarize',
      response_format: 'diarized_json' as const,
      known_speaker_names: ['ann', 'bob'],
      known_speaker_references: references,
    };
    const answer: unknown = await used.client.audio.transcriptions.create(asked);
    expectValid('createTranscription', answer);
    const first = { id: 'seg_001', speaker: 'ann', text: expect.stringMatching(/^The quick/) };
    expect(answer).toMatchObject({ text: TEXT, segments: [first, {}] });
    const cut = async (silence: number): Promise<string[]> => {
      const vad = { type: 'server_vad' as const, silence_duration_ms: silence };
      const { segments } = (await used.client.audio.transcriptions.create({
        ...asked,
        chunking_strategy: vad,
      })) as unknown as { segments: { text: string }[] };
      return segments.map(({ text }) => text);
    };
    expect(await cut(200)).toEqual([
      'The quick brown fox jumps over the lazy dog.',
      'Then it rests,',
      'and sleeps.',
    ]);
    expect(await cut(1000)).toEqual([TEXT]);
  });

  it('is in the language that is asked for, and finds out the one that is spoken', async () => {
    const unknown = await toFile(emptyMp4(20), 'a.m4a');
    const asked = { model: 'whisper-1', file: unknown, response_format: 'verbose_json' as const };
    const [none, german] = await Promise.all([
      used.client.audio.transcriptions.create(asked),
      used.client.audio.transcriptions.create({ ...asked, language: 'de' }),
    ]);
    expect(none.language).toBe('english');
    expect(german.language).toBe('german');
    expect(german.text).toMatch(/\b(?:und|nicht|ist|die|auch)\b/);
    const spoken = await speak({ input: 'Ich habe heute keine Zeit, und das ist nicht gut.' });
    const found = await used.client.audio.transcriptions.create({
      ...asked,
      file: await toFile(spoken, 'a.mp3'),
    });
    expect(found).toMatchObject({ language: 'german', text: expect.stringContaining('keine Zeit') });
  });

  it('spells names as the prompt and the keywords do', async () => {
    const file = await toFile(
      await speak({ input: 'We met zyntriqix and the b.r.i.c.k. team at openai.' }),
      'a.mp3',
    );
    const prompted = await used.client.audio.transcriptions.create({
      model: 'whisper-1',
      file,
      prompt: 'The glossary: ZyntriQix, OpenAI.',
    });
    expect(prompted.text).toBe('We met ZyntriQix and the b.r.i.c.k. team at OpenAI.');
    const keywords = { model: 'fakeai-1', file, keywords: ['B.R.I.C.K.'] };
    const { text } = await used.client.audio.transcriptions.create(keywords);
    expect(text).toBe('We met zyntriqix and the B.R.I.C.K. team at openai.');
  });

  it('streams', async () => {
    const stream = await used.client.audio.transcriptions.create({
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

  it('works through the AI SDK', async () => {
    const provider = createOpenAI({ baseURL: `${used.server.url}/v1`, apiKey: 'sk-test' });
    const { audio } = await experimental_generateSpeech({
      model: provider.speech('tts-1'),
      text: TEXT,
      voice: 'nova',
    });
    const [whisper, gpt] = await Promise.all(
      (['whisper-1', 'gpt-4o-transcribe'] as const).map((model) =>
        experimental_transcribe({
          model: provider.transcription(model),
          audio: audio.uint8Array,
          providerOptions: { openai: { timestampGranularities: ['segment'] } },
        }),
      ),
    );
    expect(whisper).toMatchObject({ text: TEXT, language: 'en' });
    expect(whisper!.segments.length).toBeGreaterThan(1);
    expect(gpt!.text).toBe(TEXT);
  });

  it('translates: English stays, other languages become English', async () => {
    const answer = await used.client.audio.translations.create(await transcribed('mp3'));
    expectValid('createTranslation', answer);
    expect(answer).toEqual({ text: TEXT });
    const input = 'Ich habe heute leider keine Zeit. Kommst du morgen in die Stadt?';
    const file = await toFile(await speak({ input }), 'a.mp3');
    const asked = { model: 'whisper-1', file, response_format: 'verbose_json' as const };
    const [one, two] = [
      await used.client.audio.translations.create(asked),
      await used.client.audio.translations.create(asked),
    ];
    expectValid('createTranslation', one);
    expect(two).toEqual(one);
    expect(one).toMatchObject({ task: 'translate', language: 'english' });
    const { text } = one as { text: string };
    expect(text).toMatch(/^[A-Z][a-z ]+\. [A-Z][A-Za-z ]+\?$/);
    expect(text.split(' ')).toHaveLength(input.split(' ').length);
  });

  it.each([
    [{ response_format: 'verbose_json', model: 'gpt-4o-transcribe' }, 400, 'response_format'],
    [{ 'timestamp_granularities[]': 'word' }, 400, 'timestamp_granularities'],
    [{ language: 'klingon' }, 400, 'language'],
    [{ keywords: 'a' }, 400, 'keywords'],
    [{ chunking_strategy: 'sometimes', model: 'gpt-4o-transcribe' }, 400, null],
    [{ prompt: 'a', model: 'gpt-4o-transcribe-diarize' }, 400, 'prompt'],
    [{ 'known_speaker_names[]': 'a', model: 'gpt-4o-transcribe-diarize' }, 400, 'known_speaker_references'],
    [{ 'include[]': 'logprobs' }, 400, 'include'],
    [{ temperature: '2' }, 400, null],
    [{ model: 'tts-1' }, 400, 'model'],
    [{ model: '' }, 400, null],
  ])('is refused: %j', async (change, status, param) => {
    const form = new FormData();
    form.set('model', 'whisper-1');
    for (const [name, value] of Object.entries(change)) form.set(name, value);
    form.set('file', new File([new Uint8Array(emptyMp4(2))], 'a.m4a'));
    const answer = await fetch(`${used.server.url}/v1/audio/transcriptions`, { method: 'POST', body: form });
    await expectError(answer, status, { param });
  });

  it.each([
    ['no audio', Buffer.from('what is this'), 'gpt-4o-transcribe', 'invalid_value', 'file'],
    ['nothing that Whisper decodes', Buffer.from('what is this'), 'whisper-1', null, null],
    ['too short', emptyMp4(0), 'whisper-1', 'audio_too_short', 'file'],
  ])('refuses files that are %s', async (_, bytes, model, code, param) => {
    const file = await toFile(bytes, 'a.wav');
    const asking = used.client.audio.transcriptions.create({ model, file });
    await expect(asking).rejects.toMatchObject({ status: 400, code, param });
  });
});
