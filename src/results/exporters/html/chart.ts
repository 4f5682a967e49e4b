/** What a chart of the HTML report shows, as data; the page draws it when it is opened (draw-charts.ts). */

export interface ChartSeries {
  name: string;
  /** Number of its colour. */
  color: number;
  /** One per x; null leaves a gap. */
  values: readonly (number | null)[];
  dashed?: boolean;
}

export interface Chart {
  title: string;
  /**
   * `linear`; `time`: seconds since the start; `nines`: −log10(1 − share), as HdrHistogram plots percentiles; `log`:
   * log10 of the value.
   */
  scale: 'linear' | 'time' | 'nines' | 'log';
  /** Points joined by lines, or columns that reach from one x to the next. */
  shape: 'line' | 'steps';
  /** What stands on the x axis. */
  xLabel: string;
  unit: string;
  /** Rising. */
  xs: readonly number[];
  series: readonly ChartSeries[];
  /** Up to this x the background is shaded: the warm-up. */
  shadedTo?: number;
  /** Marks points, where there are few of them. */
  points?: boolean;
}

/** Whether there is anything to draw. */
export const hasValues = ({ series }: Chart): boolean =>
  series.some(({ values }) => values.some((value) => value !== null));

/** Numbers of several series, each with its own x, on one x axis. */
export function onOneAxis(lines: readonly (readonly { x: number; y: number }[])[]): {
  xs: number[];
  values: (number | null)[][];
} {
  const xs = [...new Set(lines.flatMap((points) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const indexOf = new Map(xs.map((x, i) => [x, i]));
  const values = lines.map((points) => {
    const column = Array<number | null>(xs.length).fill(null);
    for (const { x, y } of points) column[indexOf.get(x)!] = y;
    return column;
  });
  return { xs, values };
}
