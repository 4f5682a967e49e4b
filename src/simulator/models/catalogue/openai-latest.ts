/**
 * OpenAI's models of 2026, and others that its specification names beside those of the other files. Of some no price or limit is
 * known: they have no price, and the limits of their elders. Where only the month of release is known, its first day stands.
 */
import { defineModels, type ModelRow, perMillion, type Prices } from '../model.js';

const LARGE = { architecture: 'gpt-oss-120b', architectureIsStandIn: true } as const;
const SMALL = { architecture: 'gpt-oss-20b', architectureIsStandIn: true } as const;

type Named = Pick<ModelRow, 'id' | 'created'> & Partial<ModelRow>;

const thinker = (row: Named): ModelRow => ({
  contextTokens: 1_050_000,
  outputTokens: 128_000,
  endpoints: ['chat'],
  features: [
    'tools',
    'json_mode',
    'structured_outputs',
    'vision',
    'prompt_caching',
    'reasoning',
    'web_search',
  ],
  ...LARGE,
  ...row,
});
const speaker = (row: Named): ModelRow => ({
  contextTokens: 128_000,
  outputTokens: 16_384,
  endpoints: ['chat'],
  features: ['audio_input', 'audio_output', 'tools', 'logprobs'],
  ...LARGE,
  ...row,
});
const live = (row: Named): ModelRow => ({
  contextTokens: 128_000,
  outputTokens: 32_000,
  endpoints: ['realtime', 'chat'],
  features: ['audio_input', 'audio_output', 'tools', 'logprobs', 'vision', 'prompt_caching'],
  ...LARGE,
  ...row,
});
const listener = (id: string, created: string): ModelRow => ({
  id,
  created,
  contextTokens: 16_000,
  outputTokens: 2000,
  endpoints: ['transcription'],
  features: ['audio_input', 'logprobs'],
});
const heard = (text: Prices, input: number, output: number): Prices => ({
  ...text,
  audioInputUsdPerMillion: input,
  audioOutputUsdPerMillion: output,
});

/** Served by the Responses API alone. */
const RESPONSES_ONLY = { endpoints: ['responses'] } as const satisfies Partial<ModelRow>;

const GPT_6: readonly ModelRow[] = [
  thinker({ id: 'gpt-6.1-sol', created: '2026-10-01', prices: perMillion(2, 0.1, 10) }),
  thinker({ id: 'gpt-6.1-terra', created: '2026-11-01', prices: perMillion(1, 0.05, 5) }),
  thinker({ id: 'gpt-6-astra', created: '2026-09-04', prices: perMillion(10, 1, 50) }),
  thinker({ id: 'gpt-6-sol', created: '2026-09-22', prices: perMillion(2, 0.2, 10) }),
  thinker({ id: 'gpt-6-luna', created: '2026-09-22', prices: perMillion(0.1, 0.01, 0.5), ...SMALL }),
  thinker({ id: 'gpt-6-cyber', created: '2026-11-01', prices: perMillion(20, 2, 100) }),
];

const GPT_5_LATER: readonly ModelRow[] = [
  thinker({ id: 'gpt-5.6-sol', aliases: ['gpt-5.6'], created: '2026-07-09', prices: perMillion(4, 0.4, 20) }),
  thinker({ id: 'gpt-5.6-terra', created: '2026-07-09', prices: perMillion(2, 0.2, 12) }),
  thinker({ id: 'gpt-5.6-luna', created: '2026-07-09', prices: perMillion(0.2, 0.02, 1.2), ...SMALL }),
  thinker({ id: 'gpt-5.6-cyber', created: '2026-07-09', ...RESPONSES_ONLY }),
  thinker({ id: 'gpt-daybreak-blue-latest', created: '2026-07-09', ...RESPONSES_ONLY }),
  thinker({ id: 'gpt-daybreak-red-latest', created: '2026-07-09', ...RESPONSES_ONLY }),
  thinker({ id: 'gpt-5.5', aliases: ['gpt-5.5-2026-04-23'], created: '2026-04-23', prices: perMillion(5, 0.5, 30) }), // prettier-ignore
  thinker({ id: 'gpt-5.5-pro', aliases: ['gpt-5.5-pro-2026-04-23'], created: '2026-04-23', prices: perMillion(30, 0, 180), ...RESPONSES_ONLY }), // prettier-ignore
  thinker({ id: 'gpt-5.4-pro', aliases: ['gpt-5.4-pro-2026-03-05'], created: '2026-03-05', prices: perMillion(30, 0, 180), ...RESPONSES_ONLY }), // prettier-ignore
  thinker({
    id: 'gpt-5.4',
    aliases: ['gpt-5.4-2026-03-05'],
    created: '2026-03-05',
    prices: perMillion(2.5, 0.25, 15),
  }),
  thinker({ id: 'gpt-5.4-mini', aliases: ['gpt-5.4-mini-2026-03-17'], created: '2026-03-17', contextTokens: 400_000, prices: perMillion(0.75, 0.075, 4.5), ...SMALL }), // prettier-ignore
  thinker({ id: 'gpt-5.4-nano', aliases: ['gpt-5.4-nano-2026-03-17'], created: '2026-03-17', contextTokens: 400_000, prices: perMillion(0.2, 0.02, 1.25), ...SMALL }), // prettier-ignore
  thinker({ id: 'gpt-5.3-codex', created: '2026-02-05', contextTokens: 400_000, prices: perMillion(1.75, 0.175, 14), ...RESPONSES_ONLY }), // prettier-ignore
  thinker({ id: 'gpt-5.3-chat-latest', created: '2026-02-01', contextTokens: 128_000, outputTokens: 16_384 }),
];

