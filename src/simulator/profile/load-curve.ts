/** Values between the points of a curve. */

/**
 * A function that is linear between points, constant before the first and goes on with the last slope, never below 0.
 *
 * @param xs - ascending, two at least
 * @param ys - as many
 */
export function curveThrough(xs: readonly number[], ys: readonly number[]): (x: number) => number {
  const last = xs.length - 1;
  return (x) => {
    if (x <= xs[0]!) return ys[0]!;
    let i = 1;
    while (i < last && x > xs[i]!) i++;
    const slope = (ys[i]! - ys[i - 1]!) / (xs[i]! - xs[i - 1]!);
    return Math.max(0, ys[i - 1]! + slope * (x - xs[i - 1]!));
  };
}
