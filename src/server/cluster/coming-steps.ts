/**
 * Steps that end at instants which are known before. The thread that serves HTTP hands their tokens on by itself when it is
 * time: at that very instant the cluster's thread need not run, and no message need arrive.
 */
import type { Clock } from '../../lib/clock.js';
import type { Deadline, DeadlineWheel } from '../../lib/deadline-wheel.js';

/** Hands a token on; `last` says that its request is completed with it. */
export type Handover = (id: number, last: boolean, readyMs: number) => void;

interface ComingStep {
  readonly readyMs: number;
  /** Of requests that get a token; negative with their last one. */
  readonly ids: Float64Array;
}

/** See the file's head. Bounded by the cluster: no replica has more than one step in progress. */
export class ComingSteps {
  readonly #wheel: DeadlineWheel;
  readonly #clock: Clock;
  readonly #handover: Handover;
  /** Earliest first. */
  readonly #steps: ComingStep[] = [];
  #deadline: Deadline | undefined;

  constructor(wheel: DeadlineWheel, clock: Clock, handover: Handover) {
    this.#wheel = wheel;
    this.#clock = clock;
    this.#handover = handover;
  }

  /** Takes a step in; nothing of it is handed on before this returns. */
  add(readyMs: number, ids: Float64Array): void {
    const steps = this.#steps;
    let place = steps.length;
    while (place > 0 && steps[place - 1]!.readyMs > readyMs) place--;
    steps.splice(place, 0, { readyMs, ids });
    if (place === 0) this.#arm();
  }

  /** Hands on what is due. */
  run(): void {
    const steps = this.#steps;
    for (let next = steps[0]; next && next.readyMs <= this.#clock.nowMs(); next = steps[0]) {
      steps.shift();
      for (const id of next.ids) this.#handover(Math.abs(id), id < 0, next.readyMs);
    }
    this.#arm();
  }

  close(): void {
    this.#steps.length = 0;
    if (this.#deadline) this.#wheel.cancel(this.#deadline);
  }

  #arm(): void {
    const [next] = this.#steps;
    if (!next) return;
    // What the tokens were late by is recorded for each of them.
    if (this.#deadline) this.#wheel.move(this.#deadline, next.readyMs);
    else this.#deadline = this.#wheel.at(next.readyMs, () => this.run(), false);
  }
}
