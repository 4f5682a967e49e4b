/** What the arms of an A/B split achieved, and whether the differences between them are more than chance. */

/** Totals of one arm; those of times and tokens are of requests that ended well. */
export interface ArmTotals {
  requests: number;
  ended: number;
  failed: number;
  /** Of those that had a first token: how many, their sum and the sum of their squares. */
  first_tokens: number;
  ttft_ms: number;
  ttft_ms_squares: number;
  e2e_ms: number;
  prompt_tokens: number;
  cached_tokens: number;
  output_tokens: number;
}

/** An arm with its name. */
export interface NamedArm {
  readonly name: string;
  /** Of the traffic, relative to the other arms: what was asked for. */
  readonly share: number;
  readonly totals: Readonly<ArmTotals>;
}

/** One arm beside the first one. */
export interface ArmComparison {
  readonly name: string;
  /** Share of the requests that was asked for, 0 to 1, and that which it got; null before the first. */
  readonly share: number;
  readonly shareOfRequests: number | null;
  readonly requests: number;
  readonly failed: number;
  /** Those that ended well, and those of them that had a first token: whose means these are. */
  readonly ended: number;
  readonly firstTokens: number;
  readonly ttftMeanMs: number | null;
  readonly e2eMeanMs: number | null;
  /** Share of prompt tokens that were cached. */
  readonly cachedShare: number | null;
  /** Mean TTFT minus that of the first arm, and half the width of its 95 % interval; null for the first arm, or for too few. */
  readonly ttftDifferenceMs: number | null;
  readonly ttftDifferenceMarginMs: number | null;
  /** Whether that interval excludes zero. */
  readonly significant: boolean;
}

export const noTotals = (): ArmTotals => ({
  requests: 0,
  ended: 0,
  failed: 0,
  first_tokens: 0,
  ttft_ms: 0,
  ttft_ms_squares: 0,
  e2e_ms: 0,
  prompt_tokens: 0,
  cached_tokens: 0,
  output_tokens: 0,
});

/** Fewer requests than this say nothing about a difference. */
const LEAST_REQUESTS = 30;
/** Of the normal distribution, for 95 %; the arms have at least {@link LEAST_REQUESTS}. */
const Z = 1.96;

const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

/** Variance of the mean. */
function errorOf({ first_tokens: n, ttft_ms: sum, ttft_ms_squares: squares }: ArmTotals): number {
  return Math.max(0, (squares - (sum * sum) / n) / (n - 1)) / n;
}

/** Every arm beside the first one (Welch's interval: the arms may scatter differently). */
export const compareArms = (arms: readonly NamedArm[]): ArmComparison[] => {
  const shares = arms.reduce((sum, { share }) => sum + share, 0);
  const requests = arms.reduce((sum, { totals }) => sum + totals.requests, 0);
  return arms.map(({ name, share, totals }, i) => {
    const first = arms[0]!.totals;
    const enough = Math.min(first.first_tokens, totals.first_tokens) >= LEAST_REQUESTS && i > 0;
    const mean = ratio(totals.ttft_ms, totals.first_tokens);
    const difference = enough ? mean! - first.ttft_ms / first.first_tokens : null;
    const margin = enough ? Z * Math.sqrt(errorOf(first) + errorOf(totals)) : null;
    return {
      name,
      share: share / shares,
      shareOfRequests: ratio(totals.requests, requests),
      requests: totals.requests,
      failed: totals.failed,
      ended: totals.ended,
      firstTokens: totals.first_tokens,
      ttftMeanMs: mean,
      e2eMeanMs: ratio(totals.e2e_ms, totals.ended),
      cachedShare: ratio(totals.cached_tokens, totals.prompt_tokens),
      ttftDifferenceMs: difference,
      ttftDifferenceMarginMs: margin,
      significant: difference !== null && Math.abs(difference) > margin!,
    };
  });
};
