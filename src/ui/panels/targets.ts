/** What is sent and answered, per target. */
import { formatCount, formatFigure, truncate } from '../../results/format.js';
import { line, tableLines, type Cell, type Column, type Line } from '../../results/lines.js';
import { offeredRps } from '../../results/offered-load.js';
import type { Progress } from '../../results/progress.js';
import { currentRates, type LiveState } from '../live-state.js';
import { MOST_TARGETS, NAME_WIDTH, number } from './columns.js';

/** Counters and rates, one row per target. */
export function targetLines(state: LiveState, progress: Progress, width: number): Line[] {
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
