/** Meta's Llama models. Prices are those of typical hosts; the weights are open. */
import { defineModels, type Feature, type ModelRow, perMillion, type Prices } from '../model.js';

const TOOLS = ['tools', 'json_mode', 'structured_outputs', 'logprobs'] as const satisfies readonly Feature[];

interface Llama {
  aliases?: string[];
  created: string;
  contextTokens: number;
  architecture?: string;
  standIn?: boolean;
  prices?: Prices;
  features?: readonly Feature[];
}

const llama = (name: string, row: Llama): ModelRow => ({
  id: `meta-llama/${name}`,
  aliases: row.aliases ?? [],
  created: row.created,
  contextTokens: row.contextTokens,
  outputTokens: row.contextTokens,
  endpoints: ['chat', 'completions'],
  features: row.features ?? TOOLS,
  prices: row.prices ?? {},
  ...(row.architecture === undefined ? {} : { architecture: row.architecture }),
  ...(row.standIn === undefined ? {} : { architectureIsStandIn: row.standIn }),
});

const LLAMA_3_1 = { created: '2024-07-23', contextTokens: 131_072 };
const LLAMA_3_2 = { created: '2024-09-25', contextTokens: 131_072, standIn: true };
const LLAMA_3 = { created: '2024-04-18', contextTokens: 8192 };
const LLAMA_2: Omit<Llama, 'architecture'> = {
  created: '2023-07-18',
  contextTokens: 4096,
  features: ['json_mode', 'logprobs'],
};

const LLAMA_3_MODELS = defineModels({ owner: 'meta', tokenizer: 'llama-3' }, [
  llama('Llama-4-Maverick-17B-128E-Instruct', {
    aliases: ['llama-4-maverick'],
    created: '2025-04-05',
    contextTokens: 1_048_576,
    architecture: 'llama-4-maverick',
    features: [...TOOLS, 'vision'],
    prices: perMillion(0.27, 0, 0.85),
  }),
  llama('Llama-4-Scout-17B-16E-Instruct', {
    aliases: ['llama-4-scout'],
    created: '2025-04-05',
    contextTokens: 10_485_760,
    architecture: 'llama-4-scout',
    features: [...TOOLS, 'vision'],
    prices: perMillion(0.18, 0, 0.59),
  }),
  llama('Llama-3.3-70B-Instruct', {
    aliases: ['llama-3.3-70b', 'llama-3.3-70b-instruct'],
    created: '2024-12-06',
    contextTokens: 131_072,
    architecture: 'llama-3.3-70b',
    prices: perMillion(0.88, 0, 0.88),
  }),
  llama('Llama-3.2-1B-Instruct', { ...LLAMA_3_2, architecture: 'llama-3.2-1b', standIn: false }),
  llama('Llama-3.2-3B-Instruct', { ...LLAMA_3_2, architecture: 'llama-3.2-3b', standIn: false }),
  llama('Llama-3.2-11B-Vision-Instruct', {
    ...LLAMA_3_2,
    architecture: 'llama-3.1-8b',
    features: [...TOOLS, 'vision'],
  }),
  llama('Llama-3.2-90B-Vision-Instruct', {
    ...LLAMA_3_2,
    architecture: 'llama-3.3-70b',
    features: [...TOOLS, 'vision'],
  }),
  llama('Llama-3.1-405B-Instruct', {
    ...LLAMA_3_1,
    aliases: ['llama-3.1-405b', 'llama-3.1-405b-instruct'],
    architecture: 'llama-3.1-405b',
    prices: perMillion(3.5, 0, 3.5),
  }),
  llama('Llama-3.1-70B-Instruct', {
    ...LLAMA_3_1,
    aliases: ['llama-3.1-70b', 'llama-3.1-70b-instruct'],
    architecture: 'llama-3.3-70b',
    prices: perMillion(0.88, 0, 0.88),
  }),
  llama('Llama-3.1-8B-Instruct', {
    ...LLAMA_3_1,
    aliases: ['llama-3.1-8b', 'llama-3.1-8b-instruct'],
    architecture: 'llama-3.1-8b',
    prices: perMillion(0.18, 0, 0.18),
  }),
  llama('Llama-3-70B-Instruct', {
    ...LLAMA_3,
    aliases: ['meta-llama/Meta-Llama-3-70B-Instruct'],
    architecture: 'llama-3.3-70b',
    prices: perMillion(0.88, 0, 0.88),
  }),
  llama('Llama-3-8B-Instruct', {
    ...LLAMA_3,
    aliases: ['meta-llama/Meta-Llama-3-8B-Instruct'],
    architecture: 'llama-3.1-8b',
    prices: perMillion(0.18, 0, 0.18),
  }),
]);

const LLAMA_2_MODELS = defineModels({ owner: 'meta', tokenizer: 'llama-2' }, [
  llama('Llama-2-70b-chat-hf', {
    ...LLAMA_2,
    architecture: 'llama-2-70b',
    prices: perMillion(0.7, 0, 0.9),
  }),
  llama('Llama-2-13b-chat-hf', {
    ...LLAMA_2,
    architecture: 'llama-2-7b',
    standIn: true,
    prices: perMillion(0.3, 0, 0.3),
  }),
  llama('Llama-2-7b-chat-hf', {
    ...LLAMA_2,
    architecture: 'llama-2-7b',
    prices: perMillion(0.2, 0, 0.2),
  }),
]);

export const META_MODELS = [...LLAMA_3_MODELS, ...LLAMA_2_MODELS];
