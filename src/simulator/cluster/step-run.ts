/** The time arithmetic of a run of decode steps. */

import type { Row } from './replica-row.js';
import type { StepTimes } from './types.js';

/** Places of the row. */
const START_MS = 0;
const FIRST_MS = 1;
const SLOPE_MS = 2;
const STEPS = 3;
const DELIVERED = 4;

/**
 * Decode steps that differ only in context length. A step's cost is linear in the context, which grows by the same
 * amount every step, so step k lasts `firstMs + slopeMs (k - 1)` and the instants have a closed form. One run stands
 * for hundreds of steps and is cut short when something happens.
 */
export class StepRun implements StepTimes {
  readonly #memory: Float64Array;
  readonly #at: number;

  /** @param row - five numbers that nobody else changes */
  constructor({ memory, at }: Row = { memory: new Float64Array(5), at: 0 }) {
    this.#memory = memory;
    this.#at = at;
  }

  /** Steps of the run; 0 when none is in progress. Made a whole number, or whatever it is added to would be kept as a double. */
  get steps(): number {
    return this.#memory[this.#at + STEPS]! | 0;
  }

  set steps(steps: number) {
    this.#memory[this.#at + STEPS] = steps;
  }

  /** Steps whose tokens were delivered. */
  get delivered(): number {
    return this.#memory[this.#at + DELIVERED]! | 0;
  }

  set delivered(steps: number) {
    this.#memory[this.#at + DELIVERED] = steps;
  }

  /** How long the first step takes. */
  get firstMs(): number {
    return this.#memory[this.#at + FIRST_MS]!;
  }

  begin(startMs: number, steps: number, firstMs: number, lastMs: number): void {
    const memory = this.#memory;
    const at = this.#at;
    memory[at + START_MS] = startMs;
    memory[at + FIRST_MS] = firstMs;
    memory[at + SLOPE_MS] = steps > 1 ? (lastMs - firstMs) / (steps - 1) : 0;
    memory[at + STEPS] = steps;
    memory[at + DELIVERED] = 0;
  }

  endOf(step: number): number {
    const memory = this.#memory;
    const at = this.#at;
    return (
      memory[at + START_MS]! +
      step * memory[at + FIRST_MS]! +
      (memory[at + SLOPE_MS]! * step * (step - 1)) / 2
    );
  }

  /** Steps that ended before an instant (strictly). */
  endedBefore(atMs: number): number {
    const elapsed = atMs - this.#memory[this.#at + START_MS]!;
    if (elapsed <= 0) return 0;
    const a = this.#memory[this.#at + SLOPE_MS]! / 2;
    const b = this.#memory[this.#at + FIRST_MS]! - a;
    const root =
      Math.abs(a) < 1e-9 * b ? elapsed / b : (Math.sqrt(Math.max(0, b * b + 4 * a * elapsed)) - b) / (2 * a);
    const { steps } = this;
    let step = Math.max(0, Math.min(steps, Math.floor(root)));
    while (step > 0 && this.endOf(step) >= atMs) step--;
    while (step < steps && this.endOf(step + 1) < atMs) step++;
    return step;
  }
}
