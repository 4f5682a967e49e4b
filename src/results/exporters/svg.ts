/** Charts as inline SVG: percentile curves and histograms. Colours come from the page's classes `s0`, `s1`, … */
import { binDistribution } from '../bins.js';
import type { Distribution } from '../distribution.js';
import { formatCount, formatFigure } from '../format.js';
import { escapeMarkup } from './markup.js';

/** One line of a chart. */
export interface Series {
  name: string;
  distribution: Distribution;
}

const WIDTH = 560;
const HEIGHT = 260;
const LEFT = 62;
const RIGHT = 14;
const TOP = 12;
const BOTTOM = 34;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
const PLOT_HEIGHT = HEIGHT - TOP - BOTTOM;
const BASE = TOP + PLOT_HEIGHT;

/** Ends of the percentile axis, and where it is labelled; the axis is that of HdrHistogram plots, log10(1 / (1 − share)). */
const SHARES = [0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999];
const MARKED = [0.5, 0.9, 0.95, 0.99, 0.999];
const STEP = 0.02;
const ninesOf = (share: number): number => -Math.log10(1 - share);

export const seriesClass = (index: number): string => `s${index % 6}`;

interface Point {
  share: number;
  value: number;
}

/**
 * Value over percentile, one line per series. A line ends where there are too few samples for the next percentile.
 *
 * @param unit - of the values, for labels
 */
export function percentileChart(title: string, unit: string, series: readonly Series[]): string {
  const curves = series.map(({ distribution }) => curveOf(distribution));
  const highest = Math.max(...curves.flat().map(({ value }) => value));
  const furthest = Math.max(1, ...curves.flat().map(({ share }) => ninesOf(share)));
  if (!Number.isFinite(highest)) return '';
  const ticks = niceTicks(highest);
  const top = ticks.at(-1)!;
  const x = (share: number): number => LEFT + (ninesOf(share) / furthest) * PLOT_WIDTH;
  const y = (value: number): number => BASE - (value / top) * PLOT_HEIGHT;
  const labels = SHARES.filter((share) => ninesOf(share) <= furthest + 0.01).map((share) =>
    verticalTick(x(share), `${Number((share * 100).toFixed(3))}%`),
  );
  const lines = curves.map((curve, i) => {
    const path = curve.map(({ share, value }) => `${fixed(x(share))},${fixed(y(value))}`).join(' ');
    const dots = curve
      .filter(({ share }) => MARKED.includes(share))
      .map(({ share, value }) => {
        const text = `${series[i]!.name} p${Number((share * 100).toFixed(1))}: ${formatFigure(value)} ${unit}`;
        return `<circle cx="${fixed(x(share))}" cy="${fixed(y(value))}" r="3"><title>${escapeMarkup(text)}</title></circle>`;
      });
    return `<g class="${seriesClass(i)}"><polyline points="${path}"/>${dots.join('')}</g>`;
  });
  return frame(`${title} by percentile, ${unit}`, [...horizontalTicks(ticks, y), ...labels, ...lines]);
}

function curveOf(distribution: Distribution): Point[] {
  const most = Math.log10(distribution.count);
  const steps = Array.from({ length: Math.ceil(most / STEP) }, (_, i) => 1 - 10 ** -((i + 1) * STEP));
  return [...steps, ...MARKED]
    .toSorted((a, b) => a - b)
    .flatMap((share) => {
      const value = distribution.quantile(share);
      return value === null ? [] : [{ share, value }];
    });
}

const BINS = 40;

/** How many values lie where, on a logarithmic axis. */
export function histogramChart(
  title: string,
  unit: string,
  { name, distribution }: Series,
  index: number,
): string {
  const bins = binDistribution(distribution, BINS);
  if (bins.length === 0) return '';
  const ticks = niceTicks(Math.max(...bins.map(({ count }) => count))).filter(Number.isInteger);
  const top = ticks.at(-1)!;
  const y = (count: number): number => BASE - (count / top) * PLOT_HEIGHT;
  const width = PLOT_WIDTH / BINS;
  const bars = bins.map(({ from, to, count }, i) => {
    if (count === 0) return '';
    const text = `${formatFigure(from)} to ${formatFigure(to)} ${unit}: ${formatCount(count)}`;
    return `<rect x="${fixed(LEFT + i * width)}" y="${fixed(y(count))}" width="${fixed(width - 1)}" height="${fixed(BASE - y(count))}"><title>${escapeMarkup(text)}</title></rect>`;
  });
  const labels = [0, 10, 20, 30, BINS].map((i) =>
    verticalTick(LEFT + i * width, formatFigure(i < BINS ? bins[i]!.from : bins.at(-1)!.to)),
  );
  return frame(`${title} of ${name}: count over ${unit}`, [
    ...horizontalTicks(ticks, y),
    ...labels,
    `<g class="${seriesClass(index)}">${bars.join('')}</g>`,
  ]);
}

const fixed = (value: number): string => value.toFixed(1);

/** Round steps from 0 to at least the highest value, 3 to 6 of them. */
export function niceTicks(highest: number): number[] {
  const rough = Math.max(highest, 1e-6) / 4;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10]
    .map((factor) => factor * magnitude)
    .find((candidate) => candidate >= rough)!;
  const count = Math.ceil(highest / step - 1e-9);
  return Array.from({ length: Math.max(1, count) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}

const horizontalTicks = (ticks: readonly number[], y: (value: number) => number): string[] =>
  ticks.map(
    (tick) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${fixed(y(tick))}" y2="${fixed(y(tick))}"/>` +
      `<text x="${LEFT - 8}" y="${fixed(y(tick) + 4)}" text-anchor="end">${formatFigure(tick)}</text>`,
  );

const verticalTick = (x: number, label: string): string =>
  `<line class="grid" x1="${fixed(x)}" x2="${fixed(x)}" y1="${TOP}" y2="${BASE + 4}"/>` +
  `<text x="${fixed(x)}" y="${BASE + 20}" text-anchor="middle">${escapeMarkup(label)}</text>`;

const frame = (title: string, parts: readonly string[]): string =>
  `<figure><figcaption>${escapeMarkup(title)}</figcaption>` +
  `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeMarkup(title)}">${parts.join('')}</svg></figure>`;
