/** The time arithmetic of a run of decode steps. */

import type { StepTimes } from './types.js';

/**
 * Decode steps that differ only in context length. A step's cost is linear in the context, which grows by the same
 * amount every step, so step k lasts `firstMs + slopeMs (k - 1)` and the instants have a closed form. One run stands
 * for hundreds of steps and is cut short when something happens.
 */
export class StepRun implements StepTimes {
  startMs = 0;
  firstMs = 0;
  slopeMs = 0;
  /** Steps of the run; 0 when none is in progress. */
  steps = 0;
  /** Steps whose tokens were delivered. */
  delivered = 0;

  begin(startMs: number, steps: number, firstMs: number, lastMs: number): void {
    this.startMs = startMs;
    this.firstMs = firstMs;
    this.slopeMs = steps > 1 ? (lastMs - firstMs) / (steps - 1) : 0;
    this.steps = steps;
    this.delivered = 0;
  }

  endOf(step: number): number {
    return this.startMs + step * this.firstMs + (this.slopeMs * step * (step - 1)) / 2;
  }

  /** Steps that ended before an instant (strictly). */
  endedBefore(atMs: number): number {
    const elapsed = atMs - this.startMs;
    if (elapsed <= 0) return 0;
    const a = this.slopeMs / 2;
    const b = this.firstMs - a;
    const root =
      Math.abs(a) < 1e-9 * b ? elapsed / b : (Math.sqrt(Math.max(0, b * b + 4 * a * elapsed)) - b) / (2 * a);
    let step = Math.max(0, Math.min(this.steps, Math.floor(root)));
    while (step > 0 && this.endOf(step) >= atMs) step--;
    while (step < this.steps && this.endOf(step + 1) < atMs) step++;
    return step;
  }
}
