/** Percentiles and histograms of what has been measured so far. */
import { ABSENT, formatCount, formatFigure, truncate } from '../../results/format.js';
import { BLANK, line, tableLines, type Cell, type Column, type Line } from '../../results/lines.js';
import { METRICS } from '../../results/metrics.js';
import {
  LIVE_DISTRIBUTIONS,
  liveBucketFromMs,
  liveQuantileMs,
  type LiveDistribution,
  type TargetProgress,
} from '../../results/progress.js';
import { sampleFloor } from '../../results/sample-floor.js';
import { axisOf, chartOf, sparkline, verticalBars } from '../bars.js';
import { MOST_TARGETS, NAME_WIDTH, number } from './columns.js';

const PERCENTILES = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
  ['p99.9', 0.999],
] as const;

/** Percentiles and histograms: charts below the table with one target, one-line charts in it with several. */
export function latencyLines(targets: readonly TargetProgress[], width: number, room: number): Line[] {
  const measured = LIVE_DISTRIBUTIONS.filter((name) =>
    targets.some((target) => totalOf(target.latencies[name]) > 0),
  );
  if (measured.length === 0) return [line('Latencies appear with the first measured response.', 'dim')];
  if (targets.length > 1) return comparisonLines(targets, measured, width, room);
  const target = targets[0]!;
  const table = tableLines(
    percentileColumns('Latency, ms'),
    measured.map((name) => percentileCells(METRICS[name].title, target.latencies[name])),
    width,
  );
  const height = Math.min(10, room - table.length - 3);
  return height < 2 ? table : [...table, BLANK, ...chartPanels(target, measured, width, height)];
}

const percentileColumns = (title: string): Column[] => [
  { head: title.padEnd(NAME_WIDTH), align: 'left' },
  ...PERCENTILES.map(([name], i) => number(name, 7, i === 1 ? 2 : i === 4 ? 1 : undefined)),
  number('values', 9, 3),
];

function percentileCells(label: string, counts: Uint32Array): Cell[] {
  const total = totalOf(counts);
  return [
    { text: truncate(label, NAME_WIDTH), tone: 'strong' },
    ...PERCENTILES.map(([, share]): Cell => {
      const text = total < sampleFloor(share) ? ABSENT : formatFigure(liveQuantileMs(counts, share));
      return { text, tone: text === ABSENT ? 'dim' : undefined };
    }),
    { text: formatCount(total), tone: 'dim' },
  ];
}

function totalOf(counts: Uint32Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}

const GUTTER = 3;

/** Histograms side by side, each with its own axis. */
function chartPanels(
  target: TargetProgress,
  names: readonly LiveDistribution[],
  width: number,
  height: number,
): Line[] {
  const panelWidth = Math.floor((width - GUTTER * (names.length - 1)) / names.length);
  const panels = names.map((name) =>
    chartPanel(METRICS[name].title, target.latencies[name], panelWidth, height),
  );
  return Array.from({ length: height + 2 }, (_, row) =>
    panels.flatMap((panel, i) => (i === 0 ? panel[row]! : [{ text: ' '.repeat(GUTTER) }, ...panel[row]!])),
  );
}

/** Title, bars, and an axis; every line is exactly as wide as the panel. */
function chartPanel(title: string, counts: Uint32Array, width: number, height: number): Line[] {
  const axis = axisOf([counts]);
  if (!axis) return Array.from({ length: height + 2 }, () => line(' '.repeat(width)));
  const columns = chartOf(counts, axis, width);
  const ends = [
    formatFigure(liveBucketFromMs(axis.fromBucket)),
    `${formatFigure(liveBucketFromMs(axis.toBucket))} ms`,
  ] as const;
  const between = Math.max(1, width - ends[0].length - ends[1].length);
  return [
    line(title.padEnd(width), 'strong'),
    ...verticalBars(columns, height).map((row) => line(row.padEnd(width), 'bar')),
    line(`${ends[0]}${' '.repeat(between)}${ends[1]}`.padEnd(width).slice(0, width), 'dim'),
  ];
}

/** Several targets: a block per metric; the charts of a block share one axis, so that they can be compared by eye. */
function comparisonLines(
  targets: readonly TargetProgress[],
  names: readonly LiveDistribution[],
  width: number,
  room: number,
): Line[] {
  const shown = targets.slice(0, MOST_TARGETS);
  const blockHeight = shown.length + 2;
  const blocks = names.slice(0, Math.max(1, Math.floor((room + 1) / blockHeight)));
  return blocks.flatMap((name, i) => {
    const table = tableLines(
      percentileColumns(`${METRICS[name].title}, ms`),
      shown.map((target) => percentileCells(target.name, target.latencies[name])),
      Math.min(width, 66),
    );
    const block = withCharts(
      table,
      shown.map((target) => target.latencies[name]),
      width,
    );
    return i === 0 ? block : [BLANK, ...block];
  });
}

const NARROWEST_CHART = 10;

/** Appends a one-line chart to each row of a table, and their common axis to its head. */
function withCharts(table: Line[], histograms: readonly Uint32Array[], width: number): Line[] {
  const tableWidth = table[0]!.reduce((sum, segment) => sum + segment.text.length, 0);
  const chartWidth = width - tableWidth - GUTTER;
  const axis = axisOf(histograms);
  if (!axis || chartWidth < NARROWEST_CHART) return table;
  const gap = { text: ' '.repeat(GUTTER) };
  const charts = histograms.map((counts) => sparkline(chartOf(counts, axis, chartWidth)));
  const ends = [liveBucketFromMs(axis.fromBucket), liveBucketFromMs(axis.toBucket)].map(formatFigure);
  const between = Math.max(1, chartWidth - ends[0]!.length - ends[1]!.length);
  return [
    [...table[0]!, gap, { text: `${ends[0]}${' '.repeat(between)}${ends[1]}`, tone: 'dim' }],
    ...charts.map((chart, i): Line => [...table[i + 1]!, gap, { text: chart, tone: 'bar' }]),
  ];
}

/** Histograms below each other, as large as there is room for; of several targets the comparison of all metrics. */
export function histogramPanel(targets: readonly TargetProgress[], width: number, room: number): Line[] {
  const [target] = targets;
  if (targets.length !== 1 || !target) return latencyLines(targets, width, room);
  const measured = LIVE_DISTRIBUTIONS.filter((name) => totalOf(target.latencies[name]) > 0);
  if (measured.length === 0) return latencyLines(targets, width, room);
  // A title, an axis and a blank beside the bars of each.
  const height = Math.max(1, Math.min(12, Math.floor((room + 1) / measured.length) - 3));
  return measured.flatMap((name, i) => [
    ...(i === 0 ? [] : [BLANK]),
    ...chartPanel(
      truncate(`${METRICS[name].title}  ${quantileText(target.latencies[name])}`, width),
      target.latencies[name],
      width,
      height,
    ),
  ]);
}

const quantileText = (counts: Uint32Array): string =>
  PERCENTILES.map(([name, share]) => {
    const enough = totalOf(counts) >= sampleFloor(share);
    return `${name} ${enough ? formatFigure(liveQuantileMs(counts, share)) : ABSENT}`;
  }).join('  ');
