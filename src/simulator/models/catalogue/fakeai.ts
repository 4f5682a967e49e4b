/** The model of the house: a pretend one that can do everything, so that it fits any client. */
import { defineModels, ENDPOINTS, FEATURES } from '../model.js';

export const FAKEAI_MODELS = defineModels({ owner: 'fakeai', tokenizer: 'o200k_base' }, [
  {
    id: 'fakeai-1',
    created: '2025-01-01',
    contextTokens: 1_048_576,
    outputTokens: 131_072,
    endpoints: ENDPOINTS,
    // It reasons when asked to, like models whose reasoning is optional; it has no list price.
    features: FEATURES,
    embedding: { dimensions: 1536, shortens: true },
    architecture: 'llama-3.1-8b',
    architectureIsStandIn: true,
  },
]);
