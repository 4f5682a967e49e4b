/** xAI's models, with the limits and list prices of its pages. */
import { defineModels, type Feature, type ModelRow, perMillion, type Prices } from '../model.js';

const CHAT = [
  'tools',
  'json_mode',
  'structured_outputs',
  'vision',
  'prompt_caching',
  'web_search',
] as const satisfies readonly Feature[];

/** One whose answers may be as long as its context. */
const grok = (
  id: string,
  aliases: readonly string[],
  created: string,
  contextTokens: number,
  prices: Prices,
  features: readonly Feature[] = [...CHAT, 'reasoning'],
): ModelRow => ({
  id,
  aliases,
  created,
  contextTokens,
  outputTokens: contextTokens,
  endpoints: ['chat'],
  features,
  prices,
  architecture: 'deepseek-v3',
  architectureIsStandIn: true,
});

export const XAI_MODELS = defineModels({ owner: 'xai', tokenizer: 'grok' }, [
  grok('grok-4.7', [], '2026-09-21', 500_000, perMillion(2, 0.5, 6)),
  grok('grok-4.6', [], '2026-08-12', 500_000, perMillion(2, 0.5, 6)),
  grok('grok-4.5', ['grok-4.5-latest'], '2026-07-08', 500_000, perMillion(2, 0.3, 6)),
  grok('grok-4.3', ['grok-4.3-latest'], '2026-04-17', 1_000_000, perMillion(1.25, 0.2, 2.5)),
  grok(
    'grok-4.20-reasoning',
    ['grok-4.20', 'grok-4.20-0309-reasoning'],
    '2026-03-09',
    1_000_000,
    perMillion(1.25, 0.2, 2.5),
  ),
  grok(
    'grok-4.20-non-reasoning',
    ['grok-4.20-0309-non-reasoning'],
    '2026-03-09',
    1_000_000,
    perMillion(1.25, 0.2, 2.5),
    CHAT,
  ),
]);
