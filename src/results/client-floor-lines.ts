/** How much of the figures is the client itself, in the report. */
import { formatFigure, formatShare, truncate } from './format.js';
import { line, tableLines, wrapWords, type Cell, type Column, type Line } from './lines.js';
import { METRICS, type DistributionName, type Statistic } from './metrics.js';
import type { RunFile } from './run-file.js';

/** Latencies of which the client can be a part that matters. */
const COMPARED: readonly DistributionName[] = ['ttfb', 'ttft', 'e2e', 'response_time', 'lateness'];
const STATISTICS: readonly Statistic[] = ['p50', 'p95', 'p99'];

/** One latency of one target beside what the client alone had. */
export interface FloorRow {
  target: string;
  title: string;
  /** Per statistic: of the client alone, milliseconds, and as a share of the run's; null without a value. */
  figures: { statistic: Statistic; floorMs: number | null; share: number | null }[];
}

/** Every latency that both runs have. */
export function floorRows({ clientFloor, targets }: RunFile): FloorRow[] {
  if (!clientFloor) return [];
  return targets.flatMap((target) => {
    const floor = clientFloor.targets.find(({ name }) => name === target.name);
    return COMPARED.flatMap((metric): FloorRow[] => {
      const [run, alone] = [target.metrics[metric], floor?.metrics[metric]];
      if (!run || !alone) return [];
      const figures = STATISTICS.map((statistic) => {
        const [all, floorMs] = [run[statistic], alone[statistic]];
        const share = all !== null && floorMs !== null && all > 0 ? floorMs / all : null;
        return { statistic, floorMs, share };
      });
      return [{ target: target.name, title: METRICS[metric].title, figures }];
    });
  });
}

/** What the table is about. */
export const FLOOR_NOTE =
  'The same load against a simulator that answers at once: load generator, loopback and simulator together, so an upper bound of the client’s own share.';

/** A table; nothing where nobody asked. */
export function clientFloorLines(run: RunFile, width: number): Line[] {
  const rows = floorRows(run);
  if (rows.length === 0) return [];
  const several = run.targets.length > 1;
  const columns: Column[] = [
    { head: 'Client alone, ms', align: 'left' },
    ...(several ? [{ head: 'target', align: 'left' } as const] : []),
    ...STATISTICS.flatMap((statistic): Column[] => [
      { head: statistic, align: 'right' },
      { head: 'of it', align: 'right' },
    ]),
  ];
  const cells = rows.map(({ target, title, figures }): Cell[] => [
    { text: title, tone: 'strong' },
    ...(several ? [{ text: truncate(target, 14) }] : []),
    ...figures.flatMap(({ floorMs, share }): Cell[] => [
      { text: formatFigure(floorMs) },
      {
        text: share === null ? '–' : formatShare(share),
        tone: share !== null && share > 0.1 ? 'warn' : 'dim',
      },
    ]),
  ]);
  return [
    ...tableLines(columns, cells, width),
    ...wrapWords(FLOOR_NOTE, width).map((part) => line(part, 'dim')),
  ];
}
