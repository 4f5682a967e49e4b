/** Model figures as data, from the published config.json of each model. */
import type { Architecture, Experts, GroupedAttention, LatentAttention } from './architecture.js';

const gqa = (heads: number, kvHeads: number, headDim: number): GroupedAttention => ({
  kind: 'gqa',
  heads,
  kvHeads,
  headDim,
});
const mla = (heads: number, queryRank: number, keyDim: number, valueDim: number): LatentAttention => ({
  kind: 'mla',
  heads,
  queryRank,
  kvRank: 512,
  ropeDim: 64,
  keyDim,
  valueDim,
});
const moe = (count: number, perToken: number, intermediate: number, sharedIntermediate = 0): Experts => ({
  count,
  perToken,
  intermediate,
  sharedIntermediate,
});

/** Billions to parameters. */
const params = (total: number, active = total): Architecture['parameters'] => ({
  total: total * 1e9,
  active: active * 1e9,
});

type Row = Omit<Architecture, 'denseLayers'> & { denseLayers?: number };

const ROWS: readonly Row[] = [
  {
    name: 'llama-3.1-8b',
    layers: 32,
    hidden: 4096,
    intermediate: 14336,
    vocab: 128256,
    attention: gqa(32, 8, 128),
    parameters: params(8.03),
  },
  {
    name: 'llama-3.3-70b',
    layers: 80,
    hidden: 8192,
    intermediate: 28672,
    vocab: 128256,
    attention: gqa(64, 8, 128),
    parameters: params(70.6),
  },
  {
    name: 'llama-3.1-405b',
    layers: 126,
    hidden: 16384,
    intermediate: 53248,
    vocab: 128256,
    attention: gqa(128, 8, 128),
    parameters: params(405),
  },
  {
    name: 'llama-2-7b',
    layers: 32,
    hidden: 4096,
    intermediate: 11008,
    vocab: 32000,
    attention: gqa(32, 32, 128),
    parameters: params(6.74),
  },
  {
    name: 'llama-2-70b',
    layers: 80,
    hidden: 8192,
    intermediate: 28672,
    vocab: 32000,
    attention: gqa(64, 8, 128),
    parameters: params(69),
  },
  {
    name: 'qwen3-0.6b',
    layers: 28,
    hidden: 1024,
    intermediate: 3072,
    vocab: 151936,
    tiedEmbeddings: true,
    attention: gqa(16, 8, 128),
    parameters: params(0.6),
  },
  {
    name: 'qwen3-8b',
    layers: 36,
    hidden: 4096,
    intermediate: 12288,
    vocab: 151936,
    attention: gqa(32, 8, 128),
    parameters: params(8.2),
  },
  {
    name: 'qwen3-32b',
    layers: 64,
    hidden: 5120,
    intermediate: 25600,
    vocab: 151936,
    attention: gqa(64, 8, 128),
    parameters: params(32.8),
  },
  {
    name: 'qwen3-30b-a3b',
    layers: 48,
    hidden: 2048,
    intermediate: 0,
    vocab: 151936,
    attention: gqa(32, 4, 128),
    experts: moe(128, 8, 768),
    parameters: params(30.5, 3.3),
  },
  {
    name: 'qwen3-235b-a22b',
    layers: 94,
    hidden: 4096,
    intermediate: 0,
    vocab: 151936,
    attention: gqa(64, 4, 128),
    experts: moe(128, 8, 1536),
    parameters: params(235, 22),
  },
  {
    name: 'qwen3-coder-480b-a35b',
    layers: 62,
    hidden: 6144,
    intermediate: 0,
    vocab: 151936,
    attention: gqa(96, 8, 128),
    experts: moe(160, 8, 2560),
    parameters: params(480, 35),
  },
  {
    name: 'qwen3.5-397b-a17b',
    layers: 60,
    hidden: 4096,
    intermediate: 0,
    vocab: 248320,
    // Every fourth layer attends; the others are gated delta networks.
    attention: { ...gqa(32, 2, 256), gated: true },
    linear: { layers: 45, keyHeads: 16, valueHeads: 64, headDim: 128 },
    experts: moe(512, 10, 1024, 1024),
    parameters: params(397, 17),
  },
  {
    name: 'mixtral-8x7b',
    layers: 32,
    hidden: 4096,
    intermediate: 0,
    vocab: 32000,
    attention: gqa(32, 8, 128),
    experts: moe(8, 2, 14336),
    parameters: params(46.7, 12.9),
  },
  {
    name: 'llama-4-scout',
    layers: 48,
    hidden: 5120,
    intermediate: 16384,
    vocab: 202048,
    attention: gqa(40, 8, 128),
    // Three of four layers attend within chunks of 8,192 tokens.
    local: { layers: 36, tokens: 8192, keepsAll: true },
    experts: moe(16, 1, 8192, 8192),
    parameters: params(109, 17),
  },
  {
    name: 'llama-4-maverick',
    layers: 48,
    hidden: 5120,
    intermediate: 16384,
    vocab: 202048,
    attention: gqa(40, 8, 128),
    local: { layers: 36, tokens: 8192, keepsAll: true },
    experts: moe(128, 1, 8192, 8192),
    denseLayers: 24,
    parameters: params(400, 17),
  },
  {
    name: 'deepseek-v3',
    layers: 61,
    hidden: 7168,
    intermediate: 18432,
    vocab: 129280,
    attention: mla(128, 1536, 128, 128),
    experts: moe(256, 8, 2048, 2048),
    denseLayers: 3,
    attentionWeights: 'fp8',
    blockScaledFp8: true,
    parameters: params(671, 37),
  },
  {
    name: 'kimi-k2',
    layers: 61,
    hidden: 7168,
    intermediate: 18432,
    vocab: 163840,
    attention: mla(64, 1536, 128, 128),
    experts: moe(384, 8, 2048, 2048),
    denseLayers: 1,
    attentionWeights: 'fp8',
    blockScaledFp8: true,
    parameters: params(1026, 32),
  },
  {
    name: 'gpt-oss-120b',
    layers: 36,
    hidden: 2880,
    intermediate: 0,
    vocab: 201088,
    attention: gqa(64, 8, 64),
    local: { layers: 18, tokens: 128 },
    experts: moe(128, 4, 2880),
    attentionWeights: 'bf16',
    mxfp4: true,
    parameters: params(117, 5.1),
  },
  {
    name: 'gpt-oss-20b',
    layers: 24,
    hidden: 2880,
    intermediate: 0,
    vocab: 201088,
    attention: gqa(64, 8, 64),
    local: { layers: 12, tokens: 128 },
    experts: moe(32, 4, 2880),
    attentionWeights: 'bf16',
    mxfp4: true,
    parameters: params(21, 3.6),
  },
  {
    name: 'minimax-m2.5',
    layers: 62,
    hidden: 3072,
    intermediate: 0,
    vocab: 200064,
    attention: gqa(48, 8, 128),
    experts: moe(256, 8, 1536),
    blockScaledFp8: true,
    parameters: params(229, 10),
  },
  {
    name: 'glm-5',
    layers: 78,
    hidden: 6144,
    intermediate: 12288,
    vocab: 154880,
    attention: mla(64, 2048, 192, 256),
    // Sparse attention: an indexer picks 2,048 tokens, the cache keeps them all.
    local: { layers: 78, tokens: 2048, keepsAll: true },
    experts: moe(256, 8, 2048, 2048),
    denseLayers: 3,
    attentionWeights: 'fp8',
    blockScaledFp8: true,
    parameters: params(744, 40),
  },
];

