/** OpenAI's older text models, with the limits and list prices of its model pages, and its open weights. */
import { defineModels, type Feature, type ModelRow, perMillion } from '../model.js';

const BASIC = ['tools', 'json_mode', 'logprobs'] as const satisfies readonly Feature[];
/** A public mixture of experts of about their speed. */
const SMALL = { architecture: 'gpt-oss-20b', architectureIsStandIn: true } as const;

const gpt35 = (row: Pick<ModelRow, 'id' | 'created' | 'prices'> & Partial<ModelRow>): ModelRow => ({
  contextTokens: 16_385,
  outputTokens: 4096,
  endpoints: ['chat'],
  tokenizer: 'cl100k_base',
  ...SMALL,
  ...row,
});

const OLDER: readonly ModelRow[] = [
  gpt35({
    id: 'gpt-3.5-turbo',
    aliases: ['gpt-3.5-turbo-0125'],
    created: '2023-03-01',
    features: [...BASIC, 'fine_tuning'],
    prices: { ...perMillion(0.5, 0, 1.5), trainingUsdPerMillion: 8 },
  }),
  gpt35({
    id: 'gpt-3.5-turbo-0613',
    aliases: ['gpt-3.5-turbo-0301'],
    created: '2023-06-13',
    contextTokens: 4096,
    features: BASIC,
    prices: perMillion(1.5, 0, 2),
  }),
  gpt35({
    id: 'gpt-3.5-turbo-1106',
    created: '2023-11-06',
    features: [...BASIC, 'fine_tuning'],
    prices: perMillion(1, 0, 2),
  }),
  gpt35({
    id: 'gpt-3.5-turbo-16k',
    aliases: ['gpt-3.5-turbo-16k-0613'],
    created: '2023-06-13',
    features: BASIC,
    prices: perMillion(3, 0, 4),
  }),
  {
    id: 'gpt-3.5-turbo-instruct',
    created: '2023-09-14',
    contextTokens: 4096,
    outputTokens: 4096,
    endpoints: ['completions'],
    features: ['logprobs'],
    tokenizer: 'cl100k_base',
    prices: perMillion(1.5, 0, 2),
    ...SMALL,
  },
  {
    id: 'davinci-002',
    created: '2023-08-22',
    contextTokens: 16_384,
    outputTokens: 16_384,
    endpoints: ['completions'],
    features: ['logprobs', 'fine_tuning'],
    tokenizer: 'cl100k_base',
    prices: perMillion(2, 0, 2),
    ...SMALL,
  },
  {
    id: 'babbage-002',
    created: '2023-08-22',
    contextTokens: 16_384,
    outputTokens: 16_384,
    endpoints: ['completions'],
    features: ['logprobs', 'fine_tuning'],
    tokenizer: 'cl100k_base',
    prices: perMillion(0.4, 0, 0.4),
    ...SMALL,
  },
];

const openWeights = (name: string): ModelRow => ({
  id: `openai/${name}`,
  aliases: [name],
  created: '2025-08-05',
  contextTokens: 131_072,
  outputTokens: 131_072,
  endpoints: ['chat', 'completions'],
  features: ['tools', 'json_mode', 'structured_outputs', 'logprobs', 'reasoning'],
  tokenizer: 'o200k_harmony',
  architecture: name,
});

export const OLDER_OPENAI_MODELS = defineModels({ owner: 'openai', tokenizer: 'o200k_base' }, [
  ...OLDER,
  openWeights('gpt-oss-120b'),
  openWeights('gpt-oss-20b'),
]);
