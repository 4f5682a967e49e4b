/** All models that fakeai knows without being told. */
import type { ModelInfo } from '../model.js';
import { ANTHROPIC_MODELS } from './anthropic.js';
import { COHERE_MODELS } from './cohere.js';
import { DEEPSEEK_MODELS } from './deepseek.js';
import { FAKEAI_MODELS } from './fakeai.js';
import { GOOGLE_MODELS } from './google.js';
import { META_MODELS } from './meta.js';
import { MISTRAL_MODELS } from './mistral.js';
import { NVIDIA_MODELS } from './nvidia.js';
import { OPENAI_MODELS } from './openai.js';
import { LATEST_OPENAI_MODELS } from './openai-latest.js';
import { OPENAI_MEDIA_MODELS } from './openai-media.js';
import { OLDER_OPENAI_MODELS } from './openai-older.js';
import { OTHER_MODELS } from './others.js';
import { QWEN_MODELS } from './qwen.js';
import { XAI_MODELS } from './xai.js';

/** The house's own model first: it is the one that is used when none is named. */
export const BUILT_IN_MODELS: readonly ModelInfo[] = [
  ...FAKEAI_MODELS,
  ...LATEST_OPENAI_MODELS,
  ...OPENAI_MODELS,
  ...OLDER_OPENAI_MODELS,
  ...OPENAI_MEDIA_MODELS,
  ...ANTHROPIC_MODELS,
  ...META_MODELS,
  ...DEEPSEEK_MODELS,
  ...MISTRAL_MODELS,
  ...GOOGLE_MODELS,
  ...QWEN_MODELS,
  ...NVIDIA_MODELS,
  ...XAI_MODELS,
  ...COHERE_MODELS,
  ...OTHER_MODELS,
];