/** Every model with figures. */
export const ARCHITECTURES: readonly Architecture[] = ROWS.map((row) => ({
  ...row,
  denseLayers: row.denseLayers ?? (row.experts === undefined ? row.layers : 0),
}));

/** Other names of the same shape: what comes before the first difference that costs anything. */
const ALIASES: Readonly<Record<string, string>> = {
  'llama-3-8b': 'llama-3.1-8b',
  'llama-3-70b': 'llama-3.3-70b',
  'llama-3.1-70b': 'llama-3.3-70b',
  'deepseek-r1': 'deepseek-v3',
  'deepseek-chat': 'deepseek-v3',
  'deepseek-reasoner': 'deepseek-v3',
  'kimi-k2.5': 'kimi-k2',
  'minimax-m2': 'minimax-m2.5',
  'minimax-m2.1': 'minimax-m2.5',
};

const KNOWN: ReadonlyMap<string, Architecture> = new Map([
  ...ARCHITECTURES.map((architecture) => [architecture.name, architecture] as const),
  ...Object.entries(ALIASES).flatMap(([alias, name]) =>
    ARCHITECTURES.filter((a) => a.name === name).map((a) => [alias, a] as const),
  ),
]);

const LONGEST_FIRST = [...KNOWN.keys()].toSorted((a, b) => b.length - a.length);

/**
 * The shape of a model by its name.
 *
 * @param model - as a client would write it: owner, case, `Meta-`, and suffixes such as `-Instruct-FP8` are ignored
 * @returns undefined if the model's figures are not known
 */
export const findArchitecture = (model: string): Architecture | undefined => {
  const written = (model.split('/').at(-1) ?? model).toLowerCase().replaceAll('_', '-');
  const name = written.replace(/^meta-/, '').replace(/^llama(?=\d)/, 'llama-');
  const key = LONGEST_FIRST.find(
    (known) => name === known || (name.startsWith(known) && /^[-:@]/.test(name.slice(known.length))),
  );
  return key === undefined ? undefined : KNOWN.get(key);
};
