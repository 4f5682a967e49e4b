/** Anthropic's models, with the limits and list prices of its model overview. */
import { defineModels, type Feature, type ModelRow, perMillion } from '../model.js';

const CHAT = ['tools', 'vision', 'prompt_caching'] as const satisfies readonly Feature[];
const REASONING = [...CHAT, 'reasoning', 'structured_outputs'] as const satisfies readonly Feature[];

/** Public shapes of about the speed of the large, the middle and the small ones. */
const LARGE = { architecture: 'deepseek-v3', architectureIsStandIn: true } as const;
const MIDDLE = { architecture: 'qwen3-235b-a22b', architectureIsStandIn: true } as const;
const SMALL = { architecture: 'gpt-oss-20b', architectureIsStandIn: true } as const;

const claude = (
  id: string,
  alias: string | undefined,
  created: string,
  outputTokens: number,
  rest: Pick<ModelRow, 'features' | 'prices' | 'architecture' | 'architectureIsStandIn'>,
): ModelRow => ({
  id,
  aliases: alias === undefined ? [] : [alias],
  created,
  contextTokens: 200_000,
  outputTokens,
  endpoints: ['chat'],
  ...rest,
});

const OPUS = { features: REASONING, prices: perMillion(15, 1.5, 75), ...LARGE };
const SONNET = { features: REASONING, prices: perMillion(3, 0.3, 15), ...MIDDLE };

export const ANTHROPIC_MODELS = defineModels({ owner: 'anthropic', tokenizer: 'claude' }, [
  claude('claude-opus-4-6', undefined, '2026-02-05', 128_000, { ...OPUS, prices: perMillion(5, 0.5, 25) }),
  claude('claude-sonnet-4-6', undefined, '2026-02-17', 64_000, SONNET),
  claude('claude-opus-4-5-20251101', 'claude-opus-4-5', '2025-11-24', 64_000, {
    ...OPUS,
    prices: perMillion(5, 0.5, 25),
  }),
  claude('claude-haiku-4-5-20251001', 'claude-haiku-4-5', '2025-10-15', 64_000, {
    features: REASONING,
    prices: perMillion(1, 0.1, 5),
    ...SMALL,
  }),
  claude('claude-sonnet-4-5-20250929', 'claude-sonnet-4-5', '2025-09-29', 64_000, SONNET),
  claude('claude-opus-4-1-20250805', 'claude-opus-4-1', '2025-08-05', 32_000, OPUS),
  claude('claude-opus-4-20250514', 'claude-opus-4-0', '2025-05-22', 32_000, OPUS),
  claude('claude-sonnet-4-20250514', 'claude-sonnet-4-0', '2025-05-22', 64_000, SONNET),
  claude('claude-3-7-sonnet-20250219', 'claude-3-7-sonnet-latest', '2025-02-24', 64_000, SONNET),
  claude('claude-3-5-sonnet-20241022', 'claude-3-5-sonnet-latest', '2024-10-22', 8192, {
    ...SONNET,
    features: CHAT,
  }),
  claude('claude-3-5-haiku-20241022', 'claude-3-5-haiku-latest', '2024-10-22', 8192, {
    features: CHAT,
    prices: perMillion(0.8, 0.08, 4),
    ...SMALL,
  }),
  claude('claude-3-opus-20240229', 'claude-3-opus-latest', '2024-02-29', 4096, { ...OPUS, features: CHAT }),
  claude('claude-3-sonnet-20240229', undefined, '2024-02-29', 4096, { ...SONNET, features: CHAT }),
  claude('claude-3-haiku-20240307', undefined, '2024-03-07', 4096, {
    features: CHAT,
    prices: perMillion(0.25, 0.03, 1.25),
    ...SMALL,
  }),
  claude('claude-2.1', undefined, '2023-11-21', 4096, {
    features: [],
    prices: perMillion(8, 0, 24),
    ...MIDDLE,
  }),
]);
