/** The last two minutes: rates, requests in flight and latencies, a row each. */
import { formatDurationMs } from '../../lib/duration.js';
import { formatFigure, truncate } from '../../results/format.js';
import { line, type Line } from '../../results/lines.js';
import { sparkline } from '../bars.js';
import { historyOf, type HistoryFigure, type LiveState } from '../live-state.js';

const ROWS: readonly [HistoryFigure, label: string][] = [
  ['sentRps', 'sent/s'],
  ['completedRps', 'done/s'],
  ['failedRps', 'failed/s'],
  ['outputTokensPerSecond', 'tok/s'],
  ['inFlight', 'in flight'],
  ['ttftMs', 'TTFT p50 ms'],
  ['itlMs', 'ITL p50 ms'],
  ['e2eMs', 'E2E p50 ms'],
];
const LABEL_WIDTH = 13;
const FIGURE_WIDTH = 10;

/** A sparkline per figure with its value now and its highest; all targets together. */
export function overTimeLines(state: LiveState, width: number): Line[] {
  const room = width - LABEL_WIDTH - 2 * FIGURE_WIDTH - 2;
  const rows = ROWS.flatMap(([figure, label]): Line[] => {
    const values = historyOf(state, figure).slice(-room);
    if (values.every((value) => value === undefined)) return [];
    const known = values.map((value) => value ?? 0);
    return [
      [
        { text: label.padEnd(LABEL_WIDTH), tone: 'strong' },
        { text: formatFigure(known.at(-1)).padStart(FIGURE_WIDTH) },
        { text: formatFigure(Math.max(...known)).padStart(FIGURE_WIDTH), tone: 'dim' },
        { text: '  ' },
        { text: sparkline(known), tone: 'bar' },
      ],
    ];
  });
  if (rows.length === 0) return [line('The past appears after a second.', 'dim')];
  const span = formatDurationMs(Math.min(room, state.samples.length - 1) * 1000);
  const head = `${''.padEnd(LABEL_WIDTH)}${'now'.padStart(FIGURE_WIDTH)}${'highest'.padStart(FIGURE_WIDTH)}  last ${span}, a column per second`;
  return [line(truncate(head, width), 'dim'), ...rows];
}
