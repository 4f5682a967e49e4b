/** What is shown on stderr while a run goes on: a live screen on a terminal, a line now and then elsewhere. */
import type { PlanSummary } from '../../results/plan-summary.js';
import type { Progress } from '../../results/progress.js';
import { packageInfo } from '../../lib/package-info.js';
import { startLiveScreen, type LiveScreenHandle } from '../../ui/live.js';
import { progressLine } from '../../ui/progress-line.js';
import { canDraw, inForeground, type DrawSettings } from '../../ui/terminal.js';

/** Often enough to see that a job lives, seldom enough for a log. */
const LINE_EVERY_MS = 2000;

export interface RunDisplay {
  onPlan: (plan: PlanSummary) => void;
  onProgress: (progress: Progress) => void;
  stop: () => Promise<void>;
}

/**
 * Chooses how a run is shown, by its settings and by what stderr is.
 *
 * @param onStop - called when somebody asks for the end of the run by key
 */
export function startRunDisplay(settings: DrawSettings, onStop: () => void): RunDisplay {
  if (settings.quiet) return { onPlan: () => {}, onProgress: () => {}, stop: () => Promise.resolve() };
  return canDraw(process.stderr, process.env, settings) ? screenDisplay(onStop) : lineDisplay();
}

function screenDisplay(onStop: () => void): RunDisplay {
  const { name, version } = packageInfo();
  let screen: LiveScreenHandle | undefined;
  return {
    onPlan(plan) {
      screen = startLiveScreen({
        title: `${name} ${version}`,
        plan,
        ...(inForeground() && { keyboard: process.stdin }),
        onStop,
      });
    },
    onProgress: (progress) => screen?.update(progress),
    stop: () => screen?.stop() ?? Promise.resolve(),
  };
}

function lineDisplay(): RunDisplay {
  let nextMs = LINE_EVERY_MS;
  let point: string | undefined;
  return {
    onPlan: () => {},
    onProgress(progress) {
      // Each load of a sweep has a time of its own.
      if (progress.point !== point) nextMs = LINE_EVERY_MS;
      point = progress.point;
      if (progress.elapsedMs < nextMs) return;
      nextMs = progress.elapsedMs + LINE_EVERY_MS;
      process.stderr.write(`${progressLine(progress)}\n`);
    },
    stop: () => Promise.resolve(),
  };
}
