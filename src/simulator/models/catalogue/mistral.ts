/**
 * Mistral's models: the hosted ones at its list prices, and the open weights. Where only the month of release is known, its first
 * day stands.
 */
import { defineModels, type Feature, type ModelRow, perMillion, type Prices } from '../model.js';

const TOOLS = ['tools', 'json_mode', 'structured_outputs', 'logprobs'] as const satisfies readonly Feature[];
const LARGE = { architecture: 'llama-3.3-70b', architectureIsStandIn: true } as const;
const MIDDLE = { architecture: 'qwen3-32b', architectureIsStandIn: true } as const;
const SMALL = { architecture: 'llama-3.1-8b', architectureIsStandIn: true } as const;

const SEES = [...TOOLS, 'vision'] as const satisfies readonly Feature[];
const THINKS = [...SEES, 'reasoning'] as const satisfies readonly Feature[];

/** One that Mistral hosts; its answers may be as long as its context. */
const hosted = (
  id: string,
  aliases: readonly string[],
  created: string,
  contextTokens: number,
  prices: Prices,
  features: readonly Feature[],
  size: Pick<ModelRow, 'architecture' | 'architectureIsStandIn'>,
): ModelRow => ({
  id,
  aliases,
  created,
  contextTokens,
  outputTokens: contextTokens,
  endpoints: ['chat'],
  features,
  prices,
  ...size,
});

export const MISTRAL_MODELS = defineModels({ owner: 'mistralai', tokenizer: 'tekken' }, [
  hosted('mistral-large-4', [], '2026-10-01', 1_048_576, perMillion(0.7, 0.07, 2.1), THINKS, LARGE),
  hosted(
    'mistral-large-latest',
    ['mistral-large', 'mistral-large-3', 'mistral-large-2512'],
    '2025-12-02',
    262_144,
    perMillion(0.5, 0.05, 1.5),
    SEES,
    LARGE,
  ),
  hosted(
    'mistral-medium-latest',
    ['mistral-medium', 'mistral-medium-3-5', 'mistral-medium-2604', 'magistral-medium-latest'],
    '2026-04-01',
    262_144,
    perMillion(1.5, 0.15, 7.5),
    THINKS,
    LARGE,
  ),
  hosted(
    'mistral-small-latest',
    ['mistral-small', 'mistral-small-2603', 'magistral-small-latest'],
    '2026-03-01',
    262_144,
    perMillion(0.15, 0.015, 0.6),
    THINKS,
    MIDDLE,
  ),
  hosted(
    'devstral-latest',
    ['devstral-medium-latest'],
    '2025-12-01',
    256_000,
    perMillion(0.4, 0.04, 2),
    [...TOOLS, 'reasoning'],
    LARGE,
  ),
  hosted(
    'devstral-small-latest',
    [],
    '2025-12-01',
    256_000,
    perMillion(0.1, 0.01, 0.3),
    [...TOOLS, 'reasoning'],
    MIDDLE,
  ),
  {
    ...hosted(
      'codestral-latest',
      ['codestral-2508'],
      '2025-07-30',
      128_000,
      perMillion(0.3, 0.03, 0.9),
      TOOLS,
      MIDDLE,
    ),
    endpoints: ['chat', 'completions'],
  },
  hosted(
    'ministral-14b-latest',
    ['ministral-14b-2512'],
    '2025-12-01',
    262_144,
    perMillion(0.2, 0.02, 0.2),
    SEES,
    SMALL,
  ),
  hosted(
    'ministral-8b-latest',
    ['ministral-8b-2512'],
    '2025-12-01',
    262_144,
    perMillion(0.15, 0.015, 0.15),
    SEES,
    SMALL,
  ),
  hosted(
    'ministral-3b-latest',
    ['ministral-3b-2512'],
    '2025-12-01',
    131_072,
    perMillion(0.1, 0.01, 0.1),
    SEES,
    SMALL,
  ),
  hosted('mistral-medium-2508', [], '2025-08-12', 131_072, perMillion(0.4, 0, 2), SEES, LARGE),
  hosted('mistral-small-2506', [], '2025-06-20', 131_072, perMillion(0.1, 0, 0.3), SEES, MIDDLE),
  hosted('mistral-large-2411', [], '2024-11-18', 131_072, perMillion(2, 0, 6), TOOLS, LARGE),
  hosted('open-mistral-nemo', [], '2024-07-18', 128_000, perMillion(0.3, 0.03, 0.3), TOOLS, {
    architecture: 'mistral-nemo',
  }),
  {
    id: 'mistralai/Mixtral-8x22B-Instruct-v0.1',
    aliases: ['mixtral-8x22b', 'open-mixtral-8x22b'],
    created: '2024-04-17',
    contextTokens: 65_536,
    outputTokens: 65_536,
    endpoints: ['chat', 'completions'],
    features: TOOLS,
    architecture: 'mixtral-8x22b',
    prices: perMillion(2, 0, 6),
  },
  {
    id: 'mistralai/Mixtral-8x7B-Instruct-v0.1',
    aliases: ['mixtral-8x7b', 'open-mixtral-8x7b'],
    created: '2023-12-11',
    contextTokens: 32_768,
    outputTokens: 32_768,
    endpoints: ['chat', 'completions'],
    features: TOOLS,
    architecture: 'mixtral-8x7b',
    prices: perMillion(0.7, 0, 0.7),
  },
  {
    id: 'mistralai/Mistral-7B-Instruct-v0.2',
    aliases: ['mistral-7b', 'open-mistral-7b'],
    created: '2023-12-11',
    contextTokens: 32_768,
    outputTokens: 32_768,
    endpoints: ['chat', 'completions'],
    features: TOOLS,
    prices: perMillion(0.25, 0, 0.25),
    architecture: 'mistral-7b',
  },
  {
    id: 'mistral-embed',
    created: '2023-12-11',
    contextTokens: 8192,
    endpoints: ['embeddings'],
    embedding: { dimensions: 1024, shortens: false },
    prices: { inputUsdPerMillion: 0.1 },
  },
]);
