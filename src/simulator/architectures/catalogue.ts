/** All models with figures, and finding one by its name. */
import type { Architecture } from './architecture.js';
import { DENSE_MODELS } from './dense-models.js';
import { EXPERT_MODELS } from './expert-models.js';
import { HYBRID_MODELS } from './hybrid-models.js';
import { SPARSE_MODELS } from './sparse-models.js';

/** Every model with figures. */
export const ARCHITECTURES: readonly Architecture[] = [
  ...DENSE_MODELS,
  ...EXPERT_MODELS,
  ...HYBRID_MODELS,
  ...SPARSE_MODELS,
].map((row) => ({
  ...row,
  denseLayers:
    row.denseLayers ??
    row.denseBlocks?.reduce((sum, { layers }) => sum + layers, 0) ??
    (row.experts === undefined ? row.layers : 0),
}));

/** Other names of the same shape: what comes before the first difference that costs anything. */
const ALIASES: Readonly<Record<string, string>> = {
  'llama-3-8b': 'llama-3.1-8b',
  'llama-3-70b': 'llama-3.3-70b',
  'llama-3.1-70b': 'llama-3.3-70b',
  'deepseek-r1': 'deepseek-v3',
  'deepseek-chat': 'deepseek-v3',
  'deepseek-reasoner': 'deepseek-v3',
  'deepseek-v3.1': 'deepseek-v3',
  'deepseek-r1-distill-llama-8b': 'llama-3.1-8b',
  'deepseek-r1-distill-llama-70b': 'llama-3.3-70b',
  'deepseek-r1-distill-qwen-7b': 'qwen2.5-7b',
  'deepseek-r1-distill-qwen-14b': 'qwen2.5-14b',
  'deepseek-r1-distill-qwen-32b': 'qwen2.5-32b',
  'llama-3.1-nemotron-70b': 'llama-3.3-70b',
  'llama-3.1-nemotron-nano-8b': 'llama-3.1-8b',
  'mistral-small-3.1-24b': 'mistral-small-24b',
  'mistral-small-3.2-24b': 'mistral-small-24b',
  'phi-3-mini': 'phi-3.5-mini',
  'deepseek-r1:671b': 'deepseek-v3',
  'deepseek-v3:671b': 'deepseek-v3',
  'qwen2.5-coder-7b': 'qwen2.5-7b',
  'qwen2.5-coder-14b': 'qwen2.5-14b',
  'qwen2.5-coder-32b': 'qwen2.5-32b',
  'qwq-32b': 'qwen2.5-32b',
  'kimi-k2.5': 'kimi-k2',
  'kimi-k2.6': 'kimi-k2',
  'glm-5.1': 'glm-5',
  'minimax-m2': 'minimax-m2.5',
  'nvidia-nemotron-nano-9b-v2': 'nemotron-nano-9b-v2',
  'nvidia-nemotron-nano-12b-v2': 'nemotron-nano-12b-v2',
  'nvidia-nemotron-3-nano-30b-a3b': 'nemotron-3-nano-30b-a3b',
  'nvidia-nemotron-3.5-lightning-30b-a3b': 'nemotron-3-nano-30b-a3b',
  'nvidia-nemotron-3-super-120b-a12b': 'nemotron-3-super-120b-a12b',
  'nvidia-nemotron-3-ultra-550b-a55b': 'nemotron-3-ultra-550b-a55b',
  'llama-3-1-nemotron-ultra-253b': 'nemotron-ultra-253b',
  'llama-3.1-nemotron-ultra-253b': 'nemotron-ultra-253b',
  'llama-3-3-nemotron-super-49b': 'nemotron-super-49b',
  'llama-3.3-nemotron-super-49b': 'nemotron-super-49b',
  'qwen3.6-27b': 'qwen3.5-27b',
  'qwen3.6-35b-a3b': 'qwen3.5-35b-a3b',
  'jamba-v0.1': 'jamba-1.5-mini',
  'ai21-jamba-1.5-mini': 'jamba-1.5-mini',
  'ai21-jamba-1.5-large': 'jamba-1.5-large',
  'minimax-m2.1': 'minimax-m2.5',
  'minimax-m2.7': 'minimax-m2.5',
  'glm-4.6': 'glm-4.5',
  'glm-4.7': 'glm-4.5',
};

const KNOWN: ReadonlyMap<string, Architecture> = new Map([
  ...ARCHITECTURES.map((architecture) => [architecture.name, architecture] as const),
  ...Object.entries(ALIASES).flatMap(([alias, name]) =>
    ARCHITECTURES.filter((a) => a.name === name).map((a) => [alias, a] as const),
  ),
]);

const LONGEST_FIRST = [...KNOWN.keys()].toSorted((a, b) => b.length - a.length);

/** Suffixes that name another model: a size as a tag (`deepseek-r1:8b`), a small model taught by this one. */
const OTHER_MODEL = /^:\d+(?:\.\d+)?b|^-distill/;

const isVariant = (name: string, known: string): boolean => {
  const suffix = name.slice(known.length);
  return name.startsWith(known) && /^[-:@]/.test(suffix) && !OTHER_MODEL.test(suffix);
};

/**
 * The shape of a model by its name.
 *
 * @param model - as a client would write it: owner, case, `Meta-`, and suffixes such as `-Instruct-FP8` are ignored
 * @returns undefined if the model's figures are not known
 */
export const findArchitecture = (model: string): Architecture | undefined => {
  const written = (model.split('/').at(-1) ?? model).toLowerCase().replaceAll('_', '-');
  const name = written.replace(/^meta-/, '').replace(/^llama(?=\d)/, 'llama-');
  const key = LONGEST_FIRST.find((known) => name === known || isVariant(name, known));
  return key === undefined ? undefined : KNOWN.get(key);
};
