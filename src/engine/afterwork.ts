/** Work that can wait until nothing else is due: counting tokens, writing down requests. */
import type { Clock } from '../lib/clock.js';

/** Jobs that wait; beyond that, the oldest are done at once. */
const MOST_JOBS = 1024;
/** Longest time of working in one turn of the event loop; one job is always finished. */
const TURN_MS = 0.1;

/** A queue of small jobs, worked off in the order in which they came. */
export class Afterwork {
  readonly #jobs: (() => void)[] = [];
  readonly #clock: Clock;
  #next: NodeJS.Immediate | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(job: () => void): void {
    if (this.#jobs.length >= MOST_JOBS) this.settle();
    this.#jobs.push(job);
    this.#next ??= setImmediate(this.#workSome);
  }

  /** Does all that is left. */
  settle(): void {
    clearImmediate(this.#next);
    this.#next = undefined;
    for (const job of this.#jobs.splice(0)) job();
  }

  readonly #workSome = (): void => {
    this.#next = undefined;
    const untilMs = this.#clock.nowMs() + TURN_MS;
    do {
      const job = this.#jobs.shift();
      if (!job) return;
      job();
    } while (this.#clock.nowMs() < untilMs);
    if (this.#jobs.length > 0) this.#next = setImmediate(this.#workSome);
  };
}
