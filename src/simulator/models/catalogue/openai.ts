/** OpenAI's chat models from GPT-4 on, with the limits and list prices of its model pages. */
import { defineModels, type Feature, type ModelRow, perMillion } from '../model.js';

const BASIC = ['tools', 'json_mode', 'logprobs'] as const satisfies readonly Feature[];
const CHAT = [
  ...BASIC,
  'structured_outputs',
  'vision',
  'prompt_caching',
] as const satisfies readonly Feature[];
const REASONING = [
  'tools',
  'json_mode',
  'structured_outputs',
  'vision',
  'prompt_caching',
  'reasoning',
] as const satisfies readonly Feature[];

/** A public mixture of experts of about the speed of the large and of the small hosted models. */
const LARGE = { architecture: 'gpt-oss-120b', architectureIsStandIn: true } as const;
const SMALL = { architecture: 'gpt-oss-20b', architectureIsStandIn: true } as const;

const gpt5 = (row: Pick<ModelRow, 'id' | 'created' | 'prices'> & Partial<ModelRow>): ModelRow => ({
  contextTokens: 400_000,
  outputTokens: 128_000,
  endpoints: ['chat'],
  features: [...REASONING, 'web_search'],
  ...LARGE,
  ...row,
});
const oSeries = (row: Pick<ModelRow, 'id' | 'created' | 'prices'> & Partial<ModelRow>): ModelRow => ({
  contextTokens: 200_000,
  outputTokens: 100_000,
  endpoints: ['chat'],
  features: REASONING,
  ...LARGE,
  ...row,
});
const gpt4o = (row: Pick<ModelRow, 'id' | 'created' | 'prices'> & Partial<ModelRow>): ModelRow => ({
  contextTokens: 128_000,
  outputTokens: 16_384,
  endpoints: ['chat'],
  features: [...CHAT, 'predicted_outputs', 'fine_tuning'],
  ...LARGE,
  ...row,
});

const GPT_5: readonly ModelRow[] = [
  gpt5({
    id: 'gpt-5.2',
    aliases: ['gpt-5.2-2025-12-11'],
    created: '2025-12-11',
    prices: perMillion(1.75, 0.175, 14),
  }),
  gpt5({
    id: 'gpt-5.2-pro',
    aliases: ['gpt-5.2-pro-2025-12-11'],
    created: '2025-12-11',
    prices: perMillion(21, 0, 168),
    endpoints: ['responses'],
  }),
  gpt5({
    id: 'gpt-5.2-chat-latest',
    created: '2025-12-11',
    contextTokens: 128_000,
    outputTokens: 16_384,
    prices: perMillion(1.75, 0.175, 14),
  }),
  gpt5({
    id: 'gpt-5.1',
    aliases: ['gpt-5.1-2025-11-13'],
    created: '2025-11-13',
    prices: perMillion(1.25, 0.125, 10),
  }),
  gpt5({
    id: 'gpt-5.1-codex',
    created: '2025-11-13',
    prices: perMillion(1.25, 0.125, 10),
    endpoints: ['responses'],
  }),
  gpt5({
    id: 'gpt-5',
    aliases: ['gpt-5-2025-08-07'],
    created: '2025-08-07',
    prices: perMillion(1.25, 0.125, 10),
  }),
  gpt5({
    id: 'gpt-5-mini',
    aliases: ['gpt-5-mini-2025-08-07'],
    created: '2025-08-07',
    prices: perMillion(0.25, 0.025, 2),
    ...SMALL,
  }),
  gpt5({
    id: 'gpt-5-nano',
    aliases: ['gpt-5-nano-2025-08-07'],
    created: '2025-08-07',
    prices: perMillion(0.05, 0.005, 0.4),
    ...SMALL,
  }),
  gpt5({
    id: 'gpt-5-chat-latest',
    created: '2025-08-07',
    contextTokens: 128_000,
    outputTokens: 16_384,
    features: CHAT,
    prices: perMillion(1.25, 0.125, 10),
  }),
];

const O_SERIES: readonly ModelRow[] = [
  oSeries({
    id: 'o4-mini',
    aliases: ['o4-mini-2025-04-16'],
    created: '2025-04-16',
    features: [...REASONING, 'fine_tuning'],
    prices: perMillion(1.1, 0.275, 4.4),
    ...SMALL,
  }),
  oSeries({ id: 'o3', aliases: ['o3-2025-04-16'], created: '2025-04-16', prices: perMillion(2, 0.5, 8) }),
  oSeries({
    id: 'o3-pro',
    aliases: ['o3-pro-2025-06-10'],
    created: '2025-06-10',
    prices: perMillion(20, 0, 80),
    endpoints: ['responses'],
  }),
  oSeries({
    id: 'o3-mini',
    aliases: ['o3-mini-2025-01-31'],
    created: '2025-01-31',
    features: ['tools', 'json_mode', 'structured_outputs', 'prompt_caching', 'reasoning'],
    prices: perMillion(1.1, 0.55, 4.4),
    ...SMALL,
  }),
  oSeries({ id: 'o1', aliases: ['o1-2024-12-17'], created: '2024-12-17', prices: perMillion(15, 7.5, 60) }),
  oSeries({
    id: 'o1-preview',
    aliases: ['o1-preview-2024-09-12'],
    created: '2024-09-12',
    contextTokens: 128_000,
    outputTokens: 32_768,
    features: ['prompt_caching', 'reasoning'],
    prices: perMillion(15, 7.5, 60),
  }),
  oSeries({
    id: 'o1-mini',
    aliases: ['o1-mini-2024-09-12'],
    created: '2024-09-12',
    contextTokens: 128_000,
    outputTokens: 65_536,
    features: ['prompt_caching', 'reasoning'],
    prices: perMillion(1.1, 0.55, 4.4),
    ...SMALL,
  }),
];

