/** The requests of a lane that are between two attempts. */
import type { Clock } from '../lib/clock.js';
import type { Deadline, DeadlineWheel } from '../lib/deadline-wheel.js';
import type { ErrorKind } from '../results/error-kinds.js';
import type { Plan } from '../workloads/plan.js';
import type { Flight } from './flight.js';
import { isRetried, retryDelayMs } from './retries.js';

export class Resting {
  readonly #plan: Plan;
  readonly #clock: Clock;
  readonly #wheel: DeadlineWheel;
  readonly #again: (failed: Flight) => void;
  readonly #pauses = new Map<Flight, Deadline>();

  /** @param again - called when the pause after an attempt is over */
  constructor(plan: Plan, clock: Clock, wheel: DeadlineWheel, again: (failed: Flight) => void) {
    this.#plan = plan;
    this.#clock = clock;
    this.#wheel = wheel;
    this.#again = again;
  }

  get size(): number {
    return this.#pauses.size;
  }

  /** Whether another attempt follows on this one. */
  takes({ attempt }: Flight, kind: ErrorKind | undefined): kind is ErrorKind {
    return kind !== undefined && isRetried(this.#plan.retries, kind, attempt);
  }

  /** Lets a request rest after an attempt that failed. */
  add(flight: Flight, atMs: number): void {
    const { attempt, retryAfter, index, turn } = flight;
    const of = { seed: this.#plan.seed, index, turn };
    const pauseMs = retryDelayMs(this.#plan.retries!, attempt, retryAfter, this.#clock.wallMs(), of);
    const wake = (): void => {
      this.#pauses.delete(flight);
      this.#again(flight);
    };
    this.#pauses.set(flight, this.#wheel.at(atMs + pauseMs, wake));
  }

  /** Ends all pauses without another attempt. */
  clear(each: (flight: Flight) => void): void {
    for (const [flight, deadline] of this.#pauses) {
      this.#wheel.cancel(deadline);
      each(flight);
    }
    this.#pauses.clear();
  }
}
