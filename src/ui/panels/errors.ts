/** What went wrong so far, and what the run would say of itself if it ended now. */
import { formatCount, truncate } from '../../results/format.js';
import { BLANK, line, tableLines, wrapWords, type Cell, type Line } from '../../results/lines.js';
import { ERROR_KINDS } from '../../results/error-kinds.js';
import { judgeProgress } from '../../results/live-verdict.js';
import type { LiveState } from '../live-state.js';
import { MOST_TARGETS, NAME_WIDTH, number } from './columns.js';

const MARKS = { valid: '✔', degraded: '▲', invalid: '✘' } as const;
const TONES = { valid: 'good', degraded: 'warn', invalid: 'bad' } as const;

/** The verdict so far in a word. */
export function verdictWord(state: LiveState): Line {
  const { state: verdict } = judgeProgress(state.progress, state.plan);
  return [
    { text: 'So far ', tone: 'dim' },
    { text: `${MARKS[verdict]} ${verdict}`, tone: TONES[verdict] },
  ];
}

/** Reasons, and errors by kind with what they mean. */
export function errorLines(state: LiveState, width: number): Line[] {
  const { reasons } = judgeProgress(state.progress, state.plan);
  const said = reasons.flatMap((reason) =>
    wrapWords(reason, width - 2).map((text, i) => line(`${i === 0 ? '·' : ' '} ${text}`)),
  );
  const targets = state.progress?.targets.slice(0, MOST_TARGETS) ?? [];
  const found = targets.flatMap(({ name, errors = [] }) => errors.map((error) => ({ name, ...error })));
  const columns = [
    { head: 'Errors'.padEnd(NAME_WIDTH), align: 'left' as const },
    number('count', 7),
    ...(targets.length > 1 ? [{ head: 'target', align: 'left' as const }] : []),
    { head: '', align: 'left' as const },
  ];
  const rows = found.map(({ name, kind, count }): Cell[] => [
    { text: kind, tone: 'bad' },
    { text: formatCount(count) },
    ...(targets.length > 1 ? [{ text: truncate(name, NAME_WIDTH) }] : []),
    { text: truncate(ERROR_KINDS[kind], Math.max(10, width - 46)), tone: 'dim' },
  ]);
  return [
    verdictWord(state),
    ...said,
    BLANK,
    ...(found.length > 0 ? tableLines(columns, rows, width) : [line('No request failed.', 'good')]),
  ];
}
