/**
 * The open loop: requests leave at their own instants, whatever becomes of those before. One that could not be sent in
 * time, because this thread was busy or too many were in flight, is sent as soon as possible; it is late on the record,
 * never skipped. The queue of held-back requests is the schedule itself: nothing is taken from it that cannot be sent.
 *
 * When the time for sending is over while the in-flight limit holds requests back, those are not sent any more. The
 * offered rate times the duration, less the requests sent, tells how many.
 */
import type { Deadline } from '../lib/deadline-wheel.js';
import { LaneRunner, type LaneRunnerOptions } from './lane-runner.js';
import { shareOf, widthOf } from './shares.js';

/** Most requests sent in one turn of the event loop, so that a backlog does not keep answers from being read. */
const MAX_PER_TURN = 64;
/** The wheel runs in one turn whatever was due when the turn began; a moment later is the next turn. */
const NEXT_TURN_MS = 1e-3;

/** Sends this shard's part of the schedule; at most its part of the in-flight limit is in flight. */
export class OpenLane extends LaneRunner {
  readonly #limit: number;
  #next: Deadline | undefined;
  /** When the limit last let a request go: what was due before that has been held back by it. */
  #heldUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: LaneRunnerOptions) {
    super(options);
    this.#limit = shareOf(widthOf(options.plan), options.shard);
  }

  protected override pump(): void {
    for (let sent = 0; this.state === 'sending'; sent++) {
      const request = this.requests.peek();
      const offsetMs = request?.intendedMs ?? 0;
      const measured = offsetMs >= this.plan.warmupMs;
      const dueMs = this.startMs + offsetMs;
      const nowMs = this.clock.nowMs();
      if (!request || (measured && this.left === 0)) {
        this.finishSending(nowMs);
      } else if (dueMs >= this.endMs) {
        this.finishSending(Math.max(nowMs, this.endMs));
      } else if (dueMs > nowMs || sent >= MAX_PER_TURN) {
        this.#wakeAt(Math.max(dueMs, nowMs + NEXT_TURN_MS));
        return;
      } else if (this.flights.size >= this.#limit) {
        if (nowMs >= this.endMs) this.finishSending(nowMs);
        return;
      } else {
        this.requests.take();
        if (measured && dueMs < this.#heldUntilMs) this.recorder.counters.heldBack++;
        this.launch(request, dueMs, nowMs, measured);
      }
    }
  }

  protected override timeIsUp(): void {
    this.pump();
  }

  protected override landed(): void {
    // Only a lane at its limit waits for this; any other has its next instant on the wheel.
    if (this.flights.size !== this.#limit - 1) return;
    this.#heldUntilMs = this.clock.nowMs();
    this.pump();
  }

  #wakeAt(instantMs: number): void {
    if (this.#next) this.wheel.move(this.#next, instantMs);
    else this.#next = this.wheel.at(instantMs, () => this.pump());
  }
}
