/** Progress as one line of text, for logs. */
import { formatDurationMs } from '../lib/duration.js';
import { formatCount, formatFigure } from '../results/format.js';
import { METRICS } from '../results/metrics.js';
import { liveQuantileMs, type Progress, type TargetProgress } from '../results/progress.js';

/** One line without line break: phase, share, and each target's counters, mean rate so far and median latencies. */
export function progressLine(progress: Progress): string {
  const { phase, share, elapsedMs, targets, point } = progress;
  const percent = share === undefined ? '' : ` ${Math.floor(share * 100)}%`;
  const parts = targets.map(
    (target) => `${targets.length > 1 ? `${target.name}: ` : ''}${targetText(target, elapsedMs)}`,
  );
  const load = point === undefined ? '' : `${point}: `;
  return [`${load}${phase}${percent} after ${formatDurationMs(elapsedMs)}`, ...parts].join(' | ');
}

function targetText({ completed, failed, inFlight, latencies }: TargetProgress, elapsedMs: number): string {
  const rate = elapsedMs > 0 ? formatFigure((completed / elapsedMs) * 1000) : formatFigure(null);
  const medians = (['ttft', 'e2e'] as const).flatMap((name) => {
    const median = liveQuantileMs(latencies[name], 0.5);
    return median === undefined ? [] : [`${METRICS[name].title} p50 ${formatFigure(median)} ms`];
  });
  const counters = [
    `${formatCount(completed)} done`,
    `${formatCount(failed)} failed`,
    `${formatCount(inFlight)} in flight`,
  ];
  return [...counters, `${rate} req/s`, ...medians].join(', ');
}
