/** Google's models: Gemini at its list prices (prompts up to 200,000 tokens), and the open Gemma weights. */
import { defineModels, type Feature, type ModelRow, perMillion, type Prices } from '../model.js';

const GEMINI = [
  'tools',
  'json_mode',
  'structured_outputs',
  'vision',
  'audio_input',
  'video_input',
  'prompt_caching',
] as const satisfies readonly Feature[];
const LARGE = { architecture: 'qwen3-235b-a22b', architectureIsStandIn: true } as const;
const SMALL = { architecture: 'qwen3-30b-a3b', architectureIsStandIn: true } as const;

const gemini = (
  id: string,
  created: string,
  outputTokens: number,
  prices: Prices,
  rest: Partial<ModelRow>,
): ModelRow => ({
  id,
  created,
  contextTokens: 1_048_576,
  outputTokens,
  endpoints: ['chat'],
  features: outputTokens > 8192 ? [...GEMINI, 'reasoning'] : GEMINI,
  prices,
  ...rest,
});

export const GOOGLE_MODELS = defineModels({ owner: 'google', tokenizer: 'gemini' }, [
  gemini('gemini-3-pro-preview', '2025-11-18', 65_536, perMillion(2, 0.2, 12), LARGE),
  gemini('gemini-2.5-pro', '2025-06-17', 65_536, perMillion(1.25, 0.125, 10), LARGE),
  gemini('gemini-2.5-flash', '2025-06-17', 65_536, perMillion(0.3, 0.03, 2.5), SMALL),
  gemini('gemini-2.5-flash-lite', '2025-07-22', 65_536, perMillion(0.1, 0.01, 0.4), SMALL),
  gemini('gemini-2.0-flash', '2025-02-05', 8192, perMillion(0.1, 0.025, 0.4), SMALL),
  gemini('gemini-1.5-pro', '2024-05-23', 8192, perMillion(1.25, 0.3125, 5), {
    ...LARGE,
    contextTokens: 2_097_152,
  }),
  gemini('gemini-1.5-flash', '2024-05-23', 8192, perMillion(0.075, 0.01875, 0.3), SMALL),
  {
    id: 'google/gemma-3-27b-it',
    created: '2025-03-12',
    contextTokens: 131_072,
    outputTokens: 8192,
    endpoints: ['chat', 'completions'],
    features: ['tools', 'json_mode', 'structured_outputs', 'vision', 'logprobs'],
    architecture: 'qwen3-32b',
    architectureIsStandIn: true,
  },
  {
    id: 'google/gemma-2-9b-it',
    created: '2024-06-27',
    contextTokens: 8192,
    outputTokens: 8192,
    endpoints: ['chat', 'completions'],
    features: ['json_mode', 'logprobs'],
    architecture: 'qwen3-8b',
    architectureIsStandIn: true,
  },
  {
    id: 'gemini-embedding-001',
    created: '2025-07-14',
    contextTokens: 2048,
    endpoints: ['embeddings'],
    embedding: { dimensions: 3072, shortens: true },
    prices: { inputUsdPerMillion: 0.15 },
  },
]);
