/** How much the usage tiers allow: requests and tokens of each model, per minute and per day. */

/** The usage tiers of an organization, from the one that pays nothing on. */
export const RATE_LIMIT_TIERS = ['free', 'tier1', 'tier2', 'tier3', 'tier4', 'tier5'] as const;
export type RateLimitTier = (typeof RATE_LIMIT_TIERS)[number];

/** Kinds of models that tiers tell apart. */
export type LimitKind = 'text' | 'embeddings' | 'moderations' | 'media';

/** What is allowed; undefined is no limit. */
export interface Allowance {
  requestsPerMinute?: number | undefined;
  tokensPerMinute?: number | undefined;
  requestsPerDay?: number | undefined;
  tokensPerDay?: number | undefined;
}

/** Settings about rate limits. */
export interface RateLimits {
  /** `auto` where a tier or any limit is given. */
  rateLimitEnabled?: 'auto' | boolean | undefined;
  rateLimitTier?: RateLimitTier | undefined;
  rateLimitRpm?: number | undefined;
  rateLimitTpm?: number | undefined;
  rateLimitRpd?: number | undefined;
  rateLimitTpd?: number | undefined;
}

/** Of a tier that nobody named. */
const DEFAULT_TIER: RateLimitTier = 'tier1';

type Row = readonly [
  requestsPerMinute?: number,
  tokensPerMinute?: number | undefined,
  requestsPerDay?: number,
];

// As OpenAI published them in 2025, by tier, for gpt-4o, gpt-4o-mini, text-embedding-3-small, omni-moderation and tts-1.
const ROWS = {
  large: [
    [3, 40_000, 200],
    [500, 30_000],
    [5000, 450_000],
    [5000, 800_000],
    [10_000, 2_000_000],
    [10_000, 30_000_000],
  ],
  small: [
    [3, 40_000, 200],
    [500, 200_000, 10_000],
    [5000, 2_000_000],
    [5000, 4_000_000],
    [10_000, 10_000_000],
    [30_000, 150_000_000],
  ],
  embeddings: [
    [100, 40_000, 2000],
    [3000, 1_000_000],
    [5000, 1_000_000],
    [5000, 5_000_000],
    [10_000, 5_000_000],
    [10_000, 10_000_000],
  ],
  moderations: [
    [250, 10_000, 5000],
    [500, 10_000, 10_000],
    [500, 20_000],
    [1000, 50_000],
    [2000, 250_000],
    [5000, 500_000],
  ],
  media: [[3, undefined, 200], [500], [2500], [5000], [7500], [10_000]],
} as const satisfies Record<string, readonly Row[]>;

const SMALL = /mini|nano|small|lite|flash|haiku|3\.5|fakeai|(?:^|[^\d])[1-9]b(?:$|[^a-z])/i;

/** Whether anything is limited at all. */
export function limitsRates(limits: RateLimits): boolean {
  const { rateLimitEnabled = 'auto', rateLimitTier, ...rest } = limits;
  if (rateLimitEnabled !== 'auto') return rateLimitEnabled;
  const { rateLimitRpm, rateLimitTpm, rateLimitRpd, rateLimitTpd } = rest;
  return [rateLimitTier, rateLimitRpm, rateLimitTpm, rateLimitRpd, rateLimitTpd].some(
    (given) => given !== undefined,
  );
}

/** What a key may ask of a model: as its tier says, and over that what is given in numbers. */
export function allowanceOf(limits: RateLimits, kind: LimitKind, model: string): Allowance {
  const { rateLimitRpm, rateLimitTpm, rateLimitRpd, rateLimitTpd } = limits;
  const inNumbers = [rateLimitRpm, rateLimitTpm, rateLimitRpd, rateLimitTpd];
  const onlyNumbers = limits.rateLimitTier === undefined && inNumbers.some((given) => given !== undefined);
  const [requests, tokens, daily] = onlyNumbers
    ? []
    : rowOf(limits.rateLimitTier ?? DEFAULT_TIER, kind, model);
  return {
    requestsPerMinute: rateLimitRpm ?? requests,
    tokensPerMinute: rateLimitTpm ?? tokens,
    requestsPerDay: rateLimitRpd ?? daily,
    tokensPerDay: rateLimitTpd,
  };
}

function rowOf(tier: RateLimitTier, kind: LimitKind, model: string): Row {
  const name = kind === 'text' ? (SMALL.test(model) ? 'small' : 'large') : kind;
  return ROWS[name][RATE_LIMIT_TIERS.indexOf(tier)]!;
}

/** The name under which a model is limited: its dated versions and what was tuned from it share its limits. */
export const limitGroupOf = (model: string): string =>
  model.replace(/^ft:([^:]+):.*$/, '$1').replace(/-\d{4}-\d{2}-\d{2}$|-\d{4}$|-latest$/, '');
