/** The closed loop: a fixed number of requests in flight; each that ends makes room for the next. */
import type { ErrorKind } from '../results/error-kinds.js';
import { LaneRunner, type LaneRunnerOptions } from './lane-runner.js';
import { shareOf, widthOf } from './shares.js';

/** Failures that can come back within microseconds, so that a loop without a pause would only heat the machine. */
const CONNECTION_FAILURES: ReadonlySet<ErrorKind> = new Set([
  'dns',
  'connect_refused',
  'connect_failed',
  'tls',
  'connection_reset',
]);
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 100;

/**
 * Keeps this shard's part of the concurrency in flight. After a failure of the connection the next request waits 1 ms,
 * twice as long after each further one, 100 ms at most; the first answer of the server ends that.
 */
export class ClosedLane extends LaneRunner {
  readonly #slots: number;
  #pauseMs = 0;

  constructor(options: LaneRunnerOptions) {
    super(options);
    this.#slots = shareOf(widthOf(options.plan), options.shard);
  }

  protected override pump(): void {
    for (let i = 0; i < this.#slots; i++) this.#sendNext();
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

  #sendNext(): void {
    if (this.state !== 'sending') return;
    const nowMs = this.clock.nowMs();
    const measured = nowMs >= this.measureFromMs;
    const request = nowMs >= this.endMs || (measured && this.left === 0) ? undefined : this.requests.take();
    if (request) this.launch(request, Number.NaN, nowMs, measured);
    else this.finishSending(nowMs);
  }
}
