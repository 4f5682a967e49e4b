/**
 * OpenAI's models for vectors, moderation, images, audio and video, with the list prices of its model pages. Where only the month of
 * release is known, its first day stands.
 */
import { defineModels, type ModelRow, perMillion, type Prices } from '../model.js';
import { REALTIME } from './openai-realtime.js';

const EMBEDDINGS: readonly ModelRow[] = [
  {
    id: 'text-embedding-3-small',
    created: '2024-01-25',
    contextTokens: 8192,
    endpoints: ['embeddings'],
    tokenizer: 'cl100k_base',
    embedding: { dimensions: 1536, shortens: true },
    prices: { inputUsdPerMillion: 0.02 },
  },
  {
    id: 'text-embedding-3-large',
    created: '2024-01-25',
    contextTokens: 8192,
    endpoints: ['embeddings'],
    tokenizer: 'cl100k_base',
    embedding: { dimensions: 3072, shortens: true },
    prices: { inputUsdPerMillion: 0.13 },
  },
  {
    id: 'text-embedding-ada-002',
    created: '2022-12-15',
    contextTokens: 8192,
    endpoints: ['embeddings'],
    tokenizer: 'cl100k_base',
    embedding: { dimensions: 1536, shortens: false },
    prices: { inputUsdPerMillion: 0.1 },
  },
];

const MODERATION: readonly ModelRow[] = [
  {
    id: 'omni-moderation-latest',
    aliases: ['omni-moderation-2024-09-26'],
    created: '2024-09-26',
    contextTokens: 32_768,
    endpoints: ['moderation'],
    features: ['vision'],
    prices: { inputUsdPerMillion: 0 },
  },
  {
    id: 'text-moderation-latest',
    aliases: ['text-moderation-007'],
    created: '2023-12-01',
    contextTokens: 32_768,
    endpoints: ['moderation'],
    tokenizer: 'cl100k_base',
    prices: { inputUsdPerMillion: 0 },
  },
  {
    id: 'text-moderation-stable',
    created: '2023-12-01',
    contextTokens: 32_768,
    endpoints: ['moderation'],
    tokenizer: 'cl100k_base',
    prices: { inputUsdPerMillion: 0 },
  },
];

const gptImage = (id: string, created: string, prices: Prices, aliases: string[] = []): ModelRow => ({
  id,
  aliases,
  created,
  contextTokens: 32_000,
  endpoints: ['image'],
  features: ['vision'],
  prices,
});

/** Of the second generation: by tokens, whatever the variant. */
const SECOND_GENERATION: Prices = {
  inputUsdPerMillion: 5,
  cachedInputUsdPerMillion: 1.25,
  imageInputUsdPerMillion: 8,
  imageOutputUsdPerMillion: 30,
};

const IMAGES: readonly ModelRow[] = [
  gptImage('gpt-image-2.6-sunburst', '2026-11-01', SECOND_GENERATION),
  gptImage('gpt-image-2.6-flare', '2026-11-01', SECOND_GENERATION),
  gptImage('gpt-image-2.5-sunburst', '2026-09-08', SECOND_GENERATION, ['gpt-image-2.5-sunburst-2026-09-08']),
  gptImage('gpt-image-2.5-flare', '2026-09-08', SECOND_GENERATION, ['gpt-image-2.5-flare-2026-09-08']),
  gptImage('gpt-image-2', '2026-04-21', SECOND_GENERATION, ['gpt-image-2-2026-04-21']),
  gptImage('chatgpt-image-latest', '2025-12-16', {}),
  gptImage('gpt-image-1.5', '2025-12-16', {
    ...perMillion(5, 1.25, 10),
    imageInputUsdPerMillion: 8,
    imageOutputUsdPerMillion: 32,
  }),
  gptImage('gpt-image-1', '2025-04-23', {
    inputUsdPerMillion: 5,
    cachedInputUsdPerMillion: 1.25,
    imageInputUsdPerMillion: 10,
    imageOutputUsdPerMillion: 40,
  }),
  gptImage('gpt-image-1-mini', '2025-10-06', {
    inputUsdPerMillion: 2,
    cachedInputUsdPerMillion: 0.2,
    imageInputUsdPerMillion: 2.5,
    imageOutputUsdPerMillion: 8,
  }),
  {
    id: 'dall-e-3',
    created: '2023-10-31',
    contextTokens: 4096,
    endpoints: ['image'],
    prices: {
      imageUsd: {
        'standard/1024x1024': 0.04,
        'standard/1024x1792': 0.08,
        'standard/1792x1024': 0.08,
        'hd/1024x1024': 0.08,
        'hd/1024x1792': 0.12,
        'hd/1792x1024': 0.12,
      },
    },
  },
  {
    id: 'dall-e-2',
    created: '2022-11-03',
    contextTokens: 1024,
    endpoints: ['image'],
    prices: {
      imageUsd: { 'standard/256x256': 0.016, 'standard/512x512': 0.018, 'standard/1024x1024': 0.02 },
    },
  },
];

