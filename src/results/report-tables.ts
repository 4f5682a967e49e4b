/** The tables of the report: requests and rates, percentiles, errors, gates. */
import { ABSENT, formatCount, formatFigure, truncate } from './format.js';
import { formatConditions } from './goodput.js';
import { BLANK, line, tableLines, wrapWords, type Cell, type Column, type Line } from './lines.js';
import {
  DISTRIBUTION_NAMES,
  METRICS,
  PERCENTILES,
  descriptorOf,
  type DistributionName,
  type Statistic,
} from './metrics.js';
import type { RunFile, RunTarget } from './run-file.js';
import { sampleFloor } from './sample-floor.js';

export const number = (head: string, dispensable?: number): Column => ({
  head,
  align: 'right',
  ...(dispensable === undefined ? {} : { dispensable }),
});

/** How many requests ended how, and the rates. */
export function requestLines(run: RunFile, width: number): Line[] {
  const columns: Column[] = [
    { head: 'Requests', align: 'left' },
    number('done'),
    number('failed'),
    number('unfinished', 2),
    number('error %', 1),
    number('req/s'),
    number('in tok/s', 3),
    number('out tok/s'),
  ];
  const nameWidth = Math.max(12, width - 68);
  const rows = run.targets.map(({ name, counters, rates }): Cell[] => [
    { text: truncate(name, nameWidth), tone: 'strong' },
    { text: formatCount(counters.completed) },
    { text: formatCount(counters.failed), tone: counters.failed > 0 ? 'bad' : undefined },
    { text: formatCount(counters.incomplete), tone: counters.incomplete > 0 ? 'warn' : undefined },
    { text: formatFigure(rates.error_rate.value), tone: counters.failed > 0 ? 'bad' : undefined },
    { text: formatFigure(rates.request_rate.value) },
    { text: formatFigure(rates.input_token_rate.value) },
    { text: formatFigure(rates.output_token_rate.value) },
  ]);
  const cancelled = run.targets.reduce((sum, { counters }) => sum + (counters.cancelled ?? 0), 0);
  const estimated = run.targets.reduce((sum, { counters }) => sum + counters.withoutUsage, 0);
  const lines = tableLines(columns, rows, width);
  if (run.plan.items !== undefined) lines.push(...itemLines(run, run.plan.items, width));
  if (run.plan.goodput) lines.push(...goodputLines(run, run.plan.goodput, width));
  if (cancelled > 0) {
    lines.push(
      line(`${formatCount(cancelled)} requests were cancelled as planned: neither done nor failed.`, 'dim'),
    );
  }
  lines.push(...retriedLines(run, width));
  if (estimated > 0) {
    lines.push(
      line(`${formatCount(estimated)} answers reported no usage: their tokens are estimates.`, 'dim'),
    );
  }
  return lines;
}

/** Counts of endpoints whose answers have no tokens. */
const itemLines = ({ targets }: RunFile, items: string, width: number): Line[] =>
  targets.flatMap(({ name, counters, rates: { item_rate: rate } }) => {
    if (counters.items === undefined) return [];
    const of = targets.length > 1 ? ` of ${name}` : '';
    const figures = `${formatFigure(counters.items)} ${items}, ${formatFigure(rate.value)} per second`;
    return wrapWords(`Answers${of}: ${figures}`, width).map((part) => line(part));
  });

/** Attempts that were repeated: they are in no other figure. */
function retriedLines({ targets }: RunFile, width: number): Line[] {
  const attempts = targets.flatMap(({ retried = [] }) => retried);
  if (attempts.length === 0) return [];
  const kinds = new Map<string, number>();
  for (const { kind, count } of attempts) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
  const total = attempts.reduce((sum, { count }) => sum + count, 0);
  const list = [...kinds].map(([kind, count]) => `${kind} ${formatCount(count)}`).join(', ');
  const text = `${formatCount(total)} attempts failed and were repeated (${list}); total time includes them.`;
  return wrapWords(text, width).map((part) => line(part, 'warn'));
}

