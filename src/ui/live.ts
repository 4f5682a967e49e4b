/**
 * The one place that draws. Ink and React are loaded here and only when something is drawn: they cost 0.3 to 0.5 s.
 *
 * Ink gets no keyboard: keys are read in one place of our own (keys.ts), and only while a run is shown.
 */
import type { ReactElement } from 'react';
import type { PlanSummary } from '../results/plan-summary.js';
import type { Line } from '../results/lines.js';
import type { Progress } from '../results/progress.js';
import type { RunFile } from '../results/run-file.js';
import { renderTextReport } from '../results/text-report.js';
import { dashboardLines, type DashboardState } from './dashboard-lines.js';
import type { Size } from './live-lines.js';
import { listenToKeys, type Keyboard } from './keys.js';
import { advance, afterKey, type LiveState } from './live-state.js';
import { withSignalGuard } from './signal-guard.js';
import { isTerminal, wantsColor } from './terminal.js';

/** A frame of a full screen costs about 15 ms of CPU: at five a second that is 7 % of a core, beside the load threads. */
const FRAME_MS = 200;

export interface LiveScreenOptions {
  /** Name and version, for the title. */
  title: string;
  plan: PlanSummary;
  /** The terminal; stderr by default, because stdout is for data. */
  stream?: NodeJS.WriteStream;
  env?: NodeJS.ProcessEnv;
  /** Switches panels, and ends the run; without one the screen only shows. */
  keyboard?: Keyboard;
  /** Called when somebody asks for the end of the run, as often as they do. */
  onStop?: () => void;
}

export interface LiveScreenHandle {
  /** Shows new progress, at most five times a second; may be called as often as there is some. */
  update(progress: Progress): void;
  /** Removes the screen and gives the terminal back. May be called again. */
  stop(): Promise<void>;
}

/** Starts drawing on a terminal (ask {@link canDraw} first). */
export function startLiveScreen(options: LiveScreenOptions): LiveScreenHandle {
  const { title, plan, stream = process.stderr, env = process.env } = options;
  const { keyboard, onStop } = options;
  let state: LiveState = { title, plan, samples: [], keys: keyboard?.isTTY ?? false };
  const screen = startScreen(stream, env, ({ react, screens }, size, color) =>
    react.createElement(screens.LiveScreen, { state, ...size, color }),
  );
  const giveBack = keyboard
    ? listenToKeys(keyboard, (command) => {
        state = afterKey(state, command);
        screen.drawNow();
        if (command.type === 'stop') onStop?.();
      })
    : undefined;
  return {
    update(progress) {
      state = advance(state, progress);
      screen.touch();
    },
    stop() {
      giveBack?.();
      return screen.stop();
    },
  };
}

/** Draws what happens on a server, until it is stopped; `state` is asked for with every frame. */
export function startDashboard(
  state: () => DashboardState,
  stream: NodeJS.WriteStream = process.stderr,
  env: NodeJS.ProcessEnv = process.env,
): ScreenHandle {
  return startScreen(stream, env, ({ react, screens }, size, color) =>
    react.createElement(screens.LinesScreen, { lines: dashboardLines(state(), size), color }),
  );
}

/** A screen that is being drawn. */
export interface ScreenHandle {
  /** Something has changed: the next frame shows it. */
  touch(): void;
  /** Draws the next frame at once: somebody is waiting for it. */
  drawNow(): void;
  /** Removes the screen and gives the terminal back. May be called again. */
  stop(): Promise<void>;
}

type Loaded = Awaited<ReturnType<typeof loadInk>>;
type Render = (ink: Loaded, size: Size, color: boolean) => ReactElement;

function startScreen(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv, render: Render): ScreenHandle {
  let stopped = false;
  let dirty = true;
  let draw: (() => void) | undefined;
  const frame = (): void => {
    if (!dirty || !draw) return;
    dirty = false;
    draw();
  };
  const touch = (): void => {
    dirty = true;
  };
  const timer = setInterval(frame, FRAME_MS);
  timer.unref();
  stream.on('resize', touch);

  const mounted = mount(stream, render, wantsColor(env)).then((screen) => {
    if (!stopped) {
      draw = screen.draw;
      frame();
    }
    return screen;
  });
  const end = async (): Promise<void> => {
    stopped = true;
    draw = undefined;
    clearInterval(timer);
    stream.off('resize', touch);
    await (await mounted).remove();
  };
  let ended: Promise<void> | undefined;
  const drawNow = (): void => {
    touch();
    frame();
  };
  return { touch, drawNow, stop: () => (ended ??= end()) };
}

async function mount(stream: NodeJS.WriteStream, render: Render, color: boolean) {
  const loaded = await loadInk();
  const { ink } = loaded;
  const element = (): ReactElement => {
    const { columns, rows } = stream;
    return render(loaded, { columns, rows }, color);
  };
  const { result: instance, release } = withSignalGuard(process, () =>
    ink.render(element(), {
      stdout: stream,
      stderr: stream,
      exitOnCtrlC: false,
      patchConsole: false,
      maxFps: 1000 / FRAME_MS,
    }),
  );
  return {
    draw: () => instance.rerender(element()),
    async remove() {
      instance.clear();
      instance.unmount();
      await instance.waitUntilExit();
      release();
    },
  };
}

async function loadInk() {
  const [ink, react, screens] = await Promise.all([import('ink'), import('react'), import('./screens.js')]);
  return { ink, react, screens };
}

/** Prints the report: in colour on a terminal, as plain text elsewhere. */
export async function renderReport(
  run: RunFile,
  stream: NodeJS.WriteStream = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  if (!isTerminal(stream, env)) {
    stream.write(renderTextReport(run));
    return;
  }
  const { ink, react, screens } = await loadInk();
  const { columns } = stream;
  const element = react.createElement(screens.ReportScreen, { run, columns, color: wantsColor(env) });
  stream.write(`${ink.renderToString(element, { columns })}\n`);
}

/** Prints lines to a terminal, in colour. */
export async function renderLines(
  lines: readonly Line[],
  stream: NodeJS.WriteStream = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const { ink, react, screens } = await loadInk();
  const { columns } = stream;
  const element = react.createElement(screens.LinesScreen, { lines, color: wantsColor(env) });
  stream.write(`${ink.renderToString(element, { columns })}\n`);
}
