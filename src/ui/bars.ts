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

/** A stretch of live buckets. */
export interface Axis {
  fromBucket: number;
  /** Exclusive. */
  toBucket: number;
}

/** The axis grows in steps of this many buckets (an eighth of a decade), so that it stands still most of the time. */
const AXIS_STEP = 8;

/** The live buckets that hold the middle 99.8 % of all counts, widened to whole steps; undefined while empty. */
export function axisOf(histograms: readonly ArrayLike<number>[]): Axis | undefined {
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
 * Spreads live buckets over columns. A bucket that lies in two columns is split in proportion, so that none is favoured
 * and the sum stays. Counts outside the axis fall into its outermost buckets.
 */
export function chartOf(counts: ArrayLike<number>, { fromBucket, toBucket }: Axis, width: number): number[] {
  const columns = Array<number>(width).fill(0);
  const columnsPerBucket = width / (toBucket - fromBucket);
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] === 0) continue;
    const bucket = Math.min(toBucket - 1, Math.max(fromBucket, i)) - fromBucket;
    spread(columns, counts[i]!, bucket * columnsPerBucket, (bucket + 1) * columnsPerBucket);
  }
  return columns;
}

/** Adds a count to the columns between two positions, evenly. */
function spread(columns: number[], count: number, from: number, to: number): void {
  for (let column = Math.floor(from); column < to && column < columns.length; column++) {
    const overlap = Math.min(to, column + 1) - Math.max(from, column);
    columns[column]! += (count * overlap) / (to - from);
  }
}
