/**
 * Time, injected. `Date.now` and `performance.now` are read here and nowhere else.
 */

/** A source of time. Everything that needs an instant is handed one of these. */
export interface Clock {
  /**
   * Monotonic milliseconds (fractional, sub-microsecond resolution). The origin is the machine's CLOCK_MONOTONIC, so
   * instants of different threads and processes of one machine can be subtracted.
   */
  nowMs(): number;
  /** Wall-clock milliseconds since 1970; for time stamps that people read, never for differences. */
  wallMs(): number;
}

// performance.now() is CLOCK_MONOTONIC minus a per-thread origin; process.hrtime() has no origin but allocates.
// Taking the difference once gives hrtime's origin at performance.now()'s price. The smallest of a few samples is the
// one least disturbed between the two reads.
const originMs = (() => {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 16; i++) {
    const [seconds, nanoseconds] = process.hrtime();
    best = Math.min(best, performance.now() - (seconds * 1e3 + nanoseconds / 1e6));
  }
  return -best;
})();

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => performance.now() + originMs,
  wallMs: () => Date.now(),
};

/** The second of the wall clock, which is looked at once per second: looking takes 30 to 70 ns, and every answer says it twice. */
export class WallSeconds {
  readonly #clock: Clock;
  #second = 0;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Seconds since 1970. When the wall clock is set, that is noticed with the next second.
   *
   * @param nowMs - the instant, just read from {@link Clock.nowMs}
   */
  at(nowMs: number): number {
    if (nowMs < this.#untilMs) return this.#second;
    const wallMs = this.#clock.wallMs();
    this.#second = Math.floor(wallMs / 1000);
    this.#untilMs = nowMs + 1000 * (this.#second + 1) - wallMs;
    return this.#second;
  }
}
