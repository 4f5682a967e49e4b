/** Alibaba's open Qwen weights. */
import { defineModels, type Feature, type ModelRow } from '../model.js';

const TOOLS = ['tools', 'json_mode', 'structured_outputs', 'logprobs'] as const satisfies readonly Feature[];
const HYBRID = [...TOOLS, 'reasoning'] as const satisfies readonly Feature[];

const qwen = (
  name: string,
  created: string,
  contextTokens: number,
  architecture: string,
  rest: Partial<ModelRow> = {},
): ModelRow => ({
  id: `Qwen/${name}`,
  created,
  contextTokens,
  outputTokens: contextTokens,
  endpoints: ['chat', 'completions'],
  features: HYBRID,
  architecture,
  ...rest,
});

export const QWEN_MODELS = defineModels({ owner: 'qwen', tokenizer: 'qwen-2.5' }, [
  qwen('Qwen3.5-397B-A17B', '2026-02-16', 262_144, 'qwen3.5-397b-a17b', { features: [...HYBRID, 'vision'] }),
  qwen('Qwen3-235B-A22B', '2025-04-28', 131_072, 'qwen3-235b-a22b'),
  qwen('Qwen3-30B-A3B', '2025-04-28', 131_072, 'qwen3-30b-a3b'),
  qwen('Qwen3-32B', '2025-04-28', 131_072, 'qwen3-32b'),
  qwen('Qwen3-8B', '2025-04-28', 131_072, 'qwen3-8b'),
  qwen('Qwen3-0.6B', '2025-04-28', 32_768, 'qwen3-0.6b'),
  qwen('Qwen3-Coder-480B-A35B-Instruct', '2025-07-22', 262_144, 'qwen3-coder-480b-a35b', { features: TOOLS }),
  qwen('QwQ-32B', '2025-03-05', 131_072, 'qwen2.5-32b'),
  qwen('Qwen2.5-72B-Instruct', '2024-09-19', 131_072, 'qwen2.5-72b', {
    features: TOOLS,
    outputTokens: 8192,
  }),
  qwen('Qwen2.5-7B-Instruct', '2024-09-19', 131_072, 'qwen2.5-7b', {
    features: TOOLS,
    outputTokens: 8192,
  }),
  qwen('Qwen2.5-VL-72B-Instruct', '2025-01-28', 131_072, 'qwen2.5-72b', {
    features: [...TOOLS, 'vision', 'video_input'],
    outputTokens: 8192,
    architectureIsStandIn: true,
  }),
  {
    id: 'Qwen/Qwen3-Embedding-8B',
    created: '2025-06-05',
    contextTokens: 32_768,
    endpoints: ['embeddings'],
    embedding: { dimensions: 4096, shortens: true },
    architecture: 'qwen3-8b',
  },
  {
    id: 'Qwen/Qwen3-Embedding-0.6B',
    created: '2025-06-05',
    contextTokens: 32_768,
    endpoints: ['embeddings'],
    embedding: { dimensions: 1024, shortens: true },
    architecture: 'qwen3-0.6b',
  },
  {
    id: 'Qwen/Qwen3-Reranker-8B',
    created: '2025-06-05',
    contextTokens: 32_768,
    endpoints: ['rerank'],
    architecture: 'qwen3-8b',
  },
]);
