/** Forms in which every field means something, and other values of their fields. */
import { silentWav } from '../audio-files.js';
import { EXAMPLES } from '../examples/index.js';
import type { Example, FormField, World } from '../examples/world.js';
import type { Aftermath } from './observe.js';

type Fields = Readonly<Record<string, FormField | readonly FormField[]>>;

/** A form, and changes of it: what comes of them is not all the same. */
export interface VariedForm {
  params?: Example['params'];
  form: Fields;
  /** By field: changes; a field without any is left out. */
  changes: Readonly<Record<string, readonly Fields[]>>;
}

/** Fields that nothing is seen of, and why. */
export const UNSEEN: Readonly<Record<string, string>> = {
  'createImageEdit user':
    'says who sends it: the router, isolated caches and limits heed it, the answer does not',
  'createImageVariation user': 'says who sends it',
  'createImageVariation model': 'there is one: dall-e-2',
  'createTranslation model': 'there is one: whisper-1',
  'CreateVideoEdit video': 'is the film that is cut anew: videos.test.ts',
};

/** Where something is to be seen of a form beside its answer. */
export const FORM_AFTERMATHS: Readonly<Record<string, Aftermath>> = {
  createFile: (_, { id }) => [`/files/${id}`],
  CreateContainerFile: (_, { id, container_id }) => [`/containers/${container_id}/files/${id}/content`],
  CreateSkill: (_, { id }) => [`/skills/${id}/content`],
  CreateSkillVersion: (_, { skill_id }) => [`/skills/${skill_id}`, `/skills/${skill_id}/content`],
  addUploadPart: async (world, { id, upload_id }) => {
    const { file } = await world.post<{ file: { id: string } }>(`/uploads/${upload_id}/complete`, { part_ids: [id] }); // prettier-ignore
    return [`/files/${file.id}/content`];
  },
  createVideo: async (world, { id }) => {
    await world.until(`/videos/${id}`, ({ status }) => status === 'completed');
    return [`/videos/${id}/content?variant=thumbnail`];
  },
};

/** Cuts at other silences than by default. */
const CUTS = [
  { silence_duration_ms: 300, prefix_padding_ms: 100 },
  { silence_duration_ms: 300, prefix_padding_ms: 0 },
  { silence_duration_ms: 300, prefix_padding_ms: 100, threshold: 0.9 },
].map((cut) => JSON.stringify({ type: 'server_vad', ...cut }));

/** A second of nothing that anybody said. */
const unheard = (): File => new File([new Uint8Array(silentWav(1))], 'b.wav', { type: 'audio/wav' });

type Rows = Readonly<Record<string, (world: World) => Promise<VariedForm>>>;

const sound = async (world: World, said: string): Promise<File> =>
  new File([Buffer.from(await world.sound(said), 'base64')], 'a.wav', { type: 'audio/wav' });
const dataUrl = async (file: File): Promise<string> =>
  `data:${file.type};base64,${Buffer.from(await file.arrayBuffer()).toString('base64')}`;

const media: Rows = {
  createImageEdit: async (world) => {
    const [one, two] = [await world.picture(), await world.frame('a hill')];
    const form = { model: 'gpt-image-1', prompt: 'a hat', image: one, size: '1024x1024', quality: 'low', output_format: 'png' }; // prettier-ignore
    return {
      form,
      changes: {
        image: [{ image: two }, { image: [], 'image[]': [one, two] }],
        prompt: [{ prompt: 'a boat' }],
        mask: [{ mask: one }],
        background: [{ background: 'transparent' }],
        model: ['dall-e-2', 'gpt-image-1'].map((model) => ({ model, quality: [], output_format: [] })),
        n: [{ n: '2' }],
        size: [{ size: '1536x1024' }],
        response_format: [{ model: 'dall-e-2', size: '256x256', quality: [], output_format: [] }, { model: 'dall-e-2', size: '256x256', quality: [], output_format: [], response_format: 'b64_json' }], // prettier-ignore
        output_format: [{ output_format: 'jpeg' }],
        output_compression: [{ output_format: 'jpeg' }, { output_format: 'jpeg', output_compression: '10' }],
        input_fidelity: [{ input_fidelity: 'high' }],
        stream: [{ stream: 'true' }],
        partial_images: [{ stream: 'true' }, { stream: 'true', partial_images: '2' }],
        quality: [{ quality: 'medium' }],
      },
    };
  },
  createImageVariation: async (world) => ({
    form: { image: await world.picture(), size: '256x256', response_format: 'b64_json' },
    changes: {
      image: [{ image: await square(world) }],
      n: [{ n: '2' }],
      response_format: [{ response_format: 'url' }],
      size: [{ size: '512x512' }],
    },
  }),
  createTranscription: async (world) => {
    const file = await sound(world, 'Hello there, and good morning to you all. How are you today?');
    const form = { file, model: 'gpt-4o-transcribe' };
    const whisper = { model: 'whisper-1', response_format: 'verbose_json' };
    const speakers = { model: 'gpt-4o-transcribe-diarize', response_format: 'diarized_json', chunking_strategy: 'auto' }; // prettier-ignore
    const reference = await dataUrl(file);
    const known = { 'known_speaker_names[]': 'Ann', 'known_speaker_references[]': reference };
    return {
      form,
      changes: {
        file: [{ file: await sound(world, 'Good bye.') }],
        model: [{ ...whisper }, { ...whisper, model: 'gpt-4o-transcribe', response_format: 'json' }],
        language: [{ ...whisper }, { ...whisper, language: 'fr' }],
        languages: ['fr', 'de'].map((one) => ({
          file: unheard(),
          model: 'gpt-transcribe',
          'languages[]': one,
        })),
        keywords: [{ model: 'gpt-transcribe' }, { model: 'gpt-transcribe', 'keywords[]': ['HELLO'] }],
        prompt: [{ prompt: 'A word about the weather.' }],
        response_format: [{ response_format: 'text' }],
        temperature: [
          { ...whisper, temperature: '0' },
          { ...whisper, temperature: '1' },
        ],
        include: [{ 'include[]': 'logprobs' }],
        timestamp_granularities: [{ ...whisper }, { ...whisper, 'timestamp_granularities[]': 'word' }],
        stream: [{ stream: 'true' }],
        chunking_strategy: [speakers, ...CUTS.map((cut) => ({ ...speakers, chunking_strategy: cut }))],
        known_speaker_names: [{ ...speakers, ...known }, { ...speakers, ...known, 'known_speaker_names[]': 'Bob' }], // prettier-ignore
        known_speaker_references: [{ ...speakers }, { ...speakers, ...known }],
      },
    };
  },
  createTranslation: async (world) => ({
    form: { file: await sound(world, 'Hello there.'), model: 'whisper-1', response_format: 'verbose_json' },
    changes: {
      file: [{ file: await sound(world, 'Good bye.') }],
      prompt: [{ prompt: 'Say HELLO.' }],
      response_format: [{ response_format: 'srt' }],
      temperature: [{ temperature: '1' }],
    },
  }),
  createVoiceConsent: async (world) => ({
    form: { name: 'Ann', language: 'en-US', recording: await world.speech() },
    changes: {
      name: [{ name: 'Bob' }],
      language: [{ language: 'de-DE' }],
      recording: [{ recording: new File(['x'], 'a.wav', { type: 'audio/wav' }) }],
    },
  }),
  createVoice: async (world) => ({
    form: (await EXAMPLES['createVoice']!(world)).form!,
    changes: {
      name: [{ name: 'Bob' }],
      consent: [{ consent: 'cons_nobody' }],
      audio_sample: [{ audio_sample: new File(['x'], 'a.wav', { type: 'audio/wav' }) }],
    },
  }),
};