const earlier = (row: Named): ModelRow => thinker({ contextTokens: 400_000, ...row });
const research = (row: Named): ModelRow =>
  thinker({ contextTokens: 200_000, outputTokens: 100_000, ...RESPONSES_ONLY, ...row });

const EARLIER: readonly ModelRow[] = [
  earlier({ id: 'gpt-5.2-codex', created: '2025-12-11', prices: perMillion(1.75, 0.175, 14), ...RESPONSES_ONLY }), // prettier-ignore
  earlier({ id: 'gpt-5.1-codex-max', created: '2025-12-04', prices: perMillion(1.25, 0.125, 10), ...RESPONSES_ONLY }), // prettier-ignore
  earlier({ id: 'gpt-5.1-codex-mini', created: '2025-11-13', prices: perMillion(0.25, 0.025, 2), ...SMALL, ...RESPONSES_ONLY }), // prettier-ignore
  earlier({ id: 'gpt-5.1-chat-latest', created: '2025-11-13', contextTokens: 128_000, outputTokens: 16_384, prices: perMillion(1.25, 0.125, 10) }), // prettier-ignore
  earlier({ id: 'gpt-5.1-mini', created: '2025-11-13', ...SMALL }),
  earlier({ id: 'gpt-5-pro', aliases: ['gpt-5-pro-2025-10-06'], created: '2025-10-06', outputTokens: 272_000, prices: perMillion(15, 0, 120), ...RESPONSES_ONLY }), // prettier-ignore
  earlier({
    id: 'gpt-5-codex',
    created: '2025-09-23',
    prices: perMillion(1.25, 0.125, 10),
    ...RESPONSES_ONLY,
  }),
  research({ id: 'o3-deep-research', aliases: ['o3-deep-research-2025-06-26'], created: '2025-06-26', prices: perMillion(10, 2.5, 40) }), // prettier-ignore
  research({ id: 'o4-mini-deep-research', aliases: ['o4-mini-deep-research-2025-06-26'], created: '2025-06-26', prices: perMillion(2, 0.5, 8), ...SMALL }), // prettier-ignore
  research({ id: 'codex-mini-latest', created: '2025-05-16', prices: perMillion(1.5, 0.375, 6), ...SMALL }),
  research({ id: 'o1-pro', aliases: ['o1-pro-2025-03-19'], created: '2025-03-19', prices: perMillion(150, 0, 600) }), // prettier-ignore
];

const SOUND: readonly ModelRow[] = [
  live({ id: 'gpt-realtime-2.1', created: '2026-07-01', prices: heard(perMillion(4, 0.4, 24), 32, 64) }),
  live({ id: 'gpt-realtime-2.1-mini', created: '2026-07-01', prices: heard(perMillion(0.6, 0.06, 2.4), 10, 20), ...SMALL }), // prettier-ignore
  live({ id: 'gpt-realtime-2', created: '2026-05-07', prices: heard(perMillion(4, 0.4, 24), 32, 64) }),
  live({ id: 'gpt-realtime-1.5', created: '2026-02-01', contextTokens: 32_000, outputTokens: 4096 }),
  speaker({ id: 'gpt-audio-1.5', created: '2026-02-01' }),
  speaker({ id: 'gpt-audio-mini', aliases: ['gpt-audio-mini-2025-10-06', 'gpt-audio-mini-2025-12-15'], created: '2025-10-06', prices: heard(perMillion(0.6, 0, 2.4), 10, 20), ...SMALL }), // prettier-ignore
  listener('gpt-transcribe', '2026-05-07'),
  listener('gpt-live-transcribe', '2026-05-07'),
];

/** In the order of OpenAI's own list: the newest first. */
export const LATEST_OPENAI_MODELS = defineModels({ owner: 'openai', tokenizer: 'o200k_base' }, [
  ...GPT_6,
  ...GPT_5_LATER,
  ...EARLIER,
  ...SOUND,
]);
