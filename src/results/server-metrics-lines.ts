/** What servers said about themselves, in the report for people: the figures that one looks at first. */
import { formatCount, formatFigure, truncate } from './format.js';
import { line, tableLines, wrapWords, type Cell, type Column, type Line } from './lines.js';
import type { RunFile } from './run-file.js';
import { pointsOf, type ServerMetrics, type ServerMetricSeries } from './server-metrics.js';

/** A series over the measured time. */
export interface MetricSummary {
  label: string;
  mean: number;
  min: number;
  max: number;
  last: number;
}

/** What people look for first, in this order; everything else follows as the page has it. */
const FIRST = [
  /(?:kv|gpu)_cache_usage/,
  /num_requests_running/,
  /num_requests_waiting/,
  /preemptions/,
  /prefix_cache_(?:hits|queries)/,
  /DCGM_FI_DEV_GPU_UTIL/,
  /DCGM_FI_DEV_FB_USED/,
  /DCGM_FI_DEV_POWER_USAGE/,
  /(?:prompt|generation)_tokens_total/,
];
const rankOf = (name: string): number => {
  const rank = FIRST.findIndex((pattern) => pattern.test(name));
  return rank < 0 ? FIRST.length : rank;
};

/** Labels that tell series of one name apart, and nothing else. */
function labelOf(series: ServerMetricSeries, all: readonly ServerMetricSeries[]): string {
  const namesakes = all.filter(({ name }) => name === series.name);
  const telling = Object.entries(series.labels).filter(([key, value]) =>
    namesakes.some(({ labels }) => labels[key] !== value),
  );
  const labels = telling.map(([key, value]) => `${key}=${value}`).join(',');
  const name = series.type === 'counter' ? `${series.name}/s` : series.name;
  return labels === '' ? name : `${name}{${labels}}`;
}

/** The series of a page over the measured time: those that people look for first at the top, those that stood still last. */
export function summarizeMetrics(page: ServerMetrics, fromMs: number): MetricSummary[] {
  const summaries = page.series
    // What is the same on all servers of a version says nothing about this run.
    .filter(({ name }) => !name.endsWith('_info'))
    .toSorted((a, b) => rankOf(a.name) - rankOf(b.name))
    .flatMap((series) => {
      const values = pointsOf(page, series)
        .filter(({ atMs }) => atMs >= fromMs)
        .map(({ value }) => value);
      if (values.length === 0) return [];
      return [
        {
          label: labelOf(series, page.series),
          mean: values.reduce((sum, value) => sum + value, 0) / values.length,
          min: Math.min(...values),
          max: Math.max(...values),
          last: values.at(-1)!,
          sought: rankOf(series.name) < FIRST.length,
        },
      ];
    });
  const still = ({ min, max, sought }: (typeof summaries)[number]): boolean => !sought && min === max;
  return [...summaries.filter((summary) => !still(summary)), ...summaries.filter(still)];
}

const MOST_ROWS = 12;

/** A table per page; nothing where none was read. */
export function serverMetricLines({ serverMetrics = [], plan }: RunFile, width: number): Line[] {
  return serverMetrics.flatMap((page, i) => {
    const summaries = summarizeMetrics(page, plan.warmupMs);
    const shown = summaries.slice(0, MOST_ROWS);
    const room = Math.max(20, width - 42);
    const columns: Column[] = [
      { head: truncate(`Server ${page.url}`, room), align: 'left' },
      ...['min', 'mean', 'max', 'last'].map((head): Column => ({ head: head.padStart(8), align: 'right' })),
    ];
    const rows = shown.map(({ label, min, mean, max, last }): Cell[] => [
      { text: truncate(label, room), tone: 'strong' },
      ...[min, mean, max, last].map((value) => ({ text: formatFigure(value) })),
    ]);
    const table = shown.length > 0 ? tableLines(columns, rows, width) : [line(`Server ${page.url}`, 'dim')];
    const notes = notesOn(page, summaries.length - shown.length).flatMap((note) =>
      wrapWords(note, width).map((part) => line(part, page.failures > 0 ? 'warn' : 'dim')),
    );
    return [...(i === 0 ? [] : [[]]), ...table, ...notes];
  });
}

function notesOn(page: ServerMetrics, hidden: number): string[] {
  const { failures, readings, lastFailure, omitted, series } = page;
  const notes: string[] = [];
  if (failures > 0) {
    notes.push(
      `${formatCount(failures)} of ${formatCount(failures + readings)} readings failed: ${lastFailure}`,
    );
  }
  if (readings > 0 && series.length === 0)
    notes.push('The page has none of the metrics that --server-metrics-select chooses.');
  if (omitted > 0) notes.push(`${formatCount(omitted)} more series were not kept.`);
  if (hidden > 0) notes.push(`and ${formatCount(hidden)} more, in the run file and the HTML report`);
  return notes;
}
