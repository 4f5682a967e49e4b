/** Whether values go up or down over time, or only up and down. */

/** A trend of equally spaced values. */
export interface Trend {
  /** Change from the first to the last value by the median slope. */
  change: number;
  /** Median of the values. */
  median: number;
  /** How many standard deviations the Mann–Kendall statistic is away from "no trend"; its sign is that of the trend. */
  sigmas: number;
}

/**
 * Measures a trend: its size by the median of all slopes between two values (Theil 1950, Sen 1968), its certainty by the
 * Mann–Kendall test (Mann 1945, Kendall 1975) with the variance for ties. Neither is impressed by a single outlier.
 *
 * @returns undefined for fewer than 4 values, of which no order is improbable enough
 */
export function trendOf(values: readonly number[]): Trend | undefined {
  const n = values.length;
  if (n < 4) return undefined;
  const slopes: number[] = [];
  let s = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const difference = values[j]! - values[i]!;
      s += Math.sign(difference);
      slopes.push(difference / (j - i));
    }
  }
  const ties = new Map<number, number>();
  for (const value of values) ties.set(value, (ties.get(value) ?? 0) + 1);
  const spread = (count: number): number => count * (count - 1) * (2 * count + 5);
  const variance = (spread(n) - [...ties.values()].reduce((sum, count) => sum + spread(count), 0)) / 18;
  return {
    change: medianOf(slopes) * (n - 1),
    median: medianOf(values),
    sigmas: variance > 0 ? (s - Math.sign(s)) / Math.sqrt(variance) : 0,
  };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}
