/** The live screen, laid out in toned lines for a terminal of a given size. */
import { formatDurationMs } from '../lib/duration.js';
import { horizontalBar } from '../results/bins.js';
import { truncate } from '../results/format.js';
import { BLANK, line, lineText, printable, type Line } from '../results/lines.js';
import { describeLoad } from '../results/plan-text.js';
import type { Progress } from '../results/progress.js';
import { sparkline } from './bars.js';
import { historyOf, PANELS, remainingMs, type LiveState } from './live-state.js';
import { errorLines, verdictWord } from './panels/errors.js';
import { histogramPanel, latencyLines } from './panels/latencies.js';
import { overTimeLines } from './panels/over-time.js';
import { targetLines } from './panels/targets.js';
import { threadLines } from './panels/threads.js';

/** Size of the terminal. */
export interface Size {
  columns: number;
  rows: number;
}

const WIDEST = 120;
const NARROWEST = 50;

/** All lines of the screen; fewer than the terminal has rows, because a full screen would scroll. */
export function liveLines(state: LiveState, { columns, rows }: Size): Line[] {
  const width = Math.min(WIDEST, Math.max(NARROWEST, columns - 1));
  const { progress } = state;
  if (!progress) return [...titleLines(state, width), BLANK, line('Starting …', 'dim')];
  const top = [
    ...titleLines(state, width),
    BLANK,
    phaseLine(progress, width),
    ...(state.keys ? [tabLine(state, width)] : []),
    BLANK,
  ];
  const bottom = [BLANK, footerLine(state, width)];
  const room = Math.max(1, rows - 1 - top.length - bottom.length);
  const panel = state.help ? helpLines(width) : panelLines(state, progress, width, room);
  return [...top, ...panel.slice(0, room), ...bottom].slice(0, Math.max(1, rows - 1)).map(printable);
}

function panelLines(state: LiveState, progress: Progress, width: number, room: number): Line[] {
  switch (state.panel ?? 'Overview') {
    case 'Overview': {
      const targets = [...targetLines(state, progress, width), BLANK];
      const history = historyLines(state, width);
      const left = room - targets.length - history.length;
      return [...targets, ...latencyLines(progress.targets, width, left), ...history];
    }
    case 'Latencies':
      return histogramPanel(progress.targets, width, room);
    case 'Over time':
      return overTimeLines(state, width);
    case 'Threads':
      return threadLines(progress, width, room);
    case 'Errors':
      return errorLines(state, width);
  }
}

/** The panels with their keys, where there is a keyboard; the one that is shown stands out. */
function tabLine({ panel = PANELS[0] }: LiveState, width: number): Line {
  const tabs = PANELS.map((name, i): Line[number] =>
    name === panel
      ? { text: `[${i + 1} ${name}]`, tone: 'strong' }
      : { text: ` ${i + 1} ${name} `, tone: 'dim' },
  );
  const fits = PANELS.join('').length + 6 * PANELS.length <= width;
  return fits
    ? tabs.flatMap((tab, i) => (i === 0 ? [tab] : [{ text: ' ' }, tab]))
    : [tabs[PANELS.indexOf(panel)]!];
}

/** The verdict so far, and what can be done. */
function footerLine(state: LiveState, width: number): Line {
  const verdict = verdictWord(state);
  const keys = state.keys
    ? 'q ends the run · Tab next panel · ? help'
    : 'Ctrl-C ends the run, and reports it';
  const room = width - lineText(verdict).length - 2;
  const text = truncate(state.stopping ? 'Ending … (again: at once, without results)' : keys, room);
  const gap = ' '.repeat(Math.max(2, width - lineText(verdict).length - text.length));
  return [...verdict, { text: gap }, { text, tone: state.stopping ? 'warn' : 'dim' }];
}

const HELP: readonly [keys: string, what: string][] = [
  ['1 to 5', 'show a panel: overview, latencies, over time, threads, errors'],
  ['Tab, →', 'next panel'],
  ['Shift-Tab, ←', 'panel before'],
  ['q, Ctrl-C', 'end the run: what was measured is reported and written; again: at once, without results'],
  ['?', 'show or hide this help'],
];

function helpLines(width: number): Line[] {
  return [
    line('Keys', 'dim'),
    ...HELP.map(([keys, what]): Line => [
      { text: keys.padEnd(14), tone: 'strong' },
      { text: truncate(what, width - 14) },
    ]),
    BLANK,
    line(
      truncate('Latencies are those of measured requests; bars and percentiles are 3.7 % wide,', width),
      'dim',
    ),
    line(truncate('the report has 0.1 %. – stands for too few samples.', width), 'dim'),
  ];
}

function titleLines({ title, plan, progress }: LiveState, width: number): Line[] {
  const model = truncate(
    progress?.point === undefined ? plan.model : `${progress.point} · ${plan.model}`,
    width - title.length - 2,
  );
  const gap = ' '.repeat(width - title.length - model.length);
  return [
    [{ text: title, tone: 'strong' }, { text: gap }, { text: model, tone: 'dim' }],
    line(truncate(describeLoad(plan), width), 'dim'),
  ];
}

const PHASES: Record<Progress['phase'], string> = {
  warmup: 'Warming up',
  measuring: 'Measuring',
  finishing: 'Finishing',
};

/** Phase, bar, share, time and what is left: every part has its fixed place. */
function phaseLine(progress: Progress, width: number): Line {
  const { phase, share, elapsedMs } = progress;
  const remaining = remainingMs(progress);
  const name = PHASES[phase].padEnd(12);
  const percent = share === undefined ? '' : `${Math.floor(share * 100)}%`;
  const left = remaining === undefined ? '' : `${clock(remaining)} left`;
  const figures = `${percent.padStart(5)} ${clock(elapsedMs).padStart(8)} ${left.padStart(14)}`;
  const barWidth = width - name.length - figures.length;
  const bar = share === undefined ? '' : horizontalBar(share, barWidth);
  return [
    { text: name, tone: phase === 'measuring' ? 'good' : 'warn' },
    { text: bar, tone: 'bar' },
    { text: '░'.repeat(Math.max(0, barWidth - bar.length)), tone: 'dim' },
    { text: figures },
  ];
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Time for a display that counts: `7.2 s`, `3:07 min`, `1:02:03 h`. */
function clock(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)} min`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)} h`;
}

/** Completed requests a second over the last minutes. */
function historyLines(state: LiveState, width: number): Line[] {
  const label = 'done/s';
  const history = historyOf(state, 'completedRps')
    .map((value) => value ?? 0)
    .slice(-(width - label.length - 16));
  if (history.length < 2) return [];
  return [
    BLANK,
    [
      { text: `${label} `, tone: 'dim' },
      { text: sparkline(history), tone: 'bar' },
      { text: ` last ${formatDurationMs(history.length * 1000)}`, tone: 'dim' },
    ],
  ];
}
