/** Charts of block characters. */

const EIGHTHS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** One row of columns, scaled to the highest; what is not nothing is visible. */
export function sparkline(values: readonly number[]): string {
  return verticalBars(values, 1)[0]!;
}

/**
 * Columns of a given height, the top row first.
 *
 * @param highest - the value of a full column; the largest of the values by default
 */
export function verticalBars(
  values: readonly number[],
  height: number,
  highest = Math.max(0, ...values),
): string[] {
  const eighths = values.map((value) =>
    value > 0 ? Math.max(1, Math.round((value / highest) * height * 8)) : 0,
  );
  return Array.from({ length: height }, (_, row) => {
    const base = (height - 1 - row) * 8;
    return eighths.map((level) => (level <= base ? ' ' : EIGHTHS[Math.min(8, level - base) - 1]!)).join('');
  });
}

/** Counts of live buckets as columns of a chart. */
export interface Chart {
  columns: number[];
  /** Both ends of the axis, as live buckets. */
  fromBucket: number;
  toBucket: number;
}

/** The axis grows in steps of this many buckets (an eighth of a decade), so that it stands still most of the time. */
const AXIS_STEP = 8;

/** The live buckets that hold the middle 99.8 % of all counts, widened to whole steps; undefined while empty. */
export function axisOf(
  histograms: readonly ArrayLike<number>[],
): { fromBucket: number; toBucket: number } | undefined {
  const summed: number[] = [];
  let total = 0;
  for (const counts of histograms) {
    for (let i = 0; i < counts.length; i++) {
      summed[i] = (summed[i] ?? 0) + counts[i]!;
      total += counts[i]!;
    }
  }
  if (total === 0) return undefined;
  const bucketAt = (share: number): number => {
    let left = Math.max(1, Math.ceil(share * total));
    return summed.findIndex((count) => (left -= count) <= 0);
  };
  return {
    fromBucket: Math.floor(bucketAt(0.001) / AXIS_STEP) * AXIS_STEP,
    toBucket: Math.ceil((bucketAt(0.999) + 1) / AXIS_STEP) * AXIS_STEP,
  };
}

/**
 * Fits live buckets into columns: whole buckets per column, or whole columns per bucket, so that no column is favoured.
 * Counts outside the axis fall into its outermost columns.
 */
export function chartOf(
  counts: ArrayLike<number>,
  axis: { fromBucket: number; toBucket: number },
  width: number,
): Chart {
  const { fromBucket, toBucket } = axis;
  const buckets = toBucket - fromBucket;
  const perColumn = Math.max(1, Math.ceil(buckets / width));
  const stretch = Math.max(1, Math.floor(width / buckets));
  const bins = Array<number>(Math.ceil(buckets / perColumn)).fill(0);
  for (let i = 0; i < counts.length; i++) {
    const bin = Math.floor((i - fromBucket) / perColumn);
    bins[Math.min(bins.length - 1, Math.max(0, bin))]! += counts[i]!;
  }
  return { columns: bins.flatMap((count) => Array<number>(stretch).fill(count)), fromBucket, toBucket };
}
