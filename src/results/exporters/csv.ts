/** The metrics table as CSV (RFC 4180): for spreadsheets and data frames. */
import { DISTRIBUTION_NAMES, RATE_NAMES, STATISTICS } from '../metrics.js';
import type { RunFile, RunTarget } from '../run-file.js';

type Field = string | number | null | undefined;

const HEAD = ['target', 'metric', 'unit', 'count', 'value', ...STATISTICS];

/**
 * One row per target and metric. Distributions fill `count` and the statistics, rates and counters `value`; an empty
 * field is a value that does not exist or has too few samples. Of a sweep or a search, every load has these rows, and its
 * name in a column before them.
 */
export function toCsv(run: RunFile): string {
  const { points } = run;
  const rows = points
    ? [
        ['load', ...HEAD],
        ...points.flatMap(({ name, targets }) => targets.flatMap(rowsOf).map((row) => [name, ...row])),
      ]
    : [HEAD, ...run.targets.flatMap(rowsOf)];
  return rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function rowsOf(target: RunTarget): Field[][] {
  const distributions = DISTRIBUTION_NAMES.flatMap((name): Field[][] => {
    const metric = target.metrics[name];
    if (!metric) return [];
    return [[target.name, name, metric.unit, metric.count, null, ...STATISTICS.map((s) => metric[s])]];
  });
  const rates = RATE_NAMES.map((name) =>
    single(target, name, target.rates[name].unit, target.rates[name].value),
  );
  const counters = Object.entries(target.counters).map(([name, value]) =>
    single(target, `counters.${name}`, '', value),
  );
  const duration = single(target, 'measuredMs', 'ms', target.measuredMs);
  return [...distributions, ...rates, ...counters, duration];
}

const single = (target: RunTarget, name: string, unit: string, value: Field): Field[] => [
  target.name,
  name,
  unit,
  null,
  value,
  ...STATISTICS.map(() => null),
];

function field(value: Field): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
