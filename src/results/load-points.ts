/** The loads of a sweep or a search: what is kept of the run of each, and which of them stands for all. */
import type { LoadPoint, RunFile } from './run-file.js';

/**
 * What of a load's run its series keeps.
 *
 * @param index - its place in the series
 */
export function pointOf(name: string, passed: boolean, run: RunFile, index: number): LoadPoint {
  const { startedAt, interrupted, stopped, plan, verdict, targets, probe, slo, serverMetrics, threads } = run;
  return {
    name,
    index,
    passed,
    startedAt,
    interrupted,
    ...(stopped && { stopped }),
    plan,
    verdict,
    targets,
    ...(probe && { probe }),
    slo,
    ...(serverMetrics && { serverMetrics }),
    threads,
  };
}

/** The run of a load as its series keeps it, within the file that has it. */
export function runOfPoint(run: RunFile, point: LoadPoint): RunFile {
  const { schemaVersion, tool, shard, histograms, clockStepMs } = run;
  const { name: _name, index: _index, passed: _passed, ...own } = point;
  return {
    schemaVersion,
    tool,
    histograms,
    ...(shard && { shard }),
    ...(clockStepMs !== undefined && { clockStepMs }),
    ...own,
  };
}

/** Whether a load of a sweep passed: everything was measured, the figures can be used, and all gates hold. */
export const hasPassed = ({ verdict, slo, interrupted, stopped, targets }: RunFile): boolean =>
  !interrupted &&
  stopped === undefined &&
  verdict.state !== 'invalid' &&
  targets.every(({ counters }) => counters.completed > 0) &&
  slo.every(({ passed }) => passed);

/**
 * The run of a whole sweep.
 *
 * @param runs - one per point
 * @returns the run of the last point that passed, else of the last point, with all points
 */
export function sweepRun(expression: string, runs: readonly RunFile[], points: LoadPoint[]): RunFile {
  const shown = runs.at(points.findLastIndex(({ passed }) => passed))!;
  return { ...shown, interrupted: runs.at(-1)!.interrupted, sweep: { expression }, points };
}
