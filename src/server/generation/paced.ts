/** Answers at a pace that does not depend on what else is going on: its instants are known in advance. */
import type { Deadline, DeadlineWheel } from '../../lib/deadline-wheel.js';
import type { LatenessHistogram } from '../../lib/lateness.js';
import { PREDICTION_WINDOW } from '../../simulator/cluster/speculation.js';
import type { Engine, TokenSchedule } from '../../simulator/index.js';
import {
  type Generation,
  type GenerationListener,
  type GenerationRequest,
  type Generator,
  NO_USAGE,
} from './generator.js';

/**
 * Tokens at the instants of an {@link Engine}; one deadline per sequence on the wheel of the thread. What a predicted
 * output has next comes together with the token before it, as many tokens as the simulated cluster verifies in a step.
 */
export class PacedGenerator implements Generator {
  readonly #engine: Engine;
  readonly #wheel: DeadlineWheel;

  constructor(engine: Engine, wheel: DeadlineWheel) {
    this.#engine = engine;
    this.#wheel = wheel;
  }

  get lateness(): LatenessHistogram {
    return this.#wheel.lateness;
  }

  start(request: GenerationRequest, listener: GenerationListener): Generation {
    listener.onAccepted();
    return new PacedGeneration(request, listener, this.#engine, this.#wheel);
  }

  close(): void {}
}

const NO_MATCHES: ArrayLike<number> = [];
const NONE_LATE: readonly number[] = [];

class PacedGeneration implements Generation {
  readonly #listener: GenerationListener;
  readonly #wheel: DeadlineWheel;
  readonly #schedule: TokenSchedule;
  readonly #deadline: Deadline;
  /** Per token: 1 where the prediction has it. */
  readonly #matches: ArrayLike<number>;
  /** Tokens whose instant is known. */
  #timed = 0;
  /** Tokens that come at the same instant as the latest. */
  #together = 0;
  #left: number;
  #nextMs: number;
  #over = false;

  constructor(
    request: GenerationRequest,
    listener: GenerationListener,
    engine: Engine,
    wheel: DeadlineWheel,
  ) {
    this.#listener = listener;
    this.#wheel = wheel;
    this.#left = request.outputTokens ?? request.maxTokens;
    this.#schedule = engine.submit(request, request.arrivalMs);
    this.#matches = request.prediction?.().matches ?? NO_MATCHES;
    // A prompt alone takes as long as its first token would.
    this.#nextMs = 0;
    this.#step();
    this.#deadline = wheel.at(this.#nextMs, (nowMs) => this.#onDue(nowMs));
  }

  /** Goes on to the instant of the next token. */
  #step(): void {
    const token = this.#timed++;
    if (this.#together > 0) {
      this.#together--;
      return;
    }
    this.#nextMs = this.#schedule.nextMs();
    // The first token comes from the prompt: nothing is verified with it.
    if (token === 0) return;
    while (this.#together < PREDICTION_WINDOW && this.#matches[token + this.#together] === 1)
      this.#together++;
  }

  cancel(): void {
    this.#over = true;
    this.#wheel.cancel(this.#deadline);
    this.#schedule.release();
  }

  complete(): void {
    this.cancel();
  }

  /** Gives all tokens that are due: those of one instant as one step, others in one go. */
  #onDue(nowMs: number): void {
    const readyMs = this.#nextMs;
    const first = this.#takeInstant();
    const late = this.#nextMs <= nowMs && this.#left > 0 ? this.#takeDue(nowMs) : NONE_LATE;
    const ended = this.#left === 0;
    if (ended) this.#schedule.release();
    else this.#wheel.move(this.#deadline, this.#nextMs);
    // Last: the listener may end the sequence.
    if (late.length === 0) this.#give(first, readyMs, first > 1);
    else this.#giveSteps([first, ...late], readyMs);
    if (ended && !this.#over) this.#listener.onFinished(NO_USAGE, readyMs);
  }

  /** Tokens of all further instants that are due. */
  #takeDue(nowMs: number): number[] {
    const steps: number[] = [];
    while (this.#nextMs <= nowMs && this.#left > 0) steps.push(this.#takeInstant());
    return steps;
  }

  #giveSteps(steps: readonly number[], readyMs: number): void {
    let singles = 0;
    for (const count of steps) {
      if (count === 1) singles++;
      else {
        this.#give(singles, readyMs, false);
        this.#give(count, readyMs, true);
        singles = 0;
      }
    }
    this.#give(singles, readyMs, false);
  }

  /** The tokens of the next instant that are wanted. */
  #takeInstant(): number {
    const instantMs = this.#nextMs;
    let count = 0;
    while (this.#nextMs === instantMs && count < this.#left) {
      count++;
      this.#step();
    }
    this.#left -= count;
    return count;
  }

  #give(count: number, readyMs: number, together: boolean): void {
    if (count > 0 && !this.#over) this.#listener.onTokens(count, NO_USAGE, readyMs, together);
  }
}
