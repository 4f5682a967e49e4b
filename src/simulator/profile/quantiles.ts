/** Values from a distribution that is known by its quantiles. */
import type { Quantiles } from './profile.js';

/**
 * The normal score of a share: the x with Φ(x) = share. P. J. Acklam's rational approximation (2003), relative error below
 * 1.2e-9.
 *
 * @param share - above 0 and below 1
 */
export function normalScore(share: number): number {
  if (share > 0.5) return -normalScore(1 - share);
  if (share < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(share));
    const top =
      ((((-7.784894002430293e-3 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) *
        q +
        4.374664141464968) *
        q +
      2.938163982698783;
    const bottom =
      (((7.784695709041462e-3 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) *
        q +
      1;
    return top / bottom;
  }
  const q = share - 0.5;
  const r = q * q;
  const top =
    (((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r -
      30.66479806614716) *
      r +
      2.506628277459239) *
    q;
  const bottom =
    ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r -
      13.28068155288572) *
      r +
    1;
  return top / bottom;
}

/** The share of normal numbers that are larger; Abramowitz and Stegun 26.2.17, absolute error below 7.5e-8. */
function shareAbove(score: number): number {
  if (score < 0) return 1 - shareAbove(-score);
  const t = 1 / (1 + 0.2316419 * score);
  const polynomial =
    ((((1.330274429 * t - 1.821255978) * t + 1.781477937) * t - 0.356563782) * t + 0.31938153) * t;
  return (Math.exp((-score * score) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}

const MOST_MS = 60_000;
/** No more is drawn from a tail than this many standard deviations give. */
const HIGHEST_SCORE = 6;

/**
 * A function from a standard normal number to a value of the distribution: given normal numbers it gives values with these
 * quantiles and this tail.
 */
export function quantileFunction(quantiles: Quantiles): (score: number) => number {
  const body = bodyFunction(quantiles);
  const { tail } = quantiles;
  if (!tail) return body;
  const { share, alpha, mostMs = MOST_MS } = tail;
  const from = normalScore(1 - share);
  const startMs = body(from);
  return (score) => {
    if (score <= from) return body(score);
    const above = shareAbove(Math.min(score, HIGHEST_SCORE));
    const ms = startMs * Math.max(1, share / above) ** (1 / alpha);
    return Math.max(startMs, Math.min(ms, mostMs));
  };
}

function bodyFunction({ at, ms }: Quantiles): (score: number) => number {
  const scores = at.map(normalScore);
  const logs = ms.map(Math.log);
  const last = scores.length - 1;
  return (score) => {
    let i = 1;
    while (i < last && score > scores[i]!) i++;
    const slope = (logs[i]! - logs[i - 1]!) / (scores[i]! - scores[i - 1]!);
    return Math.exp(logs[i - 1]! + slope * (score - scores[i - 1]!));
  };
}
