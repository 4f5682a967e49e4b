/** Work that is done one after the other. */

/** See the file's head. */
export class InTurn {
  #last: Promise<unknown> = Promise.resolve();

  /** Does something when all is done that was given before. */
  run<R>(work: () => Promise<R>): Promise<R> {
    const done = this.#last.then(work, work);
    this.#last = done;
    // Whoever waits for it learns of a failure.
    done.catch(() => {});
    return done;
  }
}
