/** The closed loop: a number of requests in flight; each that ends makes room for the next. */
import type { ErrorKind } from '../results/error-kinds.js';
import { concurrencyAt, nextConcurrencyMs } from '../workloads/arrivals.js';
import { shareOf } from '../workloads/plan.js';
import { LaneRunner, type LaneRunnerOptions, type WaitingTurn } from './lane-runner.js';

/** Failures that can come back within microseconds, so that a loop without a pause would only heat the machine. */
export const CONNECTION_FAILURES: ReadonlySet<ErrorKind> = new Set([
  'dns',
  'connect_refused',
  'connect_failed',
  'tls',
  'connection_reset',
]);
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 100;

/**
 * Keeps this shard's part of the concurrency in flight. A session has its slot until it ends, also between its turns.
 * Where the concurrency falls, slots close as their requests and sessions end: none is cut.
 *
 * After a failure of the connection the next request waits 1 ms, twice as long after each further one, 100 ms at most;
 * the first answer of the server ends that.
 */
export class ClosedLane extends LaneRunner {
  readonly #slotsAt: (sinceStartMs: number) => number;
  /** How many slots there should be, */
  #wanted = 0;
  /** and how many there are: in flight, between turns, or pausing after a failure. */
  #slots = 0;
  #pauseMs = 0;

  constructor(options: LaneRunnerOptions) {
    super(options);
    const { arrivals, maxInFlight } = options.plan;
    if (arrivals.kind !== 'closed') throw new TypeError('a closed loop needs a concurrency');
    this.#slotsAt = (ms) => shareOf(Math.min(concurrencyAt(arrivals, ms), maxInFlight), options.shard);
  }

  protected override pump(): void {
    const sinceStartMs = this.clock.nowMs() - this.startMs;
    this.#wanted = this.#slotsAt(Math.max(0, sinceStartMs));
    this.#awaitChange(sinceStartMs);
    while (this.state === 'sending' && this.#slots < this.#wanted) {
      this.#slots++;
      const before = this.#slots;
      this.#sendNext();
      if (this.#slots < before) return;
    }
  }

  protected override timeIsUp(): void {
    this.finishSending(this.endMs);
  }

  protected override landed(kind: ErrorKind | undefined): void {
    if (kind === undefined || !CONNECTION_FAILURES.has(kind)) {
      this.#pauseMs = 0;
      this.#sendNext();
      return;
    }
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2 || FIRST_PAUSE_MS);
    this.wheel.at(this.clock.nowMs() + this.#pauseMs, () => this.#sendNext());
  }

  protected override paused(): void {
    this.#pauseMs = 0;
  }

  protected override turnDue(turn: WaitingTurn): void {
    const request = this.takeTurn(turn);
    const nowMs = this.clock.nowMs();
    if (this.#isOver(nowMs)) this.finishSending(nowMs);
    else this.launch(request, Number.NaN, nowMs, this.#measures(nowMs));
  }

  #awaitChange(sinceStartMs: number): void {
    const { arrivals } = this.plan;
    const nextMs = arrivals.kind === 'closed' ? nextConcurrencyMs(arrivals, sinceStartMs) : undefined;
    if (nextMs !== undefined)
      this.wheel.at(this.startMs + nextMs, () => {
        if (this.state === 'sending') this.pump();
      });
  }

  #measures(nowMs: number): boolean {
    return nowMs >= this.measureFromMs;
  }

  #isOver(nowMs: number): boolean {
    return nowMs >= this.endMs || (this.#measures(nowMs) && this.left === 0);
  }

  /** Uses a slot that is free, or gives it up. */
  #sendNext(): void {
    if (this.state !== 'sending') return;
    const nowMs = this.clock.nowMs();
    if (this.#isOver(nowMs)) {
      this.finishSending(nowMs);
      return;
    }
    const request = this.#slots > this.#wanted ? undefined : this.requests.take();
    if (request) {
      this.launch(request, Number.NaN, nowMs, this.#measures(nowMs));
      return;
    }
    const exhausted = this.#slots <= this.#wanted;
    this.#slots--;
    if (exhausted && !this.sessionsOpen) this.finishSending(nowMs);
  }
}
