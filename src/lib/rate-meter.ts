/** A rate over about the last second, with a closed form: it does not depend on when, or how often, somebody looks. */

const TIME_CONSTANT_MS = 1000;

/** Exponentially averaged rate of something that flows, comes at once, or both. */
export class RateMeter {
  #perS = 0;
  #flowPerS = 0;
  #atMs = 0;

  /** From now on it flows at this rate, per second. */
  flow(perS: number, nowMs: number): void {
    this.#settle(nowMs);
    this.#flowPerS = perS;
  }

  /** So much came at once. */
  add(amount: number, nowMs: number): void {
    this.#settle(nowMs);
    this.#perS += (amount * 1000) / TIME_CONSTANT_MS;
  }

  /** Per second, about an instant that is not before any that was given. */
  read(nowMs: number): number {
    const share = Math.exp(-Math.max(0, nowMs - this.#atMs) / TIME_CONSTANT_MS);
    return this.#flowPerS + (this.#perS - this.#flowPerS) * share;
  }

  #settle(nowMs: number): void {
    this.#perS = this.read(nowMs);
    this.#atMs = Math.max(this.#atMs, nowMs);
  }
}
