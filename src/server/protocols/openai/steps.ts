/** How far work has come, for those who wait for a part of it. */

interface Waiter {
  steps: number;
  resolve: () => void;
}

/** See the file's head. */
export class Steps {
  #done = 0;
  #waiters: Waiter[] = [];

  /** So many steps are done. */
  advance(steps: number): void {
    this.#done = steps;
    const ready = this.#waiters.filter((waiter) => waiter.steps <= steps);
    this.#waiters = this.#waiters.filter((waiter) => waiter.steps > steps);
    for (const { resolve } of ready) resolve();
  }

  /** Resolves when so many steps are done. */
  at(steps: number): Promise<void> {
    if (this.#done >= steps) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ steps, resolve }));
  }
}
