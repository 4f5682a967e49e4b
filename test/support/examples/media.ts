/** Examples of images, audio, videos and realtime. */
import type { Examples, Made, World } from './world.js';

const images: Examples = {
  createImage: () => ({
    body: {
      model: 'gpt-image-1-mini',
      prompt: 'a cat',
      n: 1,
      size: '1024x1024',
      quality: 'low',
      background: 'opaque',
      moderation: 'low',
      output_format: 'jpeg',
      output_compression: 50,
      partial_images: 0,
      stream: false,
      user: 'me',
    },
  }),
  createImageEdit: async (world) => ({
    form: {
      model: 'gpt-image-1-mini',
      prompt: 'a hat',
      image: await world.picture(),
      size: '1024x1024',
      quality: 'low',
      output_format: 'jpeg',
      n: '1',
    },
  }),
  createImageVariation: async (world) => ({
    form: { image: await world.picture(), n: '1', size: '256x256', response_format: 'url' },
  }),
};

const consent = async (world: World): Promise<string> =>
  (await world.form('/audio/voice_consents', { name: 'Ann', language: 'en-US', recording: await world.speech() })).id; // prettier-ignore
const consentOnce = (world: World): Promise<string> => world.once('consent', () => consent(world));

const audio: Examples = {
  createSpeech: () => ({
    body: {
      model: 'gpt-4o-mini-tts',
      voice: 'alloy',
      input: 'Hello.',
      instructions: 'Whisper.',
      response_format: 'wav',
      speed: 1.5,
    },
  }),
  createTranscription: async (world) => ({
    form: {
      file: await world.speech(),
      model: 'whisper-1',
      language: 'en',
      prompt: 'A word.',
      response_format: 'verbose_json',
      temperature: '0.2',
      'timestamp_granularities[]': ['word', 'segment'],
    },
  }),
  createTranslation: async (world) => ({
    form: { file: await world.speech(), model: 'whisper-1', prompt: 'A word.', response_format: 'json' },
  }),
  createVoiceConsent: async (world) => ({
    form: { name: 'Ann', language: 'en-US', recording: await world.speech() },
  }),
  listVoiceConsents: async (world) => {
    await consentOnce(world);
    return {};
  },
  getVoiceConsent: async (world) => ({ params: { consent_id: await consentOnce(world) } }),
  updateVoiceConsent: async (world) => ({
    params: { consent_id: await consent(world) },
    body: { name: 'Bob' },
  }),
  deleteVoiceConsent: async (world) => ({ params: { consent_id: await consent(world) } }),
  createVoice: async (world) => ({
    form: { name: 'Ann', consent: await consentOnce(world), audio_sample: await world.speech() },
  }),
};

const VIDEO = { model: 'sora-2', prompt: 'a boat', seconds: '4', size: '720x1280' };
const video = async (world: World): Promise<string> => {
  const { id } = await world.post('/videos', VIDEO);
  await world.until(`/videos/${id}`, ({ status }) => status === 'completed');
  return id;
};
const videoOnce = (world: World): Promise<string> => world.once('video', () => video(world));
const film = (world: World): Promise<File> =>
  world.once('film', async () => {
    const bytes = await world.download(`/videos/${await videoOnce(world)}/content`);
    return new File([bytes], 'a.mp4', { type: 'video/mp4' });
  });
const character = async (world: World): Promise<Made> =>
  world.form('/videos/characters', { name: 'Tom', video: await film(world) });

const videos: Examples = {
  createVideo: () => ({ body: VIDEO }),
  ListVideos: async (world) => {
    await videoOnce(world);
    return { query: 'limit=5&order=asc' };
  },
  GetVideo: async (world) => ({ params: { video_id: await videoOnce(world) } }),
  DeleteVideo: async (world) => ({ params: { video_id: await video(world) } }),
  RetrieveVideoContent: async (world) => ({
    params: { video_id: await videoOnce(world) },
    query: 'variant=thumbnail',
  }),
  CreateVideoRemix: async (world) => ({
    params: { video_id: await videoOnce(world) },
    body: { prompt: 'a red boat' },
  }),
  CreateVideoEdit: async (world) => ({
    body: { prompt: 'a red boat', video: { id: await videoOnce(world) } },
  }),
  CreateVideoExtend: async (world) => ({
    body: { prompt: 'it sinks', seconds: '4', video: { id: await videoOnce(world) } },
  }),
  CreateVideoCharacter: async (world) => ({ form: { name: 'Tom', video: await film(world) } }),
  GetVideoCharacter: async (world) => ({
    params: { character_id: (await world.once('character', () => character(world))).id },
  }),
};

/** A call that is offered. */
async function offer(world: World): Promise<{ sdp: string; session: string }> {
  const { CallClient } = await import('../call-client.js');
  const call = new CallClient();
  world.onClose(() => call.close());
  return { sdp: await call.offer(), session: JSON.stringify({ type: 'realtime', model: 'gpt-realtime' }) };
}

/** A call over SIP that rings. `/v1` is before the path, as before all. */
const ringing = async (world: World): Promise<string> =>
  (await world.post<{ call_id: string }>('/fakeai/realtime/calls')).call_id;
const SESSION = { type: 'realtime', model: 'gpt-realtime' };

const realtime: Examples = {
  'accept-realtime-call': async (world) => ({ params: { call_id: await ringing(world) }, body: SESSION }),
  'reject-realtime-call': async (world) => ({
    params: { call_id: await ringing(world) },
    body: { status_code: 486 },
  }),
  'refer-realtime-call': async (world) => {
    const id = await ringing(world);
    await world.empty(`/realtime/calls/${id}/accept`, SESSION);
    return { params: { call_id: id }, body: { target_uri: 'tel:+15550123' } };
  },
  'create-realtime-call': async (world) => ({ form: await offer(world) }),
  'hangup-realtime-call': async (world) => {
    const location = await world.location('/realtime/calls', await offer(world));
    return { params: { call_id: location.split('/').at(-1)! } };
  },
  'create-realtime-client-secret': () => ({
    body: {
      expires_after: { anchor: 'created_at', seconds: 600 },
      session: { type: 'realtime', model: 'gpt-realtime', instructions: 'Be brief.' },
    },
  }),
  'create-realtime-translation-client-secret': () => ({
    body: {
      expires_after: { anchor: 'created_at', seconds: 600 },
      session: { model: 'gpt-realtime-translate', audio: { output: { language: 'fr' } } },
    },
  }),
  'create-realtime-session': () => ({
    body: { type: 'realtime', model: 'gpt-realtime', instructions: 'Be brief.' },
  }),
  'create-realtime-transcription-session': () => ({
    body: { input_audio_format: 'pcm16', turn_detection: { type: 'server_vad', silence_duration_ms: 900 } },
  }),
};

export const MEDIA_EXAMPLES: Examples = { ...images, ...audio, ...videos, ...realtime };
