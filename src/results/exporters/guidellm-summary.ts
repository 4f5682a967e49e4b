/** GuideLLM's summary of a distribution. */

const PERCENTILES = {
  p001: 0.001,
  p01: 0.01,
  p05: 0.05,
  p10: 0.1,
  p25: 0.25,
  p50: 0.5,
  p75: 0.75,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  p999: 0.999,
} as const;

export interface Summary {
  mean: number;
  median: number;
  mode: number;
  variance: number;
  std_dev: number;
  min: number;
  max: number;
  count: number;
  total_sum: number;
  percentiles: Record<keyof typeof PERCENTILES, number>;
  pdf: null;
}

/** @param at - the value at a share */
export const percentilesOf = (at: (share: number) => number): Summary['percentiles'] =>
  Object.fromEntries(
    Object.entries(PERCENTILES).map(([name, share]) => [name, at(share)]),
  ) as Summary['percentiles'];

/** A value, and for how long it was there. */
export interface Weighted {
  value: number;
  weight: number;
}

/**
 * The summary of values over time; undefined without any.
 *
 * @param mean - where it is known better than the steps tell
 * @param count - requests that it is about
 */
export function weightedSummary(
  values: readonly Weighted[],
  mean: number,
  count: number,
): Summary | undefined {
  const sorted = values.filter(({ weight }) => weight > 0).toSorted((a, b) => a.value - b.value);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  if (sorted.length === 0) return undefined;
  const at = (share: number): number => {
    let left = share * total;
    for (const { value, weight } of sorted) if ((left -= weight) <= 0) return value;
    return sorted.at(-1)!.value;
  };
  const own = sorted.reduce((sum, { value, weight }) => sum + value * weight, 0) / total;
  const variance = sorted.reduce((sum, { value, weight }) => sum + (value - own) ** 2 * weight, 0) / total;
  return {
    mean,
    median: at(0.5),
    mode: sorted.reduce((most, one) => (one.weight > most.weight ? one : most)).value,
    variance,
    std_dev: Math.sqrt(variance),
    min: sorted[0]!.value,
    max: sorted.at(-1)!.value,
    count,
    total_sum: mean * count,
    percentiles: percentilesOf(at),
    pdf: null,
  };
}
