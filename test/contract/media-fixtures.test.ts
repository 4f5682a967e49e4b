/** Fixtures for endpoints other than those that answer with a chat's text. */
import { expect, it } from 'vitest';
import type { FixtureInput } from '../../src/index.js';
import { silentWav } from '../support/audio-files.js';
import { useServer } from '../support/use-server.js';

const used = useServer({ model: [], fixturesStrict: true, bodyLimit: 8 * 1024 * 1024 });
const say = (...fixtures: FixtureInput[]): Promise<void> => used.server.setFixtures(fixtures);
const recording = (name = 'call.wav') =>
  new File([new Uint8Array(silentWav(2))], name, { type: 'audio/wav' });

it('say what is heard, whole, timed, streamed and translated', async () => {
  const { client } = used;
  const text = 'Please cancel order seven.';
  await say(
    { match: { endpoint: 'transcriptions', file: 'call.wav' }, answer: text },
    {
      match: { endpoint: 'transcriptions', pattern: 'names: (\\w+)' },
      answer: { template: true, text: 'Hello {{match.1}}.' },
    },
  );
  const whisper = { model: 'whisper-1', file: recording() };
  expect((await client.audio.transcriptions.create(whisper)).text).toBe(text);
  const timed = await client.audio.transcriptions.create({ ...whisper, response_format: 'verbose_json' });
  expect(timed).toMatchObject({ duration: 2, segments: [{ text: ` ${text}` }] });
  expect(await client.audio.translations.create(whisper)).toMatchObject({ text });
  let streamed = '';
  const gpt = { model: 'gpt-4o-transcribe', file: recording('other.wav'), prompt: 'names: Ada' };
  for await (const event of await client.audio.transcriptions.create({ ...gpt, stream: true }))
    if (event.type === 'transcript.text.delta') streamed += event.delta;
  expect(streamed).toBe('Hello Ada.');
  const none = client.audio.transcriptions.create({ ...whisper, file: recording('x.wav') });
  await expect(none).rejects.toThrow('but the file is "x.wav", not "call.wav"');
});

it('say how a text is judged, each of a list by itself', async () => {
  await say(
    {
      match: { endpoint: 'moderations', contains: 'tea' },
      answer: { scores: { violence: 0.9, illicit: 0.2 } },
    },
    { match: { endpoint: 'moderations' }, answer: { scores: {} } },
  );
  const asked = { model: 'omni-moderation-latest', input: ['A cup of tea', 'I will kill you'] };
  const { results } = await used.client.moderations.create(asked);
  expect(results[0]).toMatchObject({
    flagged: true,
    categories: { violence: true, illicit: false, hate: false },
    category_scores: { violence: 0.9, illicit: 0.2, hate: 0 },
    category_applied_input_types: { violence: ['text'] },
  });
  expect(results[1]!.flagged).toBe(false);
});

it('say vectors as they are written', async () => {
  await say(
    { match: { endpoint: 'embeddings', message: 'north' }, answer: { embedding: [0.1, 1] } },
    { match: { endpoint: 'embeddings', message: 'east' }, answer: { embedding: [1, 0.5], delay: '50ms' } },
  );
  const asked = { model: 'text-embedding-3-small', input: ['north', 'east'] };
  const startMs = performance.now();
  const floats = await used.client.embeddings.create({ ...asked, encoding_format: 'float' });
  expect(performance.now() - startMs).toBeGreaterThan(48);
  expect(floats.data.map(({ embedding }) => embedding)).toEqual([
    [0.1, 1],
    [1, 0.5],
  ]);
  // The client asks for 32-bit floats by itself.
  const { data } = await used.client.embeddings.create(asked);
  expect(data[1]!.embedding).toEqual([1, 0.5]);
  await expect(used.client.embeddings.create({ ...asked, input: 'west' })).rejects.toMatchObject({
    status: 404,
    code: 'no_fixture',
  });
});

it('make pictures and speech fail or late, and leave alone what no fixture is for', async () => {
  const { client } = used;
  const error = {
    status: 400,
    message: 'No.',
    type: 'image_generation_user_error',
    code: 'moderation_blocked',
  };
  await say(
    { match: { endpoint: 'images', contains: 'crime' }, answer: { error } },
    { match: { endpoint: 'images' }, answer: { delay: 80 } },
  );
  const image = { model: 'dall-e-2', size: '256x256' } as const;
  await expect(client.images.generate({ ...image, prompt: 'A crime' })).rejects.toMatchObject({
    ...error,
    message: '400 No.',
  });
  const startMs = performance.now();
  await client.images.generate({ ...image, prompt: 'A tree' });
  expect(performance.now() - startMs).toBeGreaterThan(78);
  const speech = { model: 'tts-1', voice: 'alloy', input: 'Hi' } as const;
  expect((await client.audio.speech.create(speech)).status).toBe(200);
  await say({
    match: { endpoint: 'speech', message: 'Hi' },
    answer: { error: { status: 503, message: 'Busy.' } },
  });
  await expect(client.audio.speech.create(speech)).rejects.toMatchObject({ status: 503 });
});

it('are refused where a part belongs to another endpoint', () => {
  expect(() => say({ match: { endpoint: 'images' }, answer: 'A text' })).toThrow(
    'answer: text is not for the endpoint "images"',
  );
  expect(() => say({ match: { file: 'a.wav' }, answer: 'A text' })).toThrow(
    'match: file is not for the endpoint "text"',
  );
});
