/** The live screen of a running server: what happens now, and how that came. */
import { formatDurationMs } from '../lib/duration.js';
import { formatCount, formatFigure, formatShare, truncate } from '../results/format.js';
import { BLANK, line, printable, type Line } from '../results/lines.js';
import type { ServerView } from '../results/server-view.js';
import { sparkline } from './bars.js';
import type { Size } from './live-lines.js';
import { modelLines, replicaLines } from './server-lines.js';

/** Figures of the time between two looks. */
interface Sample {
  requestsPerSecond: number;
  tokensPerSecond: number;
}

/** What the screen knows. */
export interface DashboardState {
  readonly url: string;
  readonly view?: ServerView;
  /** Why the latest look got none. */
  readonly problem?: string;
  /** The oldest first. */
  readonly samples: readonly Sample[];
}

/** Looks remembered for the history. */
const LONGEST_HISTORY = 120;

const tokensOf = ({ models }: ServerView): number =>
  Object.values(models).reduce((sum, model) => sum + model.completion_tokens, 0);

/** The state after a look. A server that counts from zero again was restarted: it has no past. */
export function look(state: DashboardState, view: ServerView): DashboardState {
  const { view: before, samples, url } = state;
  const seconds = before ? view.uptime_seconds - before.uptime_seconds : 0;
  if (!before || seconds <= 0) return { url, view, samples: [] };
  const sample = {
    requestsPerSecond: (view.requests - before.requests) / seconds,
    tokensPerSecond: (tokensOf(view) - tokensOf(before)) / seconds,
  };
  return { url, view, samples: [...samples, sample].slice(-LONGEST_HISTORY) };
}

const WIDEST = 120;

/** All lines of the screen, fewer than the terminal has rows. */
export function dashboardLines(state: DashboardState, { columns, rows }: Size): Line[] {
  const width = Math.min(WIDEST, columns - 1);
  const { view, problem, samples, url } = state;
  const title: Line = [{ text: truncate(`fakeai ${view?.version ?? ''} · ${url}`, width), tone: 'strong' }];
  const trouble = problem === undefined ? [] : [line(truncate(problem, width), 'bad')];
  if (!view)
    return [title, ...trouble, ...(problem === undefined ? [line('Asking …', 'dim')] : [])].map(printable);
  const now = samples.at(-1);
  const busiest = Math.max(0, ...view.event_loops.map(({ utilization }) => utilization));
  const top = [
    title,
    line(
      `up ${formatDurationMs(view.uptime_seconds * 1000)} · latency ${view.latency} · ${view.threads} threads, ${formatShare(busiest)} busy · ${formatCount(view.active_streams)} streams · ${formatCount(view.open_connections)} connections · ${formatCount(view.errors)} errors`,
      'dim',
    ),
    ...trouble,
    BLANK,
    historyLine(
      'requests/s',
      now?.requestsPerSecond,
      samples.map((sample) => sample.requestsPerSecond),
      width,
    ),
    historyLine(
      'tokens/s',
      now?.tokensPerSecond,
      samples.map((sample) => sample.tokensPerSecond),
      width,
    ),
    BLANK,
    ...modelLines(view, width),
  ];
  const replicas = view.replicas ? [BLANK, ...replicaLines(view.replicas, width)] : [];
  const bottom = [BLANK, line('Tokens count when an answer is complete. Ctrl-C ends.', 'dim')];
  const room = Math.max(0, rows - 1 - bottom.length);
  return [...fit([...top, ...replicas], room), ...bottom].slice(0, Math.max(1, rows - 1)).map(printable);
}

/** As many lines as there is room for; says how many are left out. */
const fit = (lines: Line[], room: number): Line[] =>
  lines.length <= room
    ? lines
    : [...lines.slice(0, Math.max(0, room - 1)), line(`… ${lines.length - room + 1} more`, 'dim')];

const LABEL_WIDTH = 12;
const FIGURE_WIDTH = 9;

function historyLine(
  label: string,
  value: number | undefined,
  history: readonly number[],
  width: number,
): Line {
  const room = Math.max(0, width - LABEL_WIDTH - FIGURE_WIDTH - 2);
  return [
    { text: label.padEnd(LABEL_WIDTH), tone: 'dim' },
    { text: formatFigure(value).padStart(FIGURE_WIDTH), tone: 'strong' },
    { text: `  ${sparkline(history.slice(-room))}`, tone: 'bar' },
  ];
}
