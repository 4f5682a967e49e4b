/** Calls once for every frame of a track, in real time: by absolute instants, so that the pace does not drift. */
import type { Clock } from '../../../../../lib/clock.js';
import type { Deadline, DeadlineWheel } from '../../../../../lib/deadline-wheel.js';
import { FRAME_MS } from './opus.js';

/** A thread that was held up for longer begins anew, instead of sending all that it missed in a burst. */
const MAX_LATE_MS = 200;

/** See the file's head. */
export class Pacer {
  readonly #wheel: DeadlineWheel;
  readonly #onFrame: (skipped: number) => void;
  readonly #startMs: number;
  #deadline: Deadline | undefined;
  #frame = 0;

  /** @param onFrame - gets how many frames were left out before this one */
  constructor(wheel: DeadlineWheel, clock: Clock, onFrame: (skipped: number) => void) {
    this.#wheel = wheel;
    this.#onFrame = onFrame;
    this.#startMs = clock.nowMs();
    this.#deadline = wheel.at(this.#startMs, (nowMs) => this.#tick(nowMs));
  }

  #tick(nowMs: number): void {
    const late = nowMs - (this.#startMs + this.#frame * FRAME_MS);
    const skipped = late > MAX_LATE_MS ? Math.floor(late / FRAME_MS) : 0;
    this.#frame += skipped + 1;
    this.#onFrame(skipped);
    // It may have been stopped meanwhile.
    if (this.#deadline) this.#wheel.move(this.#deadline, this.#startMs + this.#frame * FRAME_MS);
  }

  stop(): void {
    if (this.#deadline) this.#wheel.cancel(this.#deadline);
    this.#deadline = undefined;
  }
}
