/** Answers at a pace that does not depend on what else is going on: its instants are known in advance. */
import type { Deadline, DeadlineWheel } from '../../lib/deadline-wheel.js';
import type { LatenessHistogram } from '../../lib/lateness.js';
import type { Engine, TokenSchedule } from '../../simulator/index.js';
import {
  type Generation,
  type GenerationListener,
  type GenerationRequest,
  type Generator,
  NO_USAGE,
} from './generator.js';

/** Tokens at the instants of an {@link Engine}; one deadline per sequence on the wheel of the thread. */
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

class PacedGeneration implements Generation {
  readonly #listener: GenerationListener;
  readonly #wheel: DeadlineWheel;
  readonly #schedule: TokenSchedule;
  readonly #deadline: Deadline;
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
    // A prompt alone takes as long as its first token would.
    this.#nextMs = this.#schedule.nextMs();
    this.#deadline = wheel.at(this.#nextMs, (nowMs) => this.#onDue(nowMs));
  }

  cancel(): void {
    this.#over = true;
    this.#wheel.cancel(this.#deadline);
    this.#schedule.release();
  }

  complete(): void {
    this.cancel();
  }

  /** Gives all tokens that are due in one go. */
  #onDue(nowMs: number): void {
    const readyMs = this.#nextMs;
    let count = 0;
    while (this.#nextMs <= nowMs && count < this.#left) {
      count++;
      this.#nextMs = this.#schedule.nextMs();
    }
    this.#left -= count;
    const ended = this.#left === 0;
    if (ended) this.#schedule.release();
    else this.#wheel.move(this.#deadline, this.#nextMs);
    // Last: the listener may end the sequence.
    if (count > 0) this.#listener.onTokens(count, NO_USAGE, readyMs);
    if (ended && !this.#over) this.#listener.onFinished(NO_USAGE, readyMs);
  }
}
