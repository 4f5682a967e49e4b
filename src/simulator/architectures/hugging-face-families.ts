/** Families of models by the `model_type` of their config.json, as far as they differ from Llama. */

/** How a family differs from Llama where its config.json does not say so itself. */
export interface Family {
  /** Of so many layers the last attends to everything, the others to a window. 0: all have the window, if there is one. */
  pattern?: number;
  /** The head width, and whether embeddings are tied, when the file leaves it out. */
  headDim?: number;
  tied?: boolean;
  ungated?: boolean;
  /** `sliding_window` counts only with `use_sliding_window`. */
  asksForWindow?: boolean;
  /** Llama 4: the width of experts is `intermediate_size`, chunks in place of windows, one expert for every token. */
  llama4?: boolean;
  /** Queries and keys are normalized, head by head or over all. */
  norm?: 'heads' | 'whole';
}

const GEMMA = { headDim: 256, tied: true };
const QWEN = { asksForWindow: true };

/** Families that are dense layers or experts behind grouped or latent attention. */
export const FAMILIES: Readonly<Record<string, Family>> = {
  llama: {},
  mistral: {},
  mixtral: {},
  qwen2: QWEN,
  qwen2_moe: QWEN,
  qwen3: { ...QWEN, headDim: 128, norm: 'heads' },
  qwen3_moe: { ...QWEN, norm: 'heads' },
  qwen2_vl_text: QWEN,
  qwen2_5_vl_text: QWEN,
  qwen3_vl_text: { ...QWEN, headDim: 128, norm: 'heads' },
  qwen3_vl_moe_text: { ...QWEN, norm: 'heads' },
  mimo: QWEN,
  phi3: {},
  phimoe: {},
  gemma: GEMMA,
  gemma2: { ...GEMMA, pattern: 2 },
  gemma3_text: { ...GEMMA, pattern: 6, norm: 'heads' },
  olmo: {},
  olmo2: { norm: 'whole' },
  olmo3: { pattern: 4, norm: 'whole' },
  olmoe: { norm: 'whole' },
  granite: {},
  granitemoe: {},
  smollm3: { tied: true },
  glm: {},
  glm4: {},
  glm4_moe: {},
  glm4_moe_lite: {},
  glm_moe_dsa: {},
  cohere: { tied: true },
  cohere2: { tied: true, pattern: 4 },
  starcoder2: { tied: true, ungated: true },
  seed_oss: {},
  internlm3: {},
  exaone4: { pattern: 4 },
  ministral: {},
  ministral3: {},
  ernie4_5: {},
  hunyuan_v1_dense: {},
  dots1: {},
  arcee: { ungated: true },
  nemotron: { ungated: true },
  apertus: { ungated: true },
  minimax_m2: { norm: 'whole' },
  gpt_oss: { headDim: 64, pattern: 2 },
  deepseek_v2: {},
  deepseek_v3: {},
  deepseek_v32: {},
  kimi_k2: {},
  llama4_text: { pattern: 4, llama4: true },
};
