/** Percentile curves and histograms. */
import type { Distribution } from '../../distribution.js';
import { METRICS, type DistributionName } from '../../metrics.js';
import { hasValues, onOneAxis, type Chart } from './chart.js';

/** One line: a target, or a target of one of two runs. */
export interface Subject {
  name: string;
  color: number;
  dashed?: boolean;
  distributions: Partial<Record<DistributionName, Distribution>>;
}

const STEP = 0.02;
const MARKED = [0.5, 0.9, 0.95, 0.99, 0.999].map((share) => -Math.log10(1 - share));

const charts = (
  names: readonly DistributionName[],
  subjects: readonly Subject[],
  draw: (name: DistributionName, drawn: readonly Drawn[]) => Chart,
): Chart[] =>
  names
    .map((name) =>
      draw(
        name,
        subjects.flatMap((subject) => {
          const distribution = subject.distributions[name];
          return distribution ? [{ ...subject, distribution }] : [];
        }),
      ),
    )
    .filter(hasValues);

interface Drawn extends Subject {
  distribution: Distribution;
}

const styleOf = ({ name, color, dashed }: Subject) => ({ name, color, ...(dashed && { dashed }) });

/** Value over percentile; a line ends where there are too few samples for the next one. */
export const percentileCharts = (names: readonly DistributionName[], subjects: readonly Subject[]): Chart[] =>
  charts(names, subjects, (name, drawn) => {
    const { title, unit } = METRICS[name];
    const { xs, values } = onOneAxis(drawn.map(({ distribution }) => curveOf(distribution)));
    return {
      title: `${title} by percentile`,
      scale: 'nines',
      shape: 'line',
      xLabel: 'percentile',
      unit,
      xs,
      series: drawn.map((subject, i) => ({ ...styleOf(subject), values: values[i]! })),
    };
  });

function curveOf(distribution: Distribution): { x: number; y: number }[] {
  const most = Math.log10(Math.max(1, distribution.count));
  const steps = Array.from({ length: Math.ceil(most / STEP) }, (_, i) => (i + 1) * STEP);
  return [...steps, ...MARKED]
    .toSorted((a, b) => a - b)
    .flatMap((nines) => {
      const value = distribution.quantile(1 - 10 ** -nines);
      return value === null ? [] : [{ x: Number(nines.toFixed(5)), y: value }];
    });
}

const BINS = 60;
/** Values below a microsecond, or no token, stand at the left edge. */
const SMALLEST = 0.001;
/** Bins narrower than this, in decades, would show the steps of the histogram rather than of the data. */
const NARROWEST = 0.002;

/** Shares of values by size, on one logarithmic axis for all. */
export const histogramCharts = (names: readonly DistributionName[], subjects: readonly Subject[]): Chart[] =>
  charts(names, subjects, (name, drawn) => {
    const { title, unit, ...rest } = METRICS[name];
    const sizes = drawn.flatMap(({ distribution }) => [
      Math.log10(Math.max(SMALLEST, distribution.statistic('min') ?? 0)),
      Math.log10(Math.max(SMALLEST, distribution.statistic('max') ?? 0)),
    ]);
    const low = Math.min(...sizes);
    const width = Math.max(NARROWEST, (Math.max(...sizes) - low) / BINS);
    return {
      title: `${title}: share of ${'per' in rest && rest.per !== 'request' ? 'gaps' : 'requests'} by ${unit === 'ms' ? 'latency' : 'size'}`,
      scale: 'log',
      shape: 'steps',
      xLabel: unit,
      unit: '%',
      xs: drawn.length === 0 ? [] : Array.from({ length: BINS + 1 }, (_, i) => low + i * width),
      series: drawn.map((subject) => ({
        ...styleOf(subject),
        values: [...binsOf(subject.distribution, low, width), null],
      })),
    };
  });

function binsOf(distribution: Distribution, low: number, width: number): number[] {
  const bins = Array<number>(BINS).fill(0);
  for (const { from, to, count } of distribution.buckets()) {
    const size = Math.log10(Math.max(SMALLEST, (from + to) / 2));
    const index = Math.min(BINS - 1, Math.max(0, Math.floor((size - low) / width)));
    bins[index]! += count;
  }
  return bins.map((count) => (count / distribution.count) * 100);
}
