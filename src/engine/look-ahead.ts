/**
 * Requests made ready ahead of their time, so that writing prompts does not fall together with sending them. Filled one
 * request per turn of the event loop: whatever I/O is due runs in between.
 */
import type { Lane, PlannedRequest } from '../workloads/requests.js';

/** Most requests that wait ready, */
const MAX_READY = 64;
/** and most characters of bodies among them; one request is always allowed. */
const MAX_READY_CHARACTERS = 16 * 1024 * 1024;

/** A lane with a small store of prepared requests. */
export class LookAhead {
  readonly #lane: Lane;
  readonly #ring: (PlannedRequest | undefined)[] = Array.from({ length: MAX_READY });
  #head = 0;
  #count = 0;
  #characters = 0;
  #exhausted = false;
  #filling: NodeJS.Immediate | undefined;

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** The next request without taking it; undefined when there is none any more. */
  peek(): PlannedRequest | undefined {
    if (this.#count === 0) this.#prepare();
    return this.#ring[this.#head];
  }

  /** Takes the next request; what is missing is prepared in the turns that follow. */
  take(): PlannedRequest | undefined {
    const request = this.peek();
    if (!request) return undefined;
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) % MAX_READY;
    this.#count--;
    this.#characters -= request.body.length;
    if (!this.#exhausted) this.#filling ??= setImmediate(this.#fillOne);
    return request;
  }

  /** Prepares as many as may wait, at once; for before the run. */
  fill(): void {
    while (this.#hasRoom) this.#prepare();
  }

  /** Prepares nothing any more. */
  close(): void {
    this.#exhausted = true;
    clearImmediate(this.#filling);
    this.#filling = undefined;
  }

  get #hasRoom(): boolean {
    if (this.#exhausted || this.#count >= MAX_READY) return false;
    return this.#count === 0 || this.#characters < MAX_READY_CHARACTERS;
  }

  readonly #fillOne = (): void => {
    this.#filling = undefined;
    if (!this.#hasRoom) return;
    this.#prepare();
    if (this.#hasRoom) this.#filling = setImmediate(this.#fillOne);
  };

  #prepare(): void {
    const request = this.#exhausted ? undefined : this.#lane.next();
    if (!request) {
      this.#exhausted = true;
      return;
    }
    this.#ring[(this.#head + this.#count) % MAX_READY] = request;
    this.#count++;
    this.#characters += request.body.length;
  }
}
