/**
 * Confidence intervals of one run's figures, without assumptions about the shape of a distribution.
 *
 * Quantiles: of n independent values, the number at or below the true q-quantile is Binomial(n, q). So the interval
 * [X₍ₗ₎, X₍ᵤ₎] of order statistics covers that quantile with probability P(l ≤ B < u), whatever the distribution
 * (Conover, Practical Nonparametric Statistics, 3rd ed., §3.2; Le Boudec, Performance Evaluation of Computer and
 * Communication Systems, theorem 2.1). l and u are the ranks with at most half of the allowed error below and above.
 */

/** Ranks (from 1) of the order statistics that enclose a quantile; a missing one means: no finite bound from so few values. */
export interface RankInterval {
  lower?: number;
  upper?: number;
}

/**
 * @param n - number of independent values
 * @param share - the quantile, between 0 and 1 exclusive
 * @param confidence - at least so likely the ranks enclose the quantile, e.g. 0.975
 */
export function quantileRanks(n: number, share: number, confidence: number): RankInterval {
  const tail = (1 - confidence) / 2;
  const { from, masses } = binomialMasses(n, share);
  // P(X₍ₗ₎ > quantile) = P(B < l) ≤ tail: the largest such l.
  let lower = from;
  for (let below = 0, i = 0; i < masses.length; i++) {
    below += masses[i]!;
    if (below > tail) break;
    lower = from + i + 1;
  }
  // P(X₍ᵤ₎ < quantile) = P(B ≥ u) ≤ tail: the smallest such u.
  let upper = from + masses.length;
  for (let above = 0, i = masses.length - 1; i >= 0; i--) {
    above += masses[i]!;
    if (above > tail) break;
    upper = from + i;
  }
  return { ...(lower >= 1 && { lower }), ...(upper <= n && { upper }) };
}

/** So many standard deviations from the mean the rest of a binomial distribution is below anything that matters here. */
const WINDOW_SIGMAS = 12;

/** Probabilities of a Binomial(n, p) around its mode, from the ratio of neighbours: no factorials, no overflow. */
function binomialMasses(n: number, p: number): { from: number; masses: number[] } {
  const mode = Math.min(n, Math.floor((n + 1) * p));
  const reach = Math.ceil(WINDOW_SIGMAS * Math.sqrt(n * p * (1 - p))) + 30;
  const from = Math.max(0, mode - reach);
  const to = Math.min(n, mode + reach);
  const masses = Array.from({ length: to - from + 1 }, () => 0);
  masses[mode - from] = 1;
  const odds = p / (1 - p);
  for (let k = mode; k < to; k++) masses[k + 1 - from] = masses[k - from]! * ((n - k) / (k + 1)) * odds;
  for (let k = mode; k > from; k--) masses[k - 1 - from] = (masses[k - from]! * k) / (n - k + 1) / odds;
  const sum = masses.reduce((total, mass) => total + mass, 0);
  return { from, masses: masses.map((mass) => mass / sum) };
}

/**
 * Wilson's score interval of a share (Wilson 1927), which stays within 0 and 1 and is defined for no failures at all.
 *
 * @param z - standard normal quantile of the confidence
 */
export function wilsonInterval(hits: number, n: number, z: number): [low: number, high: number] {
  const share = hits / n;
  const denominator = 1 + z ** 2 / n;
  const centre = (share + z ** 2 / (2 * n)) / denominator;
  const half = (z / denominator) * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  // At the ends both terms are equal but for rounding, of which a ratio would make something enormous.
  return [hits === 0 ? 0 : Math.max(0, centre - half), hits === n ? 1 : Math.min(1, centre + half)];
}
