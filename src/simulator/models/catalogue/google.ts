/**
 * Google's models: Gemini at its list prices (prompts up to 200,000 tokens), and the open Gemma weights. Where only the month of
 * release is known, its first day stands.
 */
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
  gemini('gemini-4-argon', '2026-10-01', 1_048_576, perMillion(2, 0.1, 10), LARGE),
  gemini('gemini-4-hydrogen', '2026-11-01', 1_048_576, perMillion(1.5, 0.075, 7.5), LARGE),
  gemini('gemini-3.8-flash', '2026-09-02', 65_536, perMillion(0.75, 0.075, 3.75), {
    ...SMALL,
    aliases: ['gemini-flash-latest'],
  }),
  gemini('gemini-3.7-flash', '2026-08-13', 65_536, perMillion(0.75, 0.075, 3.75), SMALL),
  gemini('gemini-3.6-flash', '2026-07-21', 65_536, perMillion(0.75, 0.075, 3.75), SMALL),
  gemini('gemini-3.5-flash-lite', '2026-07-21', 65_536, perMillion(0.3, 0.03, 2.5), {
    ...SMALL,
    aliases: ['gemini-flash-lite-latest'],
  }),
  gemini('gemini-3.5-flash', '2026-05-19', 65_536, perMillion(1.5, 0.15, 9), SMALL),
  gemini('gemini-3.1-flash-lite', '2026-05-07', 65_536, perMillion(0.25, 0.025, 1.5), SMALL),
  gemini('gemini-3.1-pro-preview', '2026-02-19', 65_536, perMillion(2, 0.2, 12), {
    ...LARGE,
    aliases: ['gemini-pro-latest'],
  }),
  gemini('gemini-3-flash-preview', '2025-12-17', 65_536, perMillion(0.5, 0.05, 3), SMALL),
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
    architecture: 'gemma-3-27b',
  },
  {
    id: 'google/gemma-2-9b-it',
    created: '2024-06-27',
    contextTokens: 8192,
    outputTokens: 8192,
    endpoints: ['chat', 'completions'],
    features: ['json_mode', 'logprobs'],
    architecture: 'gemma-2-9b',
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
