/**
 * How many samples a quantile needs before it may be shown.
 *
 * @param share - the quantile, between 0 and 1 exclusive
 * @returns the smallest n with 1 − shareⁿ ≥ 0.95: from there on the sample's largest value is, with 95 % confidence, at or
 *   above the true quantile, so an upper confidence limit exists (Wilks 1941); below the median the same for the
 *   smallest value. p50: 5, p90: 29, p95: 59, p99: 299, p99.9: 2,995.
 */
export function sampleFloor(share: number): number {
  return Math.ceil(Math.log(0.05) / Math.log(Math.max(share, 1 - share)));
}
