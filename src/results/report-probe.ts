/** The part of the report about the probe: what a light user felt beside the load. */
import { formatCount, formatFigure, truncate } from './format.js';
import { tableLines, type Cell, type Column, type Line } from './lines.js';
import { METRICS, type DistributionName, type Statistic } from './metrics.js';
import { number } from './report-tables.js';
import type { RunFile } from './run-file.js';

const SHOWN: readonly [DistributionName, Statistic, dispensable?: number][] = [
  ['ttft', 'p50'],
  ['ttft', 'p95', 1],
  ['ttft', 'max', 3],
  ['e2e', 'p50'],
  ['e2e', 'p95', 2],
  ['e2e', 'max', 4],
];

/** One row per target, latencies in milliseconds; nothing without a probe. */
export function probeLines({ probe = [], plan }: RunFile, width: number): Line[] {
  if (probe.length === 0 || !plan.probe) return [];
  const { ratePerSecond, inputTokens, outputTokens } = plan.probe;
  const shown = SHOWN.filter(([metric]) => probe.some(({ metrics }) => metrics[metric]));
  const columns: Column[] = [
    {
      head: `Probe, ${formatFigure(ratePerSecond)} req/s of ${inputTokens} → ${outputTokens} tokens`,
      align: 'left',
    },
    number('done'),
    number('failed'),
    ...shown.map(([metric, statistic, dispensable]) =>
      number(`${METRICS[metric].title.replace('End to end', 'E2E')} ${statistic}`, dispensable),
    ),
  ];
  const rows = probe.map(({ name, counters, metrics }): Cell[] => [
    { text: truncate(name, 40), tone: 'strong' },
    { text: formatCount(counters.completed) },
    { text: formatCount(counters.failed), tone: counters.failed > 0 ? 'bad' : undefined },
    ...shown.map(([metric, statistic]) => ({ text: formatFigure(metrics[metric]?.[statistic]) })),
  ]);
  return tableLines(columns, rows, width);
}