function goodputLines(
  { targets }: RunFile,
  conditions: NonNullable<RunFile['plan']['goodput']>,
  width: number,
): Line[] {
  return targets.flatMap(({ name, rates: { goodput, goodput_share: share } }) => {
    if (goodput.value === null) return [];
    const of = targets.length > 1 ? ` of ${name}` : '';
    const figures = `${formatFigure(goodput.value)} req/s (${formatFigure(share.value)} % of all that ended)`;
    return wrapWords(`Goodput${of}: ${figures} met ${formatConditions(conditions)}`, width).map((part) =>
      line(part),
    );
  });
}

const STATISTIC_COLUMNS: readonly [Statistic, Column][] = [
  ['mean', number('mean', 2)],
  ['stddev', number('stddev', 6)],
  ['min', number('min', 5)],
  ['p50', number('p50')],
  ['p90', number('p90', 3)],
  ['p95', number('p95')],
  ['p99', number('p99')],
  ['p999', number('p99.9', 1)],
  ['max', number('max')],
];

const GROUPS = [
  { title: 'Latency, ms', unit: 'ms' },
  { title: 'Tokens', unit: 'tokens' },
  { title: 'Ratio', unit: 'ratio' },
] as const;

/** The percentile tables: one row per metric with one target, one block per metric with several. */
export function statisticLines(run: RunFile, width: number): Line[] {
  const several = run.targets.length > 1;
  const tables = GROUPS.flatMap(({ title, unit }) => {
    const names = DISTRIBUTION_NAMES.filter(
      (name) =>
        METRICS[name].unit === unit && !descriptorOf(name).detail && run.targets.some((t) => t.metrics[name]),
    );
    if (names.length === 0) return [];
    return several
      ? names.map((name) =>
          statisticTable(
            titleOf(name),
            run.targets.map((t) => ({ label: t.name, target: t, name })),
            width,
          ),
        )
      : [
          statisticTable(
            title,
            names.map((name) => ({ label: METRICS[name].title, target: run.targets[0]!, name })),
            width,
          ),
        ];
  });
  const lines = tables.flatMap((table, i) => (i === 0 ? table : [BLANK, ...table]));
  return [...lines, ...floorFootnote(run, width)];
}

const titleOf = (name: DistributionName): string =>
  METRICS[name].unit === 'ms' ? `${METRICS[name].title}, ms` : METRICS[name].title;

interface StatisticRow {
  label: string;
  target: RunTarget;
  name: DistributionName;
}

const LABEL_WIDTH = 17;

function statisticTable(title: string, rows: readonly StatisticRow[], width: number): Line[] {
  const columns: Column[] = [
    { head: title.padEnd(LABEL_WIDTH), align: 'left' },
    number('count'.padStart(7), 4),
    ...STATISTIC_COLUMNS.map(([, column]) => ({ ...column, head: column.head.padStart(5) })),
  ];
  return tableLines(
    columns,
    rows.map(({ label, target, name }) => {
      const metric = target.metrics[name];
      return [
        { text: truncate(label, Math.max(LABEL_WIDTH, width - 60)), tone: 'strong' },
        { text: formatCount(metric?.count ?? 0), tone: 'dim' },
        ...STATISTIC_COLUMNS.map(([statistic]): Cell => {
          const text = formatFigure(metric?.[statistic]);
          return { text, tone: text === ABSENT ? 'dim' : undefined };
        }),
      ];
    }),
    width,
  );
}

/** What the dashes mean, where a percentile is missing for want of samples. */
function floorFootnote(run: RunFile, width: number): Line[] {
  const missing = (Object.keys(PERCENTILES) as (keyof typeof PERCENTILES)[]).filter((percentile) =>
    run.targets.some((target) =>
      DISTRIBUTION_NAMES.some(
        (name) => !descriptorOf(name).detail && target.metrics[name]?.[percentile] === null,
      ),
    ),
  );
  if (missing.length === 0) return [];
  const needs = missing.map(
    (name) => `${name === 'p999' ? 'p99.9' : name} ${formatCount(sampleFloor(PERCENTILES[name]))}`,
  );
  return wrapWords(`${ABSENT} too few samples; needed: ${needs.join(', ')}`, width).map((part) =>
    line(part, 'dim'),
  );
}

