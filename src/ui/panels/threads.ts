/** How the load threads are doing: whether the figures can be trusted. */
import { formatCount, formatFigure } from '../../results/format.js';
import { BLANK, line, tableLines, wrapWords, type Cell, type Line } from '../../results/lines.js';
import type { Progress, ThreadProgress } from '../../results/progress.js';
import { VERDICT_LIMITS } from '../../results/verdict.js';
import { number } from './columns.js';

/** A row per thread, those that would degrade the run marked; as many as there is room for, the worst first. */
export function threadLines({ threads = [] }: Progress, width: number, room: number): Line[] {
  if (threads.length === 0) return [line('This run has no load threads.', 'dim')];
  const notes = wrapWords(
    'The event loop of a thread and its CPU are read twice a second; what a blocked loop delays lands in the latencies.',
    width,
  ).map((text) => line(text, 'dim'));
  const ranked = threads
    .map((thread, index) => ({ ...thread, name: `thread ${index + 1}` }))
    .toSorted((a, b) => b.eventLoopDelayP99Ms - a.eventLoopDelayP99Ms);
  const shown = ranked.slice(0, Math.max(1, room - notes.length - 3));
  const columns = [
    { head: 'Load threads'.padEnd(14), align: 'left' as const },
    number('sent', 9, 2),
    number('in flight', 9, 1),
    number('loop delay p99 ms', 17),
    number('CPU %', 7),
  ];
  const rows = shown.map(({ name, ...thread }): Cell[] => [
    { text: name, tone: 'strong' },
    { text: formatCount(thread.sent) },
    { text: formatCount(thread.inFlight) },
    delayCell(thread),
    cpuCell(thread),
  ]);
  const hidden = ranked.length - shown.length;
  return [
    ...tableLines(columns, rows, width),
    ...(hidden > 0 ? [line(`and ${hidden} more`, 'dim')] : []),
    BLANK,
    ...notes,
  ];
}

function delayCell({ eventLoopDelayP99Ms: delayMs }: ThreadProgress): Cell {
  const { degraded, invalid } = VERDICT_LIMITS.eventLoopDelayMs;
  const tone = delayMs > invalid ? 'bad' : delayMs > degraded ? 'warn' : 'good';
  return { text: formatFigure(delayMs), tone };
}

const cpuCell = ({ cpuShare }: ThreadProgress): Cell =>
  cpuShare === undefined
    ? { text: formatFigure(null) }
    : {
        text: formatFigure(cpuShare * 100),
        tone: cpuShare > VERDICT_LIMITS.cpuShare.degraded ? 'warn' : 'good',
      };
