/** How times depend on something else, told from medians of groups: a few outliers change nothing. */
import { median } from './observations.js';

/** Requests of a group; a median of fewer is chance. */
const LEAST_IN_GROUP = 20;
const MOST_GROUPS = 8;
/** The largest group's value is at least this many times that of the smallest, or nothing can be told. */
const LEAST_SPREAD = 1.5;

/** Medians of groups of equal size, in ascending order of what groups were made by. */
export interface GroupMedians {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/**
 * Groups values by another quantity.
 *
 * @returns undefined where that does not vary enough, or there are too few
 */
export function groupMedians(by: readonly number[], values: readonly number[]): GroupMedians | undefined {
  const order = by
    .map((_, i) => i)
    .filter((i) => !Number.isNaN(values[i]!))
    .sort((a, b) => by[a]! - by[b]!);
  const groups = Math.min(MOST_GROUPS, Math.floor(order.length / LEAST_IN_GROUP));
  const x: number[] = [];
  const y: number[] = [];
  for (let group = 0; group < groups; group++) {
    const members = order.slice(
      Math.round((group * order.length) / groups),
      Math.round(((group + 1) * order.length) / groups),
    );
    const place = median(members.map((i) => by[i]!));
    // Groups that many equal values made alike are one.
    if (place === x.at(-1)) continue;
    x.push(place);
    y.push(median(members.map((i) => values[i]!)));
  }
  return x.length >= 2 && x.at(-1)! >= LEAST_SPREAD * x[0]! ? { x, y } : undefined;
}

/** The slope of the least squares line through the medians; 0 where it falls. */
export function slopeOf({ x, y }: GroupMedians): number {
  const meanX = x.reduce((a, b) => a + b) / x.length;
  const meanY = y.reduce((a, b) => a + b) / y.length;
  let covariance = 0;
  let variance = 0;
  for (const [i, value] of x.entries()) {
    covariance += (value - meanX) * (y[i]! - meanY);
    variance += (value - meanX) ** 2;
  }
  return Math.max(0, covariance / variance);
}