/** What the simulated fleet did and cost; nothing where there was none. */
export function simulationLines({ simulation }: RunFile, width: number): Line[] {
  if (!simulation) return [];
  const priced = simulation.dollars !== undefined;
  const columns: Column[] = [
    { head: 'Fleet', align: 'left' },
    number('GPU-hours'),
    number('busy %'),
    number('KV hits %'),
    number('preemptions', 1),
    number('batch', 3),
    number('tensor %', 5),
    number('memory %', 4),
    number('W/GPU', 2),
    number('J/out tok', 6),
    ...(priced ? [number('$', 2), number('$/M out tok')] : []),
  ];
  const cells: Cell[] = [
    { text: `${formatCount(simulation.gpus)} GPU${simulation.gpus === 1 ? '' : 's'}`, tone: 'strong' },
    { text: formatFigure(simulation.gpuHours) },
    { text: formatFigure(simulation.busyPercent) },
    { text: formatFigure(simulation.prefixHitPercent) },
    { text: formatCount(simulation.preemptions) },
    { text: formatFigure(simulation.meanBatch) },
    { text: formatFigure(simulation.tensorPercent) },
    { text: formatFigure(simulation.memoryPercent) },
    { text: formatFigure(simulation.meanPowerW) },
    { text: formatFigure(simulation.joulesPerToken) },
  ];
  if (priced) {
    cells.push(
      { text: formatFigure(simulation.dollars) },
      { text: formatFigure(simulation.dollarsPerMillionTokens) },
    );
  }
  return tableLines(columns, [cells], width);
}

/** Errors by kind with an example, the most frequent first; nothing where there were none. */
export function errorLines(run: RunFile, width: number): Line[] {
  const several = run.targets.length > 1;
  const found = run.targets.flatMap((target) => target.errors.map((error) => ({ target, error })));
  if (found.length === 0) return [];
  const fixed = Math.max(...found.map(({ error }) => error.kind.length)) + 11;
  const room = Math.max(12, width - fixed - (several ? 16 : 0));
  const columns: Column[] = [
    { head: 'Errors', align: 'left' },
    number('count'),
    ...(several ? [{ head: 'target', align: 'left' } as const] : []),
    { head: 'example', align: 'left' },
  ];
  const rows = found.map(({ target, error }): Cell[] => [
    { text: error.kind, tone: 'bad' },
    { text: formatCount(error.count) },
    ...(several ? [{ text: truncate(target.name, 14) }] : []),
    { text: truncate(error.example.replaceAll(/\s+/g, ' '), room), tone: 'dim' },
  ]);
  return tableLines(columns, rows, width);
}

/** The gates with what was measured; nothing where there were none. */
export function sloLines(run: RunFile, width: number): Line[] {
  if (run.slo.length === 0) return [];
  const several = run.targets.length > 1;
  const columns: Column[] = [
    { head: 'Gates', align: 'left' },
    ...(several ? [{ head: 'target', align: 'left' } as const] : []),
    number('measured'),
    { head: '', align: 'left' },
  ];
  const absent = width < 70 ? 'no value' : 'absent or too few samples';
  // Beside the gate: mark, measured value, note, and the target where there are several.
  const room = width - 14 - absent.length - (several ? 16 : 0);
  const rows = run.slo.map(({ expression, target, passed, unit, value }): Cell[] => [
    { text: `${passed ? '✔' : '✘'} ${truncate(expression, room)}`, tone: passed ? 'good' : 'bad' },
    ...(several ? [{ text: truncate(target, 14) }] : []),
    { text: formatFigure(value) },
    { text: value === null ? absent : unit, tone: 'dim' },
  ]);
  return tableLines(columns, rows, width);
}
