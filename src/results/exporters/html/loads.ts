/** The loads of a sweep or a search on the page of a run: a table, and curves over the request rate. */
import { formatFigure } from '../../format.js';
import { METRICS, RATE_NAMES, type DistributionName, type RateName } from '../../metrics.js';
import type { LoadPoint, RunFile, RunTarget } from '../../run-file.js';
import { hasValues, onOneAxis, type Chart, type ChartSeries } from './chart.js';
import { htmlSection, htmlTable, type PageCharts } from './page.js';

const LATENCIES = ['ttft', 'itl', 'e2e'] as const satisfies DistributionName[];
/** What is drawn over the request rate besides latencies; those that were not measured are left out. */
const RATES = RATE_NAMES.filter((name) => name !== 'request_rate' && name !== 'input_token_rate');

/** All else on the page is about one of the loads. */
export function loadsSection({ points = [] }: RunFile, charts: PageCharts): string {
  if (points.length === 0) return '';
  const curves = [
    ...LATENCIES.map((name) => latencyChart(name, points)),
    ...RATES.map((name) => rateChart(name, points)),
  ];
  return htmlSection('Loads', loadsTable(points) + charts.group(curves.filter(hasValues)));
}

function loadsTable(points: readonly LoadPoint[]): string {
  // Rates that no load has would only make the table wider.
  const measured = RATE_NAMES.filter((rate) =>
    points.some(({ targets }) => targets.some(({ rates }) => rates[rate].value !== null)),
  );
  const rows = points.flatMap(({ name, passed, targets, verdict: { state } }) =>
    targets.map((target) => [
      { html: `<span class="${passed ? 'good' : 'bad'}">${passed ? '✔' : '✘'}</span>` },
      name,
      target.name,
      state,
      ...measured.map((rate) => formatFigure(target.rates[rate].value)),
      ...LATENCIES.flatMap((metric) =>
        (['p50', 'p95'] as const).map((statistic) => formatFigure(target.metrics[metric]?.[statistic])),
      ),
    ]),
  );
  const heads = [
    ...measured.map((rate) => `${METRICS[rate].title}, ${METRICS[rate].unit}`),
    ...LATENCIES.flatMap((metric) => [`${METRICS[metric].title} p50, ms`, 'p95']),
  ];
  return htmlTable(['', 'load', 'target', 'verdict', ...heads], rows, 4);
}

const latencyChart = (name: DistributionName, points: readonly LoadPoint[]): Chart =>
  overRate(`${METRICS[name].title} p50, and p95 (dashed), by request rate`, METRICS[name].unit, points, [
    { read: ({ metrics }) => metrics[name]?.p50, statistic: 'p50' },
    { read: ({ metrics }) => metrics[name]?.p95, statistic: 'p95', dashed: true },
  ]);

const rateChart = (name: RateName, points: readonly LoadPoint[]): Chart =>
  overRate(`${METRICS[name].title} by request rate`, METRICS[name].unit, points, [
    { read: ({ rates }) => rates[name].value },
  ]);

interface Reading {
  read: (target: RunTarget) => number | null | undefined;
  /** Tells the readings of one target apart. */
  statistic?: string;
  dashed?: boolean;
}

/** One line per target and reading over the rate of requests that were completed. */
function overRate(
  title: string,
  unit: string,
  points: readonly LoadPoint[],
  readings: readonly Reading[],
): Chart {
  const lines = points[0]!.targets.flatMap(({ name }, color) =>
    readings.map((reading) => ({ name, color, ...reading })),
  );
  const { xs, values } = onOneAxis(
    lines.map(({ color, read }) =>
      points.flatMap(({ targets }) => {
        const x = targets[color]!.rates.request_rate.value;
        const y = read(targets[color]!);
        return x === null || y === null || y === undefined ? [] : [{ x, y }];
      }),
    ),
  );
  const series = lines.map(({ name, color, dashed, statistic }, i): ChartSeries => ({
    name: statistic === undefined ? name : `${name} ${statistic}`,
    color,
    ...(dashed && { dashed }),
    values: values[i]!,
  }));
  return { title, scale: 'linear', shape: 'line', xLabel: 'req/s', unit, xs, series, points: true };
}