/** Another square picture. */
const square = async (world: World): Promise<File> => {
  const asked = { model: 'dall-e-2', prompt: 'a red boat', size: '256x256', response_format: 'b64_json' };
  const { data } = await world.post<{ data: [{ b64_json: string }] }>('/images/generations', asked);
  return new File([Buffer.from(data[0].b64_json, 'base64')], 'b.png', { type: 'image/png' });
};

const SKILL = (name: string, description = 'A skill'): File =>
  new File([`---\nname: ${name}\ndescription: ${description}\n---\n`], `${name}/SKILL.md`);

const stores: Rows = {
  createFile: async () => ({
    form: { purpose: 'user_data', file: new File(['abc'], 'a.txt') },
    changes: {
      file: [{ file: new File(['abcd'], 'a.txt') }, { file: new File(['abc'], 'b.txt') }],
      purpose: [{ purpose: 'assistants' }],
      expires_after: [
        { 'expires_after[anchor]': 'created_at', 'expires_after[seconds]': '3600' },
        { 'expires_after[anchor]': 'created_at', 'expires_after[seconds]': '7200' },
      ],
    },
  }),
  CreateContainerFile: async (world) => {
    const { id: container_id } = await world.post('/containers', { name: 'c' });
    return {
      params: { container_id },
      form: { file: new File(['abc'], 'a.txt') },
      changes: {
        file: [{ file: new File(['abcd'], 'a.txt') }],
        file_id: [{ file: [], file_id: await world.file('one') }, { file: [], file_id: await world.file('two', 'b.txt') }], // prettier-ignore
      },
    };
  },
  addUploadPart: async (world) => {
    const asked = { filename: 'a.jsonl', bytes: 3, purpose: 'batch', mime_type: 'application/jsonl' };
    const upload = async (): Promise<string> => (await world.post('/uploads', asked)).id;
    return {
      params: { upload_id: await upload() },
      form: { data: new File(['{} '], 'part') },
      // Each part is of an upload that is complete then.
      changes: { data: [{ data: new File([' {}'], 'part') }] },
    };
  },
  CreateSkill: async () => ({
    form: { files: SKILL('one') },
    changes: { files: [{ files: SKILL('two') }] },
  }),
  CreateSkillVersion: async (world) => {
    const { id } = await world.form('/skills', { files: SKILL('one') });
    return {
      params: { skill_id: id },
      form: { files: SKILL('one', 'Another'), default: 'false' },
      changes: { files: [{ files: SKILL('one', 'A third') }], default: [{ default: 'true' }] },
    };
  },
};

const VIDEO = { model: 'sora-2', prompt: 'a boat', seconds: '4', size: '720x1280' };

const videos: Rows = {
  createVideo: async (world) => ({
    form: VIDEO,
    changes: {
      model: [{ model: 'sora-2-pro' }],
      prompt: [{ prompt: 'a car' }],
      input_reference: [{ input_reference: await world.frame('a hill') }],
      seconds: [{ seconds: '8' }],
      size: [{ size: '1280x720' }],
    },
  }),
  CreateVideoCharacter: async (world) => {
    const { form } = await EXAMPLES['CreateVideoCharacter']!(world);
    return { form: form!, changes: { name: [{ name: 'Ann' }], video: [{ video: new File(['x'], 'a.mp4', { type: 'video/mp4' }) }] } }; // prettier-ignore
  },
};

/** By operation. */
export const VARIED_FORMS: Rows = { ...media, ...stores, ...videos };
