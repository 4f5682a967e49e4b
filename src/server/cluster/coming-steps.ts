/**
 * Steps that end at instants which are known before. The thread that serves HTTP hands their tokens on by itself when it is
 * time: at that very instant the cluster's thread need not run, and no message need arrive.
 */
import type { Clock } from '../../lib/clock.js';
import type { Deadline, DeadlineWheel } from '../../lib/deadline-wheel.js';

/** So many tokens are got ready in one turn of the event loop: a step that ends meanwhile waits so long. */
const NEAR_IN_TURN = 16;

/** Who hears of the tokens of coming steps. */
export interface ComingTokens {
  /** A request gets a token later on: what can be done for it before may be done now. Not told where there is no time to. */
  near(id: number): void;
  /** It gets it now; `last` says that it is completed with it. */
  due(id: number, last: boolean, readyMs: number): void;
}

interface ComingStep {
  readonly readyMs: number;
  /** Of requests that get a token; negative with their last one. */
  readonly ids: Float64Array;
  /** The first so many of them have been told of. */
  near: number;
}

/** See the file's head. Bounded by the cluster: no replica has more than one step in progress. */
export class ComingSteps {
  readonly #wheel: DeadlineWheel;
  readonly #clock: Clock;
  readonly #tokens: ComingTokens;
  /** Earliest first. */
  readonly #steps: ComingStep[] = [];
  #deadline: Deadline | undefined;
  #lookingAhead = false;

  constructor(wheel: DeadlineWheel, clock: Clock, tokens: ComingTokens) {
    this.#wheel = wheel;
    this.#clock = clock;
    this.#tokens = tokens;
  }

  /** Takes a step in; nothing of it is handed on before this returns. */
  add(readyMs: number, ids: Float64Array): void {
    const steps = this.#steps;
    let place = steps.length;
    while (place > 0 && steps[place - 1]!.readyMs > readyMs) place--;
    steps.splice(place, 0, { readyMs, ids, near: 0 });
    if (place === 0) this.#arm();
    this.#lookAhead();
  }

  /** Hands on what is due. */
  run(): void {
    const steps = this.#steps;
    for (let next = steps[0]; next && next.readyMs <= this.#clock.nowMs(); next = steps[0]) {
      steps.shift();
      for (const id of next.ids) this.#tokens.due(Math.abs(id), id < 0, next.readyMs);
    }
    this.#arm();
  }

  close(): void {
    this.#steps.length = 0;
    if (this.#deadline) this.#wheel.cancel(this.#deadline);
  }

  #lookAhead(): void {
    if (this.#lookingAhead) return;
    this.#lookingAhead = true;
    setImmediate(this.#onTurn);
  }

  readonly #onTurn = (): void => {
    this.#lookingAhead = false;
    const step = this.#steps.find(({ ids, near }) => near < ids.length);
    if (!step) return;
    const end = Math.min(step.near + NEAR_IN_TURN, step.ids.length);
    while (step.near < end) this.#tokens.near(Math.abs(step.ids[step.near++]!));
    this.#lookAhead();
  };

  #arm(): void {
    const [next] = this.#steps;
    if (!next) return;
    // What the tokens were late by is recorded for each of them.
    if (this.#deadline) this.#wheel.move(this.#deadline, next.readyMs);
    else this.#deadline = this.#wheel.at(next.readyMs, () => this.run(), false);
  }
}
