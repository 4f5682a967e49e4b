/** Histograms for drawing: the many fine buckets of a distribution gathered into as many bins as there is room for. */
import type { Distribution } from './distribution.js';

export interface Bin {
  /** Lower bound, in the metric's unit. */
  from: number;
  to: number;
  count: number;
}

/** Bins narrower than this ratio would show the steps of the histogram (0.1 %) rather than of the data. */
const NARROWEST_RATIO = 1.002;

/**
 * Gathers a distribution into equal bins on a logarithmic axis from its smallest to its largest value.
 *
 * @param bins - how many; 1 or more
 * @param smallest - what counts as the smallest value, so that a zero does not stretch the axis without end
 */
export function binDistribution(distribution: Distribution, bins: number, smallest = 0.001): Bin[] {
  if (distribution.count === 0) return [];
  const low = Math.max(smallest, distribution.statistic('min')!);
  const high = Math.max(low, distribution.statistic('max')!);
  const ratio = Math.max(NARROWEST_RATIO, (high / low) ** (1 / bins));
  const gathered = Array.from({ length: bins }, (_, i): Bin => ({
    from: low * ratio ** i,
    to: low * ratio ** (i + 1),
    count: 0,
  }));
  for (const { from, to, count } of distribution.buckets()) {
    const middle = Math.max(low, (from + to) / 2);
    const index = Math.floor(Math.log(middle / low) / Math.log(ratio));
    gathered[Math.min(bins - 1, index)]!.count += count;
  }
  return gathered;
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** A horizontal bar, exact to an eighth of a column; what is not nothing is visible. */
export function horizontalBar(share: number, width: number): string {
  if (share <= 0) return '';
  const eighths = Math.max(1, Math.round(Math.min(1, share) * width * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!;
}
