/**
 * Anthropic's models, with the limits and list prices of its model overview. Of those of 2026 the day is that on which its client
 * library first named them; of the latest no price is known.
 */
import { defineModels, type Feature, type ModelRow, perMillion, type Prices } from '../model.js';

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
  contextTokens = 200_000,
): ModelRow => ({
  id,
  aliases: alias === undefined ? [] : [alias],
  created,
  contextTokens,
  outputTokens,
  endpoints: ['chat'],
  ...rest,
});

const OPUS = { features: REASONING, prices: perMillion(15, 1.5, 75), ...LARGE };
/** From the models of 2026 on: a million tokens of context. */
const million = (
  id: string,
  created: string,
  prices: Prices,
  size: Pick<ModelRow, 'architecture' | 'architectureIsStandIn'>,
): ModelRow => claude(id, undefined, created, 128_000, { features: REASONING, prices, ...size }, 1_000_000);

const SONNET = { features: REASONING, prices: perMillion(3, 0.3, 15), ...MIDDLE };

export const ANTHROPIC_MODELS = defineModels({ owner: 'anthropic', tokenizer: 'claude' }, [
  million('claude-fable-5-2', '2026-11-09', {}, LARGE),
  million('claude-mythos-5-2', '2026-11-09', {}, LARGE),
  million('claude-haiku-5-5', '2026-10-07', perMillion(0.1, 0.01, 0.5), SMALL),
  million('claude-sonnet-5-5', '2026-09-28', perMillion(2, 0.1, 10), MIDDLE),
  million('claude-opus-5-5', '2026-09-22', perMillion(4, 0.2, 20), LARGE),
  million('claude-fable-5-1', '2026-09-01', perMillion(10, 0.25, 50), LARGE),
  million('claude-mythos-5-1', '2026-09-01', perMillion(10, 0.25, 50), LARGE),
  million('claude-opus-5', '2026-07-24', perMillion(5, 0.5, 25), LARGE),
  million('claude-sonnet-5', '2026-06-30', perMillion(2, 0.2, 10), MIDDLE),
  million('claude-fable-5', '2026-06-09', perMillion(10, 1, 50), LARGE),
  million('claude-mythos-5', '2026-06-09', perMillion(10, 1, 50), LARGE),
  million('claude-opus-4-8', '2026-05-28', perMillion(5, 0.5, 25), LARGE),
  million('claude-opus-4-7', '2026-04-16', perMillion(5, 0.5, 25), LARGE),
  million('claude-sonnet-4-6', '2026-02-17', perMillion(3, 0.3, 15), MIDDLE),
  million('claude-opus-4-6', '2026-02-05', perMillion(5, 0.5, 25), LARGE),
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
