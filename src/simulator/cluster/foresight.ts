/** What steps will yield, known when they begin: for those who must be on time with it. */

import type { Replica } from './replica.js';
import type { Scheduler } from './scheduler.js';
import type { Sequence } from './sequence.js';

/**
 * Hears of a token of a request before it is there.
 *
 * @param last - whether the request is completed with it
 * @param atMs - when it will be there
 */
export type ForeseenToken = (requestId: number, last: boolean, atMs: number) => void;

/**
 * Tells each step once. What is told comes at that very instant, unless the request is aborted before, or the replica crashes without
 * its being known: of a step that it does not live to end nothing is told.
 * How many drafts are accepted is not known before, so sequences with drafts are not told. Only for clusters that deliver every
 * step when it is due: without `onTokenRun`.
 */
export class Foresight {
  /** Of each replica: the end of the step that was told last, and its length, 0 if something of it could not be told. */
  readonly #steps: { readonly replica: Replica; toldMs: number; lengthMs: number }[];

  readonly #nextCrashMs: (replica: number) => number;

  /** @param nextCrashMs - when a replica crashes next, as far as it is known */
  constructor(replicas: readonly Replica[], nextCrashMs: (replica: number) => number) {
    this.#nextCrashMs = nextCrashMs;
    this.#steps = replicas.map((replica) => ({ replica, toldMs: Number.NaN, lengthMs: 0 }));
  }

  /**
   * Tells of the steps in progress that have not been told of.
   *
   * @returns the length of the shortest step in progress; 0 when one of them will bring more than could be told, Infinity when
   *   none is in progress
   */
  tell(hear: ForeseenToken): number {
    let shortestMs = Infinity;
    for (const step of this.#steps) {
      const { run, scheduler, stepping } = step.replica;
      if (!stepping) continue;
      const endMs = run.endOf(run.delivered + 1);
      if (endMs !== step.toldMs) {
        step.toldMs = endMs;
        const lives = endMs < this.#nextCrashMs(step.replica.index);
        step.lengthMs = lives && tellStep(scheduler, endMs, hear) ? endMs - run.endOf(run.delivered) : 0;
      }
      shortestMs = Math.min(shortestMs, step.lengthMs);
    }
    return shortestMs;
  }
}

/** Whether everything that the step brings could be told. */
function tellStep(scheduler: Scheduler, endMs: number, hear: ForeseenToken): boolean {
  let whole = true;
  for (const sequence of scheduler.running) {
    if (!yields(sequence, scheduler)) continue;
    if (isKnown(sequence, scheduler)) {
      const last = sequence.remaining === 1;
      if (sequence.listener >= 0) hear(sequence.listener, last, endMs);
      else for (const id of sequence.listeners) hear(id, last, endMs);
    } else whole = false;
  }
  return whole;
}

/** Whether the step in progress brings a token of a sequence, or its end. */
const yields = (sequence: Sequence, { step }: Scheduler): boolean =>
  sequence.state === 'running' &&
  sequence.stepTokens > 0 &&
  // Within a run of decode steps, what was computed is brought up to date at its end only.
  (step.pure || sequence.decoding || sequence.computed + sequence.stepTokens === sequence.target);

/** Whether it is exactly one token. */
const isKnown = (sequence: Sequence, { speculator }: Scheduler): boolean =>
  sequence.remaining > 0 &&
  sequence.request.prediction === undefined &&
  !(sequence.decoding && speculator.applies(sequence));
