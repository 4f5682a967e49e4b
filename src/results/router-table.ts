/** What the routers of a simulated fleet did, as a table: how evenly they placed, and the arms of an A/B split. */
import { ABSENT, formatCount, formatFigure } from './format.js';
import { BLANK, line, tableLines, type Cell, type Line } from './lines.js';
import { number } from './report-tables.js';
import type { RunFile, Simulation } from './run-file.js';

type Router = NonNullable<Simulation['routers']>[number];

/** The most that a replica was given over the mean; 1 is even. */
function imbalance({ decisions }: Router): number | null {
  const sum = decisions.reduce((all, count) => all + count, 0);
  return sum === 0 ? null : (Math.max(...decisions) * decisions.length) / sum;
}

const percent = (share: number | null): number | null => (share === null ? null : share * 100);

/** Nothing for one replica, where there is nothing to choose. */
export function routerLines({ simulation }: RunFile, width: number): Line[] {
  const routers = (simulation?.routers ?? []).filter(({ decisions }) => decisions.length > 1);
  if (routers.length === 0) return [];
  const columns = [
    { head: 'Router', align: 'left' } as const,
    number('placed'),
    number('most/mean'),
    number('failed', 1),
    number('no replica', 2),
    number('circuits opened', 3),
  ];
  const rows = routers.map((router): Cell[] => [
    { text: router.policy, tone: 'strong' },
    { text: formatCount(router.decisions.reduce((all, count) => all + count, 0)) },
    { text: formatFigure(imbalance(router)) },
    { text: formatCount(router.failures), tone: router.failures > 0 ? 'warn' : undefined },
    { text: formatCount(router.unavailable), tone: router.unavailable > 0 ? 'warn' : undefined },
    { text: formatCount(router.circuitsOpened) },
  ]);
  return [...tableLines(columns, rows, width), ...routers.flatMap((router) => armLines(router, width))];
}

function armLines({ arms }: Router, width: number): Line[] {
  if (!arms) return [];
  const columns = [
    { head: 'Arm', align: 'left' } as const,
    number('requests'),
    number('share %', 2),
    number('TTFT ms'),
    number('end to end ms'),
    number('KV hits %', 1),
    number('TTFT against the first'),
  ];
  const rows = arms.map((arm): Cell[] => [
    { text: arm.name, tone: 'strong' },
    { text: formatCount(arm.requests) },
    { text: formatFigure(percent(arm.shareOfRequests ?? null)) },
    { text: formatFigure(arm.ttftMeanMs) },
    { text: formatFigure(arm.e2eMeanMs) },
    { text: formatFigure(percent(arm.cachedShare)) },
    differenceCell(arm),
  ]);
  const undecided = arms.some((arm) => arm.ttftDifferenceMs !== null && !arm.significant);
  return [
    BLANK,
    ...tableLines(columns, rows, width),
    ...(undecided ? [line('± half of a 95 % interval; one that holds 0 may be chance', 'dim')] : []),
  ];
}

function differenceCell({
  ttftDifferenceMs: difference,
  ttftDifferenceMarginMs: margin,
  significant,
}: NonNullable<Router['arms']>[number]): Cell {
  if (difference === null || margin === null) return { text: ABSENT };
  const sign = difference > 0 ? '+' : '';
  const tone = !significant ? 'dim' : difference > 0 ? 'bad' : 'good';
  return { text: `${sign}${formatFigure(difference)} ± ${formatFigure(margin)}`, tone };
}
