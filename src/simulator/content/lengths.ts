/** How long answers and thoughts are when nothing limits them. */
import type { Random } from '../../lib/random.js';

/** Median and spread (sigma of the logarithm) of the length that answers have by themselves; their mean is 120. */
const NATURAL_LENGTH = { medianTokens: 100, sigma: 0.6, maxTokens: 4096 } as const;

/** How hard a model thinks before it answers. */
export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** Median length of thoughts. Each is well above the one before it, so that more effort is more tokens. */
const THOUGHT_MEDIAN_TOKENS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 24,
  low: 96,
  medium: 288,
  high: 864,
  xhigh: 2048,
  max: 4096,
};
const THOUGHT_SIGMA = 0.4;
const MAX_THOUGHT_TOKENS = 32_768;

/** How long an answer would be if nothing limited it: lognormal, as lengths of real chats roughly are. */
export function naturalTokens(random: Random): number {
  const { medianTokens, sigma, maxTokens } = NATURAL_LENGTH;
  return Math.min(Math.max(Math.round(medianTokens * Math.exp(sigma * random.normal())), 1), maxTokens);
}

/** How many tokens are thought; of one `random`, more effort is always more. 0 only for `none`. */
export function thoughtTokens(random: Random, effort: Effort): number {
  const spread = Math.exp(THOUGHT_SIGMA * random.normal());
  const tokens = Math.round(THOUGHT_MEDIAN_TOKENS[effort] * spread);
  return effort === 'none' ? 0 : Math.min(Math.max(tokens, 1), MAX_THOUGHT_TOKENS);
}
