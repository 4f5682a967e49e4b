/** What a finished run means for the process that asked for it. */
import { EXIT, FakeaiError } from '../lib/errors.js';
import type { RunFile } from '../results/run-file.js';

/**
 * The exit code of a run. Interruption first, since nothing after it was awaited; then a rule of `--abort`, which is a gate
 * that was missed for good; then failure, since there is nothing to judge; then invalidity, since gates over figures that
 * must not be used decide nothing; then the gates.
 */
export function exitCodeOf(run: RunFile): number {
  if (run.interrupted) return EXIT.interrupted;
  if (run.stopped) return EXIT.sloMissed;
  if (failureOf(run)) return EXIT.failure;
  if (run.verdict.state === 'invalid') return EXIT.invalidRun;
  if (run.search?.answer === null) return EXIT.sloMissed;
  return run.slo.every((gate) => gate.passed) ? EXIT.ok : EXIT.sloMissed;
}

/** The error of a run in which not one request of a target succeeded, if it was one. */
export function failureOf(run: RunFile): FakeaiError | undefined {
  if (run.interrupted || run.stopped) return undefined;
  const dead = run.targets.find(({ counters }) => counters.completed === 0 && counters.failed > 0);
  const worst = dead?.errors[0];
  if (!dead || !worst) return undefined;
  if (run.plan.virtual) {
    return new FakeaiError('FAKEAI_SIMULATION_FAILED', { ...worst, count: dead.counters.failed });
  }
  return new FakeaiError('FAKEAI_ALL_REQUESTS_FAILED', {
    target: dead.name === dead.url ? dead.url : `${dead.name} (${dead.url})`,
    count: dead.counters.failed,
    kind: worst.kind,
    example: worst.example,
  });
}
