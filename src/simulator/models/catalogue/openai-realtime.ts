/** OpenAI's models for realtime sessions, and those of chats that are heard, with the list prices of its model pages. */
import { type Feature, type ModelRow, perMillion, type Prices } from '../model.js';

const audioPrices = (text: Prices, input: number, output: number): Prices => ({
  ...text,
  audioInputUsdPerMillion: input,
  audioOutputUsdPerMillion: output,
});

const AUDIO_CHAT = ['audio_input', 'audio_output', 'tools', 'logprobs'] as const satisfies readonly Feature[];
const LARGE = { architecture: 'gpt-oss-120b', architectureIsStandIn: true } as const;
const SMALL = { architecture: 'gpt-oss-20b', architectureIsStandIn: true } as const;

export const REALTIME: readonly ModelRow[] = [
  {
    id: 'gpt-realtime',
    aliases: ['gpt-realtime-2025-08-28'],
    created: '2025-08-28',
    contextTokens: 32_000,
    outputTokens: 4096,
    endpoints: ['realtime', 'chat'],
    features: [...AUDIO_CHAT, 'vision', 'prompt_caching'],
    prices: audioPrices(perMillion(4, 0.4, 16), 32, 64),
    ...LARGE,
  },
  {
    id: 'gpt-realtime-mini',
    aliases: ['gpt-realtime-mini-2025-10-06', 'gpt-realtime-mini-2025-12-15'],
    created: '2025-10-06',
    contextTokens: 32_000,
    outputTokens: 4096,
    endpoints: ['realtime', 'chat'],
    features: [...AUDIO_CHAT, 'vision', 'prompt_caching'],
    prices: audioPrices(perMillion(0.6, 0.06, 2.4), 10, 20),
    ...SMALL,
  },
  {
    // Translates what it hears, and answers nothing.
    id: 'gpt-realtime-translate',
    created: '2026-05-07',
    contextTokens: 16_000,
    outputTokens: 2000,
    endpoints: ['realtime'],
    features: ['audio_input', 'audio_output'],
    prices: { audioUsdPerMinute: 0.034 },
  },
  {
    id: 'gpt-4o-realtime-preview',
    aliases: [
      'gpt-4o-realtime-preview-2024-10-01',
      'gpt-4o-realtime-preview-2024-12-17',
      'gpt-4o-realtime-preview-2025-06-03',
    ],
    created: '2024-10-01',
    contextTokens: 32_000,
    outputTokens: 4096,
    endpoints: ['realtime', 'chat'],
    features: [...AUDIO_CHAT, 'prompt_caching'],
    prices: audioPrices(perMillion(5, 2.5, 20), 40, 80),
    ...LARGE,
  },
  {
    id: 'gpt-4o-mini-realtime-preview',
    aliases: ['gpt-4o-mini-realtime-preview-2024-12-17'],
    created: '2024-12-17',
    contextTokens: 16_000,
    outputTokens: 4096,
    endpoints: ['realtime', 'chat'],
    features: [...AUDIO_CHAT, 'prompt_caching'],
    prices: audioPrices(perMillion(0.6, 0.3, 2.4), 10, 20),
    ...SMALL,
  },
  {
    id: 'gpt-audio',
    aliases: ['gpt-audio-2025-08-28'],
    created: '2025-08-28',
    contextTokens: 128_000,
    outputTokens: 16_384,
    endpoints: ['chat'],
    features: AUDIO_CHAT,
    prices: audioPrices(perMillion(2.5, 0, 10), 32, 64),
    ...LARGE,
  },
  {
    id: 'gpt-4o-audio-preview',
    aliases: [
      'gpt-4o-audio-preview-2025-06-03',
      'gpt-4o-audio-preview-2024-12-17',
      'gpt-4o-audio-preview-2024-10-01',
    ],
    created: '2024-10-01',
    contextTokens: 128_000,
    outputTokens: 16_384,
    endpoints: ['chat'],
    features: AUDIO_CHAT,
    prices: audioPrices(perMillion(2.5, 0, 10), 40, 80),
    ...LARGE,
  },
  {
    id: 'gpt-4o-mini-audio-preview',
    aliases: ['gpt-4o-mini-audio-preview-2024-12-17'],
    created: '2024-12-17',
    contextTokens: 128_000,
    outputTokens: 16_384,
    endpoints: ['chat'],
    features: AUDIO_CHAT,
    prices: audioPrices(perMillion(0.15, 0, 0.6), 10, 20),
    ...SMALL,
  },
];
