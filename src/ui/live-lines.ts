/** The live screen, laid out in toned lines for a terminal of a given size. */
import { formatDurationMs } from '../lib/duration.js';
import { horizontalBar } from '../results/bins.js';
import { ABSENT, formatCount, formatFigure, truncate } from '../results/format.js';
import { BLANK, line, printable, tableLines, type Cell, type Column, type Line } from '../results/lines.js';
import { METRICS } from '../results/metrics.js';
import { offeredRps } from '../results/plan-summary.js';
import { describeLoad } from '../results/plan-text.js';
import {
  LIVE_DISTRIBUTIONS,
  liveBucketFromMs,
  liveQuantileMs,
  type LiveDistribution,
  type Progress,
  type TargetProgress,
} from '../results/progress.js';
import { sampleFloor } from '../results/sample-floor.js';
import { axisOf, chartOf, sparkline, verticalBars } from './bars.js';
import { currentRates, rateHistory, remainingMs, type LiveState } from './live-state.js';

/** Size of the terminal. */
export interface Size {
  columns: number;
  rows: number;
}

const WIDEST = 120;
const NARROWEST = 50;

/** All lines of the screen; fewer than the terminal has rows, because a full screen would scroll. */
export function liveLines(state: LiveState, { columns, rows }: Size): Line[] {
  const width = Math.min(WIDEST, Math.max(NARROWEST, columns - 1));
  const { progress } = state;
  if (!progress) return [...titleLines(state, width), BLANK, line('Starting …', 'dim')];
  const top = [
    ...titleLines(state, width),
    BLANK,
    phaseLine(progress, width),
    BLANK,
    ...targetLines(state, progress, width),
    BLANK,
  ];
  const bottom = [
    BLANK,
    historyLine(state, width),
    line('Ctrl-C ends the run; what was measured is still reported.', 'dim'),
  ];
  const room = rows - 1 - top.length - bottom.length;
  return [...top, ...latencyLines(progress.targets, width, room), ...bottom]
    .slice(0, Math.max(1, rows - 1))
    .map(printable);
}

function titleLines({ title, plan }: LiveState, width: number): Line[] {
  const model = truncate(plan.model, width - title.length - 2);
  const gap = ' '.repeat(width - title.length - model.length);
  return [
    [{ text: title, tone: 'strong' }, { text: gap }, { text: model, tone: 'dim' }],
    line(truncate(describeLoad(plan), width), 'dim'),
  ];
}

const PHASES: Record<Progress['phase'], string> = {
  warmup: 'Warming up',
  measuring: 'Measuring',
  finishing: 'Finishing',
};

/** Phase, bar, share, time and what is left: every part has its fixed place. */
function phaseLine(progress: Progress, width: number): Line {
  const { phase, share, elapsedMs } = progress;
  const remaining = remainingMs(progress);
  const name = PHASES[phase].padEnd(12);
  const percent = share === undefined ? '' : `${Math.floor(share * 100)}%`;
  const left = remaining === undefined ? '' : `${clock(remaining)} left`;
  const figures = `${percent.padStart(5)} ${clock(elapsedMs).padStart(8)} ${left.padStart(14)}`;
  const barWidth = width - name.length - figures.length;
  const bar = share === undefined ? '' : horizontalBar(share, barWidth);
  return [
    { text: name, tone: phase === 'measuring' ? 'good' : 'warn' },
    { text: bar, tone: 'bar' },
    { text: '░'.repeat(Math.max(0, barWidth - bar.length)), tone: 'dim' },
    { text: figures },
  ];
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Time for a display that counts: `7.2 s`, `3:07 min`, `1:02:03 h`. */
function clock(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)} min`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)} h`;
}

const number = (head: string, width: number, dispensable?: number): Column => ({
  head: head.padStart(width),
  align: 'right',
  ...(dispensable === undefined ? {} : { dispensable }),
});

const NAME_WIDTH = 14;
/** More targets than this are summed up in one line. */
const MOST_TARGETS = 8;

/** Counters and rates, one row per target. */
function targetLines(state: LiveState, progress: Progress, width: number): Line[] {
  const offered = offeredRps(state.plan);
  const columns: Column[] = [
    { head: 'Target'.padEnd(NAME_WIDTH), align: 'left' },
    ...(offered === undefined ? [] : [number('offered/s', 9, 2), number('sent/s', 7, 1)]),
    number('done/s', 7),
    number('tok/s', 8, 3),
    number('in flight', 9),
    number('done', 7),
    number('failed', 6),
  ];
  const shown = progress.targets.slice(0, MOST_TARGETS);
  const rows = shown.map((target, i): Cell[] => {
    const rates = currentRates(state, i);
    return [
      { text: truncate(target.name, NAME_WIDTH), tone: 'strong' },
      ...(offered === undefined
        ? []
        : [{ text: formatFigure(offered) }, paceCell(rates?.sentRps, offered, progress.phase)]),
      { text: formatFigure(rates?.completedRps) },
      { text: formatFigure(rates?.outputTokensPerSecond) },
      { text: formatCount(target.inFlight) },
      { text: formatCount(target.completed) },
      { text: formatCount(target.failed), tone: target.failed > 0 ? 'bad' : 'good' },
    ];
  });
  const hidden = progress.targets.length - shown.length;
  return [...tableLines(columns, rows, width), ...(hidden > 0 ? [line(`and ${hidden} more`, 'dim')] : [])];
}

/** The sending rate, marked when it is clearly below the offered one; Poisson arrivals vary, so not at once. */
function paceCell(sentRps: number | undefined, offered: number, phase: Progress['phase']): Cell {
  const slow = sentRps !== undefined && phase === 'measuring' && sentRps < 0.7 * offered;
  return { text: formatFigure(sentRps), tone: slow ? 'warn' : undefined };
}

const PERCENTILES = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
  ['p99.9', 0.999],
] as const;

/** Percentiles and histograms: charts below the table with one target, one-line charts in it with several. */
function latencyLines(targets: readonly TargetProgress[], width: number, room: number): Line[] {
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

/** Completed requests a second over the last minutes. */
function historyLine(state: LiveState, width: number): Line {
  const label = 'done/s';
  const history = rateHistory(state).slice(-(width - label.length - 16));
  if (history.length < 2) return BLANK;
  return [
    { text: `${label} `, tone: 'dim' },
    { text: sparkline(history), tone: 'bar' },
    { text: ` last ${formatDurationMs(history.length * 1000)}`, tone: 'dim' },
  ];
}
