/** What a step will yield, known when it begins: for those who must be on time with it. */

import type { Scheduler } from './scheduler.js';
import type { Sequence } from './sequence.js';
import type { StepRun } from './step-run.js';

/**
 * Hears of a token of a request before it is there.
 *
 * @param last - whether the request is completed with it
 * @param atMs - when it will be there
 */
export type ForeseenToken = (requestId: number, last: boolean, atMs: number) => void;

/**
 * The steps of one replica, each told once. What is told comes at that very instant, unless the request is aborted before,
 * or the replica crashes. How many drafts are accepted is not known before, so sequences with drafts are not told.
 */
export class Foresight {
  #toldMs = Number.NaN;
  #slackMs = 0;

  /**
   * Tells of the step in progress, unless that was done.
   *
   * @returns the length of the step; 0 when something of it could not be told
   */
  tell(run: StepRun, scheduler: Scheduler, hear: ForeseenToken): number {
    const endMs = run.endOf(run.delivered + 1);
    if (endMs === this.#toldMs) return this.#slackMs;
    this.#toldMs = endMs;
    let whole = true;
    for (const sequence of scheduler.running) {
      if (!yields(sequence, scheduler)) continue;
      if (isKnown(sequence, scheduler)) {
        const last = sequence.remaining === 1;
        for (const id of sequence.listeners) hear(id, last, endMs);
      } else whole = false;
    }
    this.#slackMs = whole ? endMs - run.endOf(run.delivered) : 0;
    return this.#slackMs;
  }
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