const GPT_4: readonly ModelRow[] = [
  gpt4o({
    id: 'gpt-4.5-preview',
    aliases: ['gpt-4.5-preview-2025-02-27'],
    created: '2025-02-27',
    features: CHAT,
    prices: perMillion(75, 37.5, 150),
  }),
  gpt4o({
    id: 'gpt-4.1',
    aliases: ['gpt-4.1-2025-04-14'],
    created: '2025-04-14',
    contextTokens: 1_047_576,
    outputTokens: 32_768,
    prices: { ...perMillion(2, 0.5, 8), trainingUsdPerMillion: 25 },
  }),
  gpt4o({
    id: 'gpt-4.1-mini',
    aliases: ['gpt-4.1-mini-2025-04-14'],
    created: '2025-04-14',
    contextTokens: 1_047_576,
    outputTokens: 32_768,
    prices: { ...perMillion(0.4, 0.1, 1.6), trainingUsdPerMillion: 5 },
    ...SMALL,
  }),
  gpt4o({
    id: 'gpt-4.1-nano',
    aliases: ['gpt-4.1-nano-2025-04-14'],
    created: '2025-04-14',
    contextTokens: 1_047_576,
    outputTokens: 32_768,
    prices: { ...perMillion(0.1, 0.025, 0.4), trainingUsdPerMillion: 1.5 },
    ...SMALL,
  }),
  gpt4o({
    id: 'gpt-4o',
    aliases: ['gpt-4o-2024-08-06', 'gpt-4o-2024-11-20'],
    created: '2024-05-13',
    prices: { ...perMillion(2.5, 1.25, 10), trainingUsdPerMillion: 25 },
  }),
  gpt4o({ id: 'gpt-4o-2024-05-13', created: '2024-05-13', outputTokens: 4096, prices: perMillion(5, 0, 15) }),
  gpt4o({
    id: 'gpt-4o-mini',
    aliases: ['gpt-4o-mini-2024-07-18'],
    created: '2024-07-18',
    prices: { ...perMillion(0.15, 0.075, 0.6), trainingUsdPerMillion: 3 },
    ...SMALL,
  }),
  gpt4o({ id: 'chatgpt-4o-latest', created: '2024-08-15', features: CHAT, prices: perMillion(5, 0, 15) }),
  gpt4o({
    id: 'gpt-4o-search-preview',
    aliases: ['gpt-4o-search-preview-2025-03-11'],
    created: '2025-03-11',
    features: ['structured_outputs', 'web_search'],
    prices: perMillion(2.5, 0, 10),
  }),
  gpt4o({
    id: 'gpt-4o-mini-search-preview',
    aliases: ['gpt-4o-mini-search-preview-2025-03-11'],
    created: '2025-03-11',
    features: ['structured_outputs', 'web_search'],
    prices: perMillion(0.15, 0, 0.6),
    ...SMALL,
  }),
  gpt4o({
    id: 'computer-use-preview',
    aliases: ['computer-use-preview-2025-03-11'],
    created: '2025-03-11',
    contextTokens: 8192,
    outputTokens: 1024,
    endpoints: ['responses'],
    features: [...BASIC, 'vision'],
    prices: perMillion(3, 0, 12),
  }),
  gpt4o({
    id: 'gpt-4-turbo',
    aliases: [
      'gpt-4-turbo-2024-04-09',
      'gpt-4-turbo-preview',
      'gpt-4-0125-preview',
      'gpt-4-1106-preview',
      'gpt-4-vision-preview',
    ],
    created: '2024-04-09',
    outputTokens: 4096,
    features: [...BASIC, 'vision'],
    tokenizer: 'cl100k_base',
    prices: perMillion(10, 0, 30),
  }),
  gpt4o({
    id: 'gpt-4',
    aliases: ['gpt-4-0613', 'gpt-4-0314'],
    created: '2023-06-13',
    contextTokens: 8192,
    outputTokens: 8192,
    features: [...BASIC, 'fine_tuning'],
    tokenizer: 'cl100k_base',
    prices: perMillion(30, 0, 60),
  }),
  gpt4o({
    id: 'gpt-4-32k',
    aliases: ['gpt-4-32k-0613', 'gpt-4-32k-0314'],
    created: '2023-06-13',
    contextTokens: 32_768,
    outputTokens: 32_768,
    features: BASIC,
    tokenizer: 'cl100k_base',
    prices: perMillion(60, 0, 120),
  }),
];

export const OPENAI_MODELS = defineModels({ owner: 'openai', tokenizer: 'o200k_base' }, [
  ...GPT_5,
  ...O_SERIES,
  ...GPT_4,
]);
