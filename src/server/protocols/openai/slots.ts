/** How many pieces of some work are under way, such as the requests of a batch, and how fast they follow each other. */
import type { Clock } from '../../../lib/clock.js';
import type { DeadlineWheel } from '../../../lib/deadline-wheel.js';

/** What tells the time. */
interface Pace {
  clock: Clock;
  wheel: DeadlineWheel;
}

/** Work in pieces. */
export interface PiecedWork<Piece, Whole> {
  /** Whether a piece was done before, as by somebody else. */
  isDone: (piece: Piece) => Promise<boolean>;
  /** What it is all about, as it is now; undefined when no further piece is to be begun. */
  open: () => Promise<Whole | undefined>;
  /** Does a piece; must not fail. */
  run: (piece: Piece, whole: Whole) => Promise<void>;
}

/** See the file's head. For one taker at a time. */
export class Slots {
  readonly #pace: Pace;
  readonly #count: number;
  readonly #gapMs: number;
  #taken = 0;
  #nextMs: number;
  #stopped = false;
  #wake: () => void = () => {};

  /**
   * @param count - most requests under way
   * @param rateRps - most requests begun per second; as many as there are slots for without it
   */
  constructor(pace: Pace, count: number, rateRps: number | undefined) {
    this.#pace = pace;
    this.#count = count;
    this.#gapMs = rateRps === undefined ? 0 : 1000 / rateRps;
    this.#nextMs = pace.clock.nowMs();
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Takes a slot when one is free and it is time; false when it was stopped. */
  async take(): Promise<boolean> {
    await this.#until(() => this.#taken < this.#count);
    const { clock, wheel } = this.#pace;
    if (!this.#stopped && this.#gapMs > 0) {
      const atMs = this.#nextMs;
      this.#nextMs = Math.max(atMs, clock.nowMs() - this.#gapMs) + this.#gapMs;
      const deadline = atMs > clock.nowMs() ? wheel.at(atMs, () => this.#wake()) : undefined;
      await this.#until(() => deadline?.pending !== true);
      if (deadline) wheel.cancel(deadline);
    }
    if (this.#stopped) return false;
    this.#taken++;
    return true;
  }

  /** Gives a slot back. */
  give(): void {
    this.#taken--;
    this.#wake();
  }

  /** Resolves when no slot is taken; false when it was stopped. */
  async allFree(): Promise<boolean> {
    await this.#until(() => this.#taken === 0);
    return !this.#stopped;
  }

  /**
   * Does all pieces of some work, so many at a time.
   *
   * @returns false when it was stopped
   */
  async runAll<Piece, Whole>(pieces: Iterable<Piece>, work: PiecedWork<Piece, Whole>): Promise<boolean> {
    for (const piece of pieces) {
      if (await work.isDone(piece)) continue;
      if (!(await this.take())) return false;
      const whole = await work.open();
      if (whole === undefined) {
        this.give();
        break;
      }
      void work.run(piece, whole).finally(() => this.give());
    }
    return this.allFree();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!this.#stopped && !condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
