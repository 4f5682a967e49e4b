/** Models of further owners: open embedding models, rerankers, pictures, and open chat models. */
import { defineModels, type Feature, type ModelRow } from '../model.js';

const TOOLS = ['tools', 'json_mode', 'structured_outputs', 'logprobs'] as const satisfies readonly Feature[];

const embedder = (
  id: string,
  owner: string,
  created: string,
  contextTokens: number,
  dimensions: number,
  rest: Partial<ModelRow> = {},
): ModelRow => ({
  id,
  owner,
  created,
  contextTokens,
  endpoints: ['embeddings'],
  embedding: { dimensions, shortens: false },
  ...rest,
});

const EMBEDDERS: readonly ModelRow[] = [
  embedder('BAAI/bge-m3', 'baai', '2024-01-30', 8192, 1024, { tokenizer: 'xlm-roberta' }),
  embedder('nomic-ai/nomic-embed-text-v1.5', 'nomic-ai', '2024-02-14', 8192, 768, {
    aliases: ['nomic-embed-text'],
    embedding: { dimensions: 768, shortens: true },
  }),
  embedder('sentence-transformers/all-mpnet-base-v2', 'sentence-transformers', '2021-08-30', 384, 768),
  embedder('sentence-transformers/all-MiniLM-L6-v2', 'sentence-transformers', '2021-08-30', 256, 384),
  embedder('jinaai/jina-embeddings-v3', 'jinaai', '2024-09-18', 8192, 1024, {
    aliases: ['jina-embeddings-v3'],
    tokenizer: 'xlm-roberta',
    embedding: { dimensions: 1024, shortens: true },
    prices: { inputUsdPerMillion: 0.05 },
  }),
];

const RERANKERS: readonly ModelRow[] = [
  {
    id: 'jinaai/jina-reranker-v2-base-multilingual',
    aliases: ['jina-reranker-v2-base-multilingual'],
    owner: 'jinaai',
    created: '2024-06-25',
    contextTokens: 1024,
    endpoints: ['rerank'],
    tokenizer: 'xlm-roberta',
    prices: { inputUsdPerMillion: 0.05 },
  },
  {
    id: 'BAAI/bge-reranker-v2-m3',
    owner: 'baai',
    created: '2024-03-18',
    contextTokens: 8192,
    endpoints: ['rerank'],
    tokenizer: 'xlm-roberta',
  },
];

const IMAGES: readonly ModelRow[] = [
  {
    id: 'stabilityai/stable-diffusion-2-1',
    owner: 'stabilityai',
    created: '2022-12-07',
    contextTokens: 77,
    endpoints: ['image'],
    tokenizer: 'clip',
  },
  {
    id: 'stabilityai/stable-diffusion-xl-base-1.0',
    owner: 'stabilityai',
    created: '2023-07-26',
    contextTokens: 77,
    endpoints: ['image'],
    tokenizer: 'clip',
  },
];

const CHAT: readonly ModelRow[] = [
  {
    id: 'moonshotai/Kimi-K2-Instruct',
    aliases: ['kimi-k2'],
    owner: 'moonshotai',
    created: '2025-07-11',
    contextTokens: 131_072,
    outputTokens: 131_072,
    endpoints: ['chat', 'completions'],
    features: TOOLS,
    tokenizer: 'kimi-k2',
    architecture: 'kimi-k2',
    prices: { inputUsdPerMillion: 0.6, cachedInputUsdPerMillion: 0.15, outputUsdPerMillion: 2.5 },
  },
  {
    id: 'MiniMaxAI/MiniMax-M2.5',
    aliases: ['minimax-m2.5'],
    owner: 'minimax',
    created: '2026-02-12',
    contextTokens: 204_800,
    outputTokens: 131_072,
    endpoints: ['chat', 'completions'],
    features: [...TOOLS, 'reasoning'],
    tokenizer: 'minimax',
    architecture: 'minimax-m2.5',
  },
  {
    id: 'zai-org/GLM-5',
    aliases: ['glm-5'],
    owner: 'zai-org',
    created: '2026-02-11',
    contextTokens: 204_800,
    outputTokens: 131_072,
    endpoints: ['chat', 'completions'],
    features: [...TOOLS, 'reasoning'],
    tokenizer: 'glm-4',
    architecture: 'glm-5',
  },
  {
    id: 'microsoft/phi-4',
    owner: 'microsoft',
    created: '2024-12-12',
    contextTokens: 16_384,
    outputTokens: 16_384,
    endpoints: ['chat', 'completions'],
    features: TOOLS,
    tokenizer: 'cl100k_base',
    architecture: 'phi-4',
  },
  {
    id: 'TinyLlama/TinyLlama-1.1B-Chat-v1.0',
    owner: 'tinyllama',
    created: '2023-12-30',
    contextTokens: 2048,
    outputTokens: 2048,
    endpoints: ['chat', 'completions'],
    features: ['logprobs'],
    tokenizer: 'llama-2',
    architecture: 'qwen3-0.6b',
    architectureIsStandIn: true,
  },
];

export const OTHER_MODELS = defineModels({ owner: 'others', tokenizer: 'bert' }, [
  ...EMBEDDERS,
  ...RERANKERS,
  ...IMAGES,
  ...CHAT,
]);
