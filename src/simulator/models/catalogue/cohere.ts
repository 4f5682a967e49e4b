/** Cohere's models, with the limits and list prices of its pages; of those without a price none is known. */
import { defineModels, type Feature, type ModelRow, perMillion } from '../model.js';

const CHAT = ['tools', 'json_mode', 'structured_outputs', 'logprobs'] as const satisfies readonly Feature[];

const command = (row: Pick<ModelRow, 'id' | 'created' | 'contextTokens'> & Partial<ModelRow>): ModelRow => ({
  outputTokens: 4096,
  endpoints: ['chat'],
  features: CHAT,
  architecture: 'llama-3.3-70b',
  architectureIsStandIn: true,
  ...row,
});
const ranker = (id: string, created: string, contextTokens: number, rest: Partial<ModelRow>): ModelRow => ({
  id,
  created,
  contextTokens,
  endpoints: ['rerank'],
  ...rest,
});
const embedder = (
  id: string,
  created: string,
  contextTokens: number,
  dimensions: number,
  inputUsdPerMillion: number,
): ModelRow => ({
  id,
  created,
  contextTokens,
  endpoints: ['embeddings'],
  embedding: { dimensions, shortens: id === 'embed-v4.0' },
  prices: { inputUsdPerMillion },
});

export const COHERE_MODELS = defineModels({ owner: 'cohere', tokenizer: 'cohere' }, [
  command({
    id: 'command-a-plus-05-2026',
    created: '2026-05-01',
    contextTokens: 128_000,
    outputTokens: 64_000,
    features: [...CHAT, 'vision', 'reasoning'],
  }),
  command({
    id: 'command-a-03-2025',
    created: '2025-03-13',
    contextTokens: 256_000,
    outputTokens: 8000,
    prices: perMillion(2.5, 0, 10),
  }),
  command({
    id: 'command-r7b-12-2024',
    created: '2024-12-01',
    contextTokens: 128_000,
    prices: perMillion(0.0375, 0, 0.15),
    architecture: 'llama-3.1-8b',
  }),
  command({
    id: 'command-r-plus-08-2024',
    created: '2024-08-30',
    contextTokens: 128_000,
    prices: perMillion(2.5, 0, 10),
  }),
  command({
    id: 'command-r-08-2024',
    created: '2024-08-30',
    contextTokens: 128_000,
    prices: perMillion(0.15, 0, 0.6),
    architecture: 'qwen2.5-32b',
  }),
  ranker('rerank-v4.0-pro', '2025-12-01', 32_768, {}),
  ranker('rerank-v4.0-fast', '2025-12-01', 32_768, {}),
  ranker('rerank-v3.5', '2024-12-02', 4096, { prices: { searchesUsdPerThousand: 2 } }),
  embedder('embed-v4.0', '2025-04-15', 128_000, 1536, 0.12),
  embedder('embed-english-v3.0', '2023-11-02', 512, 1024, 0.1),
  embedder('embed-multilingual-v3.0', '2023-11-02', 512, 1024, 0.1),
]);