const SPEECH: readonly ModelRow[] = [
  {
    id: 'tts-1',
    aliases: ['tts-1-1106'],
    created: '2023-11-06',
    contextTokens: 4096,
    endpoints: ['speech'],
    prices: { charactersUsdPerMillion: 15 },
  },
  {
    id: 'tts-1-hd',
    aliases: ['tts-1-hd-1106'],
    created: '2023-11-06',
    contextTokens: 4096,
    endpoints: ['speech'],
    prices: { charactersUsdPerMillion: 30 },
  },
  {
    id: 'gpt-4o-mini-tts',
    aliases: ['gpt-4o-mini-tts-2025-12-15', 'gpt-4o-mini-tts-2025-03-20'],
    created: '2025-03-20',
    contextTokens: 2000,
    endpoints: ['speech'],
    prices: { inputUsdPerMillion: 0.6, audioOutputUsdPerMillion: 12 },
  },
  {
    id: 'whisper-1',
    created: '2022-09-21',
    contextTokens: 448,
    outputTokens: 448,
    endpoints: ['transcription'],
    prices: { audioUsdPerMinute: 0.006 },
  },
  {
    id: 'gpt-realtime-whisper',
    created: '2026-05-07',
    contextTokens: 16_000,
    outputTokens: 2000,
    endpoints: ['transcription'],
    features: ['audio_input'],
    prices: { audioUsdPerMinute: 0.017 },
  },
  ...(
    [
      ['gpt-4o-transcribe', [], '2025-03-20', 2.5, 10, 6],
      ['gpt-4o-mini-transcribe', ['gpt-4o-mini-transcribe-2025-12-15'], '2025-03-20', 1.25, 5, 3],
      ['gpt-4o-transcribe-diarize', [], '2025-10-15', 2.5, 10, 6],
    ] as const
  ).map(([id, aliases, created, input, output, audio]): ModelRow => ({
    id,
    aliases,
    created,
    contextTokens: 16_000,
    outputTokens: 2000,
    endpoints: ['transcription'],
    features: ['audio_input', 'logprobs'],
    prices: { ...perMillion(input, 0, output), audioInputUsdPerMillion: audio },
  })),
];

const VIDEO: readonly ModelRow[] = [
  {
    id: 'sora-2',
    aliases: ['sora-2-2025-10-06', 'sora-2-2025-12-08'],
    created: '2025-10-06',
    contextTokens: 32_000,
    endpoints: ['video'],
    features: ['vision', 'audio_output'],
    prices: { videoUsdPerSecond: 0.1 },
  },
  {
    id: 'sora-2-pro',
    aliases: ['sora-2-pro-2025-10-06'],
    created: '2025-10-06',
    contextTokens: 32_000,
    endpoints: ['video'],
    features: ['vision', 'audio_output'],
    prices: { videoUsdPerSecond: 0.3 },
  },
];

export const OPENAI_MEDIA_MODELS = defineModels({ owner: 'openai', tokenizer: 'o200k_base' }, [
  ...EMBEDDINGS,
  ...MODERATION,
  ...IMAGES,
  ...SPEECH,
  ...REALTIME,
  ...VIDEO,
]);
