/**
 * Requests made ready ahead of their time, so that writing prompts does not fall together with sending them. Filled for
 * a fraction of a millisecond per turn of the event loop: whatever I/O is due runs in between.
 */
import type { Clock } from '../lib/clock.js';
import type { FollowUp, Lane, PlannedRequest } from '../workloads/requests.js';
import type { Prepared } from './transport/transport.js';

/** Most requests that wait ready, */
const MAX_READY = 64;
/** and most bytes among them; one request is always allowed. */
const MAX_READY_BYTES = 16 * 1024 * 1024;
/** With fewer than this ready, more are prepared: a batch costs less per request than one in each turn. */
const REFILL_BELOW = 32;
/** Longest time of preparing in one turn; one request is always finished. */
const TURN_MS = 0.1;

/** A request as bytes. */
export interface ReadyRequest {
  /** Milliseconds since the start of the run; undefined in closed loops. */
  intendedMs: number | undefined;
  /** Planned length of the prompt. */
  inputTokens: number;
  /** Planned length of the answer. */
  outputTokens: number;
  bytes: Prepared;
  /** Position in the plan, with {@link ReadyRequest.turn} what the request is. */
  index: number;
  turn: number;
  /** The turn after this one, in sessions that go on. */
  followUp: FollowUp | undefined;
}

/** A lane with a small store of prepared requests. */
export class LookAhead {
  readonly #lane: Lane;
  readonly #layOut: (body: string | Buffer) => Prepared;
  readonly #clock: Clock;
  readonly #ring: (ReadyRequest | undefined)[] = Array.from({ length: MAX_READY });
  #head = 0;
  #count = 0;
  #bytes = 0;
  #exhausted = false;
  #filling: NodeJS.Immediate | undefined;

  /**
   * @param lane - where requests come from
   * @param layOut - makes the bytes to send of a body
   * @param clock - limits how long a turn takes
   */
  constructor(lane: Lane, layOut: (body: string | Buffer) => Prepared, clock: Clock) {
    this.#lane = lane;
    this.#layOut = layOut;
    this.#clock = clock;
  }

  /** The next request without taking it; undefined when there is none any more. */
  peek(): ReadyRequest | undefined {
    if (this.#count === 0) this.#prepare();
    return this.#ring[this.#head];
  }

  /** Takes the next request; what is missing is prepared in the turns that follow. */
  take(): ReadyRequest | undefined {
    const request = this.peek();
    if (!request) return undefined;
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) % MAX_READY;
    this.#count--;
    this.#bytes -= request.bytes.length;
    if (this.#count < REFILL_BELOW && !this.#exhausted) this.#filling ??= setImmediate(this.#fillSome);
    return request;
  }

  /** Prepares as many as may wait, at once; for before the run. */
  fill(): void {
    while (this.#hasRoom) this.#prepare();
  }

  /** A request that is in no lane, as bytes. */
  ready({
    index,
    intendedMs,
    inputTokens,
    outputTokens,
    body,
    bytes,
    turn = 0,
    followUp,
  }: PlannedRequest): ReadyRequest {
    return {
      intendedMs,
      inputTokens,
      outputTokens,
      bytes: this.#layOut(bytes ?? body),
      index,
      turn,
      followUp,
    };
  }

  /** Prepares nothing any more. */
  close(): void {
    this.#exhausted = true;
    clearImmediate(this.#filling);
    this.#filling = undefined;
  }

  get #hasRoom(): boolean {
    if (this.#exhausted || this.#count >= MAX_READY) return false;
    return this.#count === 0 || this.#bytes < MAX_READY_BYTES;
  }

  readonly #fillSome = (): void => {
    this.#filling = undefined;
    const untilMs = this.#clock.nowMs() + TURN_MS;
    do {
      if (!this.#hasRoom) return;
      this.#prepare();
    } while (this.#clock.nowMs() < untilMs);
    if (this.#hasRoom) this.#filling = setImmediate(this.#fillSome);
  };

  #prepare(): void {
    const request = this.#exhausted ? undefined : this.#lane.next();
    if (!request) {
      this.#exhausted = true;
      return;
    }
    const ready = this.ready(request);
    this.#ring[(this.#head + this.#count) % MAX_READY] = ready;
    this.#count++;
    this.#bytes += ready.bytes.length;
  }
}
